package integration_test

import (
	"fmt"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// SIGTERM under load: what Braze has accepted by then is committed when the process ends, by the offset or by the marks that
// the commit carries for what was settled out of order, so that the next one sends nothing twice.
func TestDrainCommitsEverythingAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 50 * time.Millisecond}})
	s := w.settings()
	// Small, so that the backlog is far from done at the first SIGTERM.
	s.ResendWindow = 500
	sent := w.produce(0, 2000)
	b := w.start("first", s)
	w.until("some objects at Braze", func() (bool, string) {
		n := w.braze.objects()
		return n >= 500, fmt.Sprintf("%d objects", n)
	})
	b.stop()

	committed, accepted := w.committed(), w.braze.records()
	if len(accepted) == len(sent) {
		t.Fatal("everything had arrived before SIGTERM: the test proves nothing")
	}
	for _, r := range sent {
		at := committed[position{r.topic, r.partition}]
		if !accepted[r.id] && r.offset < at {
			t.Fatalf("record %s at %s/%d offset %d never arrived, but the commit is at %d", r.id, r.topic, r.partition, r.offset, at)
		}
	}

	b = w.start("second", s)
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.braze.checkOrder(t)
}
