//go:build synctests

package processor

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink/fakebraze"
)

// TestAPauseDoesNotOutliveItsCause: in an outage partitions are paused, since they have more than their share in hand, and some of them
// go to another member and come back when the outage is over. The client keeps a pause through all of that; the records must come all
// the same, and soon.
func TestAPauseDoesNotOutliveItsCause(t *testing.T) {
	for seed := range uint64(20 / slowness) {
		for _, newProtocol := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 11))
				moment := func(upTo time.Duration) { time.Sleep(time.Duration(rnd.Int64N(int64(upTo)))) }
				f := newFlow(t, "orders")
				f.newProtocol = newProtocol
				stays := f.start()
				next := int64(0)
				write := func(n int) {
					for partition := range int32(3) {
						f.visits("orders", partition, next, n)
						next += int64(n)
					}
				}
				outage := func(faults ...fakebraze.Fault) {
					if err := f.braze.SetFaults(faults); err != nil {
						t.Fatal(err)
					}
				}
				write(5)
				moment(5 * time.Second)
				outage(fakebraze.Fault{Kind: "status", Status: 503})
				write(100)
				moment(5 * time.Second)
				comes := f.start()
				moment(15 * time.Second)
				if rnd.IntN(2) == 0 {
					outage()
				}
				moment(5 * time.Second)
				comes.drain(t)
				moment(5 * time.Second)
				outage()
				write(5)
				time.Sleep(45 * time.Second) // Braze is tried again, a heartbeat brings the partitions back, and they are read
				if n := f.open(); n > 0 {
					t.Errorf("seed %d, new protocol %t: %d records are not read", seed, newProtocol, n)
				}
				stays.drain(t)
			})
		}
	}
}
