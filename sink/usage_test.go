package sink

import (
	"fmt"
	"math"
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
		hourly bool // answers tell of the hour only
	}{
		{3000, 3 * time.Second, 0.5, 10 * time.Millisecond, false},
		{3000, 3 * time.Second, 0.5, 50 * time.Millisecond, false},
		{3000, 3 * time.Second, 0.8, 20 * time.Millisecond, false},
		{3000, 3 * time.Second, 0.06, 20 * time.Millisecond, false},
		{600, time.Minute, 0.5, 50 * time.Millisecond, false},
		{3000, 3 * time.Second, 0.5, 10 * time.Millisecond, true},
		{3000, 3 * time.Second, 0.5, 50 * time.Millisecond, true},
		{3000, 3 * time.Second, 0.8, 20 * time.Millisecond, true},
		{3000, 3 * time.Second, 0.06, 20 * time.Millisecond, true},
		{300, 3 * time.Second, 0.33, 30 * time.Millisecond, true},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(1, 1))
				s := newServer(c.limit, c.per, c.per/3)
				if c.hourly {
					s.hour = c.limit * int(time.Hour/c.per)
				}
				s.others = c.others * float64(c.limit) / c.per.Seconds()
				g := NewGate(c.limit, c.per)
				travel := func() time.Duration { return c.travel + time.Duration(rnd.Int64N(int64(5*time.Millisecond))) }
				senders(g, s, 64, 2*c.per, travel) // until a whole window was seen
				s.over = 0
				const windows = 6
				total := senders(g, s, 64, windows*c.per, travel)
				ours := float64(windows*c.limit) * (1 - c.others)
				if s.over > 0 {
					t.Errorf("%d of %d requests were answered 429", s.over, total)
				}
				least := 0.8
				if c.others > 0.5 {
					least = 0.7 // the slack is one of the whole limit, of which others use most
				}
				if float64(total) < least*ours || float64(total) > 1.01*ours {
					t.Errorf("%d requests, others leave %.0f", total, ours)
				}
			})
		})
	}
}

// A limit that is greater than the configured rate is no reason to yield: where answers name the limit, others' use of its rest takes
// nothing, and where they tell of the hour only, a part of the rate at most as long as there was no 429.
func TestGateDoesNotYieldWhatIsItsOwn(t *testing.T) {
	for _, c := range []struct {
		hourly bool
		least  float64
	}{{false, 0.97}, {true, unproven * 0.97}} {
		synctest.Test(t, func(t *testing.T) {
			const limit, per, mine = 3000, 3 * time.Second, 600
			s := newServer(limit, per, time.Second)
			s.others = 0.6 * limit / per.Seconds()
			if c.hourly {
				s.hour = limit * int(time.Hour/per)
			}
			travel := func() time.Duration { return 20 * time.Millisecond }
			g := NewGate(mine, per)
			senders(g, s, 64, 3*per, travel)
			if total := senders(g, s, 64, 10*per, travel); float64(total) < c.least*10*mine || s.over > 0 {
				t.Errorf("hourly %v: %d requests, %d answered 429; want %.0f %% of %d", c.hourly, total, s.over, 100*c.least, 10*mine)
			}
		})
	}
}

// TestNoteTellsWhatItBelieves: what all have spent is the sum over windows, and answers of the window before add nothing to it.
func TestNoteTellsWhatItBelieves(t *testing.T) {
	const per = 3 * time.Second
	var u usage
	for _, c := range []struct {
		at        time.Duration
		remaining int
		believed  bool
		spent     int
	}{
		{0, 1000, true, 0},
		{time.Second, 600, true, 400},
		{2 * time.Second, 2990, true, 410},
		{2050 * time.Millisecond, 590, false, 410},
		{2200 * time.Millisecond, 2800, false, 410},
		{2400 * time.Millisecond, 2600, true, 800},
		{2401 * time.Millisecond, 2602, true, 798},
		{2402 * time.Millisecond, 2598, true, 802},
	} {
		if got := u.note(c.at, RateInfo{Limit: 3000, Remaining: c.remaining, Known: true}, per, 1e6); got != c.believed || u.spent != c.spent {
			t.Errorf("at %v: believed %v, spent %d; want %v, %d", c.at, got, u.spent, c.believed, c.spent)
		}
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

func TestAnswersOfTheWindowBeforeProveNothing(t *testing.T) {
	const per = 3 * time.Second
	rate := func(remaining int) RateInfo { return RateInfo{Limit: 3000, Remaining: remaining, Known: true} }
	var u usage
	for _, c := range []struct {
		at        time.Duration
		remaining int
		wantKnown bool
		wantLast  int
	}{
		{0, 1000, false, 1000},
		{900 * time.Millisecond, 60, false, 60},
		{time.Second, 2999, true, 2999},             // a new window
		{1050 * time.Millisecond, 55, true, 2999},   // still of the old one
		{1100 * time.Millisecond, 2900, true, 2999}, // too early to tell
		{1400 * time.Millisecond, 2600, true, 2600},
		{1401 * time.Millisecond, 2602, true, 2602}, // two answers that overtook each other
		{3900 * time.Millisecond, 90, true, 90},
		{4 * time.Second, 2999, true, 2999},
	} {
		u.note(c.at, rate(c.remaining), per, 1e6)
		if u.known != c.wantKnown || u.last != c.wantLast {
			t.Errorf("at %v: %+v, want known %v, last %d", c.at, u, c.wantKnown, c.wantLast)
		}
	}
	if u.seen != 4*time.Second {
		t.Errorf("the last window was seen to begin at %v, want 4s", u.seen)
	}
}

func TestWhatIsOutstandingIsOurs(t *testing.T) {
	const per = 3 * time.Second
	for _, c := range []struct {
		answered, outstanding int
		want                  float64 // per second
	}{
		{2000, 0, (1001 - 60) / 1.5},             // all of it was ours
		{1400, 600, (1001 - 600 - 60) / 1.5},     // the rest is on its way
		{1400, 700, (1001 - 700 - 60) / 1.5},     // and some more
		{500, 0, (1001-60)/1.5 - 1500/1.5},       // somebody else's
		{500, 500, (1001-500-60)/1.5 - 1000/1.5}, // in part
	} {
		u := usage{known: true, last: 1000, answered: c.answered, outstanding: c.outstanding}
		got, left, ok := u.allowed(per/2, 3000, per)
		if !ok || left != per/2 || math.Abs(got*float64(time.Second)-c.want) > 0.01 {
			t.Errorf("%+v: %v a second for %v (%v)", c, got*float64(time.Second), left, ok)
		}
	}
	for _, at := range []time.Duration{0, per / 11, per * 5 / 6, per * 2} {
		u := usage{known: true, last: 10}
		if _, _, ok := u.allowed(at, 3000, per); ok {
			t.Errorf("at %v of the window an estimate is no good", at)
		}
	}
}

func TestUntilNext(t *testing.T) {
	for _, c := range []struct {
		name       string
		u          usage
		now, reset time.Duration
		want       time.Duration
	}{
		{"as it says", usage{}, 0, 3 * time.Second, 3 * time.Second},
		{"the last second", usage{}, 0, 0, time.Second},
		{"the start was seen", usage{known: true, seen: time.Second}, 3900 * time.Millisecond, time.Second, 100 * time.Millisecond},
		{"it was seen, but says less", usage{known: true, seen: time.Second}, 2 * time.Second, time.Second, time.Second},
		{"it was seen long ago", usage{known: true, seen: time.Second}, time.Hour, 2 * time.Second, 2 * time.Second},
	} {
		if got := c.u.untilNext(c.now, c.reset, 3*time.Second); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
