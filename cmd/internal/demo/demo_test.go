package demo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"brazebridge/config"
	"brazebridge/processor"
)

// impostor is a bridge that only claims: its ledger says what it is told to.
type impostor struct {
	accounts func() map[string]processor.Accounts
	run      func(run, work context.Context) error
	status   processor.Status
	closed   atomic.Bool
	cfg      *config.Config
}

func (i *impostor) connect(cfg *config.Config, _ io.Writer) (*Bridge, error) {
	i.cfg = cfg
	if i.run == nil {
		i.run = func(run, _ context.Context) error {
			<-run.Done()
			return nil
		}
	}
	return &Bridge{Run: i.run, Accounts: i.accounts, Status: func() processor.Status { return i.status },
		Admin: "http://127.0.0.1:1", Close: func() { i.closed.Store(true) }}, nil
}

func claim(n int64) func() map[string]processor.Accounts {
	return func() map[string]processor.Accounts {
		return map[string]processor.Accounts{ordersTopic: {Consumed: n, Delivered: n}}
	}
}

// A bridge that claims to have delivered everything, and has sent nothing, is found out by all the other witnesses.
func TestClaimsAreNotBelieved(t *testing.T) {
	var out, errs bytes.Buffer
	i := &impostor{accounts: claim(50)}
	r, err := Run(t.Context(), t.Context(), Options{Records: 50, Stdout: &out, Stderr: &errs, Connect: i.connect})
	if err != nil {
		t.Fatal(err)
	}
	if r.Agree || !i.closed.Load() {
		t.Errorf("agree %v, closed %v", r.Agree, i.closed.Load())
	}
	for _, want := range []string{"delivered: 0 by the braze", "dead-lettered: 0 by the dead_letter_topic", "records: 0 by the broker", "committed up to 0 of", "lacks an object"} {
		if !slices.ContainsFunc(r.Faults, func(f string) bool { return strings.Contains(f, want) }) {
			t.Errorf("%q is not among %q", want, r.Faults)
		}
	}
	if !strings.Contains(out.String(), "do not agree") {
		t.Errorf("printed\n%s", out.String())
	}
}

// The demo runs the shipped example, against what it has started itself.
func TestConfigurationIsTheExample(t *testing.T) {
	i := &impostor{accounts: claim(1)}
	if _, err := Run(t.Context(), t.Context(), Options{Records: 1, Stdout: io.Discard, Stderr: io.Discard, Connect: i.connect}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, topic := range i.cfg.Topics {
		names = append(names, topic.Name)
	}
	slices.Sort(names)
	if want := slices.Sorted(slices.Values(topics)); !slices.Equal(names, want) {
		t.Errorf("topics %q, want %q", names, want)
	}
	for what, address := range map[string]string{"broker": i.cfg.Kafka.Brokers[0], "registry": i.cfg.SchemaRegistry.URLs[0], "braze": i.cfg.Braze.Endpoint} {
		if !strings.Contains(address, "127.0.0.1:") {
			t.Errorf("the %s is %s: a demo must touch nothing outside", what, address)
		}
	}
	if _, err := i.cfg.Validate(); err != nil {
		t.Errorf("the demo's configuration is not valid: %v", err)
	}
}

func TestBridgeThatEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, end := range []error{broken, nil} {
		i := &impostor{accounts: claim(0), run: func(_, _ context.Context) error { return end }}
		_, err := Run(t.Context(), t.Context(), Options{Records: 20, Stdout: io.Discard, Stderr: io.Discard, Connect: i.connect})
		if !errors.Is(err, errBridgeEnded) || end != nil && !errors.Is(err, end) || !i.closed.Load() {
			t.Errorf("a bridge that ends with %v: %v", end, err)
		}
	}
}

func TestBridgeThatCannotBeConnected(t *testing.T) {
	broken := errors.New("broken")
	_, err := Run(t.Context(), t.Context(), Options{Records: 1, Stdout: io.Discard, Stderr: io.Discard,
		Connect: func(*config.Config, io.Writer) (*Bridge, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// Cut short, the demo says where the bridge stood.
func TestInterrupted(t *testing.T) {
	work, abandon := context.WithCancel(t.Context())
	i := &impostor{accounts: claim(3), status: processor.Status{State: processor.Holding, Reasons: []processor.HoldReason{{Code: "refused", Text: "401"}}},
		run: func(run, _ context.Context) error {
			abandon()
			<-run.Done()
			return nil
		}}
	_, err := Run(t.Context(), work, Options{Records: 1000000, Rate: 10, Stdout: io.Discard, Stderr: io.Discard, Connect: i.connect})
	if err == nil || !strings.Contains(err.Error(), "interrupted with 3 of") || !strings.Contains(err.Error(), "holding; refused: 401") {
		t.Errorf("%v", err)
	}
}

// Serving goes on until it is told to stop, and tells where to look meanwhile.
func TestServeEndsWhenTold(t *testing.T) {
	run, stop := context.WithCancel(t.Context())
	var errs bytes.Buffer
	i := &impostor{accounts: func() map[string]processor.Accounts {
		stop() // asked for the first time once all is running
		return map[string]processor.Accounts{ordersTopic: {Consumed: 1 << 40}}
	}}
	r, err := Run(run, t.Context(), Options{Records: 5, Serve: true, Stdout: io.Discard, Stderr: &errs, Connect: i.connect})
	if err != nil || r.Agree {
		t.Fatalf("%v, %v", r, err)
	}
	for _, want := range []string{"http://127.0.0.1:1/readyz", "http://127.0.0.1:1/metrics", "Ctrl-C", "/_fake/faults", "/-/hold"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is missing from\n%s", want, errs.String())
		}
	}
}
