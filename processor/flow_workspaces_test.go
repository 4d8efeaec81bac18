//go:build synctests

package processor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

const twoWorkspaces = `
kafka: {brokers: ["127.0.0.1:9092"], group: flow}
schema_registry: {url: "http://registry:8081"}
braze:
  endpoint: "http://braze"
  api_key: key
  timeout: 5s
  workspaces: {eu: {endpoint: "http://eu", api_key: other}}
dead_letter: {topic: letters}
delivery: {resend_window: 60, in_flight_records: 200, drain_timeout: 20s}
topics:
%s`

// startTwo starts a member with two workspaces: the flow's own fake for the topic orders, and eu for cart.
func (f *flow) startTwo(eu *fakebraze.Server, gates ...*sink.Gate) *member {
	f.t.Helper()
	topics := fmt.Sprintf(flowTopic, "orders") + fmt.Sprintf(flowTopic, "cart") + "    workspace: eu\n"
	cfg, _, err := config.Parse("flow.yaml", []byte(fmt.Sprintf(twoWorkspaces, topics)), config.ResolveAll)
	if err != nil {
		f.t.Fatal(err)
	}
	if gates == nil {
		gates = []*sink.Gate{sink.NewGate(1000, time.Second), sink.NewGate(1000, time.Second)}
	}
	workspace := func(fake *fakebraze.Server, gate *sink.Gate) Workspace {
		client, err := sink.NewClient(sink.ClientOptions{
			Endpoint: "http://braze", Timeout: 5 * time.Second, HTTP: &http.Client{Transport: fake.Transport()},
			Key: func(bool) (string, error) { return "key", nil },
		})
		if err != nil {
			f.t.Fatal(err)
		}
		return Workspace{Client: client, Gate: gate, Limits: sink.Limits{Objects: 10, Bytes: 1 << 20}, MaxInFlight: 4, Linger: 20 * time.Millisecond}
	}
	producer, err := kgo.NewClient(append(f.kafka(), sink.DeadLetterClientOpts()...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := New(Options{
		Config: cfg, Kafka: f.kafka(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: prometheus.NewRegistry(),
		Workspaces: map[string]Workspace{"": workspace(f.braze, gates[0]), "eu": workspace(eu, gates[1])},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	p.registry = f
	p.letters = letterTopic{f, sink.NewDeadLetters(producer, func(*kgo.Record) string { return "letters" }, "test")}
	run, stop := context.WithCancel(context.Background())
	work, kill := context.WithCancel(context.Background())
	m := &member{Processor: p, stop: stop, kill: kill, ended: make(chan error, 1)}
	go func() {
		err := p.Run(run, work)
		producer.Close()
		m.ended <- err
	}()
	return m
}

// waiting counts the records of a topic without an outcome.
func (f *flow) waiting(topic string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if r.part.topic == topic && !r.settled() {
			n++
		}
	}
	return n
}

// TestOutageOfOneWorkspaceStopsNoOther lets one of two workspaces fail in all ways, for as long as it takes to have far more
// records for it than the budget holds: those of the other are delivered meanwhile, and afterwards everything is.
func TestOutageOfOneWorkspaceStopsNoOther(t *testing.T) {
	for name, fault := range map[string]fakebraze.Fault{
		"503":     {Kind: "status", Status: 503},
		"401":     {Kind: "status", Status: 401},
		"429":     {Kind: "status", Status: 429, Headers: map[string]string{"X-Ratelimit-Retry-After": "600"}},
		"silence": {Kind: "delay", Delay: "1h"},
		"reset":   {Kind: "reset_before"},
	} {
		if slowness > 1 && name != "503" && name != "429" {
			continue // alike for the race detector
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlow(t, "orders", "cart")
				eu := fakebraze.New(fakebraze.Options{})
				t.Cleanup(eu.Close)
				eu.OnObject(f.arrived)
				if err := eu.SetFaults([]fakebraze.Fault{fault}); err != nil {
					t.Fatal(err)
				}
				rnd := rand.New(rand.NewPCG(1, 1))
				f.produce(rnd, 600)
				m := f.startTwo(eu)
				time.Sleep(10 * time.Second)
				for range 5 {
					f.produce(rnd, 100)
					time.Sleep(5 * time.Second)
					if n := f.waiting("orders"); n > 0 {
						t.Fatalf("%d records of the other workspace wait", n)
					}
				}
				if n := m.unsettled(); n > 130 {
					t.Errorf("the workspace that fails holds %d of the budget's 200 records", n)
				}
				if n := f.waiting("cart"); n < 400 {
					t.Errorf("only %d records wait for the workspace that fails", n)
				}
				for _, r := range m.Status().Reasons {
					if r.Workspace != "eu" && !slices.Contains([]string{"cart"}, r.Topic) {
						t.Errorf("a reason that names another: %+v", r)
					}
				}
				if len(m.Status().Reasons) == 0 && name != "429" {
					t.Error("nobody is told")
				}
				if err := eu.SetFaults(nil); err != nil {
					t.Fatal(err)
				}
				f.settle(20 * time.Minute)
				m.drain(t)
				f.checkEnd(0)
			})
		})
	}
}

// TestSharedRatePacesAllWorkspaces has two workspaces with a limit of their own each and a company's limit over both.
func TestSharedRatePacesAllWorkspaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		eu := fakebraze.New(fakebraze.Options{})
		t.Cleanup(eu.Close)
		eu.OnObject(f.arrived)
		f.produce(rand.New(rand.NewPCG(2, 1)), 900)
		start := time.Now()
		shared := sink.NewGate(10, time.Second)
		m := f.startTwo(eu, sink.NewGate(1000, time.Second).Behind(shared), sink.NewGate(1000, time.Second).Behind(shared))
		f.settle(time.Hour)
		took := time.Since(start)
		requests := f.braze.Stats().Requests + eu.Stats().Requests
		if least := time.Duration(float64(requests) / 10 * float64(time.Second)); took < least || took > least*5/4+5*time.Second {
			t.Errorf("%d requests at 10 a second took %s", requests, took)
		}
		m.drain(t)
		f.checkEnd(0)
	})
}
