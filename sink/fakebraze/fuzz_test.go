package fakebraze

import (
	"encoding/json"
	"testing"
)

// FuzzTrack: whatever the body, the answer is one of Braze's, errors point at objects that were sent, and the
// accounts close.
func FuzzTrack(f *testing.F) {
	for _, body := range []string{
		all(1), events(2), `{}`, `{"events":[{}]}`, `{"events":[1,null,"x"]}`, `{"attributes":[{"external_id":"u","a":{"inc":1}}]}`,
		`{"attributes":[{"external_id":"u","a":{"$time":"2020-01-01"},"_merge_objects":true}]}`,
		`{"attributes":[{"external_id":"u","a":{"$update":[{"$identifier_key":"k","$identifier_value":1,"$new_object":{"$time":1}}]}}]}`,
		`{"attributes":[{"email":"a@b.co","l":{"add":["x"],"remove":[1e999]}},{"user_alias":{"alias_name":"n","alias_label":"l"},"_update_existing_only":false}]}`,
		`{"events":[{"external_id":"u","name":"ecommerce.order_placed","time":"` + at + `","properties":` + orderPlaced + `}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newServer(t, Options{Blocked: []string{"robot"}})
		setFaults(t, s, Fault{Kind: "reject_if", Field: "a.b", Equals: 1})
		for range 2 { // the second one meets the profiles of the first
			checkAnswer(t, s, body)
		}
	})
}

func checkAnswer(t *testing.T, s *Server, body []byte) {
	t.Helper()
	before := s.Stats()
	w := ask(s, trackRequest(string(body)))
	a := decode[answer](t, w.Body.Bytes())
	after := s.Stats()
	accepted := after.Attributes + after.Events + after.Purchases - before.Attributes - before.Events - before.Purchases
	refused := after.RefusedObjects - before.RefusedObjects
	if w.Code != 201 && w.Code != 400 || (w.Code == 201) != (accepted > 0) || int(refused) != len(a.Errors) {
		t.Errorf("%d %s: %d accepted, %d refused", w.Code, w.Body, accepted, refused)
	}
	parsed, err := parseBody(body)
	for _, e := range a.Errors {
		if err != nil || e.Type == "" || e.Index < 0 || e.Index >= parsed.counts[arrayNumber(e.InputArray)] {
			t.Errorf("error %+v of %s", e, body)
		}
	}
	if err == nil && a.Message != textTooMany && int(accepted+refused) != len(parsed.objects) {
		t.Errorf("%d objects: %d accepted, %d refused", len(parsed.objects), accepted, refused)
	}
	for _, p := range s.profiles.all {
		if _, err := json.Marshal(copyOf(p.attributes)); err != nil {
			t.Error(err)
		}
	}
}

// FuzzScanCounts: where a decoder reads a body, the scan counts the same.
func FuzzScanCounts(f *testing.F) {
	for _, body := range []string{all(2), `{"events":[{"a":"\\\""}]}`, ` {"x":"events","events" : [{}] }`, `{"events":[[{}]]}`, `{"\u0065vents":[{}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		counts, _, ok := scanCounts(body)
		parsed, err := parseBody(body)
		if err != nil || escapedNames(body) {
			return
		}
		objects := [3]int{}
		for _, o := range parsed.objects {
			if o.raw[0] == '{' {
				objects[arrayNumber(o.array)]++
			}
		}
		if len(body) > 0 && body[0] == '{' && (!ok || counts != objects) {
			t.Errorf("%q: scan %v %v, decoder %v", body, counts, ok, objects)
		}
	})
}

// escapedNames tells bodies in which a decoder may find a name, or the same name twice, that the scan does not.
func escapedNames(body []byte) bool {
	d := map[string]int{}
	for i := range body {
		if body[i] == '\\' {
			return true
		}
		for _, name := range arrayNames {
			if len(body)-i >= len(name) && string(body[i:i+len(name)]) == name {
				d[name]++
			}
		}
	}
	return d[attributesArray] > 1 || d[eventsArray] > 1 || d[purchasesArray] > 1
}

// FuzzTimes: whatever parses is a time that formats and parses again.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{at, "2026-01-15T09:35:20:123Z", "2026-01-15", "", "20260115T093520Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := parseTime(text); ok {
			if _, ok := parseAttributeTime(text); !ok {
				t.Errorf("%q is a time of an event and none of an attribute", text)
			}
		}
	})
}
