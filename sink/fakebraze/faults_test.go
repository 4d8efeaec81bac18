package fakebraze

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// setFaults must succeed.
func setFaults(t testing.TB, s *Server, fs ...Fault) {
	t.Helper()
	if err := s.SetFaults(fs); err != nil {
		t.Fatal(err)
	}
}

// client speaks to the server without a network.
func client(s *Server, timeout time.Duration) *http.Client {
	return &http.Client{Transport: s.Transport(), Timeout: timeout}
}

// send tracks a body through a client and returns the answer's text.
func send(c *http.Client, url, body string) (int, string, error) {
	r, err := http.NewRequest(http.MethodPost, url+"/users/track", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer test-key")
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(got), errors.Join(err, resp.Body.Close())
}

func TestStatusFault(t *testing.T) {
	s := newServer(t, Options{Rate: 5, RateHeaders: "seconds"})
	setFaults(t, s, Fault{Kind: "status", Status: 503, Body: "down", Headers: map[string]string{"X-Why": "test"}, Count: 1},
		Fault{Kind: "status", Status: 500, Count: 1}, Fault{Kind: "status", Status: 429, Count: 1})
	w := ask(s, trackRequest(events(1)))
	if w.Code != 503 || w.Body.String() != "down" || w.Header().Get("X-Why") != "test" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	w = ask(s, trackRequest(events(1)))
	if w.Code != 500 || w.Body.String() != `{"message":"Internal Server Error"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = ask(s, trackRequest(events(1)))
	if headersOf(w.Header())[headerRetryAfter] == "" || w.Code != 429 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if st := s.Stats(); st.AcceptedRequests != 0 || st.Events != 0 {
		t.Errorf("stats %+v", st)
	}
	equalJSON(t, codes(s, 1), `[201]`)
}

// TestStatusFaultBeforeTheKey: an edge in front of Braze answers whoever asks, and uses no limit up.
func TestStatusFaultBeforeTheKey(t *testing.T) {
	s := newServer(t, Options{APIKeys: []string{"other"}, Rate: 1})
	setFaults(t, s, Fault{Kind: "status", Status: 502})
	equalJSON(t, codes(s, 3), `[502,502,502]`)
}

// TestSuccessWithAnotherBody: a 2xx of a fault is a request that was processed and answered oddly.
func TestSuccessWithAnotherBody(t *testing.T) {
	for _, body := range []string{``, `{"message":"queued"}`, `{"message":"success","errors":["odd"]}`} {
		s := newServer(t, Options{})
		setFaults(t, s, Fault{Kind: "status", Status: 201, Body: body})
		w := ask(s, trackRequest(events(2)))
		if w.Code != 201 || w.Body.String() != body {
			t.Errorf("%d %q, want %q", w.Code, w.Body, body)
		}
		if st := s.Stats(); st.Events != 2 || st.AcceptedRequests != 1 || st.Statuses["201"] != 1 {
			t.Errorf("stats %+v", st)
		}
		if w := ask(s, trackRequest(`{}`)); w.Code != 400 {
			t.Errorf("a request without objects: %d", w.Code)
		}
	}
}

func TestNotJSONFault(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "not_json", Count: 1}, Fault{Kind: "not_json", Status: 504, Body: "gateway", Headers: map[string]string{"Content-Type": "text/plain"}, Count: 1},
		Fault{Kind: "not_json", Status: 201, Headers: map[string]string{"X-Edge": "cache"}, Count: 1})
	for i, want := range []struct {
		code     int
		kind     string
		body     string
		accepted int64
	}{
		{502, "text/html", "<html><body><h1>Bad Gateway</h1></body></html>", 0}, {504, "text/plain", "gateway", 0},
		{201, "text/html", "<html><body><h1>Created</h1></body></html>", 1},
	} {
		w := ask(s, trackRequest(events(1)))
		if w.Code != want.code || w.Header().Get("Content-Type") != want.kind || w.Body.String() != want.body || s.Stats().AcceptedRequests != want.accepted {
			t.Errorf("%d: %d %v %s", i, w.Code, w.Header(), w.Body)
		}
	}
	setFaults(t, s, Fault{Kind: "not_json", Headers: map[string]string{"X-Edge": "cache"}})
	if w := ask(s, trackRequest(events(1))); w.Header().Get("X-Edge") != "cache" || w.Header().Get("Content-Type") != "text/html" {
		t.Errorf("headers %v", w.Header())
	}
	setFaults(t, s, Fault{Kind: "not_json", Status: 201})
	ask(s, trackRequest(events(1)))
	if got := string(s.Requests(1)[0].Response); got != `"\u003chtml\u003e\u003cbody\u003e\u003ch1\u003eCreated\u003c/h1\u003e\u003c/body\u003e\u003c/html\u003e"` {
		t.Errorf("logged %s", got)
	}
}

func TestDelayFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		defer s.Close()
		setFaults(t, s, Fault{Kind: "delay", Delay: "2s"}, Fault{Kind: "delay", Delay: "1s", Every: 2})
		start := time.Now()
		equalJSON(t, codes(s, 2), `[201,201]`)
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("took %v", d)
		}
		// Who gives up during the delay was not heard.
		_, _, err := send(client(s, time.Second), "http://braze", events(1))
		synctest.Wait()
		if st := s.Stats(); !errors.Is(err, context.DeadlineExceeded) || st.Events != 2 || st.Requests != 3 || st.Unanswered != 1 {
			t.Errorf("error %v, stats %+v", err, st)
		}
	})
}

func TestHangAfterAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		defer s.Close()
		setFaults(t, s, Fault{Kind: "hang_after_accept", Count: 1}, Fault{Kind: "hang_after_accept", Delay: "10s"})
		_, _, err := send(client(s, 30*time.Second), "http://braze", events(2))
		if st := s.Stats(); !errors.Is(err, context.DeadlineExceeded) || st.Events != 2 || st.AcceptedRequests != 1 || st.Unanswered != 1 || len(st.Statuses) != 0 {
			t.Errorf("error %v, stats %+v", err, st)
		}
		if r := s.Requests(1)[0]; r.Status != 0 || string(r.Response) != "null" {
			t.Errorf("logged %d %s", r.Status, r.Response)
		}
		if _, ok := s.User("external_id", "u1"); !ok {
			t.Error("what was accepted is not applied")
		}
		start := time.Now()
		status, _, err := send(client(s, 30*time.Second), "http://braze", events(2))
		if status != 201 || err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("%d %v after %v", status, err, time.Since(start))
		}
		if _, _, err := send(client(s, time.Second), "http://braze", events(2)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		// Nothing was accepted, so nothing hangs.
		if status, _, err := send(client(s, time.Second), "http://braze", `{"events":[{}]}`); status != 400 || err != nil {
			t.Errorf("%d %v", status, err)
		}
	})
}

// TestCloseEndsWhatHangs: a server that closes lets nobody wait for ever.
func TestCloseEndsWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		setFaults(t, s, Fault{Kind: "hang_after_accept"})
		done := make(chan error)
		go func() {
			_, _, err := send(client(s, 0), "http://braze", events(1))
			done <- err
		}()
		synctest.Wait()
		s.Close()
		s.Close()
		if err := <-done; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("error %v", err)
		}
	})
}

func TestResetFaults(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "reset_before", Count: 1}, Fault{Kind: "reset_after_accept", Count: 1})
	for i, want := range []int64{0, 1} {
		_, _, err := send(client(s, 0), "http://braze", events(1))
		if st := s.Stats(); !errors.Is(err, syscall.ECONNRESET) || st.Events != want || st.Unanswered != int64(i+1) {
			t.Errorf("error %v, stats %+v", err, st)
		}
	}
}

func TestPartialFault(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "partial", Count: 2})
	// The first object is refused by a rule, so the fault takes the next.
	_, a := post(t, s, `{"events":[{},{"external_id":"u",`+seenAt+`},{"external_id":"v",`+seenAt+`}]}`)
	if len(a.Errors) != 2 || a.Errors[1].Index != 1 || a.Errors[1].Type != "The object could not be processed." || *a.Events != 1 {
		t.Errorf("answer %+v", a)
	}
	if status, a := post(t, s, events(1)); status != 400 || a.Message != textNoneValid {
		t.Errorf("a single object: %d %+v", status, a)
	}
	accept(t, s, events(1))
	setFaults(t, s, Fault{Kind: "partial", Field: "external_id", Equals: "u2", Body: "no"})
	if _, a = post(t, s, events(4)); len(a.Errors) != 1 || a.Errors[0] != (objectError{"no", "events", 2}) {
		t.Errorf("answer %+v", a)
	}
	accept(t, s, events(2))
}

func TestRejectIfFault(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "reject_if", Field: "properties.items.sku", Equals: "bad", Body: "bad item"})
	body := func(skus ...string) string {
		list := []string{}
		for _, sku := range skus {
			list = append(list, `{"external_id":"u",`+seenAt+`,"properties":{"items":[{"sku":"ok"},{"sku":"`+sku+`"}]}}`)
		}
		return `{"events":[` + strings.Join(list, ",") + `]}`
	}
	status, a := post(t, s, body("bad", "fine", "bad"))
	if status != 201 || len(a.Errors) != 2 || a.Errors[0] != (objectError{"bad item", "events", 0}) || a.Errors[1].Index != 2 {
		t.Errorf("%d %+v", status, a)
	}
	if status, a := post(t, s, body("bad")); status != 400 || len(a.Errors) != 1 {
		t.Errorf("%d %+v", status, a)
	}
	accept(t, s, body("fine"))
	setFaults(t, s, Fault{Kind: "reject_if"})
	if status, _ := post(t, s, all(3)); status != 400 {
		t.Errorf("without a field every object is meant: %d", status)
	}
	// A field without a value: whoever has it. So a Braze that takes no purchases any more.
	setFaults(t, s, Fault{Kind: "reject_if", Field: "product_id"})
	if _, a := post(t, s, all(1)); len(a.Errors) != 1 || a.Errors[0].InputArray != "purchases" {
		t.Errorf("answer %+v", a)
	}
}

func TestBatch400IfFault(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "batch_400_if", Field: "external_id", Equals: "u3"})
	w := ask(s, trackRequest(events(5)))
	if w.Code != 400 || w.Body.String() != `{"message":"Bad Request"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if st := s.Stats(); st.Events != 0 {
		t.Errorf("stats %+v", st)
	}
	accept(t, s, events(3))
	setFaults(t, s, Fault{Kind: "batch_400_if", Body: "Invalid batch"})
	if _, a := post(t, s, events(1)); a.Message != "Invalid batch" || a.Errors != nil {
		t.Errorf("answer %+v", a)
	}
}

func TestSelectors(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		want  string
	}{
		{"none", Fault{}, `[500,500,500,500,500,500]`},
		{"every", Fault{Every: 3}, `[201,201,500,201,201,500]`},
		{"count", Fault{Count: 2}, `[500,500,201,201,201,201]`},
		{"every and count", Fault{Every: 2, Count: 2}, `[201,500,201,500,201,201]`},
		{"probability one", Fault{Probability: 1}, `[500,500,500,500,500,500]`},
		{"field", Fault{Field: "external_id", Equals: "u0"}, `[500,500,500,500,500,500]`},
		{"other field", Fault{Field: "external_id", Equals: "v"}, `[201,201,201,201,201,201]`},
		{"field and every", Fault{Field: "external_id", Equals: "u0", Every: 2}, `[201,500,201,500,201,500]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, Options{})
			c.fault.Kind, c.fault.Status = "status", 500
			setFaults(t, s, c.fault)
			equalJSON(t, codes(s, 6), c.want)
		})
	}
}

// TestFieldSelectsBeforeEvery: every counts the requests that the field selects, not others in between.
func TestFieldSelectsBeforeEvery(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "status", Status: 500, Field: "external_id", Equals: "u1", Every: 2})
	var got []int
	for _, n := range []int{2, 1, 1, 2, 1, 2, 2} {
		got = append(got, ask(s, trackRequest(events(n))).Code)
	}
	equalJSON(t, got, `[201,201,201,500,201,201,500]`)
	if w := ask(s, trackRequest(`{`)); w.Code != 400 {
		t.Errorf("a body that cannot be parsed: %d", w.Code)
	}
}

func TestProbabilityIsRepeatable(t *testing.T) {
	run := func(seed uint64) string {
		s := newServer(t, Options{Seed: seed})
		setFaults(t, s, Fault{Kind: "status", Status: 500, Probability: 0.3})
		return asJSONText(t, codes(s, 300))
	}
	first := run(1)
	if first != run(1) {
		t.Error("the same seed gave something else")
	}
	if first == run(2) {
		t.Error("another seed gave the same")
	}
	if n := strings.Count(first, "500"); n < 60 || n > 120 {
		t.Errorf("%d of 300 at 0.3", n)
	}
}

// TestFirstFaultWins: a later fault that would end the request too only counts it.
func TestFirstFaultWins(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "status", Status: 500, Every: 2}, Fault{Kind: "status", Status: 503, Every: 2, Count: 1}, Fault{Kind: "status", Status: 504, Every: 3})
	equalJSON(t, codes(s, 6), `[201,500,504,500,201,500]`)
	w := ask(s, inspectRequest("GET", "faults", ""))
	equalJSON(t, decode[any](t, w.Body.Bytes()), `[{"kind":"status","status":500,"every":2,"seen":6,"fired":3},
		{"kind":"status","status":503,"every":2,"count":1,"seen":6,"fired":0},{"kind":"status","status":504,"every":3,"seen":6,"fired":1}]`)
}

// TestRefusalsJoinAnotherAnswer: refusing objects and answering oddly do not exclude each other.
func TestRefusalsJoinAnotherAnswer(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "status", Status: 202, Body: `{"message":"success"}`}, Fault{Kind: "partial"})
	if w := ask(s, trackRequest(events(3))); w.Code != 202 {
		t.Errorf("status %d", w.Code)
	}
	if st := s.Stats(); st.Events != 2 || st.RefusedObjects != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestBadFaults(t *testing.T) {
	s := newServer(t, Options{})
	setFaults(t, s, Fault{Kind: "status", Status: 500})
	for want, f := range map[string]Fault{
		"kind is none of":          {Kind: "explode"},
		"status is missing":        {Kind: "status"},
		"not between 200 and 599":  {Kind: "status", Status: 99},
		"not between 200 and 59":   {Kind: "not_json", Status: 600},
		"delay is missing":         {Kind: "delay"},
		"is not a duration":        {Kind: "delay", Delay: "soon"},
		`"-1s" is not a duration`:  {Kind: "delay", Delay: "-1s"},
		"cannot be negative":       {Kind: "partial", Every: -1},
		"and count cannot be":      {Kind: "partial", Count: -1},
		"probability is not":       {Kind: "partial", Probability: 1.5},
		"is not between 0 and 1":   {Kind: "partial", Probability: -0.5},
		"equals needs field":       {Kind: "reject_if", Equals: "x"},
		"fault 2 (): kind is none": {},
	} {
		err := s.SetFaults([]Fault{{Kind: "partial"}, f})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fault 2") {
			t.Errorf("%+v: error %v, want %q", f, err, want)
		}
	}
	equalJSON(t, codes(s, 1), `[500]`) // the former ones stay
}

func TestPaths(t *testing.T) {
	o := decodeObject([]byte(`{"a":{"b":[{"c":1},{"c":2.0}],"n":null},"x.y":{"z":"dotted"},"l":["p",{"q":[true]}],"big":9007199254740993,"huge":1e999}`))
	for _, c := range []struct {
		path string
		want any
		ok   bool
	}{
		{"a.b.c", 1, true}, {"a.b.c", 2, true}, {"a.b.c", 2.0, true}, {"a.b.c", 3, false}, {"a.b.c", "1", false},
		{"a.b.0.c", 1, true}, {"a.b.0.c", 2, false}, {"a.b.1.c", 2, true}, {"a.b.7.c", 2, false}, {"a.b.2.c", 2, false}, {"a.b.-1.c", 2, false},
		{"x.y.z", "dotted", true}, {"x.y", map[string]any{"z": "dotted"}, true}, {"x.y", map[string]any{"z": "no"}, false}, {"x", nil, false},
		{"l", "p", true}, {"l", "r", false}, {"l.q", true, true}, {"l.q", false, false}, {"l.1.q.0", true, true},
		{"a.n", nil, true}, {"a.m", nil, false}, {"a", nil, true}, {"", nil, false}, {"a.", nil, false},
		{"big", int64(9007199254740993), true}, {"big", int64(9007199254740992), false}, {"huge", 1, false},
		{"a.b", []any{map[string]any{"c": 1}, map[string]any{"c": 2}}, true}, {"a.b", []any{map[string]any{"c": 1}}, false},
		{"a.b", []any{map[string]any{"c": 1}, map[string]any{"d": 2}}, false},
	} {
		if got := matchPath(o, c.path, asDecoded(c.want)); got != c.ok {
			t.Errorf("%q = %v: %v", c.path, c.want, got)
		}
	}
}
