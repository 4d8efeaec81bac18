//go:build synctests

package processor

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestALeavingMemberIsReplacedSoon: the others learn of it by their heartbeats, at worst just after one, and must not need the
// three seconds between those of Kafka's default.
func TestALeavingMemberIsReplacedSoon(t *testing.T) {
	for after := time.Duration(0); after < 3*time.Second; after += 300 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) { leaveAfter(t, after) })
	}
}

// leaveAfter has one of two members leave so long after both have settled down.
func leaveAfter(t *testing.T, after time.Duration) {
	f := newFlow(t, "orders")
	owned := func(m *member) int { return len(m.ledger.all()) }
	a, b := f.start(), f.start()
	time.Sleep(time.Minute + after)
	if owned(a) == 0 || owned(b) == 0 {
		t.Fatalf("the members have %d and %d partitions, want some each", owned(a), owned(b))
	}
	a.drain(t)
	began := time.Now()
	for owned(b) < 3 && time.Since(began) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the partitions of a member that left %s after the group had settled were taken over after %s, want at most 2s", after, took)
	}
	b.drain(t)
}
