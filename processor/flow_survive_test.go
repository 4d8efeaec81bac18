//go:build synctests

package processor

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink/fakebraze"
)

func TestFlowDeliversEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		f.produce(rand.New(rand.NewPCG(1, 1)), 300)
		m := f.start()
		f.settle(time.Minute)
		f.untilRead([]*member{m}, time.Minute)
		time.Sleep(time.Second)
		m.closes()
		m.drain(t)
		f.checkEnd(0)
	})
}

// TestFlowSurvives runs seeded scenarios of outages, slow answers, members that come and go, kills and drains, with the
// commits checked on the wire at every step, each with both protocols of a group. FLOW_SEEDS=n runs n of them, from FLOW_FROM
// on, and FLOW_SEED=n one again.
func TestFlowSurvives(t *testing.T) {
	from, n := envNumber(t, "FLOW_FROM", 0), envNumber(t, "FLOW_SEEDS", max(4, 120/slowness))
	if os.Getenv("FLOW_SEED") != "" {
		from, n = envNumber(t, "FLOW_SEED", 0), 1
	}
	seeds := failedOnce
	if os.Getenv("FLOW_FROM")+os.Getenv("FLOW_SEED") != "" {
		seeds = nil
	}
	for seed := from; seed < from+n; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		for _, protocol := range []string{"classic", "consumer"} {
			t.Run(fmt.Sprintf("seed=%d/%s", seed, protocol), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { survive(t, seed, protocol == "consumer") })
				if t.Failed() {
					t.Logf("run it again: FLOW_SEED=%d go test -tags synctests -run 'TestFlowSurvives/.*/%s' ./processor/", seed, protocol)
				}
			})
		}
	}
}

// failedOnce are seeds that have failed: with 2895 the leader of the group dies while it joins, and the others wait for it.
var failedOnce = []uint64{2895}

func envNumber(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func survive(t *testing.T, seed uint64, newProtocol bool) {
	rnd := rand.New(rand.NewPCG(seed, 9))
	f := newFlow(t, "orders", "cart")
	f.newProtocol = newProtocol
	var asked asks
	asked.watch(f)
	members := []*member{f.start()}
	deaths := 0
	for range 8 {
		f.produce(rnd, 20+rnd.IntN(60))
		var faults []fakebraze.Fault
		switch rnd.IntN(6) {
		case 0:
			faults = []fakebraze.Fault{{Kind: "status", Status: 503, Probability: 0.7}}
		case 1:
			faults = []fakebraze.Fault{{Kind: "status", Status: 429, Every: 3, Headers: map[string]string{"X-Ratelimit-Retry-After": "1"}}}
		case 2:
			faults = []fakebraze.Fault{{Kind: "delay", Delay: "700ms", Every: 2}}
		case 3:
			faults = []fakebraze.Fault{{Kind: "not_json", Status: 502, Every: 4}}
		}
		if err := f.braze.SetFaults(faults); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		switch change, i := rnd.IntN(6), rnd.IntN(len(members)); {
		case change < 2 && len(members) < 3:
			members = append(members, f.start())
		case change == 3 && len(members) > 1:
			members[i].drain(t)
			members = append(members[:i], members[i+1:]...)
		case change == 4 && len(members) > 1 && members[i].Status().State != Starting: // kfake keeps one for ever that dies while it joins
			members[i].die()
			deaths++
			members = append(members[:i], members[i+1:]...)
		}
		time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
	}
	if err := f.braze.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	f.settle(10 * time.Minute)
	f.untilRead(members, 2*time.Minute)
	if deaths > 0 { // what one sent and had no time to commit is the next owner's, as soon as the group gives it the partition
		f.untilCommitted(2 * time.Minute)
	}
	if t.Failed() {
		for i, m := range members {
			t.Logf("member %d: %+v\n%s", i, m.Status(), m.tell())
		}
		t.Log(asked.blame(f))
	}
	for _, m := range members {
		m.drain(t)
	}
	windows := deaths
	for _, m := range f.members {
		if !m.dead && deaths > 0 && m.mayResend() {
			windows++
		}
	}
	f.checkEnd(60 * windows)
	if f.commits == 0 {
		t.Error("no commit was seen on the wire")
	}
}
