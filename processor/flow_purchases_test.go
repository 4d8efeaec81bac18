//go:build synctests

package processor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink/fakebraze"
)

// TestBrazeRefusesAKindOfObject has Braze refuse, from one moment on, every object of a kind, as it could when it ends
// legacy purchases: with errors[], or the whole request with a 400. The topic holds after few letters; nothing is delivered
// that was refused, and when Braze takes them again everything that is not a letter arrives.
func TestBrazeRefusesAKindOfObject(t *testing.T) {
	for _, kind := range []string{"reject_if", "batch_400_if"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlow(t, "orders", "cart")
				m := f.start()
				rnd := rand.New(rand.NewPCG(3, 1))
				f.produce(rnd, 100)
				f.settle(time.Minute)
				before := m.Accounts()["orders"]
				if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: kind, Field: "name", Equals: "visited", Body: "purchases are not available"}}); err != nil {
					t.Fatal(err)
				}
				f.produce(rnd, 600)
				time.Sleep(time.Minute)
				if got := reasons(m); !slices.Equal(got, []string{"flood cart", "flood orders"}) {
					t.Errorf("reasons: %v", got)
				}
				letters := func() (n int64) {
					for _, a := range m.Accounts() {
						n += a.DeadLettered["rejected"] + a.DeadLettered["batch_refused"]
					}
					return n
				}
				many := letters()
				// Half of each topic's outcomes, of which at most 55 were good ones, what was admitted already, and what the
				// four senders write before their batches of ten are counted.
				if many > 2*55+60+4*10 {
					t.Errorf("%d letters before the hold, of 600 records", many)
				}
				time.Sleep(time.Hour)
				if got := letters(); got != many {
					t.Errorf("%d letters during the hold", got-many)
				}
				if after := m.Accounts()["orders"]; after.Delivered != before.Delivered {
					t.Errorf("%d records were delivered although Braze refused all", after.Delivered-before.Delivered)
				}
				if err := f.braze.SetFaults(nil); err != nil {
					t.Fatal(err)
				}
				if err := m.Resume(""); err != nil {
					t.Fatal(err)
				}
				f.settle(time.Minute)
				if got := letters(); got != many {
					t.Errorf("%d letters after the hold", got-many)
				}
				m.drain(t)
			})
		})
	}
}
