package processor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"brazebridge/config"
	"brazebridge/sink"
)

// scripted is a Braze that answers by a script and remembers what it accepted.
type scripted struct {
	mu       sync.Mutex
	answer   func(n int, objects []string) sink.Answer
	requests [][]string
	accepted map[string]int
}

func (s *scripted) Send(_ context.Context, r *sink.Request) sink.Answer {
	var body map[string][]json.RawMessage
	if err := json.Unmarshal(r.Body, &body); err != nil {
		panic(err)
	}
	var objects []string
	for _, k := range []sink.Kind{sink.Attributes, sink.Event, sink.Purchase} {
		for _, o := range body[k.Array()] {
			objects = append(objects, string(o))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, objects)
	a := s.answer(len(s.requests), objects)
	refused := map[int]bool{}
	for _, e := range a.Errors {
		refused[e.Item] = true
	}
	for i, o := range objects {
		if a.Class == sink.Accepted && !refused[i] {
			s.accepted[o]++
		}
	}
	return a
}

// times is how often an object was accepted.
func (s *scripted) times(object string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted[object]
}

// sent is how many requests came.
func (s *scripted) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// letterbook is a dead-letter topic that fails as often as it is told to.
type letterbook struct {
	mu      sync.Mutex
	fails   int
	letters []*sink.Letter
}

func (b *letterbook) Write(_ context.Context, l *sink.Letter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails > 0 {
		b.fails--
		return errors.New("not enough replicas")
	}
	b.letters = append(b.letters, l)
	return nil
}

// senderBench is a delivery between a scripted Braze and a letterbook.
type senderBench struct {
	*bench
	braze   *scripted
	letters *letterbook
	board   *board
	deliver *delivery
}

func newSenderBench(ctx context.Context, limits sink.Limits, answer func(n int, objects []string) sink.Answer) *senderBench {
	b := newBench(limits, 4, 1000, 2)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := &senderBench{bench: b, braze: &scripted{answer: answer, accepted: map[string]int{}}, letters: &letterbook{}, board: newBoard(log)}
	p := &Processor{
		cfg: config.Default(), log: log, ledger: b.ledger, board: s.board, run: ctx, work: ctx,
		lanes: map[string]*lane{"": b.l},
	}
	p.metrics = newMetrics(p)
	prometheus.NewRegistry().MustRegister(p.metrics)
	b.l.client, b.l.gate = s.braze, sink.NewGate(1_000_000, time.Second)
	b.l.hold = newHold(func(_ holdCause, text string, holding bool) {
		if holding {
			s.board.fault(reasonRefused, "", "", text)
		} else {
			s.board.clear(reasonRefused, "", "")
		}
	})
	s.deliver = p.newDelivery(b.l, &letterWriter{box: s.letters, ledger: b.ledger, board: s.board, run: ctx, work: ctx})
	return s
}

// send has a batch of n records with one event each delivered.
func (s *senderBench) send(n int) []*task {
	var tasks []*task
	for i := range n {
		tasks = append(tasks, s.task(i%2, sink.Event, uint64(i)))
	}
	s.deliverAll(tasks)
	return tasks
}

func (s *senderBench) deliverAll(tasks []*task) {
	s.ledger.admit(tasks)
	s.deliver.deliver(&batch{tasks: tasks})
}

func (s *senderBench) want(t *testing.T, delivered int64, letters ...sink.Reason) {
	t.Helper()
	s.braze.mu.Lock()
	defer s.braze.mu.Unlock()
	s.letters.mu.Lock()
	defer s.letters.mu.Unlock()
	acc := s.ledger.accounts()["t"]
	if acc.Delivered != delivered {
		t.Errorf("delivered %d, want %d", acc.Delivered, delivered)
	}
	if len(s.letters.letters) != len(letters) {
		t.Fatalf("%d letters, want %d", len(s.letters.letters), len(letters))
	}
	for i, l := range s.letters.letters {
		if l.Reason != letters[i] {
			t.Errorf("letter %d: reason %s, want %s", i, l.Reason, letters[i])
		}
	}
	for o, n := range s.braze.accepted {
		if n != 1 {
			t.Errorf("%s was accepted %d times", o, n)
		}
	}
}

var everyRequest = sink.Limits{Objects: 75, Bytes: 1 << 20}
