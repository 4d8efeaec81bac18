package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewRequestLeavesEmptyArraysOut(t *testing.T) {
	a, e, p := Item{Kind: Attributes, JSON: []byte(`{"a":1}`)}, Item{Kind: Event, JSON: []byte(`{"e":1}`)}, Item{Kind: Purchase, JSON: []byte(`{"p":1}`)}
	e2 := Item{Kind: Event, JSON: []byte(`{"e":2}`)}
	for _, c := range []struct {
		name  string
		items []Item
		want  string
	}{
		{"nothing", nil, `{}`},
		{"one event", []Item{e}, `{"events":[{"e":1}]}`},
		{"one attributes object", []Item{a}, `{"attributes":[{"a":1}]}`},
		{"one purchase", []Item{p}, `{"purchases":[{"p":1}]}`},
		{"order within an array", []Item{e2, p, e}, `{"events":[{"e":2},{"e":1}],"purchases":[{"p":1}]}`},
		{"all kinds in Braze's order", []Item{p, e, a}, `{"attributes":[{"a":1}],"events":[{"e":1}],"purchases":[{"p":1}]}`},
		{"the same object twice", []Item{e, e}, `{"events":[{"e":1},{"e":1}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRequest(nil, c.items)
			if string(r.Body) != c.want {
				t.Errorf("body %s, want %s", r.Body, c.want)
			}
			if r.Len() != len(c.items) {
				t.Errorf("Len %d, want %d", r.Len(), len(c.items))
			}
		})
	}
}

// randomItems are objects of random kinds and lengths, each with its own index inside.
func randomItems(rnd *rand.Rand, n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = Item{Kind: Kind(rnd.IntN(3)), JSON: fmt.Appendf(nil, `{"i":%d,"x":"%s"}`, i, strings.Repeat("y", rnd.IntN(20)))}
	}
	return items
}

// Invariant (Size.Body): it is exactly len(NewRequest(…).Body) for the same items.
func TestSizeBodyIsExact(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		items := randomItems(rnd, rnd.IntN(12))
		// in two steps, as a batch grows
		cut := rnd.IntN(len(items) + 1)
		size := Size{}.Plus(items[:cut]).Plus(items[cut:])
		if r := NewRequest(nil, items); size.Body() != len(r.Body) || size.Objects() != len(items) {
			t.Fatalf("seed %d: predicted %d bytes and %d objects, wrote %d and %d", seed, size.Body(), size.Objects(), len(r.Body), len(items))
		}
	}
}

func TestRequestItemFindsWhatTheBodyHoldsThere(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		items := randomItems(rnd, rnd.IntN(12))
		r := NewRequest(nil, items)
		var arrays map[string][]struct {
			I int `json:"i"`
		}
		if err := json.Unmarshal(r.Body, &arrays); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for array, objects := range arrays {
			for index, object := range objects {
				if item, ok := r.Item(array, index); !ok || item != object.I {
					t.Fatalf("seed %d: %s[%d] is item %d (%v), want %d", seed, array, index, item, ok, object.I)
				}
			}
			if item, ok := r.Item(array, len(objects)); ok {
				t.Fatalf("seed %d: %s[%d] is item %d, want none", seed, array, len(objects), item)
			}
		}
	}
}

func TestRequestItemIsSafe(t *testing.T) {
	r := NewRequest(nil, []Item{{Kind: Event, JSON: []byte(`{}`)}})
	for _, c := range []struct {
		array string
		index int
		ok    bool
	}{
		{"events", 0, true}, {"events", 1, false}, {"events", -1, false}, {"events", 1 << 40, false},
		{"purchases", 0, false}, {"attributes", 0, false}, {"", 0, false}, {"Events", 0, false}, {"user_identifiers", 0, false},
	} {
		if _, ok := r.Item(c.array, c.index); ok != c.ok {
			t.Errorf("Item(%q, %d): %v, want %v", c.array, c.index, ok, c.ok)
		}
	}
	var zero Request
	if _, ok := zero.Item("events", 0); ok {
		t.Error("the zero Request holds an object")
	}
}

// Items that were moved are what they were, and lie in the body, with no room behind them.
func TestMovedItemsLieInTheBody(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 500 {
		items := randomItems(rnd, rnd.IntN(20))
		var want []string
		for i := range items {
			want = append(want, string(items[i].JSON))
		}
		r := NewRequest(nil, items)
		r.MoveItems()
		for i := range items {
			if got := string(items[i].JSON); got != want[i] || cap(items[i].JSON) != len(items[i].JSON) {
				t.Fatalf("item %d is %s with room for %d, was %s", i, got, cap(items[i].JSON), want[i])
			}
		}
		clear(r.Body)
		for i := range items {
			if string(items[i].JSON) != strings.Repeat("\x00", len(want[i])) {
				t.Fatalf("item %d does not lie in the body", i)
			}
		}
	}
}

func TestLimitsOfARequest(t *testing.T) {
	size := func(a, e, p int) Size { return Size{Count: [3]int{a, e, p}, Bytes: 10 * (a + e + p)} }
	for _, c := range []struct {
		name       string
		limits     Limits
		size       Size
		fits, full bool
	}{
		{"empty", Limits{Objects: 75, Bytes: 100}, Size{}, true, false},
		{"combined below", Limits{Objects: 75}, size(25, 25, 24), true, false},
		{"combined reached", Limits{Objects: 75}, size(25, 25, 25), true, true},
		{"combined passed", Limits{Objects: 75}, size(25, 25, 26), false, true},
		{"per array reached in one", Limits{Objects: 75, PerArray: true}, size(0, 75, 0), true, false},
		{"per array reached in all", Limits{Objects: 75, PerArray: true}, size(75, 75, 75), true, true},
		{"per array passed in one", Limits{Objects: 75, PerArray: true}, size(0, 76, 0), false, false},
		{"no limit of objects", Limits{}, size(1000, 0, 0), true, false},
		{"bytes reached", Limits{Objects: 75, Bytes: size(0, 3, 0).Body()}, size(0, 3, 0), true, false},
		{"bytes passed", Limits{Objects: 75, Bytes: size(0, 3, 0).Body() - 1}, size(0, 3, 0), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.limits.Fits(c.size); got != c.fits {
				t.Errorf("Fits %v, want %v", got, c.fits)
			}
			if got := c.limits.Full(c.size); got != c.full {
				t.Errorf("Full %v, want %v", got, c.full)
			}
		})
	}
}

// What is full fits nothing more, whatever its kind: the dispatcher relies on it.
func TestFullFitsNothingMore(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 5000 {
		l := Limits{Objects: 1 + rnd.IntN(4), PerArray: rnd.IntN(2) == 0, Bytes: 10000}
		s := Size{Count: [3]int{rnd.IntN(5), rnd.IntN(5), rnd.IntN(5)}}
		if !l.Full(s) {
			continue
		}
		for k := range 3 {
			if l.Fits(s.Plus([]Item{{Kind: Kind(k)}})) {
				t.Fatalf("%+v is full at %+v, and still fits a %v", l, s, Kind(k))
			}
		}
	}
}

func TestNewRequestReusesItsBuffer(t *testing.T) {
	items := randomItems(rand.New(rand.NewPCG(4, 4)), 75)
	first := NewRequest(nil, items)
	want := bytes.Clone(first.Body)
	second := NewRequest(first.Body, items)
	if &second.Body[0] != &first.Body[0] {
		t.Error("a buffer large enough was not reused")
	}
	if diff := cmp.Diff(string(want), string(second.Body)); diff != "" {
		t.Error(diff)
	}
	allocs := testing.AllocsPerRun(100, func() { second = NewRequest(second.Body, items) })
	if allocs > 1 {
		t.Errorf("%v allocations, want the one of the index", allocs)
	}
}

func BenchmarkNewRequest(b *testing.B) {
	items := make([]Item, 75)
	for i := range items {
		items[i] = Item{Kind: Event, JSON: bytes.Repeat([]byte("x"), 380)}
	}
	r := NewRequest(nil, items)
	b.SetBytes(int64(len(r.Body)))
	b.ReportAllocs()
	for b.Loop() {
		r = NewRequest(r.Body, items)
	}
}
