package sink

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// repairOne checks one object with repair and returns what came of it.
func repairOne(t *testing.T, kind Kind, object string) (objects []string, counted map[string]int64, refusals []Refusal) {
	t.Helper()
	c := NewChecker(CheckOptions{Repair: true})
	given := []byte(object)
	items, refusals := c.Check([]Item{{Kind: kind, JSON: given}})
	if string(given) != object {
		t.Errorf("the bytes given were written to: %s", given)
	}
	for _, item := range items {
		if item.Kind != kind || item.User == 0 {
			t.Errorf("item %+v", item)
		}
		objects = append(objects, string(item.JSON))
		if len(refusals) == 0 {
			if r := checkOne(t, kind, string(item.JSON)); r.Rule != "" {
				t.Errorf("what was repaired does not pass: %s", r.Text)
			}
		}
	}
	counted = map[string]int64{}
	c.TakeCounted(func(note string, n int64) { counted[note] += n })
	return objects, counted, refusals
}

// TestRepair: what is mended, into exactly what, and that it is counted.
func TestRepair(t *testing.T) {
	cut := strings.Repeat("é", 255)
	property := func(member string) string { return strings.Replace(goodEvent, `"page":"home"`, member, 1) }
	attribute := func(member string) string { return strings.Replace(goodAttributes, `"loyalty":"gold"`, member, 1) }
	moved := ecommerceEvent("order_refunded", `"order_id":"o-1","total_value":19,"currency":"EUR","products":`+goodProducts+`,"source":"web"`+"%s")
	for _, tc := range []struct {
		kind      Kind
		old, want string
		counted   map[string]int64
	}{
		{Event, goodEvent, goodEvent, nil},
		{Event, property(`"page":"` + long256 + `"`), property(`"page":"` + cut + `"`), map[string]int64{"repaired_long_value": 1}},
		{Event, property(`"page":"` + cut + `\ud83d\ude00"`), property(`"page":"` + cut + `"`), map[string]int64{"repaired_long_value": 1}},
		{Event, property(`"page":"` + cut[2:] + `\ud83d\ude00x"`), property(`"page":"` + cut[2:] + `\ud83d\ude00"`), map[string]int64{"repaired_long_value": 1}},
		{Event, property(`"page":"` + cut[2:] + `\n\""`), property(`"page":"` + cut[2:] + `\n"`), map[string]int64{"repaired_long_value": 1}},
		{Event, property(`"page":"` + cut[2:] + `\u00e9\u00e9"`), property(`"page":"` + cut[2:] + `\u00e9"`), map[string]int64{"repaired_long_value": 1}},
		{Event, property(`"a":[{"b":"` + long256 + `"},1],"c":"` + long256 + `"`), property(`"a":[{"b":"` + cut + `"},1],"c":"` + cut + `"`), map[string]int64{"repaired_long_value": 1}},
		// An identifier is not cut, nor what looks like one.
		{Event, property(`"order_id":"` + long256 + `"`), property(`"order_id":"` + long256 + `"`), map[string]int64{"long_property": 1}},
		{Event, strings.Replace(property(`"page":"`+long256+`"`), "u1", long256, 1), strings.Replace(property(`"page":"`+cut+`"`), "u1", long256, 1), map[string]int64{"repaired_long_value": 1}},
		{Attributes, attribute(`"a":"` + long256 + `"`), attribute(`"a":"` + cut + `"`), map[string]int64{"repaired_long_value": 1}},
		{Attributes, attribute(`"a":{"add":["` + long256 + `"]},"b":{"c":"` + long256 + `"}`), attribute(`"a":{"add":["` + cut + `"]},"b":{"c":"` + cut + `"}`), map[string]int64{"repaired_long_value": 1}},
		{Purchase, strings.Replace(goodPurchase, `"m"`, `"`+long256+`"`, 1), strings.Replace(goodPurchase, `"m"`, `"`+cut+`"`, 1), map[string]int64{"repaired_long_value": 1}},

		{Event, fmt.Sprintf(moved, `,"tax":1,"gift":{"a":["x"]}`), fmt.Sprintf(moved, `,"metadata":{"tax":1,"gift":{"a":["x"]}}`), map[string]int64{"repaired_unknown_key": 1}},
		{Event, fmt.Sprintf(moved, `,"tax":"one","metadata":{},"gift":true`), fmt.Sprintf(moved, `,"metadata":{"tax":"one","gift":true}`), map[string]int64{"repaired_unknown_key": 1}},
		{Event, fmt.Sprintf(moved, `,"tax":1,"metadata":{"note":"x"}`), fmt.Sprintf(moved, `,"metadata":{"note":"x","tax":1}`), map[string]int64{"repaired_unknown_key": 1}},
		{Event, fmt.Sprintf(moved, `,"gift":"`+long256+`"`), fmt.Sprintf(moved, `,"metadata":{"gift":"`+cut+`"}`), map[string]int64{"repaired_unknown_key": 1, "repaired_long_value": 1}},
	} {
		got, counted, refusals := repairOne(t, tc.kind, tc.old)
		if len(got) != 1 || got[0] != tc.want || refusals != nil || !maps.Equal(counted, tc.counted) {
			t.Errorf("%s\n got %s\nwant %s\ncounted %v, want %v, refusals %v", shorten(tc.old), got, tc.want, counted, tc.counted, refusals)
		}
	}
}

// TestRepairImpossible: what cannot be mended without loss is refused and left as it was.
func TestRepairImpossible(t *testing.T) {
	for _, tc := range []struct {
		rule string
		kind Kind
		old  string
	}{
		{RuleEcommerceExtra, Event, strings.Replace(goodRefunded, `"metadata":{}`, `"tax":1,"metadata":{"tax":2}`, 1)},
		{RuleEcommerceExtra, Event, strings.Replace(goodRefunded, `"metadata":{}`, `"tax":1,"metadata":5`, 1)},
		{RuleEcommerceMissing, Event, strings.Replace(goodRefunded, `"order_id":"o-1",`, `"tax":1,`, 1)},
		{RuleQuantity, Purchase, strings.Replace(goodPurchase, `:2`, `:10001`, 1)},
		{RuleQuantity, Purchase, strings.Replace(goodPurchase, `:2`, `:150.5`, 1)},
		{RuleQuantity, Purchase, strings.Replace(goodPurchase, `:2`, `:0`, 1)},
		{RuleTime, Purchase, strings.Replace(strings.Replace(goodPurchase, `:2`, `:250`, 1), `2026-01-15`, `2026-01`, 1)},
		{RuleUserMissing, Event, strings.Replace(goodEvent, `"external_id":"u1",`, ``, 1)},
	} {
		c := NewChecker(CheckOptions{Repair: true})
		items, refusals := c.Check([]Item{{Kind: tc.kind, JSON: []byte(tc.old)}})
		if len(items) != 1 || string(items[0].JSON) != tc.old || len(refusals) != 1 || refusals[0].Rule != tc.rule {
			t.Errorf("%s: %v, items %s", tc.rule, refusals, items[0].JSON)
		}
		c.TakeCounted(func(note string, n int64) { t.Errorf("%s: counted %s", tc.rule, note) })
	}
}

// TestRepairSplitsQuantity: the quantities add up, all else is the same, and the items around keep their order and their places.
func TestRepairSplitsQuantity(t *testing.T) {
	for total, want := range map[int][]int{100: {100}, 101: {100, 1}, 200: {100, 100}, 250: {100, 100, 50}, 10000: slices.Repeat([]int{100}, 100)} {
		object := strings.Replace(strings.Replace(goodPurchase, `:2`, fmt.Sprint(":", total), 1), `"m"`, `"`+long256+`"`, 1)
		got, counted, refusals := repairOne(t, Purchase, object)
		if refusals != nil || len(got) != len(want) {
			t.Fatalf("%d: %d items, refusals %v", total, len(got), refusals)
		}
		for i, part := range got {
			exact := strings.Replace(strings.Replace(goodPurchase, `:2`, fmt.Sprint(":", want[i]), 1), `"m"`, `"`+long256[2:]+`"`, 1)
			if part != exact {
				t.Errorf("%d, part %d: %s", total, i, part)
			}
		}
		expected := map[string]int64{"repaired_long_value": int64(len(want)), "repaired_quantity": 1}
		if total == 100 {
			delete(expected, "repaired_quantity")
		}
		if !maps.Equal(counted, expected) {
			t.Errorf("%d: counted %v", total, counted)
		}
	}
}

// TestRepairKeepsNeighbours: an item that becomes several moves those behind it, and writes nothing behind the slice that was given.
func TestRepairKeepsNeighbours(t *testing.T) {
	many := Item{Kind: Purchase, JSON: []byte(strings.Replace(goodPurchase, `:2`, `:250`, 1))}
	bad := Item{Kind: Event, JSON: []byte(`{}`)}
	good := Item{Kind: Event, JSON: []byte(goodEvent)}
	next := Item{Kind: Attributes, JSON: []byte("the next record's")}
	all := append([]Item{good, many, bad, many, good}, slices.Repeat([]Item{next}, 20)...)
	items, refusals := NewChecker(CheckOptions{Repair: true}).Check(all[:5])
	if len(items) != 9 || len(refusals) != 1 || refusals[0].Item != 4 || string(items[4].JSON) != `{}` || string(items[8].JSON) != goodEvent {
		t.Errorf("%d items, refusals %v", len(items), refusals)
	}
	for _, item := range all[5:] {
		if string(item.JSON) != "the next record's" {
			t.Errorf("an item behind those given was overwritten with %s", item.JSON)
		}
	}
}

// TestWithoutRepairNothingChanges: the default is never to change data.
func TestWithoutRepairNothingChanges(t *testing.T) {
	for _, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		if r := checkOne(t, tc.kind, bad); r.Rule != tc.rule { // checkOne compares the bytes
			t.Errorf("%s: %+v", tc.rule, r)
		}
	}
	checkOne(t, Event, strings.Replace(goodEvent, "home", long256, 1))
}

// TestRepairIsWellFormed: whatever is refused or passes under repair, what passes is good JSON and passes again unchanged.
func TestRepairIsWellFormed(t *testing.T) {
	for _, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		items, refusals := NewChecker(CheckOptions{Repair: true}).Check([]Item{{Kind: tc.kind, JSON: []byte(bad)}})
		if len(refusals) > 0 {
			continue
		}
		for _, item := range items {
			again, refusals := NewChecker(CheckOptions{Repair: true}).Check([]Item{item})
			if !json.Valid(item.JSON) || len(again) != 1 || refusals != nil || string(again[0].JSON) != string(item.JSON) {
				t.Errorf("%s became %s, then %v %v", shorten(bad), item.JSON, again, refusals)
			}
		}
	}
}
