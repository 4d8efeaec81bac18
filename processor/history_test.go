package processor

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestTheFirstOffsetOutlivesOwners hands a partition on: its counts go back to the first offset that was ever read, and so
// must the offset that they are counted from.
func TestTheFirstOffsetOutlivesOwners(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.remember(a, &note{epoch: 3, counts: counts{start: 5, delivered: 95}})
	l.resumed(a, position{100, 3})
	tasks := tracked(t, l, a, 100)
	l.admit(tasks)
	l.settleAll(tasks, verdict{delivered, ""})
	if n := l.points()[0].note; n.start != 5 || n.delivered != 96 {
		t.Errorf("the note counts %d delivered from offset %d, want 96 from 5", n.delivered, n.start)
	}
}

// trackedIn is tracked with the leader epoch of the records.
func trackedIn(t *testing.T, l *ledger, a *account, epoch int32, offsets ...int64) []*task {
	t.Helper()
	var recs []*kgo.Record
	for _, o := range offsets {
		recs = append(recs, &kgo.Record{Topic: a.topic, Partition: a.partition, Offset: o, LeaderEpoch: epoch})
	}
	l.budget.tryReserve(len(recs))
	tasks, bytes := newTasks(recs)
	l.budget.polled(len(recs), len(recs), bytes)
	for _, tk := range tasks {
		tk.topic = &topic{}
	}
	return l.track(a, tasks, 1, -1)
}

// TestMarksOfATruncatedLogAreNotHandedOn reads records of a newer leader epoch below what an earlier owner marked: the
// marked records are gone, and no commit may call those that took their offsets settled.
func TestMarksOfATruncatedLogAreNotHandedOn(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.remember(a, &note{epoch: 3, marks: []run{{20, 30}}})
	l.resumed(a, position{10, 3})
	tasks := append(trackedIn(t, l, a, 3, 10, 11), trackedIn(t, l, a, 4, 12, 13)...)
	l.admit(tasks)
	l.settleAll(tasks[1:], verdict{delivered, ""})
	pt := l.points()[0]
	text := pt.annotation([16]byte{1}, longestNote)
	next, err := decodeNote(text, pt.offset)
	if err != nil {
		t.Fatal(err)
	}
	l.close([]*account{a})
	b := l.open(topicPartition{"t", 0}, w, "")
	l.remember(b, next)
	l.resumed(b, position{pt.offset, 3})
	trackedIn(t, l, b, 3, 10, 11)
	if kept := trackedIn(t, l, b, 4, 12, 13, 20, 21); len(kept) != 2 || kept[0].rec.Offset != 20 {
		t.Fatalf("%d records of the new log are worked on, want those at 20 and 21; marks handed on: %v", len(kept), next.marks)
	}
}

// TestAMarkThatIsLeftOutTakesItsPlaceBack has the room for marks run out: what an earlier commit marked and the latest does
// not would be sent again after a crash, and counts in the window again.
func TestAMarkThatIsLeftOutTakesItsPlaceBack(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	tasks := tracked(t, l, a, 0, 1, 2, 3, 4)
	l.admit(tasks)
	l.settle(tasks[4], verdict{delivered, ""})
	commit := func(limit, unmarked int) {
		t.Helper()
		pt := l.points()[0]
		pt.annotation([16]byte{1}, limit)
		l.committed(pt)
		if _, parts := l.snapshot(); parts[0].unmarked != unmarked {
			t.Errorf("%d records are shown as unmarked, want %d", parts[0].unmarked, unmarked)
		}
	}
	commit(longestNote, 0)
	if used := w.inUse(); used != 4 {
		t.Fatalf("%d places are taken with one of five marked, want 4", used)
	}
	l.settle(tasks[2], verdict{delivered, ""})
	commit(10, 2) // no room for any mark
	if used := w.inUse(); used != 5 {
		t.Errorf("%d places are taken with nothing marked any more, want 5", used)
	}
	l.settleAll(tasks, verdict{delivered, ""})
	commit(longestNote, 0)
	if used := w.inUse(); used != 0 {
		t.Errorf("%d places are taken with everything committed, want none", used)
	}
}

// foreign is a context that the context package does not know: a child that is never cancelled shows as a goroutine.
type foreign struct{ context.Context }

func (f foreign) Value(any) any { return nil }

// TestWaitingForRoomLeavesNothingBehind waits as the poll does while a partition is paused, fifty times a second.
func TestWaitingForRoomLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, end := context.WithCancel(context.Background())
		l := &poller{p: &Processor{lanes: map[string]*lane{"": nil, "b": nil}}, paused: map[*account]bool{}}
		for range 2 {
			_, cancel := l.waiting(foreign{run})
			cancel()
			l.paused[&account{}] = true
		}
		synctest.Wait()
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if n := bytes.Count(stacks, []byte("context.(*cancelCtx).propagateCancel.func")); n > 0 {
			t.Errorf("%d contexts were left behind", n)
		}
		end()
	})
}

// TestAHoldBeginsWithoutTheLastOnesProbe lets a probe go unused at the end of a hold.
func TestAHoldBeginsWithoutTheLastOnesProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHold(func(holdCause, string, bool) {})
		h.refused("no")
		time.Sleep(2 * probeEvery)
		h.answered()
		h.refused("no again")
		start := time.Now()
		if err := h.pass(t.Context()); err != nil || time.Since(start) < probeEvery {
			t.Errorf("a probe was let through after %s (%v), want %s", time.Since(start), err, probeEvery)
		}
	})
}

// TestWhatLiesBeyondAGiveBackIsCountedOnce: a record that was settled beyond the place that reading went back to is marked and
// counted by the next commit, whether or not what lies before it is settled then.
func TestWhatLiesBeyondAGiveBackIsCountedOnce(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.resumed(a, position{0, -1})
	tasks := tracked(t, l, a, 0, 1, 2)
	l.admit(tasks[:1])
	l.settle(tasks[2], verdict{filtered, "when"})
	if at, ok := l.giveBack(a, 0); !ok || at.offset != 1 {
		t.Fatalf("gave back from %+v, %t", at, ok)
	}
	check := func(when string, delivered int64) {
		t.Helper()
		pt := a.point()
		n, err := decodeNote(pt.annotation([16]byte{1}, longestNote), pt.offset)
		if err != nil {
			t.Fatal(err)
		}
		if n.filtered != 1 || n.delivered != delivered || len(n.marks) != 1 || n.marks[0] != (run{2, 3}) {
			t.Errorf("%s: marks %v, delivered %d, filtered %d", when, n.marks, n.delivered, n.filtered)
		}
	}
	check("before", 0)
	l.settle(tasks[0], verdict{outcome: delivered})
	check("after", 1)
}
