package integration_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"brazebridge/sink/fakebraze"
)

// While Braze answers 503 no offset is committed for what it has not acknowledged, and nothing is given up: when it recovers,
// everything arrives and is committed.
func TestCommitsOnlyWhatBrazeAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	b := w.start("a", w.settings())
	first := w.produce(0, 50)
	w.waitArrived(first)
	w.waitCommitted()
	before := w.committed()

	if err := w.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 503}}); err != nil {
		t.Fatal(err)
	}
	second := w.produce(50, 200)
	const attempts = 4
	w.until(fmt.Sprintf("%d refused attempts", attempts), func() (bool, string) {
		if now := w.committed(); !maps.Equal(now, before) {
			t.Fatalf("commits moved while Braze took nothing: %v, before %v", now, before)
		}
		n := w.braze.Stats().Statuses["503"]
		return n >= attempts, fmt.Sprintf("%d attempts", n)
	})
	if _, missing := w.braze.missing(second); missing == 0 {
		t.Fatal("objects arrived although Braze refused every request: the test proves nothing")
	}
	if status, body := b.get("/healthz"); status != 200 {
		t.Errorf("/healthz answers %d during an outage of Braze, want 200: a restart mends nothing\n%s", status, body)
	}

	if err := w.braze.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(first, second)
	w.waitArrived(all)
	w.waitCommitted()
	w.braze.checkExactlyOnce(t, all)
	w.braze.checkOrder(t)
	b.stop()
	w.checkNoLetters()
}

// checkNoLetters fails where the dead-letter topic holds anything.
func (w *world) checkNoLetters() {
	w.t.Helper()
	ends, err := w.kafka.admin.ListEndOffsets(w.t.Context(), w.deadLetter)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		w.t.Fatalf("ask for the dead-letter topic's end: %v", err)
	}
	if end, _ := ends.Lookup(w.deadLetter, 0); end.Offset != 0 {
		w.t.Errorf("the dead-letter topic holds %d letters, want none", end.Offset)
	}
}
