package audit

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
)

var topicID = kadm.TopicID{7, 7}

// note writes the accounts of a commit, byte by byte as they are documented: commits outlive the program that made them.
func note(start, delivered, deadLettered, filtered, skipped, offset int64, ahead []int64) string {
	b := append([]byte{1}, topicID[:]...)
	for _, n := range []int64{-1, start, delivered, deadLettered, filtered} {
		b = binary.AppendVarint(b, n)
	}
	if skipped > 0 {
		b[0] = 2
		b = binary.AppendVarint(b, skipped)
	}
	at := offset
	for _, o := range ahead { // one by one
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(o-at)), 1)
		at = o + 1
	}
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return base64.RawStdEncoding.EncodeToString(b)
}

// history is a partition of which everything is known, offset by offset.
type history struct {
	start, committed, logStart, end int64
	what                            []string // by offset: delivered, dead_lettered, filtered, skipped, hole, waiting
	ahead                           []int64  // settled beyond the commit
	again                           []int64  // letters of records without an outcome: the bridge died before it could count them
	wrong                           counts   // added to the counts in the commit
	unwritten                       int64    // the record whose letter is missing; -1: none
	compacted                       bool
}

type counts struct{ delivered, deadLettered int64 }

// newHistory makes one up that is as it should be.
func newHistory(rnd *rand.Rand) *history {
	h := &history{start: rnd.Int64N(20), unwritten: -1}
	h.committed = h.start + rnd.Int64N(150)
	h.end = h.committed + rnd.Int64N(60)
	h.what = make([]string, h.end)
	lost := int64(-1) // up to here retention was faster once
	if rnd.IntN(3) == 0 {
		lost = h.start + rnd.Int64N(h.committed-h.start+1) - 1
	}
	switch rnd.IntN(4) {
	case 0:
		h.logStart = rnd.Int64N(h.end + 1)
	case 1:
		h.logStart = rnd.Int64N(h.committed + 1)
	}
	h.logStart = max(h.logStart, lost+1)
	for o := range h.end {
		outcome := []string{"delivered", "delivered", "dead_lettered", "filtered", "hole"}[rnd.IntN(5)]
		switch {
		case o < h.committed && o >= h.start && o <= lost && rnd.IntN(2) == 0:
			h.what[o] = "skipped"
		case o < h.committed:
			h.what[o] = outcome
		case outcome == "hole":
			h.what[o] = "hole"
		case rnd.IntN(3) == 0:
			h.what[o] = outcome
			h.ahead = append(h.ahead, o)
		default:
			h.what[o] = "waiting"
			if rnd.IntN(8) == 0 {
				h.again = append(h.again, o)
			}
		}
	}
	return h
}

func (h *history) of(what string) (n int64) {
	for o := h.start; o < h.end; o++ {
		if h.what[o] == what {
			n++
		}
	}
	return n
}

// audited is the partition's account, with everything found out as in earnest.
func (h *history) audited(count bool) *Partition {
	p := &Partition{Topic: "t", Start: -1, Committed: -1, End: h.end}
	p.facts.logStart, p.facts.letters = h.logStart, "letters"
	commit := kadm.OffsetResponse{Offset: kadm.Offset{Topic: "t", At: h.committed, Metadata: note(h.start,
		h.of("delivered")+h.wrong.delivered, h.of("dead_lettered")+h.wrong.deadLettered, h.of("filtered"), h.of("skipped"), h.committed, h.ahead)}}
	p.commit(commit, topicID)
	for o, what := range h.what {
		if o := int64(o); what == "dead_lettered" && o != h.unwritten {
			p.letter(o)
			if o%3 == 0 {
				p.letter(o)
			}
		}
	}
	for _, o := range h.again {
		p.letter(o)
	}
	if count {
		for o := h.logStart; o < h.end; o++ {
			if h.what[o] != "hole" && h.what[o] != "skipped" {
				p.record(o)
			}
		}
		p.facts.counted, p.facts.laterLog, p.facts.compacted = true, h.logStart, h.compacted
	}
	p.close(0)
	return p
}

// What happened as it should is no fault, whatever retention, holes, deaths and marks there were; and the numbers are those
// of what happened.
func TestTrueAccountsClose(t *testing.T) {
	for seed := range uint64(3000) {
		h := newHistory(rand.New(rand.NewPCG(seed, 1)))
		for _, count := range []bool{false, true} {
			p := h.audited(count)
			if !p.OK {
				t.Fatalf("seed %d, count %t: %q of %+v", seed, count, p.Notes, h)
			}
			if p.Delivered != h.of("delivered") || p.DeadLettered != h.of("dead_lettered") || p.Filtered != h.of("filtered") {
				t.Fatalf("seed %d: %+v of %+v", seed, p, h)
			}
			waiting, gone := int64(0), int64(0)
			for o := h.committed; o < h.end; o++ {
				switch unsettled := h.what[o] == "waiting"; {
				case o < h.logStart && (unsettled || h.what[o] == "hole"):
					gone++
				case o >= h.logStart && (unsettled || h.what[o] == "hole" && !count):
					waiting++
				}
			}
			if p.Waiting != waiting || p.Skipped != h.of("skipped")+gone {
				t.Fatalf("seed %d, count %t: waiting %d, want %d; skipped %d, want %d; %+v", seed, count, p.Waiting, waiting, p.Skipped, h.of("skipped")+gone, h)
			}
		}
	}
}

// Each way to be false is found: without --count as far as offsets and letters go, with it to the record, where nothing has
// been deleted since.
func TestFalseAccountsDoNotClose(t *testing.T) {
	found := map[string]int{}
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		h := newHistory(rnd)
		var settled []int64
		for o := h.start; o < h.end; o++ {
			if what := h.what[o]; what == "delivered" || what == "dead_lettered" || what == "filtered" {
				settled = append(settled, o)
			}
		}
		if len(settled) == 0 {
			continue
		}
		one := settled[rnd.IntN(len(settled))]
		must := func(how string, count bool, says string) {
			t.Helper()
			found[how]++
			p := h.audited(count)
			if text := strings.Join(p.Notes, "\n"); p.OK || !strings.Contains(text, says) {
				t.Fatalf("seed %d: %s: ok %t, %q, want %q; %+v", seed, how, p.OK, text, says, h)
			}
		}
		if h.what[one] == "dead_lettered" {
			h.unwritten = one
			must("a letter is missing", false, "1 letter is missing from letters")
			h.unwritten = -1
		}
		h.wrong.delivered = 300
		must("more outcomes than offsets", false, "twice")
		h.wrong.delivered = 0
		if h.logStart > h.start {
			continue
		}
		h.wrong.delivered = 1
		must("an outcome too many", true, "1 outcome more than records")
		h.compacted = true
		if p := h.audited(true); !p.OK && !strings.Contains(p.Notes[0], "offsets") {
			t.Fatalf("seed %d: compaction may have taken the record: %q", seed, p.Notes)
		}
		h.compacted = false
		h.wrong.delivered = 0
		if h.what[one] == "delivered" {
			h.wrong.delivered = -1
			must("a record without an outcome", true, "1 record that the commit covers without an outcome")
		}
	}
	if len(found) != 4 {
		t.Fatalf("found only %v", found)
	}
}

// Letters that were deleted with the beginning of their topic excuse as many that are missing, and no more.
func TestExpiredLetters(t *testing.T) {
	for _, c := range []struct {
		expired, lettered, excused int64
		ok                         bool
	}{
		{0, 5, 0, true}, {9, 5, 0, true}, {9, 6, 0, true}, {0, 3, 0, false}, {1, 3, 1, false}, {2, 3, 2, true}, {9, 3, 2, true},
	} {
		p := &Partition{Topic: "t"}
		p.commit(kadm.OffsetResponse{Offset: kadm.Offset{Topic: "t", At: 10, Metadata: note(0, 0, 5, 0, 0, 10, nil)}}, topicID)
		p.End, p.facts.lettered = 10, c.lettered
		if got := p.close(c.expired); got != c.excused || p.OK != c.ok {
			t.Errorf("%+v: excused %d, ok %t: %q", c, got, p.OK, p.Notes)
		}
	}
}

// Commits without accounts are shown as what they are, and are no fault by themselves.
func TestCommitsWithoutAccounts(t *testing.T) {
	good := note(2, 3, 0, 0, 0, 10, nil)
	for name, c := range map[string]struct {
		at       int64
		metadata string
		id       kadm.TopicID
		standing standing
		start    int64
		waiting  int64
		skipped  int64
		says     string
	}{
		"kept":            {10, good, topicID, kept, 2, 20, 0, ""},
		"none":            {-1, "", topicID, noCommit, -1, 25, 0, "committed nothing"},
		"empty":           {10, "", topicID, foreign, 10, 20, 0, "another program"},
		"foreign":         {10, "consumer-1-8b6a", topicID, foreign, 10, 20, 0, "another program"},
		"damaged":         {10, good[:len(good)-2] + "AA", topicID, foreign, 10, 20, 0, "another program"},
		"foreign, behind": {2, "", topicID, foreign, 2, 25, 3, "has taken 3 offsets beyond the commit, the log begins at 5"},
		"made anew":       {10, good, kadm.TopicID{8}, earlier, 10, 20, 0, "deleted since"},
		"shorter":         {40, good, kadm.TopicID{8}, earlier, 40, 25, 0, "deleted since"},
	} {
		p := &Partition{Topic: "t", Start: -1, Committed: -1, End: 30}
		p.facts.logStart = 5
		p.commit(kadm.OffsetResponse{Offset: kadm.Offset{Topic: "t", At: c.at, Metadata: c.metadata}}, c.id)
		p.letter(7)
		p.close(0)
		if p.facts.standing != c.standing || p.Start != c.start || p.Waiting != c.waiting || p.Skipped != c.skipped || !p.OK || p.Letters != 1 {
			t.Errorf("%s: %+v", name, p)
		}
		if text := strings.Join(p.Notes, "\n"); c.says == "" && text != "" || !strings.Contains(text, c.says) {
			t.Errorf("%s: says %q, want %q", name, text, c.says)
		}
	}
}

// A log that ends before the commit has lost what was there, and hides what comes.
func TestTruncatedLog(t *testing.T) {
	for _, metadata := range []string{note(0, 30, 0, 0, 0, 30, nil), ""} {
		p := &Partition{Topic: "t", End: 20}
		p.commit(kadm.OffsetResponse{Offset: kadm.Offset{Topic: "t", At: 30, Metadata: metadata}}, topicID)
		p.close(0)
		if p.OK || !strings.Contains(strings.Join(p.Notes, "\n"), "truncated") || p.Waiting != 0 || p.Skipped != 0 {
			t.Errorf("%+v", p)
		}
	}
}

// What retention took unread explains no outcome: only what it took later can have had one.
func TestSkippedOffsetsExcuseNoOutcome(t *testing.T) {
	for _, c := range []struct {
		skipped, settled int64
		ok               bool
	}{{5, 5, true}, {5, 6, false}, {4, 6, true}, {0, 10, true}, {0, 11, false}} {
		p := &Partition{Topic: "t", End: 12}
		p.commit(kadm.OffsetResponse{Offset: kadm.Offset{Topic: "t", At: 12, Metadata: note(0, c.settled, 0, 0, c.skipped, 12, nil)}}, topicID)
		for o := int64(5); o < 10; o++ { // the last two are holes
			p.record(o)
		}
		p.facts.counted, p.facts.logStart, p.facts.laterLog = true, 5, 5
		if p.close(0); p.OK != c.ok {
			t.Errorf("%+v: ok %t, %q", c, p.OK, p.Notes)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -999: "-999", -1234567: "-1,234,567", 1234567890: "1,234,567,890"} {
		if got := number(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

func TestOffsets(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 3))
	s, naive := offsets{}, map[int64]bool{}
	for range 5000 {
		o := rnd.Int64N(700)
		if s.add(o) == naive[o] {
			t.Fatalf("offset %d: new is %t", o, naive[o])
		}
		naive[o] = true
	}
}
