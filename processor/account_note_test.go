package processor

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// What an owner wrote into a commit is what others read from it, offset by offset.
func TestCommitAccountsAreThoseOfTheNote(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		const offset, end = 1000, 1200
		var settled []int64
		marked := map[int64]bool{}
		for o := int64(offset + 1); o < end; o++ {
			if rnd.IntN(3) == 0 {
				settled = append(settled, o)
				marked[o] = true
			}
		}
		n := &note{topic: [16]byte{byte(seed)}, counts: counts{rnd.Int64N(900), rnd.Int64N(500), rnd.Int64N(9), rnd.Int64N(50), rnd.Int64N(2)}}
		n.marks = runsOf(settled)
		a, err := DecodeCommit(n.encode(offset), offset)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if a.TopicID != n.topic || (counts{a.Start, a.Delivered, a.DeadLettered, a.Filtered, a.Skipped}) != n.counts || a.Settled() != n.delivered+n.deadLettered+n.filtered {
			t.Fatalf("seed %d: %+v of %+v", seed, a, n)
		}
		from := offset + rnd.Int64N(end-offset)
		to := from + rnd.Int64N(end-from+1)
		within := int64(0)
		for o := int64(0); o < end+10; o++ {
			if a.IsAhead(o) != marked[o] {
				t.Fatalf("seed %d: offset %d ahead: %t", seed, o, a.IsAhead(o))
			}
			if marked[o] && o >= from && o < to {
				within++
			}
		}
		if got := a.Ahead(from, to); got != within {
			t.Fatalf("seed %d: %d marked in [%d,%d), want %d", seed, got, from, to, within)
		}
	}
}

func TestForeignCommitHasNoAccounts(t *testing.T) {
	for _, metadata := range []string{"", "consumer-1", "AQ"} {
		if a, err := DecodeCommit(metadata, 5); !errors.Is(err, ErrNoAccounts) || a.Settled() != 0 || a.IsAhead(7) {
			t.Errorf("%q: %+v, %v", metadata, a, err)
		}
	}
}

// Most commits have skipped nothing, and stay readable by the program before the one that counts it.
func TestNoteIsOfTheFirstVersionWhereItCan(t *testing.T) {
	const first = "AQEAAAAAAAAAAAAAAAAAAAAGBAIAAgEBUvDjTw" // topic 01 00…, epoch 3, start 2, one delivered, one filtered, offset 11 marked
	n := &note{topic: [16]byte{1}, epoch: 3, counts: counts{start: 2, delivered: 1, filtered: 1}, marks: []run{{11, 12}}}
	if got := n.encode(10); got != first {
		t.Errorf("encoded as %s, want %s", got, first)
	}
	n.skipped = 7
	if got, err := decodeNote(n.encode(10), 10); err != nil || got.skipped != 7 || got.counts != n.counts {
		t.Errorf("%+v came back as %+v, %v", n, got, err)
	}
}

// skipping is a partition whose log is read by changing owners while retention deletes it from the beginning.
type skipping struct {
	gone    map[int64]bool // deleted before anybody had read it
	settled map[int64]bool
	commit  int64
	text    string
	start   int64 // of the log
}

// TestInvariantSkippedIsCountedOnce lets retention overtake a partition again and again while owners come and go, each with
// nothing but the last commit. What the commits count as skipped is what was never read, no more and no less, and together
// with the outcomes it is every offset below the commit or marked.
func TestInvariantSkippedIsCountedOnce(t *testing.T) {
	met := 0
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 10))
		const end = 300
		s := &skipping{gone: map[int64]bool{}, settled: map[int64]bool{}}
		for range 200 {
			if s.commit >= end {
				break
			}
			s.own(t, rnd, end)
			if s.text == "" {
				continue
			}
			a, err := DecodeCommit(s.text, s.commit)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			skipped, settled := int64(0), int64(0)
			for o := range int64(end) {
				switch covered := o < s.commit || a.IsAhead(o); {
				case o < s.commit && s.gone[o] && !s.settled[o]:
					skipped++
				case covered && s.settled[o]:
					settled++
				case covered:
					t.Fatalf("seed %d: offset %d is covered by the commit at %d, neither settled nor gone", seed, o, s.commit)
				}
			}
			if a.Skipped != skipped || a.Settled() != settled {
				t.Fatalf("seed %d: at %d skipped %d, want %d; settled %d, want %d", seed, s.commit, a.Skipped, skipped, a.Settled(), settled)
			}
			met += int(skipped)
		}
	}
	if met == 0 {
		t.Fatal("nothing was ever skipped")
	}
}

// own is the time of one owner.
func (s *skipping) own(t *testing.T, rnd *rand.Rand, end int64) {
	t.Helper()
	l, w := newTestLedger(10_000)
	a := l.open(topicPartition{"t", 0}, w, "")
	if s.text != "" {
		n, err := decodeNote(s.text, s.commit)
		if err != nil {
			t.Fatal(err)
		}
		l.remember(a, n)
	}
	l.resumed(a, position{s.commit, 3})
	var open []*task
	reached := s.commit
	for range 1 + rnd.IntN(6) {
		if rnd.IntN(3) == 0 { // retention
			for to := min(end-1, reached+rnd.Int64N(30)); s.start < to; s.start++ {
				if s.start >= reached {
					s.gone[s.start] = true
				}
			}
		}
		first := max(reached, s.start)
		last := min(end, first+1+rnd.Int64N(20))
		if first < last {
			if l.arrives(a, first, s.start) {
				t.Fatal("taken for another log")
			}
			var offsets []int64
			for o := first; o < last; o++ {
				offsets = append(offsets, o)
			}
			kept := tracked(t, l, a, offsets...)
			l.admit(kept)
			open, reached = append(open, kept...), last
		}
		for range rnd.IntN(25) {
			if len(open) == 0 {
				break
			}
			i := min(rnd.IntN(len(open)), rnd.IntN(len(open)))
			l.settle(open[i], verdict{[]outcome{delivered, deadLettered, filtered}[rnd.IntN(3)], "check"})
			s.settled[open[i].rec.Offset] = true
			open = append(open[:i], open[i+1:]...)
		}
		if rnd.IntN(2) == 0 {
			continue
		}
		for _, pt := range l.points() {
			s.text, s.commit = pt.annotation([16]byte{1}, 4096), pt.offset
			l.committed(pt)
		}
	}
	// Whatever it settled since its last commit died with it.
	covered, _ := DecodeCommit(s.text, s.commit)
	for o := range s.settled {
		if o >= s.commit && !covered.IsAhead(o) {
			delete(s.settled, o)
		}
	}
	// What retention has taken of it by now is gone unread for the next one, and so is what is below the log's start.
	for o := s.commit; o < s.start; o++ {
		if !s.settled[o] {
			s.gone[o] = true
		}
	}
}

// Reading that goes back before a gap comes by it again, and counts it once.
func TestGiveBackForgetsTheGap(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.remember(a, &note{epoch: 3, marks: []run{{7, 9}}}) // two of the offsets in the gap were settled by the last owner
	l.resumed(a, position{5, -1})
	tracked(t, l, a, 5)
	l.arrives(a, 10, 10)
	tracked(t, l, a, 10)
	if at, ok := l.giveBack(a, 0); !ok || at.offset != 5 {
		t.Fatalf("gave back from %+v, %t", at, ok)
	}
	l.arrives(a, 10, 10)
	for _, k := range tracked(t, l, a, 10) {
		l.admit([]*task{k})
		l.settle(k, verdict{delivered, ""})
	}
	if pt := a.point(); pt.offset != 11 || pt.note.skipped != 3 {
		t.Errorf("at %d skipped %d, want 3", pt.offset, pt.note.skipped)
	}
	if got := a.sums.skipped; got != 3 {
		t.Errorf("%d offsets are counted as skipped, want 3", got)
	}
}
