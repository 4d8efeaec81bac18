package demo

import (
	"fmt"
	"maps"
	"testing"
	"testing/quick"
)

// marks is a map from place to number, only smaller.
func TestMarksAgainstMap(t *testing.T) {
	type step struct {
		Topic, Partition, Offset uint8
		Mark                     uint16
	}
	err := quick.Check(func(steps []step) bool {
		m, model := newMarks(), map[place]uint16{}
		for _, s := range steps {
			p := place{fmt.Sprint(s.Topic % 3), int32(s.Partition % 4), int64(s.Offset)}
			m.update(p, func(old uint16) uint16 {
				if old != model[p] {
					t.Errorf("%v: old mark %d, want %d", p, old, model[p])
				}
				return s.Mark
			})
			model[p] = s.Mark
			if s.Mark == 0 {
				delete(model, p)
			}
		}
		got := map[place]uint16{}
		m.each(func(p place, mark uint16) { got[p] = mark })
		for p, mark := range model {
			if m.at(p) != mark {
				return false
			}
		}
		return maps.Equal(got, model) && m.at(place{"0", 9, 0}) == 0 && m.at(place{"0", 0, 1 << 40}) == 0 && m.at(place{"0", 0, -1}) == 0
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestParsePlace(t *testing.T) {
	for _, c := range []struct {
		text string
		want place
		ok   bool
	}{
		{"shop.orders/3/17", place{"shop.orders", 3, 17}, true},
		{"a/b/0/0", place{"a/b", 0, 0}, true},
		{"", place{}, false},
		{"shop.orders", place{}, false},
		{"shop.orders/3", place{}, false},
		{"shop.orders/x/1", place{}, false},
		{"shop.orders/1/x", place{}, false},
		{"shop.orders/1/-1", place{}, false},
		{"shop.orders/99999999999/1", place{}, false},
	} {
		got, ok := parsePlace(c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %v %v, want %v %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestMarkKeepsFateAndObjects(t *testing.T) {
	for f := fate(0); f < fates; f++ {
		for _, objects := range []int{0, 1, 2, 76, 4000} {
			if gf, gn := unmark(mark(f, objects)); gf != f || gn != objects {
				t.Errorf("fate %d with %d objects became %d with %d", f, objects, gf, gn)
			}
		}
	}
}

func TestArrivals(t *testing.T) {
	const source = "shop.orders/1/5"
	objects := []struct {
		array  string
		object map[string]any
	}{
		{"attributes", map[string]any{"source_record": source}},
		{"events", map[string]any{"properties": map[string]any{"source_record": source}}},
		{"events", map[string]any{"properties": map[string]any{"metadata": map[string]any{"source_record": source}}}},
		{"purchases", map[string]any{"properties": map[string]any{"source_record": source}}},
	}
	a := newArrivals()
	for i, o := range objects {
		a.object(o.array, o.object, true)
		if got := a.marks.at(place{"shop.orders", 1, 5}); got != uint16(i+1) {
			t.Errorf("after %d objects the mark is %d", i+1, got)
		}
	}
	a.object("events", objects[1].object, false)
	if got := a.marks.at(place{"shop.orders", 1, 5}); got != refusedMark|4 {
		t.Errorf("after a refusal the mark is %#x", got)
	}
	a.object("events", objects[1].object, true)
	if got := a.marks.at(place{"shop.orders", 1, 5}); got != refusedMark|5 {
		t.Errorf("an accepted object after a refusal makes the mark %#x", got)
	}
	for _, o := range []map[string]any{{}, {"properties": "x"}, {"properties": map[string]any{"source_record": 7}}} {
		a.object("events", o, true)
	}
	if n := a.nameless.Load(); n != 3 {
		t.Errorf("%d nameless objects, want 3", n)
	}
}
