package processor

import (
	"sync/atomic"
	"time"

	"brazebridge/sink"
)

const (
	// stuckFails is how often a request must have failed, while others passed, to be taken for the cause itself.
	stuckFails = 5
	// stuckResets is the same where the connection was cut off while the body was being sent: a proxy that finds a body
	// too large often does that instead of answering 413.
	stuckResets = 2
	// stuckPassed is how many other requests must have passed meanwhile.
	stuckPassed = 3
)

// patience tells a request that fails for ever by itself from a service that fails.
type patience struct {
	fails, resets int
	passed        int64 // the workspace's accepted requests at the first failure
	since         time.Time
}

// lost notes a failed attempt and reports whether the request is stuck: it fails, others pass.
func (p *patience) lost(passed *atomic.Int64, a sink.Answer) bool {
	if p.fails == 0 {
		p.passed, p.since = passed.Load(), time.Now()
	}
	p.fails++
	if a.Status == 0 && !a.Ambiguous {
		p.resets++
	}
	return passed.Load()-p.passed >= stuckPassed && (p.fails >= stuckFails || p.resets >= stuckResets)
}

// stuck deals with spans that fail for ever while others pass: they are halved until one object stands alone. That one
// steps aside until its neighbours are through; then it holds its partition, visibly, or goes to the dead letters where
// on_stuck says so.
func (d *delivery) stuck(spans []span, p *patience, a sink.Answer) (retry []span, halves [2][]span, next *again) {
	s := spans[0]
	if len(spans) > 1 || s.to-s.from > 1 {
		d.log.Warn("a request fails while others pass: halving it", "workspace", d.lane.name, "objects", len(d.items), "error", a.Text)
		return nil, d.halves(spans), nil
	}
	d.board.fault(reasonStuck, s.t.rec.Topic, d.lane.name, a.Text)
	if !d.last {
		d.aside = append(d.aside, s)
		return nil, halves, nil
	}
	if d.onStuck > 0 && time.Since(p.since) >= d.onStuck {
		s.t.refuse(s.from, a.Text, a.Status)
		s.t.reason = sink.Stuck
		d.finish(s.t)
		return nil, halves, nil
	}
	return spans, halves, &again{wait: a.Rate.Wait}
}

// behindAside moves the spans aside that must not overtake one of the same user.
func (d *delivery) behindAside(spans []span) []span {
	if len(d.aside) == 0 || d.last {
		return spans
	}
	users := map[uint64]bool{}
	for _, s := range d.aside {
		s.t.users(func(u uint64, _ bool) { users[u] = true })
	}
	rest := spans[:0:0]
	for _, s := range spans {
		behind := false
		s.t.users(func(u uint64, _ bool) { behind = behind || users[u] })
		if behind {
			d.aside = append(d.aside, s)
			s.t.users(func(u uint64, _ bool) { users[u] = true })
		} else {
			rest = append(rest, s)
		}
	}
	return rest
}

// finishAside frees the users of all tasks of the batch that are through, and then stays with what stepped aside.
func (d *delivery) finishAside(b *batch) {
	if len(d.aside) == 0 {
		return
	}
	waiting := map[*task]bool{}
	for _, s := range d.aside {
		waiting[s.t] = true
	}
	through := &batch{partial: true}
	var rest []*task
	for _, t := range b.tasks {
		if waiting[t] {
			rest = append(rest, t)
		} else {
			through.tasks = append(through.tasks, t)
		}
	}
	b.tasks = rest
	d.lane.dispatcher.done <- through
	aside := d.aside
	d.aside, d.last = nil, true
	for _, s := range aside {
		if !d.send([]span{s}) {
			break
		}
		d.writeLetters()
		d.board.clear(reasonStuck, s.t.rec.Topic, d.lane.name)
	}
	d.last = false
}
