package processor

import (
	"time"

	"brazebridge/sink"
)

const (
	// stuckFails is how often a request must have failed, while others passed, to be taken for the cause itself.
	stuckFails = 5
	// stuckResets is the same where the connection was reset under a large body: a proxy that finds a body too large often
	// does that instead of answering 413. Then it does not matter whether others pass: where all requests are large none
	// would, and a request that is halved in vain has cost nothing.
	stuckResets = 2
	// stuckAlone is how often a single large object must have been reset, while others passed, to be taken for too large.
	stuckAlone = 5
	// stuckPassed is how many other requests must have passed meanwhile.
	stuckPassed = 3
)

// patience tells a request that fails for ever by itself from a service that fails.
type patience struct {
	fails   int
	resets  int // of those, resets under a large body
	begun   bool
	latest  int64 // the workspace's accepted requests at the latest failure
	woken   int   // failures after others had passed since the one before
	passed  int64 // the workspace's accepted requests at the first failure, of these spans or of what they were a part of
	since   time.Time
	tooMuch int // bytes of the body that these spans were a part of, and that was cut off or refused for its size; 0: none
}

// lost notes a failed attempt and reports whether the request is stuck. passed is the workspace's accepted requests.
func (p *patience) lost(passed int64, a sink.Answer, bytes int) bool {
	if !p.begun {
		p.begun, p.passed, p.since = true, passed, time.Now()
		p.latest = passed
	}
	p.fails++
	if passed != p.latest {
		p.latest = passed
		p.woken++
	}
	if a.Cause == sink.CauseReset && bytes > largeBody {
		p.resets++
	}
	return p.resets >= stuckResets || p.fails >= stuckFails && passed-p.passed >= stuckPassed
}

// ofHalf is the patience with a half of what it was had with.
func (p *patience) ofHalf() patience {
	return patience{begun: p.begun, latest: p.latest, passed: p.passed, since: p.since, tooMuch: p.tooMuch}
}

// stuckSpan is one that has stepped aside, with the patience that was had with it.
type stuckSpan struct {
	span
	patience patience
}

// stuck deals with spans that fail for ever while others pass: they are halved until one object stands alone. That one
// steps aside until its neighbours are through; then it holds its partition, visibly, or goes to the dead letters: as too
// large where only its size explains it, and where on_stuck says so.
func (d *delivery) stuck(spans []span, p *patience, a sink.Answer) (retry []span, halves [2][]span, next *again) {
	s := spans[0]
	if len(spans) > 1 || s.to-s.from > 1 {
		if p.resets >= stuckResets {
			p.tooMuch = d.bytes
		}
		d.log.Warn("a request fails again and again: halving it", "workspace", d.lane.name, "objects", len(d.items), "bytes", d.bytes, "error", a.Text)
		return nil, d.halves(spans), nil
	}
	if p.resets >= stuckAlone && d.lane.passed.Load() > p.passed {
		return nil, halves, d.endStuck(s, a, sink.RecordTooLarge)
	}
	d.board.fault(reasonStuck, s.t.rec.Topic, d.lane.name, a.Text)
	if !d.last {
		d.aside = append(d.aside, stuckSpan{s, *p})
		return nil, halves, nil
	}
	if d.onStuck > 0 && time.Since(p.since) >= d.onStuck && d.lane.passed.Load()-p.passed >= stuckPassed {
		return nil, halves, d.endStuck(s, a, sink.Stuck)
	}
	return spans, halves, &again{wait: a.Rate.Wait}
}

// endStuck refuses what stands alone.
func (d *delivery) endStuck(s span, a sink.Answer, reason sink.Reason) *again {
	s.t.refuse(s.from, a.Text, a.Status)
	s.t.fate.reason = reason
	d.finish(s.t)
	return nil
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
			d.aside = append(d.aside, stuckSpan{span: s})
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
		ok := d.send([]span{s.span}, s.patience)
		d.writeLetters()
		if !ok {
			break
		}
		d.board.clear(reasonStuck, s.t.rec.Topic, d.lane.name)
	}
	d.last = false
}
