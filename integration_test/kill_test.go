package integration_test

import (
	"fmt"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// A bridge that is killed under load loses nothing, and sends no more twice than its window allows, each time.
func TestKillLosesNothingAndResendsLittle(t *testing.T) {
	t.Parallel()
	const (
		kills  = 3
		each   = 2000 // records per topic
		window = 300
	)
	w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 30 * time.Millisecond}})
	s := w.settings()
	s.ResendWindow = window
	// Static membership: the restarted bridge takes its own partitions again at once, instead of waiting out the dead one's session.
	s.Kafka = "  instance_id: one"
	sent := w.produce(0, each)
	objects := 0
	for _, r := range sent {
		objects += len(r.objects)
	}

	for n := 1; n <= kills; n++ {
		b := w.start(fmt.Sprintf("%d", n), s)
		some := objects * n / (kills + 1)
		w.until(fmt.Sprintf("%d of %d objects at Braze before kill %d", some, objects, n), func() (bool, string) {
			got := w.braze.objects()
			return got >= some, fmt.Sprintf("%d objects", got)
		})
		b.kill()
		if again := w.braze.again(); again > window*(n-1) {
			t.Errorf("%d records were sent again after %d kills, want at most %d", again, n-1, window*(n-1))
		}
		if got := w.braze.objects(); got == objects {
			t.Fatalf("all %d objects had arrived before kill %d: the test proves nothing", objects, n)
		}
	}

	b := w.start("last", s)
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.braze.checkNothingElse(t, sent)
	w.braze.checkOrder(t)
	again := w.braze.again()
	if again > window*kills {
		t.Errorf("%d records were sent again after %d kills, want at most %d", again, kills, window*kills)
	}
	t.Logf("%d kills of a bridge with a window of %d: %d records sent again", kills, window, again)
}
