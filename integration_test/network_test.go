package integration_test

import (
	"fmt"
	"testing"
	"time"
)

// The network between the bridge and the broker goes silent, for less than a session and for more: the bridge goes on by itself
// afterwards, nothing is lost, and the accounts close.
func TestNetworkCutBetweenBridgeAndBroker(t *testing.T) {
	for name, lasts := range map[string]time.Duration{
		"shorter than the session": sessionTimeout / 2,
		"longer than the session":  4 * sessionTimeout,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			s.ResendWindow = 500
			v := w.watch()
			b := w.startWatched("a", s)
			load := w.startLoad(3, 3000)
			w.until("objects before the cut", func() (bool, string) {
				n := w.braze.objects()
				return n > 300, fmt.Sprint(n)
			})
			v.cut(w.client("a"))
			time.Sleep(lasts)
			if status, body := b.get("/healthz"); status != 200 {
				t.Errorf("/healthz answers %d while the broker cannot be reached, want 200: a restart mends nothing\n%s", status, body)
			}
			before := w.braze.objects()
			v.mend(w.client("a"))
			mended := time.Now()
			w.until("objects after the cut", func() (bool, string) {
				n := w.braze.objects()
				return n > before+100, fmt.Sprint(n)
			})
			resumed := time.Since(mended)
			sent := load.stop()
			w.waitArrived(sent)
			w.waitCommitted()
			b.waitReady()
			b.stop()
			w.checkAll(v, s, sent)
			again := w.braze.again()
			if again > s.ResendWindow {
				t.Errorf("%d records were sent again, want at most the window of %d", again, s.ResendWindow)
			}
			t.Logf("cut for %s: sending again after %s, %d of %d records sent again", lasts, resumed.Round(time.Millisecond), again, len(sent))
		})
	}
}
