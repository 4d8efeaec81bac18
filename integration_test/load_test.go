package integration_test

import (
	"context"
	"math"
	"strings"
	"time"
)

// load writes records to the world's topics until it is stopped.
type load struct {
	w      *world
	cancel context.CancelFunc
	ended  chan struct{}
	sent   []sentRecord // read them after ended
	err    error
}

// startLoad writes so many records to each stream every ten milliseconds, but not while more objects than ahead have not arrived
// at Braze.
func (w *world) startLoad(each, ahead int) *load {
	ctx, cancel := context.WithCancel(w.t.Context())
	l := &load{w: w, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		l.run(ctx, each, ahead)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-l.ended
	})
	return l
}

func (l *load) run(ctx context.Context, each, ahead int) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n, objects := 0, 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if objects-l.w.braze.objects() > ahead {
			continue
		}
		records, sent := l.w.records(n, each)
		// What was begun is finished: a record without an answer may have been written or not.
		if err := l.w.producer.ProduceSync(context.WithoutCancel(ctx), records...).FirstErr(); err != nil {
			l.err = err
			return
		}
		placed(sent, records)
		for _, s := range sent {
			objects += len(s.objects)
		}
		l.sent = append(l.sent, sent...)
		n += each
	}
}

// stop ends the load and returns what the broker has acknowledged of it.
func (l *load) stop() []sentRecord {
	l.w.t.Helper()
	l.cancel()
	<-l.ended
	if l.err != nil {
		l.w.t.Fatalf("write the load: %v", l.err)
	}
	if len(l.sent) == 0 {
		l.w.t.Fatal("the load has written nothing")
	}
	return l.sent
}

// safeMoments says, by partition and offset, at which moment Braze had accepted everything of the records up to there.
func (b *braze) safeMoments(sent []sentRecord) map[position][]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := make(map[arrival]int, len(b.arrived))
	for i, l := range b.log {
		if _, ok := first[l.arrival]; !ok {
			first[l.arrival] = i + 1
		}
	}
	safe := make(map[position][]int)
	for _, r := range sent { // in the order of the offsets
		p := position{r.topic, r.partition}
		latest := 0
		if before := safe[p]; len(before) > 0 {
			latest = before[len(before)-1]
		}
		for _, array := range r.objects {
			at, ok := first[arrival{array, r.id}]
			if !ok {
				at = math.MaxInt
			}
			latest = max(latest, at)
		}
		safe[p] = append(safe[p], latest)
	}
	return safe
}

// longestGap is, over all partitions, the longest time without a new object of it at Braze, between two moments.
func (b *braze) longestGap(sent []sentRecord, from, to time.Time) (longest time.Duration, where position) {
	at := make(map[string]position, len(sent))
	last := make(map[position]time.Time)
	for _, r := range sent {
		at[r.id] = position{r.topic, r.partition}
		last[at[r.id]] = from
	}
	seen := make(map[arrival]bool)
	gap := func(p position, now time.Time) {
		if d := now.Sub(last[p]); d > longest {
			longest, where = d, p
		}
		last[p] = now
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.log {
		if seen[l.arrival] || l.at.Before(from) || l.at.After(to) {
			continue
		}
		seen[l.arrival] = true
		gap(at[l.id], l.at)
	}
	for p := range last {
		gap(p, to)
	}
	return longest, where
}

// audit runs the audit of the world's group with the records counted, and returns its exit status and what it said.
func (w *world) audit(s settings, arguments ...string) (code int, out string) {
	w.t.Helper()
	return runCommand(w.t, w.suite.binary, s, append([]string{"audit", "--count"}, arguments...)...)
}

// checkAudit fails where the accounts do not close.
func (w *world) checkAudit(s settings) {
	w.t.Helper()
	if code, out := w.audit(s); code != 0 {
		w.t.Errorf("audit ends with %d:\n%s", code, out)
	}
}

// checkAll is what holds after everything was sent and every bridge has ended: all arrived, nothing else, each user's in order,
// commits to the end that never passed what Braze had, and accounts that close.
func (w *world) checkAll(v *wire, s settings, sent []sentRecord) {
	w.t.Helper()
	if some, n := w.braze.missing(sent); n > 0 {
		w.t.Errorf("%d objects did not arrive, among them %s", n, strings.Join(some, ", "))
	}
	if open := w.behind(); open != "" {
		w.t.Errorf("not committed to the end: %s", open)
	}
	w.braze.checkNothingElse(w.t, sent)
	w.braze.checkOrder(w.t)
	v.check(w.t, w.braze, sent)
	w.checkNoLetters()
	w.checkAudit(s)
}
