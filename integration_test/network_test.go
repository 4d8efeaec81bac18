package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The network between the bridge and the broker goes silent, for less than a session and for more, or says loudly that there is no way:
// the bridge goes on by itself afterwards, nothing is lost, and the accounts close.
func TestNetworkCutBetweenBridgeAndBroker(t *testing.T) {
	for name, cut := range map[string]struct {
		lasts time.Duration
		loud  bool
	}{
		"silent, shorter than the session": {sessionTimeout / 2, false},
		"silent, longer than the session":  {4 * sessionTimeout, false},
		"loud, longer than the session":    {4 * sessionTimeout, true},
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
			v.cut(w.client("a"), cut.loud)
			began := time.Now()
			if cut.loud {
				w.until("the cut in readiness", func() (bool, string) {
					status, body := b.get("/readyz")
					return status == http.StatusServiceUnavailable && strings.Contains(body, `"kafka"`), body
				})
			}
			time.Sleep(cut.lasts - time.Since(began))
			if members := w.shares(); cut.lasts > sessionTimeout && len(members) > 0 {
				t.Errorf("the group has members after the cut, %v: nothing was cut", members)
			}
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
			t.Logf("cut for %s, loud: %t: sending again after %s, %d of %d records sent again", cut.lasts, cut.loud, resumed.Round(time.Millisecond), again, len(sent))
		})
	}
}
