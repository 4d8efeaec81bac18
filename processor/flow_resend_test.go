//go:build synctests

package processor

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/sink/fakebraze"
)

// A member that stops while the group takes no commit says what that costs; one that stops well says nothing.
func TestWhatMayBeSentAgainIsSaid(t *testing.T) {
	for _, away := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow(t, "orders")
			m := f.start()
			f.visits("orders", 0, 0, 3)
			time.Sleep(5 * time.Second)
			f.cluster.ControlKey(int16(kmsg.OffsetCommit), func(kmsg.Request) (kmsg.Response, error, bool) {
				f.cluster.KeepControl()
				return nil, errors.New("hung up"), away
			})
			f.visits("orders", 0, 10, 4)
			f.settle(time.Minute)
			m.drain(t)
			if said := m.logged.has(`"records may be sent again by another member" records=4`); said != away {
				t.Errorf("said %t where the group is away: %t", said, away)
			}
		})
	}
}

// What a drain gives up without having sent it costs nothing, and nothing is said.
func TestAStopWithABacklogCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.change = func(w *Workspace) { w.MaxInFlight = 1 }
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "delay", Delay: "2s"}}); err != nil {
			t.Fatal(err)
		}
		m := f.start()
		time.Sleep(5 * time.Second)
		f.visits("orders", 0, 0, 55)
		time.Sleep(time.Second)
		m.drain(t)
		if f.open() == 0 {
			t.Error("there was no backlog")
		}
		if m.mayResend() {
			t.Error("records are said to be sent again that nobody has sent")
		}
	})
}

// TestWhatALostPartitionCostsIsSaid: the group has forgotten the member, so what it had sent and not committed is the next owner's.
func TestWhatALostPartitionCostsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		time.Sleep(5 * time.Second)
		var away atomic.Bool
		away.Store(true)
		f.cluster.ControlKey(int16(kmsg.OffsetCommit), func(kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			return nil, errors.New("hung up"), away.Load()
		})
		f.visits("orders", 0, 0, 4)
		f.settle(time.Minute)
		f.cluster.ControlKey(int16(kmsg.Heartbeat), func(k kmsg.Request) (kmsg.Response, error, bool) {
			answer := k.ResponseKind().(*kmsg.HeartbeatResponse)
			answer.ErrorCode = kerr.UnknownMemberID.Code
			return answer, nil, true
		})
		time.Sleep(20 * time.Second)
		if !m.logged.has(`"records may be sent again by another member" records=4`) {
			t.Error("what the lost partitions cost is not said")
		}
		away.Store(false)
		m.drain(t)
	})
}
