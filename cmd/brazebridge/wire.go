package main

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

const (
	registryTimeout  = 10 * time.Second // of one request: a schema is a few kilobytes
	registryInFlight = 8                // look-ups at once; one flight per schema, so few
)

// bridge is everything that a configuration makes.
type bridge struct {
	processor *processor.Processor
	metrics   *prometheus.Registry
	letters   *kgo.Client
}

// wire builds the bridge: the only place that knows how its rooms fit together. It connects to nothing. The error is
// config.Faults, all at once, where the configuration names what is not there or cannot be; places say where in its file.
func wire(cfg *config.Config, places config.Places, log *slog.Logger) (*bridge, error) {
	found := &faults{file: cfg.File, places: places}
	reach := kafkaOpts(&cfg.Kafka, found)
	registry := newRegistry(&cfg.SchemaRegistry, found)
	workspaces := newWorkspaces(&cfg.Braze, found)
	topicOf, letterTopics := letterTopic(cfg, found)
	if err := found.err(); err != nil {
		return nil, err
	}
	letters, err := kgo.NewClient(append(slices.Clone(reach), sink.DeadLetterClientOpts()...)...)
	if err != nil {
		return nil, fmt.Errorf("set up the dead-letter producer: %w", err)
	}
	b := &bridge{metrics: newMetrics(), letters: letters}
	b.processor, err = processor.New(processor.Options{
		Config:      cfg,
		Kafka:       reach,
		Registry:    registry,
		DeadLetters: sink.NewDeadLetters(letters, topicOf, thisBuild().Version),
		Workspaces:  workspaces,
		Log:         log,
		Metrics:     b.metrics,

		LetterTopics:  letterTopics,
		CreateLetters: createLetters(cfg.DeadLetter.Create),
	})
	if err != nil {
		letters.Close()
		return nil, fmt.Errorf("set up the processor: %w", err)
	}
	return b, nil
}

func (b *bridge) close() { b.letters.Close() }

func (b *bridge) inspected() inspected {
	return inspected{status: b.processor.Status, alive: b.processor.Alive, hold: b.processor.Hold, resume: b.processor.Resume, metrics: b.metrics}
}

// newMetrics is a registry of our own, so that nothing is in it by accident.
func newMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	b := thisBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "brazebridge_build_info", Help: "Always 1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit},
	})
	info.Set(1)
	r.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func newRegistry(c *config.SchemaRegistry, found *faults) *schema.Registry {
	o := schema.Options{URLs: c.URLs, BearerToken: c.BearerToken.Reveal()}
	if c.BasicAuth != nil {
		o.Username, o.Password = c.BasicAuth.Username, c.BasicAuth.Password.Reveal()
	}
	o.HTTP = &http.Client{Transport: newTransport(c.TLS, "schema_registry.tls", registryInFlight, found), Timeout: registryTimeout}
	r, err := schema.NewRegistry(o)
	found.add("schema_registry.url", err, "")
	return r
}

// newTransport is the way to an HTTP service. A file that cannot be used is told by the path of its setting.
func newTransport(t *config.TLS, path string, inFlight int, found *faults) http.RoundTripper {
	before := found.told
	tlsConfig(t, path, found)
	o := sink.TransportOptions{InFlight: inFlight}
	if t != nil {
		o.CAFile, o.CertFile, o.KeyFile, o.ServerName = t.CAFile, t.CertFile, t.KeyFile, t.ServerName
	}
	transport, err := sink.NewTransport(o)
	if found.told == before {
		found.add(path, err, "")
	}
	return transport
}

// newWorkspaces makes the way to each Braze workspace; the empty name is the default. One of the topics' only: with a
// workspace for every topic, braze itself needs neither endpoint nor key.
func newWorkspaces(c *config.Braze, found *faults) map[string]processor.Workspace {
	var shared *sink.Gate
	if c.SharedRate != nil && c.SharedRate.Requests > 0 {
		shared = sink.NewGate(c.SharedRate.Requests, c.SharedRate.Per.D())
	}
	all := map[string]processor.Workspace{}
	if c.Endpoint != "" {
		all[""] = newWorkspace(&c.Workspace, "braze", shared, found)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Workspaces)) {
		all[name] = newWorkspace(c.Workspaces[name], "braze.workspaces."+name, shared, found)
	}
	return all
}

func newWorkspace(c *config.Workspace, path string, shared *sink.Gate, found *faults) processor.Workspace {
	client, err := sink.NewClient(sink.ClientOptions{
		Endpoint: c.Endpoint,
		Key:      newAPIKey(c.APIKey).get,
		Timeout:  c.Timeout.D(),
		MaxWait:  c.MaxWait.D(),
		HTTP:     &http.Client{Transport: newTransport(c.TLS, path+".tls", c.MaxInFlight, found)},
	})
	found.add(path+".endpoint", err, "the REST address of your instance, such as https://rest.iad-01.braze.com")
	return processor.Workspace{
		Client:      client,
		Gate:        sink.NewGate(c.Rate.Requests, c.Rate.Per.D()).Behind(shared),
		Limits:      sink.Limits{Objects: c.ObjectsPerRequest, PerArray: c.Counting == config.CountingPerArray, Bytes: int(c.BytesPerRequest)},
		MaxInFlight: c.MaxInFlight,
		Linger:      c.Linger.D(),
	}
}

// letterTopic names the dead-letter topic for a record, and those that are known before there is one.
func letterTopic(cfg *config.Config, found *faults) (of func(*kgo.Record) string, known []string) {
	name, wrong := mapping.CompileTopicName(cfg.DeadLetter.Topic)
	if len(wrong) > 0 {
		found.list = append(found.list, wrong...)
		return nil, nil
	}
	if static, ok := name.Static(); ok {
		return func(*kgo.Record) string { return static }, []string{static}
	}
	of = func(r *kgo.Record) string {
		topic, err := name.For(meta(r))
		if err != nil {
			return "" // the write fails, is tried again, and says so: a letter is never dropped
		}
		return topic
	}
	for _, t := range cfg.Topics {
		if letters := of(&kgo.Record{Topic: t.Name}); letters != "" && !t.Pattern && !slices.Contains(known, letters) {
			known = append(known, letters)
		}
	}
	return of, known
}

// createLetters says how a missing dead-letter topic is made; nil: not at all.
func createLetters(c *config.DeadLetterCreate) *sink.CreateTopic {
	if c == nil {
		return nil
	}
	return &sink.CreateTopic{Partitions: int32(c.Partitions), Replicas: int16(c.Replicas), Retention: c.Retention.D()}
}

// meta is what an expression over kafka.* sees of a record.
func meta(r *kgo.Record) *mapping.Meta {
	m := &mapping.Meta{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp, Key: r.Key}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, mapping.Header{Key: h.Key, Value: h.Value})
	}
	return m
}
