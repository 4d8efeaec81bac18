package sink

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// Somebody else uses half of the limit: the gate sees Remaining fall faster than it sends, and slows down before the limit
// is met. Without it every window ends in 429s.
func TestGateSlowsDownWhereOthersUseTheLimit(t *testing.T) {
	for _, c := range []struct {
		limit  int
		per    time.Duration
		others float64 // part of the limit
		travel time.Duration
	}{
		{3000, 3 * time.Second, 0.5, 10 * time.Millisecond},
		{3000, 3 * time.Second, 0.5, 50 * time.Millisecond},
		{3000, 3 * time.Second, 0.8, 20 * time.Millisecond},
		{600, time.Minute, 0.5, 50 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 1))
			s := newServer(c.limit, c.per, c.per/3)
			s.others = c.others * float64(c.limit) / c.per.Seconds()
			g := NewGate(c.limit, c.per)
			travel := func() time.Duration { return c.travel + time.Duration(rnd.Int64N(int64(5*time.Millisecond))) }
			senders(g, s, 64, 2*c.per, travel) // until a whole window was seen
			s.over = 0
			const windows = 6
			total := senders(g, s, 64, windows*c.per, travel)
			ours := float64(windows*c.limit) * (1 - c.others)
			if s.over > 0 {
				t.Errorf("%+v: %d of %d requests were answered 429", c, s.over, total)
			}
			if float64(total) < 0.8*ours || float64(total) > 1.01*ours {
				t.Errorf("%+v: %d requests, others leave %.0f", c, total, ours)
			}
		})
	}
}

// The hourly limit, with seconds left, beside the burst limit that is configured.
func TestGateSpreadsWhatIsLeftOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1000, time.Second)
		count := func(d time.Duration) int {
			start, n := time.Now(), 0
			for time.Since(start) < d {
				if err := g.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				n++
			}
			return n
		}
		hour := func(remaining int, left time.Duration) Answer {
			return Answer{Class: Accepted, Rate: RateInfo{Limit: 250_000, Remaining: remaining, Known: true, Reset: left}}
		}
		g.Observe(hour(10_000, 1000*time.Second)) // ten a second
		if n := count(100 * time.Second); n < 990 || n > 1010 {
			t.Errorf("%d requests in 100 s, want 1000", n)
		}
		g.SetShare(0.5)
		g.Observe(hour(10_000, 1000*time.Second)) // of which half is ours
		if n := count(100 * time.Second); n < 490 || n > 510 {
			t.Errorf("%d requests in 100 s at half the share, want 500", n)
		}
		g.SetShare(1)
		g.Observe(hour(200_000, 100*time.Second)) // more than we could send
		if n := count(10 * time.Second); n < 9700 {
			t.Errorf("%d requests in 10 s with enough left, want 9800", n)
		}
		g.Observe(hour(100, 100*time.Second))
		time.Sleep(100 * time.Second) // a new hour begins
		if n := count(10 * time.Second); n < 9700 {
			t.Errorf("%d requests in 10 s of a new hour, want 9800", n)
		}
	})
}

func TestASlowBrazeIsNotMistakenForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(3000, 3*time.Second, time.Second)
		total := senders(NewGate(3000, 3*time.Second), s, 1024, 30*time.Second, func() time.Duration { return 250 * time.Millisecond })
		if s.over > 0 || total < 29100 {
			t.Errorf("%d requests, %d answered 429; want 97 %% of 30000 and none", total, s.over)
		}
	})
}

func TestSpreadNeverStops(t *testing.T) {
	g := NewGate(100, time.Second)
	g.spread(0, -1, time.Hour)
	if least := time.Second; g.seen.slow > least {
		t.Errorf("%v between two requests, want at most %v", g.seen.slow, least)
	}
}
