//go:build synctests

package processor

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink/fakebraze"
)

// TestAPartitionThatStallsIsNamed has one partition's reader end, as no reader should, while the others go on: readiness names it
// within a minute, and the process counts as alive.
func TestAPartitionThatStallsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		m := f.start()
		time.Sleep(5 * time.Second)
		m.reader(topicPartition{"orders", 2}).cancel()
		synctest.Wait()
		for range 70 {
			for p := range int32(3) {
				f.produceRaw("orders", p, nil)
				f.produceRaw("cart", p, nil)
			}
			time.Sleep(time.Second)
		}
		s := m.Status()
		if len(s.Reasons) != 1 || s.Reasons[0].Code != reasonStalled || s.Reasons[0].Topic != "orders" || !strings.HasPrefix(s.Reasons[0].Text, "partition 2:") {
			t.Errorf("status %+v, want partition 2 of orders stalled", s)
		}
		if !m.Alive() {
			t.Error("not alive, although all other partitions move")
		}
		if a := m.Accounts()["orders"]; a.Filtered["tombstone"] != 140 {
			t.Errorf("accounts %+v: the other partitions wait", a)
		}
		m.drain(t)
	})
}

// TestWhatWaitsForAReasonIsNotStalled: an outage and a hold last for hours, an idle group too, and none of them stalls.
func TestWhatWaitsForAReasonIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		m := f.start()
		stalled := func() bool {
			return slices.ContainsFunc(m.Status().Reasons, func(r HoldReason) bool { return r.Code == reasonStalled })
		}
		time.Sleep(time.Hour)
		if got := reasons(m); len(got) > 0 {
			t.Errorf("with nothing to read: %v", got)
		}
		for _, fault := range []fakebraze.Fault{
			{Kind: "status", Status: 503}, {Kind: "status", Status: 401}, {Kind: "delay", Delay: "1h"},
			{Kind: "status", Status: 429, Headers: map[string]string{"Retry-After": "600"}},
		} {
			if err := f.braze.SetFaults([]fakebraze.Fault{fault}); err != nil {
				t.Fatal(err)
			}
			for range 300 {
				f.produceOK()
			}
			for range 30 {
				if time.Sleep(time.Minute); stalled() {
					t.Errorf("%+v counts as stalled", fault)
				}
			}
			if err := f.braze.SetFaults(nil); err != nil {
				t.Fatal(err)
			}
			f.settle(20 * time.Minute)
		}
		if err := m.Hold("orders"); err != nil {
			t.Fatal(err)
		}
		f.produceOK()
		f.produceOK()
		for range 30 {
			if time.Sleep(time.Minute); stalled() {
				t.Error("a hold counts as stalled")
			}
		}
		if err := m.Resume("orders"); err != nil {
			t.Fatal(err)
		}
		f.settle(time.Minute)
		m.drain(t)
	})
}
