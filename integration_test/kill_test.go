package integration_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// number is what an environment variable says, or what holds without it.
func number(t testing.TB, variable string, without int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return without
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("read %s: %v", variable, err)
	}
	return n
}

// chance is a source of random numbers whose seed is shown, and can be given.
func chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed := number(t, "CHAOS_SEED", int(rand.Int32()))
	t.Logf("CHAOS_SEED=%d", seed)
	return rand.New(rand.NewPCG(uint64(seed), 0))
}

// A bridge that is killed under load at random moments, from its start on, loses nothing, and sends no more twice than its window
// allows, each time. KILLS says how often.
func TestKillLosesNothingAndResendsLittle(t *testing.T) {
	t.Parallel()
	const window = 300
	kills := number(t, "KILLS", 25)
	random := chance(t)
	w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 30 * time.Millisecond}})
	v := w.watch()
	s := w.settings()
	s.ResendWindow = window
	// Static membership: the restarted bridge takes its own partitions again at once, instead of waiting out the dead one's session.
	s.Kafka = "  instance_id: one"
	load := w.startLoad(40, 6000)

	var lives []int // where in Braze's log each life ends
	var loaded int  // kills of a bridge that had sent something
	for n := 1; n <= kills; n++ {
		before := w.braze.moment()
		b := w.startWatched(strconv.Itoa(n), s)
		// Every fourth while it starts and joins, the others while it sends.
		most := 400 * time.Millisecond
		if n%4 != 0 {
			most = 900 * time.Millisecond
			w.until(fmt.Sprintf("objects at Braze before kill %d", n), func() (bool, string) { return w.braze.moment() > before, "none" })
		}
		time.Sleep(time.Duration(random.Int64N(int64(most))))
		b.kill()
		w.until("the end of the dead bridge's requests", func() (bool, string) {
			open := w.braze.connections.Load()
			return open == 0, fmt.Sprintf("%d connections", open)
		})
		lives = append(lives, w.braze.moment())
		if lives[n-1] > before {
			loaded++
		}
	}
	if behind := w.behind(); behind == "" {
		t.Error("the last dead bridge had left nothing to do: the test proves little")
	}

	b := w.startWatched("last", s)
	sent := load.stop()
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.checkAll(v, s, sent)
	again := w.braze.againByLife(lives)
	sum := 0
	for i, n := range again {
		sum += n
		if n > window {
			t.Errorf("%d records of life %d were sent again, want at most %d", n, i+1, window)
		}
	}
	if last := again[kills]; last > 0 {
		t.Errorf("%d records were sent twice within the last life, which nobody killed", last)
	}
	t.Logf("%d kills, %d of them under load, of a bridge with a window of %d: %.1f of %d records sent again each time on average, at most %d",
		kills, loaded, window, float64(sum)/float64(kills), len(sent), slices.Max(again))
}

// againByLife counts, for each life of a bridge, the records whose objects arrived in it and once more later. Lives end at the given
// places in the log; the last one ends with it.
func (b *braze) againByLife(ends []int) []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := make(map[arrival]int) // the life in which it arrived last
	again := make([]map[string]bool, len(ends)+1)
	for i := range again {
		again[i] = make(map[string]bool)
	}
	life := 0
	for i, l := range b.log {
		for life < len(ends) && i >= ends[life] {
			life++
		}
		if before, ok := last[l.arrival]; ok {
			again[before][l.id] = true
		}
		last[l.arrival] = life
	}
	counts := make([]int, len(again))
	for i, ids := range again {
		counts[i] = len(ids)
	}
	return counts
}
