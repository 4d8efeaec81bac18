package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/config"
	"brazebridge/deploy"
	"brazebridge/sink/fakebraze"
)

const (
	partitions      = 4
	deadLetterTopic = "braze.dead-letter"
	apiKey          = "demo-key"
	exampleFile     = "example/brazebridge.yaml"
	schemaDir       = "example/schemas/"
)

// stand is everything around the bridge, on loopback ports that the system picks: a Kafka, a schema registry, a Braze.
type stand struct {
	kafka    *kfake.Cluster
	registry string // URL
	braze    string // URL
	fake     *fakebraze.Server
	schemas  map[string]int // by topic: the id under which its schema is registered
	close    []func()
}

// build starts the stand. What was started is closed again where it fails.
func build(ctx context.Context, seen *arrivals) (*stand, error) {
	s := &stand{schemas: map[string]int{}}
	err := s.start(ctx, seen)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *stand) start(ctx context.Context, seen *arrivals) (err error) {
	s.kafka, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, append(topics, deadLetterTopic)...))
	if err != nil {
		return fmt.Errorf("start the demo's Kafka: %w", err)
	}
	s.close = append(s.close, s.kafka.Close)

	s.registry, err = s.serve(srfake.NewRegistry().Handler())
	if err != nil {
		return fmt.Errorf("start the demo's schema registry: %w", err)
	}
	if s.schemas, err = Register(ctx, s.registry); err != nil {
		return err
	}

	s.fake = fakebraze.New(fakebraze.Options{APIKeys: []string{apiKey}, Rate: 3000, RatePer: 3 * time.Second})
	s.close = append(s.close, s.fake.Close)
	s.fake.OnObject(seen.object)
	if err := s.fake.SetFaults(blockade()); err != nil {
		return fmt.Errorf("make the demo's Braze refuse users: %w", err)
	}
	if s.braze, err = s.serve(keepBlockade(s.fake)); err != nil {
		return fmt.Errorf("start the demo's Braze: %w", err)
	}
	return nil
}

// Close stops what was started, the last first.
func (s *stand) Close() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

// serve answers HTTP on a loopback port and returns the URL.
func (s *stand) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // ends with ErrServerClosed
	}()
	s.close = append(s.close, func() {
		_ = srv.Close()
		<-done
	})
	return "http://" + l.Addr().String(), nil
}

// register puts the shipped schema of a topic's values into the registry, as a producer would.
func register(ctx context.Context, registry, topic string) (id int, err error) {
	text, err := deploy.Example.ReadFile(schemaDir + topic + "-value.avsc")
	if err != nil {
		return 0, fmt.Errorf("read the schema of %s: %w", topic, err)
	}
	body, err := json.Marshal(map[string]string{"schema": string(text)})
	if err != nil {
		return 0, fmt.Errorf("encode the schema of %s: %w", topic, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, registry+"/subjects/"+topic+"-value/versions", bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("register the schema of %s: %w", topic, err)
	}
	req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("register the schema of %s: %w", topic, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return 0, fmt.Errorf("register the schema of %s: %w", topic, err)
	}
	var registered struct{ ID int }
	if err := json.Unmarshal(answer, &registered); err != nil || registered.ID == 0 {
		return 0, fmt.Errorf("register the schema of %s: the registry answered %s %s", topic, resp.Status, strings.TrimSpace(string(answer)))
	}
	return registered.ID, nil
}

// configuration is the shipped example, pointed at the stand.
func (s *stand) configuration() (*config.Config, error) {
	text, err := deploy.Example.ReadFile(exampleFile)
	if err != nil {
		return nil, fmt.Errorf("read the example configuration: %w", err)
	}
	cfg, _, err := config.Parse("deploy/"+exampleFile, text, config.ResolveLenient)
	if err != nil {
		return nil, err
	}
	cfg.Kafka.Brokers = s.kafka.ListenAddrs()
	cfg.SchemaRegistry.URLs = config.StringList{s.registry}
	cfg.Braze.Endpoint = s.braze
	cfg.Braze.APIKey = config.NewSecret(apiKey)
	cfg.Admin.Listen = "127.0.0.1:0" // a bridge may be running on this machine
	return cfg, nil
}
