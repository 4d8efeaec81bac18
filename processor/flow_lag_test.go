//go:build synctests

package processor

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLagGrowsDuringAHold: what is held is not fetched, and still shows how much there is of it.
func TestLagGrowsDuringAHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.produceRaw("orders", 1, nil)
		time.Sleep(5 * time.Second)
		if err := m.Hold("orders"); err != nil {
			t.Fatal(err)
		}
		for range 7 {
			f.produceRaw("orders", 1, nil)
		}
		time.Sleep(2 * endsEvery)
		if got := m.shown("lag_records"); !slices.Contains(got, "1 orders 7") {
			t.Errorf("lag %v, want 7 in partition 1", got)
		}
		m.drain(t)
	})
}
