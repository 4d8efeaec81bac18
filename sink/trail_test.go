package sink

import (
	"math"
	"testing"
	"time"
)

// steady is a trail of requests at an even pace, ours and others' in each hundredth of a window, each of ours travelling for so many hundredths.
func steady(per time.Duration, ours, others, travel, forSteps int) (trail, time.Duration) {
	var t trail
	at, remaining := time.Duration(0), 1_000_000
	for range forSteps {
		at += per / 100
		remaining -= ours + others
		for range ours {
			t.note(at, remaining, ours*travel, per)
		}
	}
	return t, at
}

// TestTrailLeavesWhatOthersLeave: where all together use the limit but for the slack, ours may go on as they do; where they use more, less
// is left, and where they use less, more.
func TestTrailLeavesWhatOthersLeave(t *testing.T) {
	const per = 3 * time.Second
	for _, c := range []struct{ ours, others, travel int }{{15, 15, 2}, {15, 15, 10}, {10, 19, 4}, {25, 5, 4}, {3, 26, 4}} {
		seen, now := steady(per, c.ours, c.others, c.travel, 300)
		even := float64(100*(c.ours+c.others)) / (1 - trailSlack)
		for limit, want := range map[float64]func(rate float64) bool{
			// The oldest mark is up to a step too old, which errs towards less.
			even: func(rate float64) bool {
				return rate <= float64(c.ours)+0.1 && rate > float64(c.ours)-float64(c.ours+c.others)/2
			},
			0.9 * even: func(rate float64) bool { return rate < float64(c.ours)-10 },
			1.2 * even: func(rate float64) bool { return rate > float64(c.ours)+10 },
		} {
			got, ok := seen.allowed(now, int(limit), per, 1)
			if perStep := got * float64(per/100); !ok || !want(perStep) {
				t.Errorf("%+v of %.0f: %.1f requests in a hundredth of a window (%v)", c, limit, perStep, ok)
			}
		}
	}
}

// TestTrailKnowsWhoIsWho: without others there is no bound, nor where the group's other members use no more than is theirs; before
// trailAhead of a window was seen nothing is told, nor where answers are too old to tell.
func TestTrailKnowsWhoIsWho(t *testing.T) {
	const per, limit = 3 * time.Second, 3000
	for _, c := range []struct {
		name                        string
		ours, others, travel, steps int
		share                       float64
		want                        string
	}{
		{"alone", 29, 0, 4, 300, 1, "unbounded"},
		{"a member among two", 15, 14, 4, 300, 0.5, "unbounded"},
		{"a member among three, and others", 10, 28, 4, 300, 1.0 / 3, "bounded"},
		{"others", 15, 14, 4, 300, 1, "bounded"},
		{"others, soon", 15, 14, 4, 17, 1, "bounded"},
		{"others, too soon", 15, 14, 4, 14, 1, "silent"},
		{"answers too old", 15, 14, 60, 300, 1, "silent"},
	} {
		seen, now := steady(per, c.ours, c.others, c.travel, c.steps)
		rate, ok := seen.allowed(now, limit, per, c.share)
		got := "bounded"
		if !ok {
			got = "silent"
		} else if math.IsInf(rate, 1) {
			got = "unbounded"
		}
		if got != c.want {
			t.Errorf("%s: %s (%v), want %s", c.name, got, rate, c.want)
		}
	}
	if _, ok := new(trail).allowed(0, limit, per, 1); ok {
		t.Error("an empty trail tells something")
	}
}

// TestTrailBeginsAnewWithTheHour: Remaining that jumps up makes no requests come back; one that two answers name in the wrong order
// is nothing new.
func TestTrailBeginsAnewWithTheHour(t *testing.T) {
	const per = 3 * time.Second
	seen, now := steady(per, 15, 15, 4, 300)
	marks := len(seen.marks)
	if marks > int(1/trailStep)+3 {
		t.Errorf("%d marks are kept of one window", marks)
	}
	last := seen.marks[marks-1].remaining
	seen.note(now, last+5, 60, per)
	if got := seen.marks[len(seen.marks)-1].remaining; got != last || len(seen.marks) < marks {
		t.Errorf("an answer that was overtaken: %d marks, remaining %d, want %d", len(seen.marks), got, last)
	}
	seen.note(now, 1_200_000, 60, per)
	if len(seen.marks) != 1 || seen.marks[0].remaining != 1_200_000 {
		t.Errorf("a new hour: %+v", seen.marks)
	}
}
