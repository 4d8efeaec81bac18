package processor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"brazebridge/sink"
)

// letterWriters is how many dead letters a workspace writes at the same time: enough that a burst of bad records is
// not bound by one broker round trip each, few enough that a flood is seen before much of it is written.
const letterWriters = 16

// sender makes one attempt to deliver a request.
type sender interface {
	Send(ctx context.Context, r *sink.Request) sink.Answer
}

// letterbox makes one attempt to write a letter.
type letterbox interface {
	Write(ctx context.Context, l *sink.Letter) error
}

// lane is the way of one workspace: its dispatcher and senders, its part of the re-send window, its gate and hold.
// What one workspace cannot take does not fill what another needs.
type lane struct {
	name        string
	client      sender
	gate        *sink.Gate
	limits      sink.Limits // as configured; see limit
	maxInFlight int
	linger      time.Duration

	window     *window
	hold       *hold
	passed     atomic.Int64 // requests that Braze has accepted
	recovery   recovery
	throttled  closing
	narrow     narrow
	flooded    func(*topic)
	atGate     atomic.Int64 // requests that wait for the gate
	coming     atomic.Int64 // records that readers have and will hand to the dispatcher
	bodies     spare[[]byte]
	chunks     spare[*chunk]
	dispatcher *dispatcher
	batches    chan *batch // to the senders
	letters    chan *batch // to the letter writers
}

// limit is what a request may hold at present.
func (l *lane) limit() sink.Limits {
	limits := l.limits
	if n := l.narrow.bytes(); n > 0 && (limits.Bytes <= 0 || n < limits.Bytes) {
		limits.Bytes = n
	}
	return limits
}

// hold stops a workspace's senders after Braze refused one of them: nobody sends but one probe at a time, until an
// answer is no refusal.
type hold struct {
	mu      sync.Mutex
	ended   chan struct{} // closed when the hold ends; nil: nothing holds
	by      holdCause
	probe   chan struct{} // capacity 1: one sender may try
	timer   *time.Timer
	changed func(by holdCause, text string, holding bool)
}

// holdCause is who holds: a refusal ends by itself, an operator's word by another.
type holdCause uint8

const (
	byRefusal holdCause = iota
	byOperator
)

// probeEvery is the time between two probes of a service that refuses: the cap of the retries' backoff.
const probeEvery = maxBackoff

func newHold(changed func(by holdCause, text string, holding bool)) *hold {
	return &hold{probe: make(chan struct{}, 1), changed: changed}
}

// pass returns when nothing holds, or when the caller is the probe.
func (h *hold) pass(ctx context.Context) error {
	for {
		h.mu.Lock()
		ended := h.ended
		h.mu.Unlock()
		if ended == nil {
			return ctx.Err()
		}
		select {
		case <-ended:
		case <-h.probe:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refused begins a hold, or goes on with it until the next probe.
func (h *hold) refused(text string) {
	h.mu.Lock()
	began := h.ended == nil
	if began {
		h.ended, h.by = make(chan struct{}), byRefusal
	}
	if h.by == byRefusal {
		h.again()
	}
	h.mu.Unlock()
	if began {
		h.changed(byRefusal, text, true)
	}
}

// again lets one probe through after a while. Called with mu held.
func (h *hold) again() {
	if h.timer != nil {
		h.timer.Stop()
	}
	ended := h.ended
	h.timer = time.AfterFunc(probeEvery, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.ended != ended || h.by != byRefusal {
			return // the timer ran out while the hold ended, or an operator took it over
		}
		select {
		case h.probe <- struct{}{}:
		default:
		}
	})
}

// noProbe takes back a probe that nobody has made. Called with mu held.
func (h *hold) noProbe() {
	select {
	case <-h.probe:
	default:
	}
}

// unanswered says that a probe may have come to nothing: the next one follows.
func (h *hold) unanswered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended != nil && h.by == byRefusal {
		h.again()
	}
}

// answered ends a refusal's hold: Braze answered, and not with a refusal.
func (h *hold) answered() { h.end(byRefusal) }

func (h *hold) end(by holdCause) {
	h.mu.Lock()
	held := h.ended != nil && h.by == by
	if held {
		close(h.ended)
		h.ended = nil
		h.noProbe()
		if h.timer != nil {
			h.timer.Stop()
		}
	}
	h.mu.Unlock()
	if held {
		h.changed(by, "", false)
	}
}

// order holds because somebody said so, and nothing probes.
func (h *hold) order(text string) {
	h.mu.Lock()
	refused := h.ended != nil && h.by == byRefusal
	if h.ended == nil {
		h.ended = make(chan struct{})
	}
	if h.timer != nil {
		h.timer.Stop()
	}
	h.by = byOperator
	h.noProbe()
	h.mu.Unlock()
	if refused {
		h.changed(byRefusal, "", false)
	}
	h.changed(byOperator, text, true)
}
