package fakebraze

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestStateless(t *testing.T) {
	s := newServer(t, Options{Stateless: true})
	s.OnObject(func(string, map[string]any, bool) { t.Error("an object was observed") })
	w := ask(s, trackRequest(all(2)))
	const want = `{"message":"success","attributes_processed":2,"events_processed":2,"purchases_processed":2}`
	if w.Code != 201 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, trackRequest(`{"events":[{}]}`)); w.Code != 201 {
		t.Errorf("objects are not validated, yet: %d %s", w.Code, w.Body)
	}
	st := s.Stats()
	if st.Attributes != 2 || st.Events != 3 || st.Purchases != 2 || st.AcceptedRequests != 2 || st.Requests != 2 || st.Profiles != 0 || st.DataPoints != 0 {
		t.Errorf("stats %+v", st)
	}
	if n := len(s.Requests(10)); n != 0 {
		t.Errorf("%d requests logged", n)
	}
}

// TestStatelessKeepsTheLimits: everything that stands before the objects holds.
func TestStatelessKeepsTheLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		opts Options
		body string
		want int
	}{
		{"key", Options{APIKeys: []string{"other"}}, events(1), 401},
		{"size", Options{BodyBytes: 100}, all(3), 413},
		{"syntax", Options{}, `{"events":[{]}`, 400},
		{"end", Options{}, `{"events":[{}`, 400},
		{"count", Options{}, events(76), 400},
		{"count combined", Options{}, all(26), 400},
		{"count per array", Options{PerArray: true}, all(26), 201},
		{"nothing", Options{}, `{"events":[]}`, 400},
	} {
		c.opts.Stateless = true
		if w := ask(newServer(t, c.opts), trackRequest(c.body)); w.Code != c.want {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestStatelessFaults(t *testing.T) {
	s := newServer(t, Options{Stateless: true})
	setFaults(t, s, Fault{Kind: "status", Status: 503, Every: 2}, Fault{Kind: "status", Status: 299, Every: 3})
	equalJSON(t, codes(s, 4), `[201,503,299,503]`)
	if st := s.Stats(); st.Events != 2 {
		t.Errorf("stats %+v", st)
	}
	for _, f := range []Fault{{Kind: "partial"}, {Kind: "reject_if"}, {Kind: "batch_400_if"}, {Kind: "status", Status: 500, Field: "x"}} {
		if err := s.SetFaults([]Fault{f}); err == nil {
			t.Errorf("%+v passes", f)
		}
	}
}

func TestScanCounts(t *testing.T) {
	for body, want := range map[string][3]int{
		`{"events":[{"a":{"b":[{},{}]}},{}]}`:                          {0, 2, 0},
		"\t{ \"events\" : [ { } ] ,\r\n \"attributes\":[{}] }\n":       {1, 1, 0},
		`{"x":{"events":[{},{}]},"purchases":[{}]}`:                    {0, 0, 1},
		`{"x":[[{}]],"events":[[{}],{},1,"{"]}`:                        {0, 1, 0},
		`{"a":"\"events\":[{}]","events":[{"s":"}]{[\\"},{"s":"\""}]}`: {0, 2, 0},
		`{"s":"events","t":["events",[{}]],"events":null}`:             {0, 0, 0},
		`{"events":[{}],"events":[{},{}]}`:                             {0, 2, 0},
		`{"events":{"x":[{}]}}`:                                        {0, 0, 0},
	} {
		got, _, ok := scanCounts([]byte(body))
		if !ok || got != want {
			t.Errorf("%s: %v %v, want %v", body, got, ok, want)
		}
	}
	for _, body := range []string{``, `[]`, `x`, `{`, `{}}`, `{"`, `{"a`, `{"a\"`, `{} {}`, `{"events":[}`[:10]} {
		if _, _, ok := scanCounts([]byte(body)); ok {
			t.Errorf("%q passes", body)
		}
	}
}

// TestScanCountsAgainstADecoder compares the scan with a real decoder on random bodies.
func TestScanCountsAgainstADecoder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		body := map[string]any{"x": randomValue(r, 4)}
		for _, name := range arrayNames {
			if r.IntN(3) > 0 {
				list := make([]any, r.IntN(5))
				for i := range list {
					list[i] = map[string]any{randomText(r): randomValue(r, 3)}
				}
				body[name] = list
			}
		}
		raw, err := json.MarshalIndent(body, "", strings.Repeat(" ", r.IntN(3)))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parseBody(raw)
		if err != nil {
			t.Fatal(err)
		}
		counts, present, ok := scanCounts(raw)
		if !ok || counts != parsed.counts || present != parsed.present {
			t.Fatalf("%s\nscan %v %v %v, decoder %v %v", raw, counts, present, ok, parsed.counts, parsed.present)
		}
	}
}

func randomText(r *rand.Rand) string {
	words := []string{"events", `"`, `\`, `\"`, "[{", "}]", "purchases", "ü", "", ":", "a b", `"events":[{}]`}
	return words[r.IntN(len(words))] + words[r.IntN(len(words))]
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(6); {
	case n == 0 && depth > 0:
		return map[string]any{randomText(r): randomValue(r, depth-1), "events": []any{map[string]any{}}}
	case n == 1 && depth > 0:
		return []any{randomValue(r, depth-1), randomValue(r, depth-1)}
	case n == 2:
		return r.IntN(1000)
	case n == 3:
		return nil
	}
	return randomText(r)
}

// BenchmarkStateless is the cost of one request of 75 objects, to compare with what a client under test costs.
func BenchmarkStateless(b *testing.B) { benchmarkTrack(b, Options{Stateless: true}) }

// BenchmarkFull is the cost with validation, profiles and log.
func BenchmarkFull(b *testing.B) { benchmarkTrack(b, Options{KeepEntries: 1000}) }

func benchmarkTrack(b *testing.B, o Options) {
	s := newServer(b, o)
	body := events(75)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(s, trackRequest(body)); w.Code != 201 {
			b.Fatal(w.Body)
		}
	}
}
