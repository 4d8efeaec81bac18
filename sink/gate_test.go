package sink

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// server counts requests in fixed windows, as Braze is documented to, and answers with what remains.
type server struct {
	limit  int
	per    time.Duration
	phase  time.Duration // of the windows against the start of the test
	began  time.Time
	window int64
	used   int     // in the window, by everybody
	over   int     // requests that were answered 429
	others float64 // requests per second of somebody else
	met    int     // of those in this window
	hour   int     // where it is not zero: the limit per hour, which is all that answers tell of
	spent  int     // of it
}

func newServer(limit int, per, phase time.Duration) *server {
	return &server{limit: limit, per: per, phase: phase, began: time.Now()}
}

// turn moves on to the present window.
func (s *server) turn() (left time.Duration) {
	elapsed := time.Since(s.began) + s.phase
	if w := int64(elapsed / s.per); w != s.window {
		s.window, s.used, s.met = w, 0, 0
	}
	within := elapsed % s.per
	if met := int(s.others * within.Seconds()); met > s.met {
		s.spent += max(0, min(met-s.met, s.limit-s.used)) // who is turned away spends nothing
		s.used += met - s.met
		s.met = met
	}
	return s.per - within
}

// request is one request's arrival. Reset is rounded up to a second, as by an answer whose clock has whole seconds.
func (s *server) request() Answer {
	left := s.turn()
	reset := time.Duration(math.Ceil(left.Seconds())) * time.Second
	if s.used++; s.used > s.limit {
		s.over++
		return Answer{Class: Throttled, Status: 429, Rate: RateInfo{Wait: reset, Asked: true}}
	}
	s.spent++
	if s.hour > 0 {
		return Answer{Class: Accepted, Status: 201, Rate: RateInfo{
			Limit: s.hour, Remaining: s.hour - s.spent, Known: true, Reset: time.Hour - time.Since(s.began).Truncate(time.Second),
		}}
	}
	return Answer{Class: Accepted, Status: 201, Rate: RateInfo{Limit: s.limit, Remaining: s.limit - s.used, Known: true, Reset: reset}}
}

// senders run against the server for a time: each waits at the gate, travels, is answered. It returns how many requests passed.
func senders(g *Gate, s *server, n int, forTime time.Duration, travel func() time.Duration) int {
	ctx, cancel := context.WithTimeout(context.Background(), forTime)
	defer cancel()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		sent int
	)
	for range n {
		wg.Go(func() {
			for g.Wait(ctx) == nil {
				mu.Lock()
				out, back := travel(), travel()
				mu.Unlock()
				time.Sleep(out)
				mu.Lock()
				sent++
				a := s.request()
				mu.Unlock()
				time.Sleep(back)
				g.Observe(a)
			}
		})
	}
	wg.Wait()
	return sent
}

// With a backlog the gate uses 97 % of the rate and more, and meets no 429, wherever the server's windows begin.
func TestGateUsesTheRateWithoutA429(t *testing.T) {
	for _, c := range []struct {
		requests int
		per      time.Duration
		senders  int
		latency  time.Duration // one way, and as much again at random up to jitter
		jitter   time.Duration
	}{
		{3000, 3 * time.Second, 256, 10 * time.Millisecond, 20 * time.Millisecond},
		{3000, 3 * time.Second, 512, 100 * time.Millisecond, 30 * time.Millisecond},
		{200, time.Second, 64, 10 * time.Millisecond, 10 * time.Millisecond},
		{200, time.Second, 64, 100 * time.Millisecond, 10 * time.Millisecond},
		{600, time.Minute, 8, 50 * time.Millisecond, 100 * time.Millisecond},
		{10, time.Second, 4, 5 * time.Millisecond, 5 * time.Millisecond},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%d per %v, %v, seed %d", c.requests, c.per, c.latency, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rnd := rand.New(rand.NewPCG(seed, 7))
					travel := func() time.Duration {
						return c.latency + time.Duration(rnd.Int64N(int64(c.jitter)))
					}
					s := newServer(c.requests, c.per, time.Duration(rnd.Int64N(int64(c.per))))
					g := NewGate(c.requests, c.per)
					senders(g, s, c.senders, 2*c.per, travel) // until a whole window was seen
					windows := max(5, 200/c.requests)
					total := senders(g, s, c.senders, time.Duration(windows)*c.per, travel)
					if s.over > 0 {
						t.Errorf("%d of %d requests were answered 429", s.over, total)
					}
					if least := float64(windows*c.requests) * 0.97; float64(total) < least {
						t.Errorf("%d requests in %d windows of %d, want %.0f", total, windows, c.requests, least)
					}
				})
			})
		}
	}
}

// No window of the limit's length, wherever it begins, sees more requests leave than the limit allows, also where senders
// come and go and the share changes.
func TestGateNeverExceedsTheWindow(t *testing.T) {
	const requests, per = 100, time.Second
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 8))
			g := NewGate(requests, per)
			var left []time.Time
			for range 1000 {
				switch rnd.IntN(40) {
				case 0:
					time.Sleep(time.Duration(rnd.Int64N(int64(2 * time.Second)))) // idle
				case 1:
					g.SetShare(rnd.Float64())
				case 2:
					g.SetShare(1)
				case 3:
					time.Sleep(time.Duration(rnd.Int64N(int64(100 * time.Millisecond)))) // a late wake-up
				}
				if err := g.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				left = append(left, time.Now())
			}
			for i := requests; i < len(left); i++ {
				if between := left[i].Sub(left[i-requests]); between < per {
					t.Fatalf("seed %d: requests %d and %d are %v apart", seed, i-requests, i, between)
				}
			}
		})
	}
}

func TestGateMakesUpForLateWakeUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1000, time.Second)
		start, n := time.Now(), 0
		for time.Since(start) < 10*time.Second {
			if err := g.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n++; n%100 == 0 {
				time.Sleep(9 * time.Millisecond) // nobody waits meanwhile
			}
		}
		if n < 9700 {
			t.Errorf("%d requests in ten seconds, want 9700", n)
		}
	})
}

func TestGateDoesNotBurstAfterIdling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1000, time.Second)
		time.Sleep(time.Hour)
		start, n := time.Now(), 0
		for time.Since(start) < 100*time.Millisecond {
			if err := g.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if most := 200; n > most { // 100 ms of pace, and 100 ms made up for
			t.Errorf("%d requests within 100 ms, want at most %d", n, most)
		}
	})
}

// waitAll starts n waiters and returns when each passed, counted from now, in the order of passing.
func waitAll(t *testing.T, g *Gate, n int) []time.Duration {
	t.Helper()
	start := time.Now()
	var (
		mu     sync.Mutex
		passed []time.Duration
		wg     sync.WaitGroup
	)
	for range n {
		wg.Go(func() {
			if err := g.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			mu.Lock()
			passed = append(passed, time.Since(start))
			mu.Unlock()
		})
	}
	wg.Wait()
	return passed
}

func TestGateClosesForAllAndOpensSmoothly(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer Answer
		closed time.Duration
	}{
		{"a 429 that names a time", Answer{Class: Throttled, Rate: RateInfo{Wait: 7 * time.Second, Asked: true}}, 7 * time.Second},
		{"a 429 that names none", Answer{Class: Throttled}, time.Second},
		{"a 429 that says at once", Answer{Class: Throttled, Rate: RateInfo{Asked: true}}, 0},
		{"a 503 that names a time", Answer{Class: Transient, Status: 503, Rate: RateInfo{Wait: 2 * time.Second, Asked: true}}, 2 * time.Second},
		{"an exhausted window", Answer{Class: Accepted, Rate: RateInfo{Limit: 1000, Known: true, Reset: 3 * time.Second}}, 3 * time.Second},
		{"an exhausted window in its last second", Answer{Class: Accepted, Rate: RateInfo{Limit: 1000, Known: true}}, time.Second},
		{"a success", Answer{Class: Accepted}, 0},
		{"a 500", Answer{Class: Transient, Status: 500}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(1000, time.Second)
				if err := g.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				g.Observe(c.answer)
				if open := time.Until(g.ClosedUntil()); max(open, 0) != c.closed {
					t.Errorf("closed for %v, want %v", open, c.closed)
				}
				passed := waitAll(t, g, 50)
				if passed[0] != c.closed {
					t.Errorf("the first passed after %v, want %v", passed[0], c.closed)
				}
				if span := passed[49] - passed[0]; c.closed > 0 && span < 45*time.Millisecond {
					t.Errorf("50 requests within %v: a herd", span)
				}
			})
		})
	}
}

func TestGateClosedLongestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(10, time.Second)
		g.Close(5 * time.Second)
		g.Close(time.Second)
		if got := time.Until(g.ClosedUntil()); got != 5*time.Second {
			t.Errorf("closed for %v, want 5s", got)
		}
		// while waiting, too
		go func() {
			time.Sleep(4 * time.Second)
			g.Close(10 * time.Second)
		}()
		if passed := waitAll(t, g, 1); passed[0] != 14*time.Second {
			t.Errorf("passed after %v, want 14s", passed[0])
		}
	})
}

func TestGateWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1, time.Hour)
		g.Close(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		var wg sync.WaitGroup
		for range 5 { // the one in turn and those behind it
			wg.Go(func() {
				if err := g.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Wait: %v", err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		if err := g.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait with an ended context: %v", err)
		}
		if passed := waitAll(t, g, 1); passed[0] != time.Hour-time.Second {
			t.Errorf("those who left took %v from the one who stayed", passed[0])
		}
	})
}

func TestGateWithoutAPaceStillCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(0, 0)
		if passed := waitAll(t, g, 1000); passed[999] != 0 {
			t.Errorf("1000 requests took %v", passed[999])
		}
		g.Observe(Answer{Class: Throttled})
		if passed := waitAll(t, g, 2); passed[0] != time.Second {
			t.Errorf("passed after %v, want 1s", passed[0])
		}
	})
}

func TestGateOfAHugeLimitIsBoundedInMemory(t *testing.T) {
	g := NewGate(250_000_000, time.Hour)
	if n := len(g.sent.at); n > maxRing {
		t.Errorf("%d instants are kept, want at most %d", n, maxRing)
	}
}

func BenchmarkGate(b *testing.B) {
	g := NewGate(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		_ = g.Wait(context.Background())
		g.Observe(Answer{})
	}
}
