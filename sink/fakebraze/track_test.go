package fakebraze

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRouting(t *testing.T) {
	s := newServer(t, Options{})
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"POST", "/users/track", 201}, {"GET", "/users/track", 404}, {"PUT", "/users/track", 404},
		{"POST", "/users/track/", 403}, {"POST", "/users/track/bulk", 404}, {"POST", "/users", 404}, {"POST", "/", 404},
		{"GET", "/", 200}, {"GET", "/index.html", 404}, {"GET", "/_fake/nothing", 404}, {"POST", "/_fake/stats", 404},
	} {
		r := trackRequest(events(1))
		r.Method, r.URL.Path = c.method, c.path
		if w := ask(s, r); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
}

func TestAuthorization(t *testing.T) {
	known := Options{APIKeys: []string{"a", "b"}, Forbidden: []string{"weak"}}
	for _, c := range []struct {
		opts   Options
		header string
		want   int
		body   string
	}{
		{known, "Bearer a", 201, ""}, {known, "Bearer b", 201, ""},
		{known, "Bearer c", 401, `{"message":"Invalid API Key"}`}, {known, "", 401, `{"message":"Invalid API Key"}`},
		{known, "a", 401, ""}, {known, "Basic a", 401, ""}, {known, `Bearer "a"`, 401, ""}, {known, "bearer a", 401, ""},
		{known, "Bearer weak", 403, `{"message":"Access Denied"}`},
		{Options{}, "Bearer anything", 201, ""}, {Options{}, "Bearer ", 401, ""}, {Options{}, "", 401, ""},
	} {
		r := trackRequest(events(1))
		r.Header.Set("Authorization", c.header)
		w := ask(newServer(t, c.opts), r)
		if w.Code != c.want || c.body != "" && w.Body.String() != c.body {
			t.Errorf("%q: %d %s, want %d", c.header, w.Code, w.Body, c.want)
		}
	}
}

func TestKeyRotation(t *testing.T) {
	s := newServer(t, Options{APIKeys: []string{"old"}})
	equalJSON(t, codes(s, 1), `[401]`)
	s.SetAPIKeys("test-key", "old")
	equalJSON(t, codes(s, 1), `[201]`)
	s.SetAPIKeys("new")
	equalJSON(t, codes(s, 1), `[401]`)
}

func TestContentType(t *testing.T) {
	for header, want := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "Application/JSON": 201,
		"": 415, "text/plain": 415, "application/jsonl": 415, "application/x-www-form-urlencoded": 415,
	} {
		r := trackRequest(events(1))
		r.Header.Set("Content-Type", header)
		if w := ask(newServer(t, Options{}), r); w.Code != want {
			t.Errorf("%q: %d, want %d", header, w.Code, want)
		}
	}
}

func TestBodies(t *testing.T) {
	const syntax, none = `{"error":"Error while parsing request body. Please check your syntax."}`, `{"message":"` + textNoneValid + `"}`
	for body, want := range map[string]string{
		``: syntax, `{`: syntax, `[]`: syntax, `null`: none, `{} {}`: syntax, `"x"`: syntax, `{"events":{}}`: syntax,
		`{"events":"x"}`: syntax, "{\"events\":[{\"external_id\":\"\xff\"}]}": syntax, `{"events":[NaN]}`: syntax,
		`{}`: none, `{"events":[]}`: none, `{"events":null}`: none, `{"Events":[1]}`: none, `{"other":[1]}`: none,
	} {
		w := ask(newServer(t, Options{}), trackRequest(body))
		if w.Code != 400 || w.Body.String() != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// TestBodyThatBreaksOff is a client that leaves while it sends.
func TestBodyThatBreaksOff(t *testing.T) {
	r := trackRequest("")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(events(1)), brokenReader{}))
	if w := ask(newServer(t, Options{}), r); w.Code != 400 {
		t.Errorf("status %d", w.Code)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("gone") }

// TestOrderOfEvaluation: of several faults of a request the first in Braze's order shows. Each step mends one.
func TestOrderOfEvaluation(t *testing.T) {
	s := newServer(t, Options{APIKeys: []string{"test-key"}, Rate: 1, RatePer: 24 * 365 * time.Hour, BodyBytes: 20_000})
	r := func(key, kind, body string) int {
		q := trackRequest(body)
		q.Header.Set("Authorization", "Bearer "+key)
		q.Header.Set("Content-Type", kind)
		return ask(s, q).Code
	}
	large := `{"events":[` + strings.Repeat("1,", 20_000) + `1]}`
	if got := r("wrong", "text/plain", large); got != 401 {
		t.Errorf("key: %d", got)
	}
	if got := r("test-key", "text/plain", large); got != 415 {
		t.Errorf("content type: %d", got)
	}
	if got := r("test-key", "application/json", large); got != 413 {
		t.Errorf("size: %d", got)
	}
	if got := r("test-key", "application/json", large); got != 429 {
		t.Errorf("rate: %d", got)
	}
	s.Reset()
	if got := r("test-key", "application/json", `{"events":[`+strings.Repeat("1,", 75)); got != 400 {
		t.Errorf("syntax: %d", got)
	}
	s.Reset()
	_, a := post(t, s, `{"events":[`+strings.Repeat("1,", 75)+`1]}`)
	if a.Message != textTooMany || a.Errors != nil {
		t.Errorf("count: %+v", a)
	}
}

// TestCounting: combined counts all arrays together; a limit of one's own holds.
func TestCounting(t *testing.T) {
	for _, c := range []struct {
		opts Options
		body string
		want int
	}{
		{Options{}, all(25), 201}, {Options{}, all(26), 400}, {Options{Objects: 50}, all(17), 400}, {Options{Objects: 51}, all(17), 201},
		{Options{PerArray: true}, all(75), 201}, {Options{PerArray: true}, events(76), 400}, {Options{PerArray: true, Objects: 2}, all(2), 201},
		{Options{PerArray: true, Objects: 2}, all(3), 400},
	} {
		if w := ask(newServer(t, c.opts), trackRequest(c.body)); w.Code != c.want {
			t.Errorf("%+v: %d, want %d", c.opts, w.Code, c.want)
		}
	}
}

// TestCounters: a counter for each array that the request holds; attributes count users.
func TestCounters(t *testing.T) {
	s := newServer(t, Options{})
	w := ask(s, trackRequest(`{"attributes":[{"external_id":"u"},{"external_id":"u"},{"external_id":"v"},{"email":"a@b.co"},{}],"events":[],"purchases":[{}]}`))
	const want = `{"message":"success","attributes_processed":3,"events_processed":0,"purchases_processed":0,"errors":[` +
		`{"type":"'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required","input_array":"attributes","index":4},` +
		`{"type":"'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required","input_array":"purchases","index":0}]}`
	if w.Code != 201 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestIndexCountsAsSent: the index of an error counts in the array as it was sent, whatever else was refused.
func TestIndexCountsAsSent(t *testing.T) {
	s := newServer(t, Options{})
	_, a := post(t, s, `{"events":[{},{"external_id":"u",`+seenAt+`},{},{"external_id":"u"}],"attributes":[{"external_id":"u"},{}]}`)
	var got []string
	for _, e := range a.Errors {
		got = append(got, fmt.Sprintf("%s[%d]", e.InputArray, e.Index))
	}
	if diff := cmp.Diff([]string{"attributes[1]", "events[0]", "events[2]", "events[3]"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnObject(t *testing.T) {
	s := newServer(t, Options{})
	var got []string
	s.OnObject(func(array string, o map[string]any, accepted bool) {
		s.Stats() // the server can be used from here
		got = append(got, fmt.Sprintf("%s%v %v", array, o["n"], accepted))
	})
	post(t, s, `{"purchases":[{"n":1}],"events":[{"external_id":"u","n":2,`+seenAt+`},{"n":3},7],"attributes":[{"external_id":"u","n":4}]}`)
	post(t, s, `{"events":[{"n":5}]}`)
	post(t, s, events(76)) // no object was judged
	post(t, s, `{`)
	if err := s.SetFaults([]Fault{{Kind: "status", Status: 503, Count: 1}, {Kind: "batch_400_if"}}); err != nil {
		t.Fatal(err)
	}
	post(t, s, `{"events":[{"external_id":"u","n":6,`+seenAt+`}]}`)
	post(t, s, `{"events":[{"external_id":"u","n":7,`+seenAt+`}]}`)
	want := []string{"attributes4 true", "events2 true", "events3 false", "events<nil> false", "purchases1 false", "events5 false", "events7 false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatsAndReset(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, all(2))
	post(t, s, `{"events":[{}]}`)
	post(t, s, `{`)
	st := s.Stats()
	want := Stats{Requests: 3, AcceptedRequests: 1, Attributes: 2, Events: 2, Purchases: 2, RefusedObjects: 1, DataPoints: 6, Profiles: 1,
		Statuses: map[string]int64{"201": 1, "400": 2}, Bytes: int64(len(all(2)) + len(`{"events":[{}]}`) + 1), Reasons: map[string]int64{textNoUser: 1}}
	if diff := cmp.Diff(want, st); diff != "" {
		t.Error(diff)
	}
	st.Statuses["201"] = 99
	if s.Stats().Statuses["201"] != 1 {
		t.Error("the counters can be changed from outside")
	}
	if err := s.SetFaults([]Fault{{Kind: "status", Status: 500, Every: 2}}); err != nil {
		t.Fatal(err)
	}
	equalJSON(t, codes(s, 1), `[201]`)
	s.Reset()
	if diff := cmp.Diff(Stats{Statuses: map[string]int64{}, Reasons: map[string]int64{}}, s.Stats()); diff != "" {
		t.Error(diff)
	}
	if _, ok := s.User("external_id", "u"); ok || len(s.Requests(9)) != 0 {
		t.Error("profiles or requests survive a reset")
	}
	equalJSON(t, codes(s, 2), `[201,500]`) // the fault is still there and counts anew
}

// TestReasonsAreBounded: texts can hold names that a client made up.
func TestReasonsAreBounded(t *testing.T) {
	s := newServer(t, Options{})
	for i := range maxReasons + 20 {
		post(t, s, `{"events":[{"external_id":"u","name":"ecommerce.order_placed","time":"`+at+`","properties":`+
			with(t, orderPlaced, map[string]any{fmt.Sprint("x", i): 1})+`}]}`)
	}
	if st := s.Stats(); len(st.Reasons) != maxReasons || st.RefusedObjects != maxReasons+20 {
		t.Errorf("%d reasons of %d objects", len(st.Reasons), st.RefusedObjects)
	}
}

func TestRequestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{KeepRequests: 3})
		defer s.Close()
		start := time.Now()
		for i := range 5 {
			time.Sleep(time.Second)
			post(t, s, fmt.Sprintf(`{"n":%d}`, i))
		}
		time.Sleep(time.Second)
		ask(s, trackRequest("no JSON"))
		got := s.Requests(2)
		want := []Request{
			{Time: start.Add(6 * time.Second), Status: 400, Body: []byte(`"no JSON"`), Response: []byte(`{"error":"` + textSyntax + `"}`)},
			{Time: start.Add(5 * time.Second), Status: 400, Body: []byte(`{"n":4}`), Response: []byte(`{"message":"` + textNoneValid + `"}`)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := len(s.Requests(100)); n != 3 {
			t.Errorf("%d requests kept", n)
		}
		if n := len(s.Requests(-1)); n != 0 {
			t.Errorf("%d requests for a negative limit", n)
		}
	})
}

// TestRequestLogIsBoundedByBytes: large bodies push older ones out.
func TestRequestLogIsBoundedByBytes(t *testing.T) {
	l := requestLog{limit: 1000}
	for range 100 {
		l.add(Request{Body: make([]byte, 4<<20)})
	}
	if len(l.entries) != 16 || l.bytes != 64<<20 {
		t.Errorf("%d entries, %d bytes", len(l.entries), l.bytes)
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: 20 * time.Millisecond})
		defer s.Close()
		start := time.Now()
		equalJSON(t, codes(s, 2), `[201,201]`)
		if d := time.Since(start); d != 40*time.Millisecond {
			t.Errorf("two answers took %v", d)
		}
	})
}

// TestLatencyLongerThanPatience: who gives up while Braze takes its time was heard all the same.
func TestLatencyLongerThanPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: time.Minute})
		defer s.Close()
		_, _, err := send(client(s, time.Second), "http://braze", events(3))
		if st := s.Stats(); !errors.Is(err, context.DeadlineExceeded) || st.Events != 3 {
			t.Errorf("error %v, stats %+v", err, st)
		}
	})
}

// TestCloseEndsLatency: nobody waits for an answer of a closed server.
func TestCloseEndsLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: time.Hour})
		start, done := time.Now(), make(chan error)
		go func() {
			_, _, err := send(client(s, 0), "http://braze", events(1))
			done <- err
		}()
		synctest.Wait()
		s.Close()
		if err := <-done; err == nil || time.Since(start) != 0 {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
	})
}

// TestConcurrentUse closes the accounts over many clients, faults and readers at once.
func TestConcurrentUse(t *testing.T) {
	s := newServer(t, Options{Reorder: true, ApplyDelay: time.Microsecond})
	if err := s.SetFaults([]Fault{{Kind: "status", Status: 503, Every: 7}, {Kind: "partial", Every: 5}}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	observed := map[bool]int64{}
	s.OnObject(func(_ string, _ map[string]any, ok bool) { observed[ok]++ })
	answered := map[bool]int64{}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 25 {
				w := ask(s, trackRequest(events(4)))
				a := decode[answer](t, w.Body.Bytes())
				mu.Lock()
				if w.Code == 201 {
					answered[true] += int64(*a.Events)
					answered[false] += int64(len(a.Errors))
				}
				mu.Unlock()
				s.Stats()
				s.User("external_id", "u1")
				ask(s, httptest.NewRequest(http.MethodGet, "/_fake/requests?limit=2", http.NoBody))
			}
		})
	}
	clients.Wait()
	st := s.Stats()
	if st.Events != answered[true] || st.RefusedObjects != answered[false] || observed[true] != st.Events || observed[false] != st.RefusedObjects {
		t.Errorf("stats %+v, clients %v, observed %v", st, answered, observed)
	}
	if st.Requests != 200 || st.Statuses["503"] != 200/7 || st.RefusedObjects != 200/5-200/35 {
		t.Errorf("faults did not strike as they should: %+v", st)
	}
}
