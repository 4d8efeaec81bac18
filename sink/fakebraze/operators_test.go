package fakebraze

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// operatorCase sends attributes of one user, a request each, and expects what is left.
type operatorCase struct {
	name  string
	steps []string
	want  string
}

func testOperators(t *testing.T, cases []operatorCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, Options{})
			for _, step := range c.steps {
				accept(t, s, `{"attributes":[{"external_id":"u",`+strings.TrimPrefix(step, "{")+`]}`)
			}
			equalJSON(t, user(t, s, "external_id", "u").Attributes, c.want)
		})
	}
}

func TestScalarAttributes(t *testing.T) {
	long := strings.Repeat("ü", 255)
	testOperators(t, []operatorCase{
		{"set", []string{`{"a":"x","b":1.5,"c":true}`}, `{"a":"x","b":1.5,"c":true}`},
		{"overwrite", []string{`{"a":"x"}`, `{"a":2}`}, `{"a":2}`},
		{"unset", []string{`{"a":"x","b":1}`, `{"a":null}`}, `{"b":1}`},
		{"empty text stays", []string{`{"a":""}`}, `{"a":""}`},
		{"name is trimmed", []string{`{" a ":1}`}, `{"a":1}`},
		{"large integer stays exact", []string{`{"a":9007199254740993}`}, `{"a":9007199254740993}`},
		{"text of 255", []string{`{"a":"` + long + `"}`}, `{"a":"` + long + `"}`},
		{"text of 256 is not applied", []string{`{"a":"x"}`, `{"a":"` + long + `y"}`}, `{"a":"x"}`},
		{"wrapper is a nested attribute", []string{`{"custom_attributes":{"a":1}}`}, `{"custom_attributes":{"a":1}}`},
	})
}

func TestIncrement(t *testing.T) {
	testOperators(t, []operatorCase{
		{"from nothing", []string{`{"n":{"inc":3}}`}, `{"n":3}`},
		{"up and down", []string{`{"n":5}`, `{"n":{"inc":3}}`, `{"n":{"inc":-10}}`}, `{"n":-2}`},
		{"of a fraction", []string{`{"n":0.5}`, `{"n":{"inc":2}}`}, `{"n":2.5}`},
		{"by a fraction is not applied", []string{`{"n":5}`, `{"n":{"inc":0.5}}`}, `{"n":5}`},
		{"by text is not applied", []string{`{"n":5}`, `{"n":{"inc":"1"}}`}, `{"n":5}`},
		{"of text starts anew", []string{`{"n":"x"}`, `{"n":{"inc":1}}`}, `{"n":1}`},
		{"beyond what a float holds", []string{`{"n":9007199254740993}`, `{"n":{"inc":1}}`}, `{"n":9007199254740994}`},
		{"twice is twice", []string{`{"n":{"inc":1}}`, `{"n":{"inc":1}}`}, `{"n":2}`},
	})
}

func TestLists(t *testing.T) {
	testOperators(t, []operatorCase{
		{"set keeps unique values", []string{`{"l":["a","b","a",1,1.0]}`}, `{"l":["a","b",1]}`},
		{"set replaces", []string{`{"l":["a"]}`, `{"l":["b"]}`}, `{"l":["b"]}`},
		{"add", []string{`{"l":["a"]}`, `{"l":{"add":["b","c"]}}`}, `{"l":["a","b","c"]}`},
		{"add to nothing", []string{`{"l":{"add":["b"]}}`}, `{"l":["b"]}`},
		{"added again moves to the end", []string{`{"l":["a","b"]}`, `{"l":{"add":["a"]}}`}, `{"l":["b","a"]}`},
		{"remove", []string{`{"l":["a","b"]}`, `{"l":{"remove":["a","z"]}}`}, `{"l":["b"]}`},
		{"add and remove", []string{`{"l":["a","b"]}`, `{"l":{"add":["c"],"remove":["a"]}}`}, `{"l":["b","c"]}`},
		{"a single value", []string{`{"l":{"add":"a"}}`}, `{"l":["a"]}`},
	})
}

func TestNestedAttributes(t *testing.T) {
	testOperators(t, []operatorCase{
		{"overwrite without merging", []string{`{"o":{"a":1,"b":2}}`, `{"o":{"b":3}}`}, `{"o":{"b":3}}`},
		{"merge", []string{`{"o":{"a":1,"b":{"x":1,"y":1}}}`, `{"_merge_objects":true,"o":{"b":{"y":2},"c":3}}`},
			`{"o":{"a":1,"b":{"x":1,"y":2},"c":3}}`},
		{"merge false overwrites", []string{`{"o":{"a":1}}`, `{"_merge_objects":false,"o":{"b":1}}`}, `{"o":{"b":1}}`},
		{"merge over a scalar", []string{`{"o":1}`, `{"_merge_objects":true,"o":{"b":1}}`}, `{"o":{"b":1}}`},
		{"time", []string{`{"o":{"on":{"$time":"2020-05-28"}}}`}, `{"o":{"on":"2020-05-28"}}`},
		{"time at the top", []string{`{"o":{"a":1}}`, `{"_merge_objects":true,"o":{"$time":"2020-05-28"}}`}, `{"o":"2020-05-28"}`},
		{"bad time drops the attribute", []string{`{"o":{"a":1}}`, `{"o":{"a":2,"on":{"$time":"soon"}},"p":1}`}, `{"o":{"a":1},"p":1}`},
		{"null time drops", []string{`{"o":{"a":1}}`, `{"o":{"a":2,"on":{"$time":null}}}`}, `{"o":{"a":1}}`},
		{"time number drops", []string{`{"o":{"on":{"$time":1590624000}}}`}, `{}`},
		{"year 3001 drops", []string{`{"o":{"on":{"$time":"3001-01-01"}}}`}, `{}`},
		{"null deep down drops", []string{`{"o":{"a":1}}`, `{"o":{"a":{"b":[{"c":null}]}}}`}, `{"o":{"a":1}}`},
		{"null in a list of objects drops", []string{`{"o":[{"a":null}]}`}, `{}`},
		{"unset whole", []string{`{"o":{"a":1}}`, `{"o":null}`}, `{}`},
		{"exactly 100 KB", []string{`{"o":` + nestedOf(maxAttributeNested) + `}`}, `{"o":` + nestedOf(maxAttributeNested) + `}`},
		{"a byte more", []string{`{"o":` + nestedOf(maxAttributeNested+1) + `}`}, `{}`},
		{"over 100 KB is not applied", []string{`{"o":{"a":1}}`, `{"o":[` + strings.Repeat(`{"k":"0123456789"},`, 6000) + `{}]}`}, `{"o":{"a":1}}`},
		{"long text inside is not applied", []string{`{"o":{"a":"` + strings.Repeat("x", 256) + `"}}`}, `{}`},
		{"long key inside is not applied", []string{`{"o":{"` + strings.Repeat("x", 256) + `":1}}`}, `{}`},
	})
}

// nestedOf is a nested object of exactly n bytes.
func nestedOf(n int) string {
	const element, frame = `"0123456789",`, `{"l":[""]}`
	rest := n - len(frame)
	return `{"l":[` + strings.Repeat(element, rest/len(element)) + `"` + strings.Repeat("x", rest%len(element)) + `"]}`
}

func TestObjectLists(t *testing.T) {
	const pets = `{"pets":[{"id":1,"kind":"dog","name":"Rex"},{"id":2,"kind":"cat"}]}`
	testOperators(t, []operatorCase{
		{"set", []string{pets}, pets},
		{"equal objects stay", []string{`{"pets":[{"id":1},{"id":1}]}`}, `{"pets":[{"id":1},{"id":1}]}`},
		{"add", []string{`{"pets":{"$add":[{"id":1}]}}`, `{"pets":{"$add":[{"id":2}]}}`}, `{"pets":[{"id":1},{"id":2}]}`},
		{"remove", []string{pets, `{"pets":{"$remove":[{"$identifier_key":"id","$identifier_value":1}]}}`}, `{"pets":[{"id":2,"kind":"cat"}]}`},
		{"update overwrites", []string{pets, `{"pets":{"$update":[{"$identifier_key":"id","$identifier_value":1,"$new_object":{"kind":"bird"}}]}}`},
			`{"pets":[{"kind":"bird"},{"id":2,"kind":"cat"}]}`},
		{"update merges", []string{pets, `{"_merge_objects":true,"pets":{"$update":[{"$identifier_key":"id","$identifier_value":1,"$new_object":{"kind":"bird"}}]}}`},
			`{"pets":[{"id":1,"kind":"bird","name":"Rex"},{"id":2,"kind":"cat"}]}`},
		{"remove with add is no replacement", []string{pets, `{"pets":{"$remove":[{"$identifier_key":"id","$identifier_value":1}],"$add":[{"id":1,"kind":"fox"}]}}`},
			`{"pets":[{"id":2,"kind":"cat"}]}`},
		{"update sees what was added", []string{pets, `{"_merge_objects":true,"pets":{"$update":[{"$identifier_key":"id","$identifier_value":3,"$new_object":{"kind":"owl"}}],"$add":[{"id":3}]}}`},
			`{"pets":[{"id":1,"kind":"dog","name":"Rex"},{"id":2,"kind":"cat"},{"id":3,"kind":"owl"}]}`},
		{"unknown element", []string{pets, `{"pets":{"$remove":[{"$identifier_key":"id","$identifier_value":9}]}}`}, pets},
		{"selector without key", []string{pets, `{"pets":{"$remove":[{"$identifier_value":1}]}}`}, pets},
		{"update without object", []string{pets, `{"pets":{"$update":[{"$identifier_key":"id","$identifier_value":1}]}}`}, pets},
		{"bad time drops the operator", []string{pets, `{"pets":{"$add":[{"id":3,"born":{"$time":"x"}}]}}`}, pets},
		{"times in objects", []string{`{"pets":{"$add":[{"born":{"$time":"2020-01-01"}}]}}`}, `{"pets":[{"born":"2020-01-01"}]}`},
		{"new object that is a time", []string{pets, `{"_merge_objects":true,"pets":{"$update":[{"$identifier_key":"id","$identifier_value":2,"$new_object":{"$time":"2020-01-01"}}]}}`},
			`{"pets":[{"id":1,"kind":"dog","name":"Rex"},"2020-01-01"]}`},
		{"growing over 100 KB is not applied", []string{`{"pets":[` + strings.Repeat(`{"k":"0123456789"},`, 5000) + `{}]}`, `{"pets":{"$add":[` + strings.Repeat(`{"k":"0123456789"},`, 5000) + `{}]}}`, `{"pets":{"$remove":[{"$identifier_key":"k","$identifier_value":"0123456789"}]}}`},
			`{"pets":[{}]}`},
	})
}

// TestMergeIsDeep: merging with random objects equals writing every leaf by its path, changes neither argument, and
// twice the same is once.
func TestMergeIsDeep(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		old, with := randomObject(r, 3), randomObject(r, 3)
		oldBefore, withBefore := asJSONText(t, old), asJSONText(t, with)
		got := merged(old, with)
		want := decode[map[string]any](t, []byte(oldBefore))
		writeLeaves(want, with)
		if a, b := asJSONText(t, got), asJSONText(t, want); a != b {
			t.Fatalf("%s with %s: %s, want %s", oldBefore, withBefore, a, b)
		}
		if asJSONText(t, merged(got, with)) != asJSONText(t, got) {
			t.Fatalf("merging %s twice is not merging it once", withBefore)
		}
		if asJSONText(t, old) != oldBefore || asJSONText(t, with) != withBefore {
			t.Fatal("an argument changed")
		}
	}
}

func randomObject(r *rand.Rand, depth int) map[string]any {
	m := map[string]any{}
	for range r.IntN(4) {
		key := string(rune('a' + r.IntN(3)))
		if m[key] = any(float64(r.IntN(9))); depth > 0 && r.IntN(2) == 0 {
			m[key] = randomObject(r, depth-1)
		}
	}
	return m
}

// writeLeaves writes what with holds into m, replacing what is no object on the way.
func writeLeaves(m, with map[string]any) {
	for k, v := range with {
		inner, isObject := v.(map[string]any)
		if !isObject {
			m[k] = v
			continue
		}
		if _, ok := m[k].(map[string]any); !ok {
			m[k] = map[string]any{}
		}
		writeLeaves(m[k].(map[string]any), inner)
	}
}

// TestDroppedNestedHoldsForTheRequest: an invalid value drops the nested updates of that attribute of that user
// in the whole request, and nothing else.
func TestDroppedNestedHoldsForTheRequest(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[
		{"external_id":"u","o":{"a":1},"p":{"a":1}},
		{"external_id":"u","o":{"b":null}},
		{"external_id":"v","o":{"a":1}}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"p":{"a":1}}`)
	equalJSON(t, user(t, s, "external_id", "v").Attributes, `{"o":{"a":1}}`)
}

// TestObserversSeeNoLaterChange: what was handed out must not change with the profile.
func TestObserversSeeNoLaterChange(t *testing.T) {
	s := newServer(t, Options{})
	var first map[string]any
	s.OnObject(func(_ string, o map[string]any, _ bool) {
		if first == nil {
			first = o
		}
	})
	accept(t, s, `{"attributes":[{"external_id":"u","o":{"a":{"x":1}},"l":["a"],"pets":[{"id":1}]}]}`)
	before := user(t, s, "external_id", "u")
	accept(t, s, `{"attributes":[{"external_id":"u","_merge_objects":true,"o":{"a":{"x":2}},"l":{"add":["b"]},
		"pets":{"$update":[{"$identifier_key":"id","$identifier_value":1,"$new_object":{"id":2}}]}}]}`)
	equalJSON(t, first, `{"external_id":"u","o":{"a":{"x":1}},"l":["a"],"pets":[{"id":1}]}`)
	equalJSON(t, before.Attributes, `{"o":{"a":{"x":1}},"l":["a"],"pets":[{"id":1}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"o":{"a":{"x":2}},"l":["a","b"],"pets":[{"id":2}]}`)
}

func TestStandardFields(t *testing.T) {
	const group = `"subscription_group_id":"4c1b9d9e-1d4f-4f0e-9a52-1d2a3b4c5d6e","subscription_state":`
	testOperators(t, []operatorCase{
		{"kept", []string{`{"first_name":"Ada","gender":"F","dob":"1815-12-10","language":"en","home_city":"London"}`},
			`{"first_name":"Ada","gender":"F","dob":"1815-12-10","language":"en","home_city":"London"}`},
		{"unset", []string{`{"first_name":"Ada"}`, `{"first_name":null}`}, `{}`},
		{"country", []string{`{"country":"gb"}`}, `{"country":"GB"}`},
		{"country that cannot be mapped", []string{`{"country":"gb"}`, `{"country":"Albion"}`}, `{"country":null}`},
		{"gender unknown is ignored", []string{`{"gender":"F"}`, `{"gender":"x"}`, `{"gender":"MF"}`}, `{"gender":"F"}`},
		{"dob with a time is ignored", []string{`{"dob":"1815-12-10T00:00:00Z"}`}, `{}`},
		{"name as number is ignored", []string{`{"first_name":1}`}, `{}`},
		{"identifiers are no attributes", []string{`{"alias_name":"x","_update_existing_only":false,"a":1}`}, `{"a":1}`},
		{"location", []string{`{"current_location":{"longitude":1,"latitude":2}}`}, `{"current_location":{"longitude":1,"latitude":2}}`},
		{"newest state of a group", []string{`{"subscription_groups":[{` + group + `"subscribed"}]}`, `{"subscription_groups":[{` + group + `"unsubscribed"}]}`},
			`{"subscription_groups":[{` + group + `"unsubscribed"}]}`},
		{"another group stays", []string{`{"subscription_groups":[{` + group + `"subscribed"}]}`,
			`{"subscription_groups":[{"subscription_group_id":"00000000-0000-0000-0000-000000000001","subscription_state":"subscribed"}]}`},
			`{"subscription_groups":[{` + group + `"subscribed"},{"subscription_group_id":"00000000-0000-0000-0000-000000000001","subscription_state":"subscribed"}]}`},
		{"email subscription unset", []string{`{"email_subscribe":"opted_in"}`, `{"email_subscribe":null}`}, `{}`},
	})
}
