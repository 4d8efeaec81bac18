package processor

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestNoteComesBackAsItWas(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		offset := rnd.Int64N(1 << uint(1+rnd.IntN(60)))
		n := &note{epoch: int32(rnd.IntN(100) - 1), counts: counts{rnd.Int64(), rnd.Int64(), rnd.Int64(), rnd.Int64(), 0}}
		if rnd.IntN(2) == 0 {
			n.skipped = rnd.Int64() // then the note is of the second version
		}
		for range rnd.IntN(6) { // then of the third
			n.begun = append(n.begun, rnd.Int64N(1000))
		}
		for i := range n.topic {
			n.topic[i] = byte(rnd.Uint32())
		}
		at := offset
		for range rnd.IntN(40) {
			r := run{from: at + rnd.Int64N(5)}
			r.to = r.from + 1 + rnd.Int64N(300)
			n.marks = append(n.marks, r)
			at = r.to
		}
		limit := 110 + rnd.IntN(200)
		all := n.marks
		cut := n.fit(offset, limit, nil)
		text := n.encode(offset)
		if len(text) > limit {
			t.Fatalf("seed %d: %d characters, at most %d fit", seed, len(text), limit)
		}
		if left := len(all) - len(n.marks); left > 0 && cut != all[len(n.marks)].from || left == 0 && cut != math.MaxInt64 {
			t.Fatalf("seed %d: %d of %d marks, cut at %d", seed, len(n.marks), len(all), cut)
		}
		got, err := decodeNote(text, offset)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(n.marks) == 0 {
			n.marks = nil
		}
		if !reflect.DeepEqual(got, n) {
			t.Fatalf("seed %d: %+v came back as %+v", seed, n, got)
		}
	}
}

// A broker may have room for no note, or for hardly any: the commit is a plain one then.
func TestAnyRoomForANoteWillDo(t *testing.T) {
	for limit := range 200 {
		for _, marks := range [][]run{nil, {{5, 7}}, {{5, 7}, {9, 12}}} {
			pt := commitPoint{position: position{offset: 3}, note: note{counts: counts{delivered: 3}, begun: []int64{1, 2}, marks: marks}}
			if text := pt.annotation([16]byte{1}, limit); len(text) > limit {
				t.Errorf("%d characters where %d fit", len(text), limit)
			}
		}
	}
}

// Brokers before 2.8 name no ids of topics: a note without one could be another topic's of the same name, so there is none.
func TestNoNoteWithoutATopicID(t *testing.T) {
	pt := commitPoint{position: position{offset: 3}, note: note{counts: counts{delivered: 3}, marks: []run{{5, 7}}}, cut: math.MaxInt64}
	if text := pt.annotation([16]byte{}, longestNote); text != "" || pt.cut != 3 {
		t.Errorf("note %q, cut at %d", text, pt.cut)
	}
}

func TestDamagedNoteIsForeign(t *testing.T) {
	n := &note{marks: []run{{12, 15}, {20, 21}}}
	text := n.encode(10)
	for i := range text {
		b := []byte(text)
		if b[i] = 'A'; text[i] == 'A' {
			b[i] = 'B'
		}
		if got, err := decodeNote(string(b), 10); !errors.Is(err, errForeignNote) {
			t.Fatalf("character %d changed: %+v, %v", i, got, err)
		}
	}
	for _, foreign := range []string{"", "consumer-1-8b6a", text[:len(text)-1], text + "A", "AQ"} {
		if _, err := decodeNote(foreign, 10); !errors.Is(err, errForeignNote) {
			t.Errorf("%q: %v", foreign, err)
		}
	}
}

func TestRunsOf(t *testing.T) {
	got := runsOf([]int64{7, 3, 4, 4, 9, 5})
	if want := []run{{3, 6}, {7, 8}, {9, 10}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func FuzzDecodeNote(f *testing.F) {
	text := (&note{marks: []run{{12, 15}}}).encode(10)
	f.Add(text, int64(10))
	f.Add("", int64(0))
	f.Fuzz(func(t *testing.T, text string, offset int64) {
		n, err := decodeNote(text, offset)
		if err != nil {
			return
		}
		at := offset
		for _, r := range n.marks {
			if r.from < at || r.to <= r.from {
				t.Fatalf("marks out of order: %v", n.marks)
			}
			at = r.to
		}
	})
}
