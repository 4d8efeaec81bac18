package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/cmd/internal/demo"
	"brazebridge/sink/fakebraze"
)

const (
	brokers     = 3
	partitions  = 6
	customers   = 50_000
	letterTopic = "braze.dead-letter"
)

// Around is where everything around the bridge is found.
type Around struct {
	Brokers  []string
	Registry string // URL
	Braze    string // URL; each run has a Braze of its own there, by its API key
	Records  int
	Bytes    int64 // of all records' values
}

// Serve runs everything around the bridge, with n records to be carried, until in ends. It writes one line to out when all
// is there: an Around as JSON. It is the whole life of a process, which ends with the one that reads out.
func Serve(ctx context.Context, n int, in io.Reader, out io.Writer) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(brokers), kfake.SeedTopics(partitions, append(demo.Topics(), letterTopic)...))
	if err != nil {
		return fmt.Errorf("start the fake Kafka: %w", err)
	}
	defer cluster.Close()
	a := Around{Brokers: cluster.ListenAddrs(), Records: n}
	if a.Registry, err = listen(srfake.NewRegistry().Handler()); err != nil {
		return fmt.Errorf("start the schema registry: %w", err)
	}
	if a.Braze, err = listen(&brazes{runs: map[string]*run{}}); err != nil {
		return fmt.Errorf("start the fake Braze: %w", err)
	}
	if a.Bytes, err = load(ctx, a); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return fmt.Errorf("say that all is there: %w", err)
	}
	_, _ = io.Copy(io.Discard, in) // however it ends
	return nil
}

// listen serves on a loopback port for as long as the process lives.
func listen(h http.Handler) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with the process
	return "http://" + l.Addr().String(), nil
}

// load writes the records to be carried.
func load(ctx context.Context, a Around) (bytes int64, err error) {
	schemas, err := demo.Register(ctx, a.Registry)
	if err != nil {
		return 0, err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(a.Brokers...), kgo.ProducerBatchMaxBytes(64<<10), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return 0, fmt.Errorf("connect the producer: %w", err)
	}
	defer client.Close()
	var once sync.Once
	shop := demo.NewShop(1, customers, schemas)
	for range a.Records {
		topic, key, value := shop.Next()
		bytes += int64(len(value))
		client.Produce(ctx, &kgo.Record{Topic: topic, Key: key, Value: value}, func(_ *kgo.Record, failed error) {
			if failed != nil {
				once.Do(func() { err = fmt.Errorf("produce: %w", failed) })
			}
		})
	}
	if flushed := client.Flush(ctx); flushed != nil {
		return 0, fmt.Errorf("produce: %w", flushed)
	}
	return bytes, err
}

// brazes gives each API key a fake Braze of its own, made at its first request, and says at /seen what it saw.
type brazes struct {
	mu   sync.Mutex
	runs map[string]*run
}

// run is the Braze of one run, and when it was busy.
type run struct {
	braze *fakebraze.Server

	mu          sync.Mutex
	first, last time.Time
}

// seen is what the Braze of a run has seen.
type seen struct {
	Requests int64   // that were accepted
	Objects  int64   // in them
	Seconds  float64 // from the first request's arrival to the last answer
}

// ServeHTTP implements http.Handler.
func (b *brazes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one, err := b.run(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/seen" {
		_ = json.NewEncoder(w).Encode(one.seen()) // a reader that has gone needs no answer
		return
	}
	began := time.Now()
	one.braze.ServeHTTP(w, r)
	one.busy(began, time.Now())
}

func (b *brazes) run(key string) (*run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs[key] == nil {
		latency, _, _ := strings.Cut(key, "/")
		d, err := time.ParseDuration(latency)
		if err != nil {
			return nil, err
		}
		b.runs[key] = &run{braze: fakebraze.New(fakebraze.Options{Stateless: true, Latency: d})}
	}
	return b.runs[key], nil
}

func (r *run) busy(from, to time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first.IsZero() || from.Before(r.first) {
		r.first = from
	}
	if to.After(r.last) {
		r.last = to
	}
}

func (r *run) seen() seen {
	st := r.braze.Stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	return seen{Requests: st.AcceptedRequests, Objects: st.Attributes + st.Events + st.Purchases, Seconds: r.last.Sub(r.first).Seconds()}
}
