package integration_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"brazebridge/sink/fakebraze"
)

// While Braze answers 503, for longer than a session lasts, no offset is committed for what it has not acknowledged, the bridge
// stays in its group, and nothing is given up: when Braze recovers, everything arrives and is committed.
func TestCommitsOnlyWhatBrazeAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	b := w.start("a", w.settings())
	first := w.produce(0, 50)
	w.waitArrived(first)
	w.waitCommitted()
	before, members := w.committed(), w.shares()

	w.setFaults(fakebraze.Fault{Kind: "status", Status: 503})
	second := w.produce(50, 200)
	const attempts = 4
	began := time.Now()
	w.until(fmt.Sprintf("%d refused attempts in more than two sessions", attempts), func() (bool, string) {
		if now := w.committed(); !maps.Equal(now, before) {
			t.Fatalf("commits moved while Braze took nothing: %v, before %v", now, before)
		}
		n, lasted := w.braze.Stats().Statuses["503"], time.Since(began)
		return n >= attempts && lasted > 2*sessionTimeout, fmt.Sprintf("%d attempts in %s", n, lasted)
	})
	// A member that was thrown out comes back under another name.
	if now := w.shares(); !maps.Equal(now, members) {
		t.Errorf("the group's members are %v, before the outage %v", now, members)
	}
	if _, missing := w.braze.missing(second); missing == 0 {
		t.Fatal("objects arrived although Braze refused every request: the test proves nothing")
	}
	if status, body := b.get("/healthz"); status != 200 {
		t.Errorf("/healthz answers %d during an outage of Braze, want 200: a restart mends nothing\n%s", status, body)
	}

	w.setFaults()
	all := slices.Concat(first, second)
	w.waitArrived(all)
	w.waitCommitted()
	w.braze.checkExactlyOnce(t, all)
	w.braze.checkOrder(t)
	b.stop()
	w.checkNoLetters()
}

// lettersSoFar is how many letters the dead-letter topic holds.
func (w *world) lettersSoFar() int {
	w.t.Helper()
	ends, err := w.kafka.admin.ListEndOffsets(w.t.Context(), w.deadLetter)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		w.t.Fatalf("ask for the dead-letter topic's end: %v", err)
	}
	end, _ := ends.Lookup(w.deadLetter, 0)
	return int(end.Offset)
}

// sayLetters says after a failure how many letters there are: a record that did not arrive may be one.
func (w *world) sayLetters() {
	if !w.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ends, err := w.kafka.admin.ListEndOffsets(ctx, w.deadLetter)
	if err := errors.Join(err, ends.Error()); err != nil {
		w.t.Logf("how many letters there are is unknown: %v", err)
		return
	}
	n := int64(0)
	ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
	w.t.Logf("the dead-letter topic holds %d letters", n)
}

// checkNoLetters fails where the dead-letter topic holds anything.
func (w *world) checkNoLetters() {
	w.t.Helper()
	if n := w.lettersSoFar(); n != 0 {
		w.t.Errorf("the dead-letter topic holds %d letters, want none", n)
	}
}
