package sink

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateShare(t *testing.T) {
	for _, share := range []float64{1, 0.5, 1.0 / 3, 0.05} {
		synctest.Test(t, func(t *testing.T) {
			g := NewGate(1000, time.Second)
			g.SetShare(share)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			n := 0
			for g.Wait(ctx) == nil {
				n++
			}
			if most := 10000 * share; float64(n) > most || float64(n) < 0.97*most {
				t.Errorf("share %v: %d requests in ten seconds, want 97 to 100 %% of %.0f", share, n, most)
			}
		})
	}
}

func TestGateHearsOfItsShareWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(10, time.Second)
		g.SetShare(0.001)
		if err := g.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Second)
			g.SetShare(1)
		}()
		if passed := waitAll(t, g, 1); passed[0] != time.Second {
			t.Errorf("passed after %v, want 1s", passed[0])
		}
	})
}

func TestClampShare(t *testing.T) {
	for share, want := range map[float64]float64{-1: 1e-6, 0: 1e-6, 0.5: 0.5, 1: 1, 2: 1, math.Inf(1): 1, math.Inf(-1): 1e-6} {
		if got := clampShare(share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	if got := clampShare(math.NaN()); got != 1 {
		t.Errorf("NaN: %v", got)
	}
}

func TestGatesBehindASharedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := NewGate(100, time.Second)
		a, b := NewGate(100, time.Second).Behind(shared), NewGate(100, time.Second).Behind(shared)
		if NewGate(1, time.Second).Behind(nil).shared != nil {
			t.Error("behind nothing")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		counts := [2]int{}
		var wg sync.WaitGroup
		for i, g := range []*Gate{a, b} {
			wg.Go(func() {
				for g.Wait(ctx) == nil {
					counts[i]++
					g.Observe(Answer{Class: Accepted})
				}
			})
		}
		wg.Wait()
		if sum := counts[0] + counts[1]; sum > 1000 || sum < 970 || counts[0] < 400 || counts[1] < 400 {
			t.Errorf("%v requests in ten seconds, want 970 to 1000 in all and about half each", counts)
		}

		a.Observe(Answer{Class: Throttled, Rate: RateInfo{Asked: true, Wait: time.Hour}})
		if until := time.Until(b.ClosedUntil()); until > 0 {
			t.Errorf("a 429 of one workspace closes another's gate for %v", until)
		}
		shared.Close(2 * time.Hour)
		if time.Until(a.ClosedUntil()) != 2*time.Hour || time.Until(b.ClosedUntil()) != 2*time.Hour {
			t.Errorf("the shared gate is closed, its workspaces' are not: %v, %v", a.ClosedUntil(), b.ClosedUntil())
		}
	})
}

func TestSharedGateTakesTheMeanShare(t *testing.T) {
	shared := NewGate(100, time.Second)
	a, b := NewGate(100, time.Second).Behind(shared), NewGate(100, time.Second).Behind(shared)
	a.SetShare(0.5)
	b.SetShare(0.1)
	if got := shared.share; math.Abs(got-0.3) > 1e-9 {
		t.Errorf("share %v, want 0.3", got)
	}
}
