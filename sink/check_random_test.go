package sink

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// modelValues are what the property test puts where a value stands.
var modelValues = []string{`null`, `true`, `false`, `0`, `1`, `-1`, `100`, `101`, `1.5`, `-0.5`, `2e1`, `""`, `"x"`, `"$x"`, `"EUR"`, `"eur"`, `"KWD"`, `"XYZ"`, `"usd1"`, `[]`, `{}`, `[1]`, `["a","b"]`, `[null]`, `[{}]`,
	`[{"a":1}]`, `{"a":null}`, `{"a":{"b c":1}}`, `{"$time":"2020-05-28"}`, `{"at":{"$time":"never"}}`, `{"inc":1}`, `{"inc":1.5}`, `{"add":["x"]}`, `{"add":["x"],"remove":[2]}`, `{"add":[null]}`, `{"inc":1,"x":1}`, `"2026-01-15T09:35:20Z"`,
	`"2026-01-15"`, `"1800-01-15T09:35:20Z"`, `"2026-02-30T09:35:20Z"`, `"2026-01-15T09:35:20.5+02:00"`, `"jo@example.com"`, `"jo@example"`, `"+49 30 123456"`, `"12"`, `"M"`, `"subscribed"`, `"opted_in"`, `"replace"`, `"add"`,
	`"` + groupID + `"`, goodProducts, `[{"product_id":"a","product_name":"b","variant_id":"c","quantity":1,"price":2,"currency":"USD"}]`, `[{"product_id":"a"}]`,
	`[{"subscription_group_id":"` + groupID + `","subscription_state":"subscribed"}]`, `{"alias_name":"a","alias_label":"b"}`, `"ecommerce.order_placed"`, `"ecommerce.cart_updated"`}

var modelKeys = strings.Fields("external_id braze_id user_alias email phone _update_existing_only app_id name time properties product_id currency price quantity products order_id source total_value action metadata tax event_name " +
	"alias_name gender dob first_name country email_subscribe subscription_groups _merge_objects facebook custom $custom email_subscription_info push_token_import discounts type")

// mutate changes one to three members of an object, somewhere in it, by name or value.
func mutate(random *rand.Rand, object string) string {
	for range 1 + random.IntN(3) {
		var s scanner
		if !s.scan([]byte(object)) {
			return object
		}
		value := modelValues[random.IntN(len(modelValues))]
		if len(s.nodes) == 1 || random.IntN(3) == 0 { // a further member, of the object or of its properties
			at := 1
			if i, ok := s.find(0, "properties"); ok && s.nodes[i].kind == scanObject && random.IntN(2) == 0 && !s.nodes[i].empty(i) {
				at = int(s.nodes[i].at) + 1
			}
			if len(s.nodes) > 1 {
				object = object[:at] + `"` + modelKeys[random.IntN(len(modelKeys))] + `":` + value + "," + object[at:]
			}
			continue
		}
		n := &s.nodes[1+random.IntN(len(s.nodes)-1)]
		from, to := int(n.at), int(n.end)
		if n.kind == scanString {
			from, to = from-1, to+1
		}
		switch {
		case random.IntN(3) > 0 || n.keyAt == 0:
			object = object[:from] + value + object[to:]
		case random.IntN(2) == 0:
			object = object[:n.keyAt] + modelKeys[random.IntN(len(modelKeys))] + object[n.keyEnd:]
		default: // without the member
			if object[to] == ',' {
				to++
			}
			object = object[:n.keyAt-1] + object[to:]
		}
	}
	return object
}

// TestCheckAgreesWithTheModel: on objects that are changed at random, each verdict is the naive model's.
func TestCheckAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	objects := goodObjects()
	c := NewChecker(CheckOptions{})
	passed, refused := 0, map[string]int{}
	for range 25_000 {
		object := objects[random.IntN(len(objects))]
		object.JSON = []byte(mutate(random, string(object.JSON)))
		if strings.Contains(string(object.JSON), `"$add"`) {
			continue
		}
		_, refusals := c.Check([]Item{object})
		if want := modelAccepts(object.Kind, object.JSON); want != (refusals == nil) {
			t.Fatalf("%s %s\nthe model accepts: %v, refusals %v", object.Kind, object.JSON, want, refusals)
		}
		if refusals == nil {
			passed++
		} else {
			refused[refusals[0].Rule]++
		}
	}
	if passed < 4_000 || len(refused) < 25 {
		t.Errorf("%d passed, refused %v: the comparison shows little", passed, refused)
	}
}

// FuzzCheck: any bytes, as any kind, with and without repair, end without a panic; what passes is good JSON with a user, what is refused has a
// rule of the closed set and a bounded text; and what repair lets pass passes by itself.
func FuzzCheck(f *testing.F) {
	for _, object := range goodObjects() {
		f.Add(byte(object.Kind), object.JSON)
	}
	for _, tc := range ruleCases {
		if bad := strings.Replace(tc.good, tc.old, tc.new, 1); len(bad) < 2000 {
			f.Add(byte(tc.kind), []byte(bad))
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, doc []byte) {
		for _, mend := range []bool{false, true} {
			items, refusals := NewChecker(CheckOptions{Repair: mend}).Check([]Item{{Kind: Kind(kind % 3), JSON: doc}})
			for _, r := range refusals {
				if !slices.Contains(Rules(), r.Rule) || r.Text == "" || len(r.Text) > limitRuleText || !utf8.ValidString(r.Text) {
					t.Fatalf("refusal %+v", r)
				}
			}
			if refusals != nil {
				continue
			}
			for _, item := range items {
				if !json.Valid(item.JSON) || item.User == 0 {
					t.Fatalf("passed: %+v %s", item, item.JSON)
				}
				if r := checkOne(t, item.Kind, string(item.JSON)); r.Rule != "" {
					t.Fatalf("%s passed once, then %+v", item.JSON, r)
				}
			}
		}
	})
}
