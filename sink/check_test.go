package sink

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

var long256 = strings.Repeat("é", 256)

// TestCounted shows what passes and is counted, and that its nearest neighbour is not counted.
func TestCounted(t *testing.T) {
	property := func(member string) string { return strings.Replace(goodEvent, `"page":"home"`, member, 1) }
	attribute := func(member string) string { return strings.Replace(goodAttributes, `"loyalty":"gold"`, member, 1) }
	for _, tc := range []struct {
		note     string
		kind     Kind
		with, no string
	}{
		{"long_property", Event, property(`"page":"` + long256 + `"`), property(`"page":"` + long256[2:] + `"`)},
		{"long_property", Event, property(`"a":[{"b":"` + long256 + `"}]`), property(`"a":[{"b":"` + strings.Repeat(`\u00e9`, 255) + `"}]`)},
		{"long_property", Purchase, strings.Replace(goodPurchase, `"m"`, `"`+long256+`"`, 1), goodPurchase},
		{"long_attribute", Attributes, attribute(`"a":"` + long256 + `"`), attribute(`"a":"` + long256[2:] + `"`)},
		{"long_attribute", Attributes, attribute(`"a":["` + long256 + `"]`), attribute(`"a":["` + long256[2:] + `"]`)},
		{"long_attribute", Attributes, attribute(`"a":{"b":"` + long256 + `"}`), attribute(`"a":{"b":"` + long256[2:] + `"}`)},
		{"long_attribute", Attributes, attribute(`"a":{"add":["` + long256 + `"]}`), attribute(`"a":{"add":["` + long256[2:] + `"]}`)},
		{"long_attribute", Attributes, attribute(`"first_name":"` + long256 + `"`), attribute(`"first_name":"` + long256[2:] + `"`)},
		{"null_property", Event, property(`"page":null`), goodEvent},
		{"null_property", Purchase, strings.Replace(goodPurchase, `"m"`, `{"a":[null]}`, 1), goodPurchase},
		{"time_in_array", Event, property(`"a":["2026-01-15T09:35:20Z"]`), property(`"a":"2026-01-15T09:35:20Z"`)},
		{"time_in_array", Event, property(`"a":[1,["2026-01-15T09:35:20Z"]]`), property(`"a":[{"b":"2026-01-15T09:35:20Z"},"2026-01-15"]`)},
		{"time_in_array", Event, property(`"a":["2026-01-15T09:35Z"]`), property(`"a":["2026-01-15T09:35:20.123"]`)},
		{"zoneless_time", Event, strings.Replace(goodEvent, `20.123Z`, `20.123`, 1), strings.Replace(goodEvent, `20.123Z`, `20+01`, 1)},
		{"zoneless_time", Event, strings.Replace(goodEvent, `T09:35:20.123Z`, ``, 1), strings.Replace(goodEvent, `:20.123Z`, `Z`, 1)},
		{"zoneless_time", Purchase, strings.Replace(goodPurchase, `:20Z`, ``, 1), strings.Replace(goodPurchase, `:20Z`, `-0330`, 1)},
		{"null_in_array", Attributes, attribute(`"a":[1,null]`), attribute(`"a":[1]`)},
		{"long_array", Attributes, attribute(`"a":[` + strings.Repeat("1,", 500) + `1]`), attribute(`"a":[` + strings.Repeat("1,", 499) + `1]`)},
		{"unknown_key", Event, strings.Replace(goodEvent, `"app_id"`, `"application"`, 1), goodEvent},
		{"unknown_key", Event, strings.Replace(goodEvent, `"app_id":"a1"`, `"price":1`, 1), goodEvent},
		{"unknown_key", Purchase, strings.Replace(goodPurchase, `"quantity"`, `"name"`, 1), goodPurchase},
		{"alias_update_only", Attributes, strings.Replace(goodAlias, `"_update_existing_only":false,`, ``, 1), goodAlias},
		{"alias_update_only", Attributes, strings.Replace(goodAlias, `false`, `true`, 1), goodAttributes},
		{"custom_attributes_wrapper", Attributes, attribute(`"custom_attributes":{"a":1}`), attribute(`"custom_attributes":1`)},
		{"trimmed_name", Attributes, attribute(`" a":1`), attribute(`"a b":1`)},
		{"trimmed_name", Attributes, attribute(`"a ":1`), goodAttributes},
		{"country_form", Attributes, attribute(`"country":"Germany"`), attribute(`"country":"de"`)},
		{"country_form", Attributes, attribute(`"country":"1e"`), attribute(`"country":"DE"`)},
		{"country_form", Attributes, attribute(`"country":"d1"`), `{"external_id":"` + long256 + `","country":"De"}`},
		{"language_form", Attributes, attribute(`"language":"de-DE"`), attribute(`"language":"de"`)},
	} {
		if got := countedOf(t, tc.kind, tc.with); len(got) != 1 || got[tc.note] != 1 {
			t.Errorf("%s: counted %v for %s", tc.note, got, shorten(tc.with))
		}
		if got := countedOf(t, tc.kind, tc.no); len(got) != 0 {
			t.Errorf("%s: counted %v for %s", tc.note, got, shorten(tc.no))
		}
	}
}

// TestNotesHaveNames: a note without a name would be a metric without a label.
func TestNotesHaveNames(t *testing.T) {
	names := Notes()
	if slices.Contains(names, "") || len(slices.Compact(slices.Sorted(slices.Values(names)))) != int(noteCount) || noteCount > 32 {
		t.Errorf("%d notes: %q", noteCount, names)
	}
}

// TestCountedOncePerObject: what is refused is not counted, and an object counts once, however often it gives cause.
func TestCountedOncePerObject(t *testing.T) {
	twice := strings.Replace(goodEvent, `"page":"home"`, `"page":null,"b":null`, 1)
	refused := strings.Replace(twice, `"name":"page_viewed",`, ``, 1)
	c := NewChecker(CheckOptions{})
	for range 2 {
		_, refusals := c.Check([]Item{{Kind: Event, JSON: []byte(twice)}, {Kind: Event, JSON: []byte(refused)}, {Kind: Event, JSON: []byte(twice)}})
		if len(refusals) != 1 || refusals[0].Item != 1 {
			t.Fatalf("refusals %v", refusals)
		}
	}
	got := map[string]int64{}
	c.TakeCounted(func(note string, n int64) { got[note] = n })
	if !maps.Equal(got, map[string]int64{"null_property": 4}) {
		t.Errorf("counted %v", got)
	}
}

// TestCheckerForgets: nothing of an object, refused or not, shows in the verdict on the next one.
func TestCheckerForgets(t *testing.T) {
	c := NewChecker(CheckOptions{})
	for i, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		_, refusals := c.Check([]Item{{Kind: tc.kind, JSON: []byte(bad)}, {Kind: tc.kind, JSON: []byte(tc.good)}, {Kind: tc.kind, JSON: []byte(bad)}})
		if len(refusals) != 2 || refusals[0].Rule != tc.rule || refusals[1].Rule != tc.rule || refusals[0].Item != 0 || refusals[1].Item != 2 {
			t.Errorf("case %d: %v", i, refusals)
		}
	}
}

// TestCheckAllocatesNothing: a good object costs no memory.
func TestCheckAllocatesNothing(t *testing.T) {
	for _, object := range goodObjects() {
		c, items := NewChecker(CheckOptions{}), []Item{object}
		if got := testing.AllocsPerRun(100, func() {
			if _, refusals := c.Check(items); refusals != nil {
				t.Fatal(refusals)
			}
		}); got != 0 {
			t.Errorf("%v allocations for %s", got, object.JSON)
		}
	}
}

// goodObjects are objects of all kinds and shapes, escapes and non-ASCII text among them.
func goodObjects() []Item {
	items := []Item{{Kind: Purchase, JSON: []byte(goodPurchase)}}
	for _, object := range []string{goodEvent, goodViewed, goodCart, goodCheckout, goodOrder, goodCancelled, goodRefunded,
		strings.Replace(goodEvent, "home", `Stra\u00dfe \"ü\"`, 1), strings.Replace(goodEvent, `"page"`, `"p\u0061ge"`, 1), "{" + manyProperties(40) + goodEvent[1:]} {
		items = append(items, Item{Kind: Event, JSON: []byte(object)})
	}
	for _, object := range []string{goodAttributes, goodAlias, goodEmail, goodPhone, `{"external_id":"u1","a":{"inc":1},"b":{"add":["x"]},"car":{"at":{"$time":"2020-05-28"}},"cars":[{"a":1}],` +
		`"email":"Jo@Example.Com","gender":"F","dob":"1980-01-15","subscription_groups":[{"subscription_group_id":"` + groupID + `","subscription_state":"subscribed"}]}`} {
		items = append(items, Item{Kind: Attributes, JSON: []byte(object)})
	}
	return items
}

// TestPrettyPrintedObjects: white space changes no verdict.
func TestPrettyPrintedObjects(t *testing.T) {
	for _, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		var v json.RawMessage
		if tc.rule == RuleJSON || tc.rule == RulePropertiesSize || tc.rule == RuleAttributeSize || json.Unmarshal([]byte(bad), &v) != nil {
			continue
		}
		spaced, err := json.MarshalIndent(v, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if r := checkOne(t, tc.kind, string(spaced)); r.Rule != tc.rule {
			t.Errorf("%s: %+v, want %s", spaced, r, tc.rule)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, item := range map[string]Item{
		"order": {Kind: Event, JSON: []byte(`{"external_id":"user-4711","name":"ecommerce.order_placed","time":"2026-01-15T09:35:20.123Z","properties":{"order_id":"o-1","total_value":129.90,"currency":"EUR","source":"web","products":[{"product_id":"sku-1","product_name":"Wool socks","variant_id":"sku-1-m","quantity":2,"price":14.95},{"product_id":"sku-2","product_name":"Rain coat","variant_id":"sku-2-l","quantity":1,"price":100.00}]}}`)},
		"behaviour": {Kind: Event, JSON: []byte(`{"external_id":"user-4711","name":"page_viewed","time":"2026-01-15T09:35:20.123Z","properties":{"url":"https://shop.example.com/catalogue/rain/coats?colour=yellow&size=l","referrer":"https://search.example.com/?q=rain+coat",` +
			`"title":"Rain coats for every weather","session_id":"0f8fad5b-d9cb-469f-a165-70867728950e","device":"mobile","scroll_depth":0.75,"seconds":42,"logged_in":true,"experiment":"b"}}`)},
		"attributes": {Kind: Attributes, JSON: []byte(`{"external_id":"user-4711","email":"jo@example.com","last_order_at":"2026-01-15T09:35:20Z","orders":{"inc":1},"tags":{"add":["coat"]},"loyalty":"gold"}`)},
		"purchase":   {Kind: Purchase, JSON: []byte(goodPurchase)},
	} {
		b.Run(name, func(b *testing.B) {
			c, items := NewChecker(CheckOptions{}), []Item{item}
			b.SetBytes(int64(len(item.JSON)))
			b.ReportAllocs()
			for b.Loop() {
				if _, refusals := c.Check(items); refusals != nil {
					b.Fatal(refusals)
				}
			}
		})
	}
}
