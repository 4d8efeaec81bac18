package processor

import (
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestInvariantMarksNeverCoverUnsettled lets a partition change owners at random moments, each time with nothing but what
// the last commit says, and compares with what really happened: no record without an outcome is ever passed over, what
// fits into the note is not worked on twice, and the counts are those of the records behind the commit and marked.
func TestInvariantMarksNeverCoverUnsettled(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		limit := 110 + rnd.IntN(120)
		const end = 400
		settled := map[int64]int{} // by offset: how often it got an outcome
		commit, text := int64(0), ""
		for owner := 0; commit < end && owner < 200; owner++ {
			l, w := newTestLedger(10_000)
			a := l.open(topicPartition{"t", 0}, w, "")
			l.resumed(a, position{commit, 3})
			if text != "" {
				n, err := decodeNote(text, commit)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				l.remember(a, n)
			} else if commit > 0 {
				t.Fatalf("seed %d: a commit without a note", seed)
			}
			open := trackFrom(t, l, a, rnd, commit, end, settled)
			for range rnd.IntN(120) {
				if len(open) == 0 {
					break
				}
				i := min(rnd.IntN(len(open)), rnd.IntN(len(open)), rnd.IntN(len(open)))
				o := []outcome{delivered, deadLettered, filtered}[rnd.IntN(3)]
				l.settle(open[i], verdict{o, "check"})
				settled[open[i].rec.Offset]++
				open = append(open[:i], open[i+1:]...)
			}
			for _, pt := range l.points() {
				text = pt.annotation([16]byte{1}, limit)
				commit = pt.offset
				l.committed(pt)
				checkNote(t, seed, text, commit, settled)
			}
		}
		if commit != end {
			t.Fatalf("seed %d: committed %d of %d", seed, commit, end)
		}
		n, err := decodeNote(text, commit)
		if err != nil {
			t.Fatal(err)
		}
		if sum := n.delivered + n.deadLettered + n.filtered; sum != end {
			t.Errorf("seed %d: counts add up to %d for %d records", seed, sum, end)
		}
	}
}

// trackFrom tracks the partition's records, with holes in the offsets, in random portions, and admits them.
func trackFrom(t *testing.T, l *ledger, a *account, rnd *rand.Rand, from, end int64, settled map[int64]int) []*task {
	t.Helper()
	var open []*task
	for o := from; o < end; {
		n := min(end-o, 1+rnd.Int64N(50))
		var offsets []int64
		for i := range n {
			offsets = append(offsets, o+i)
		}
		o += n
		kept := tracked(t, l, a, offsets...)
		l.admit(kept)
		open = append(open, kept...)
		there := map[int64]bool{}
		for _, k := range kept {
			there[k.rec.Offset] = true
		}
		for _, offset := range offsets {
			if !there[offset] && settled[offset] == 0 {
				t.Fatalf("offset %d was passed over and never had an outcome", offset)
			}
		}
	}
	return open
}

func checkNote(t *testing.T, seed uint64, text string, commit int64, settled map[int64]int) {
	t.Helper()
	n, err := decodeNote(text, commit)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for _, r := range n.marks {
		for o := r.from; o < r.to; o++ {
			if settled[o] == 0 {
				t.Fatalf("seed %d: offset %d is marked and has no outcome", seed, o)
			}
		}
	}
}

// TestMarksGiveTheWindowBack has a record stuck at the head: commits that mark what is settled behind it keep the window open.
func TestMarksGiveTheWindowBack(t *testing.T) {
	l, _ := newTestLedger(1000)
	w := newWindow(10, make(chan struct{}, 1))
	a := l.open(topicPartition{"t", 0}, w, "")
	next := int64(0)
	for range 20 {
		var offsets []int64
		for range 5 {
			offsets = append(offsets, next)
			next++
		}
		tasks := tracked(t, l, a, offsets...)
		if n := l.admit(tasks); n != 5 {
			t.Fatalf("at offset %d the window admits %d of 5: it is full of what is settled and marked", offsets[0], n)
		}
		for _, tk := range tasks {
			if tk.rec.Offset != 0 {
				l.settle(tk, verdict{delivered, ""})
			}
		}
		for _, pt := range l.points() {
			if pt.annotation([16]byte{1}, 4096) == "" || pt.offset != 0 {
				t.Fatalf("commit at %d, want 0 with a note", pt.offset)
			}
			l.committed(pt)
		}
		if used := w.inUse(); used != 1 {
			t.Fatalf("%d places are taken, want the stuck record's", used)
		}
	}
	l.close([]*account{a})
	if used := w.inUse(); used != 0 {
		t.Fatalf("%d places are taken after the end", used)
	}
}

// TestMarksAreBoundToTheLog has the marked offsets hold other records: the log was truncated and written anew.
func TestMarksAreBoundToTheLog(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.resumed(a, position{10, 3})
	l.remember(a, &note{epoch: 3, marks: []run{{11, 13}}})
	recs := []*kgo.Record{
		{Topic: "t", Offset: 10, LeaderEpoch: 3}, {Topic: "t", Offset: 11, LeaderEpoch: 3}, {Topic: "t", Offset: 12, LeaderEpoch: 4},
	}
	l.budget.tryReserve(len(recs))
	tasks, bytes := newTasks(recs)
	l.budget.polled(len(recs), len(recs), bytes)
	kept := l.track(a, tasks, 1, -1)
	if len(kept) != 2 || kept[0].rec.Offset != 10 || kept[1].rec.Offset != 12 {
		t.Fatalf("kept %d records; a record of a newer leader epoch is not the one that was marked", len(kept))
	}
}
