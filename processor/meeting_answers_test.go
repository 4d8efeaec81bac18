package processor

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// first has the first request answered by f and passes on the others.
func first(f func(body string, pass func() *http.Response) (*http.Response, error)) between {
	return func(n int, body string, pass func() *http.Response) (*http.Response, error) {
		if n == 1 {
			return f(body, pass)
		}
		return pass(), nil
	}
}

// say answers the first request with a status and a body, and Braze never sees that one.
func say(status int, body string, headers ...string) between {
	return first(func(string, func() *http.Response) (*http.Response, error) {
		return answer(status, body, headers...), nil
	})
}

// ifHolds answers every request that holds the object.
func ifHolds(n int, status int, body string) between {
	return func(_ int, sent string, pass func() *http.Response) (*http.Response, error) {
		for _, m := range numbers(sent) {
			if m == n {
				return answer(status, body), nil
			}
		}
		return pass(), nil
	}
}

// afterAccepting lets Braze accept the first request and spoils the answer.
func afterAccepting(spoil func(*http.Response) (*http.Response, error)) between {
	return first(func(_ string, pass func() *http.Response) (*http.Response, error) { return spoil(pass()) })
}

// slowBody gives its answer's body only when nobody waits for it any more.
type slowBody struct{ after time.Duration }

func (b slowBody) Read([]byte) (int, error) { time.Sleep(b.after); return 0, io.EOF }
func (slowBody) Close() error               { return nil }

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// success with errors that are no objects, or name none of the request.
const odd = `{"message":"success","errors":["a bare string",{"type":"far out","input_array":"events","index":99},{"type":"who","input_array":"users","index":0},{"type":"no index","input_array":"events"}]}`

// TestEveryAnswerEndToEnd has records meet every kind of answer, through the processor's delivery and the client, with a
// faithful Braze behind: what is refused is a letter, everything else is accepted exactly once.
func TestEveryAnswerEndToEnd(t *testing.T) {
	cases := []struct {
		name    string
		fake    fakebraze.Options
		between between
		letters map[int64]sink.Reason // of five records with one event each
		never   []int                 // objects that Braze never accepts
	}{
		{name: "201"},
		{name: "201 compressed", between: first(func(_ string, pass func() *http.Response) (*http.Response, error) {
			body, err := io.ReadAll(pass().Body)
			return answer(201, zipped(string(body)), "Content-Encoding", "gzip"), err
		})},
		{name: "201 with errors that name nobody", between: first(func(_ string, pass func() *http.Response) (*http.Response, error) {
			pass()
			return answer(201, odd), nil
		})},
		{name: "200 of a proxy", between: say(200, "<html>welcome</html>")},
		{name: "200 without a body", between: say(200, "")},
		{name: "204", between: say(204, "")},
		{name: "201 that queues nothing", between: say(201, `{"message":"queued"}`)},
		{name: "201 of a megabyte too much", between: say(201, `{"message":"success","x":"`+strings.Repeat("x", 2<<20)+`"}`)},
		{name: "400 that names one", between: say(400, `{"message":"x","errors":[{"type":"bad","input_array":"events","index":2}]}`), letters: map[int64]sink.Reason{2: sink.Rejected}, never: []int{2}},
		{name: "400 that names one twice", between: say(400, `{"message":"x","errors":[{"type":"bad","input_array":"events","index":2},{"type":"worse","input_array":"events","index":2}]}`), letters: map[int64]sink.Reason{2: sink.Rejected}, never: []int{2}},
		{name: "400 that names nobody, once", between: say(400, `{"message":"x"}`)},
		{name: "400 that names nobody of the request", between: say(400, `{"message":"x","errors":["bad",{"type":"far","input_array":"events","index":99}]}`)},
		{name: "400 whenever one is there", between: ifHolds(3, 400, `{"message":"x"}`), letters: map[int64]sink.Reason{3: sink.BatchRefused}, never: []int{3}},
		{name: "400 with error instead of message", between: ifHolds(3, 400, `{"error":"Error while parsing request body. Please check your syntax."}`), letters: map[int64]sink.Reason{3: sink.BatchRefused}, never: []int{3}},
		{name: "400 without a body", between: ifHolds(0, 400, ""), letters: map[int64]sink.Reason{0: sink.BatchRefused}, never: []int{0}},
		{name: "422 whenever one is there", between: ifHolds(4, 422, "<html>"), letters: map[int64]sink.Reason{4: sink.BatchRefused}, never: []int{4}},
		{name: "400 for too many objects", fake: fakebraze.Options{Objects: 2}},
		{name: "413 for the body's size", fake: fakebraze.Options{BodyBytes: 250}},
		{name: "400 for the body's size", fake: fakebraze.Options{BodyBytes: 250, OversizeStatus: 400}},
		{name: "413 whenever one is there", between: ifHolds(1, 413, "<html>too large</html>"), letters: map[int64]sink.Reason{1: sink.RecordTooLarge}, never: []int{1}},
		{name: "reset before", between: first(func(string, func() *http.Response) (*http.Response, error) { return nil, syscall.ECONNRESET })},
		{name: "refused connection", between: first(func(string, func() *http.Response) (*http.Response, error) { return nil, syscall.ECONNREFUSED })},
		{name: "a body that never comes", between: first(func(string, func() *http.Response) (*http.Response, error) {
			resp := answer(503, "")
			resp.Body, resp.ContentLength = slowBody{time.Minute}, -1
			return resp, nil
		})},
	}
	for _, status := range []int{301, 302, 401, 403, 404, 405, 408, 409, 415, 418, 421, 425, 429, 500, 501, 502, 503, 504, 520, 599} {
		cases = append(cases, struct {
			name    string
			fake    fakebraze.Options
			between between
			letters map[int64]sink.Reason
			never   []int
		}{name: fmt.Sprint(status), between: say(status, "<html>no</html>", "Location", "https://elsewhere.example/")})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := meet(t.Context(), t, c.fake, c.between)
				m.deliverAll(m.events(5))
				m.closed(t, 5, c.letters)
				m.once(t, 5, c.never...)
				if st := m.board.status(); st.State != Running {
					t.Errorf("afterwards: %+v", st)
				}
			})
		})
	}
}

// TestNamedObjectsEndToEnd has Braze itself find the faulty objects: records with one, and with one of several, become
// letters that say which of their objects were accepted.
func TestNamedObjectsEndToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meet(t.Context(), t, fakebraze.Options{}, nil)
		m.deliverAll([]*task{
			m.record(object(sink.Event, 0, "")),
			m.record(badPurchase(1)),
			m.record(object(sink.Attributes, 2, ""), badPurchase(3), object(sink.Event, 4, "")),
			m.record(object(sink.Purchase, 5, "")),
		})
		m.closed(t, 4, map[int64]sink.Reason{1: sink.Rejected, 2: sink.Rejected})
		m.once(t, 6, 1, 3)
		l := m.letters.letters[1]
		if l.Error != "'quantity' is not valid" || l.Status != 201 {
			t.Errorf("letter %+v", l)
		}
		for i, want := range []string{"accepted", "refused", "accepted"} {
			if l.Objects[i].Outcome != want {
				t.Errorf("object %d: %s, want %s", i, l.Objects[i].Outcome, want)
			}
		}
		if len(m.requests) != 1 {
			t.Errorf("%d requests, want one", len(m.requests))
		}
	})
}

// TestOnlyFaultyObjectsEndToEnd is the answer to a request without one good object, a 400 with errors.
func TestOnlyFaultyObjectsEndToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meet(t.Context(), t, fakebraze.Options{}, nil)
		m.deliverAll([]*task{m.record(badPurchase(0)), m.record(badPurchase(1))})
		m.closed(t, 2, map[int64]sink.Reason{0: sink.Rejected, 1: sink.Rejected})
		m.once(t, 2, 0, 1)
		if len(m.requests) != 1 {
			t.Errorf("%d requests, want one", len(m.requests))
		}
	})
}

// TestAnErrorOfASingleObjectIsItsOwn: where a request holds one object, an error that names nobody names it.
func TestAnErrorOfASingleObjectIsItsOwn(t *testing.T) {
	for _, status := range []int{201, 400} {
		message := map[int]string{201: "success", 400: "no"}[status]
		synctest.Test(t, func(t *testing.T) {
			m := meet(t.Context(), t, fakebraze.Options{}, say(status, `{"message":"`+message+`","errors":["first","second"]}`))
			m.deliverAll(m.events(1))
			m.closed(t, 1, map[int64]sink.Reason{0: sink.Rejected})
			if got := m.letters.letters[0].Error; got != "first; second" {
				t.Errorf("the letter says %q", got)
			}
		})
	}
}

// TestDoubtIsCountedWhenItIsSentAgain has Braze accept five events without an answer that says so: they are sent again, and
// counted by the cause as what may be double; what was refused without doubt is not counted.
func TestDoubtIsCountedWhenItIsSentAgain(t *testing.T) {
	cut := func(r *http.Response) (*http.Response, error) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"message":"succ`), errReader{io.ErrUnexpectedEOF}))
		return r, nil
	}
	for _, c := range []struct {
		name  string
		first between
		fault fakebraze.Fault
		cause sink.Cause
	}{
		{"reset", nil, fakebraze.Fault{Kind: "reset_after_accept", Count: 1}, sink.CauseReset},
		{"hang", nil, fakebraze.Fault{Kind: "hang_after_accept", Count: 1}, sink.CauseTimeout},
		{"proxy's page", nil, fakebraze.Fault{Kind: "not_json", Status: 200, Count: 1}, sink.CauseNotSuccess},
		{"empty 201", nil, fakebraze.Fault{Kind: "status", Status: 201, Count: 1}, sink.CauseNotSuccess},
		{"cut off", afterAccepting(cut), fakebraze.Fault{}, sink.CauseNotSuccess},
		{"504", afterAccepting(func(*http.Response) (*http.Response, error) { return answer(504, "<html>"), nil }), fakebraze.Fault{}, sink.CauseStatus},
		{"500", afterAccepting(func(*http.Response) (*http.Response, error) { return answer(500, "{}"), nil }), fakebraze.Fault{}, sink.CauseStatus},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := meet(t.Context(), t, fakebraze.Options{}, c.first)
				if c.first == nil {
					if err := m.fake.SetFaults([]fakebraze.Fault{c.fault}); err != nil {
						t.Fatal(err)
					}
				}
				m.deliverAll(m.events(5))
				m.closed(t, 5, nil)
				if m.resent(c.cause) != 5 || m.resent("") != 5 {
					t.Errorf("%v objects counted as sent again for %s, %v in all; want 5", m.resent(c.cause), c.cause, m.resent(""))
				}
				for i := range 5 {
					if m.accepted[i] != 2 {
						t.Errorf("object %d was accepted %d times, want twice", i, m.accepted[i])
					}
				}
			})
		})
	}
	for name, b := range map[string]between{
		"503":                  say(503, ""),
		"429":                  say(429, "", "Retry-After", "1"),
		"401":                  say(401, ""),
		"400":                  say(400, ""),
		"no connection at all": first(func(string, func() *http.Response) (*http.Response, error) { return nil, syscall.ECONNREFUSED }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := meet(t.Context(), t, fakebraze.Options{}, b)
				m.deliverAll(m.events(5))
				m.closed(t, 5, nil)
				m.once(t, 5)
				if m.resent("") != 0 {
					t.Errorf("%v objects counted as possibly double", m.resent(""))
				}
			})
		})
	}
}

// errReader fails.
type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// TestChangesSentAgainAreCountedApart: what adds up is wrong when it arrives twice, not only double.
func TestChangesSentAgainAreCountedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meet(t.Context(), t, fakebraze.Options{}, nil)
		if err := m.fake.SetFaults([]fakebraze.Fault{{Kind: "reset_after_accept", Count: 1}}); err != nil {
			t.Fatal(err)
		}
		cart := object(sink.Event, 2, "")
		cart.JSON = []byte(`{"external_id":"u2","time":"` + pastTime + `","name":"ecommerce.cart_updated","properties":{"cart_id":"c","currency":"EUR","source":"web","action":"add",
			"products":[{"product_id":"p","product_name":"p","variant_id":"v","quantity":1,"price":1}]}}`)
		m.deliverAll([]*task{
			m.record(object(sink.Attributes, 0, `,"points":{"inc":3}`)), m.record(object(sink.Attributes, 1, "")), m.record(cart), m.record(object(sink.Event, 3, "")),
		})
		m.closed(t, 4, nil)
		for effect, want := range map[sink.Effect]float64{sink.EffectIncrement: 1, sink.EffectCart: 1} {
			if got := series(m.deliver.metrics.deltas)[string(effect)]; got != want {
				t.Errorf("%s: %v counted, want %v", effect, got, want)
			}
		}
		if m.resent("") != 4 {
			t.Errorf("%v objects counted as sent again, want all 4", m.resent(""))
		}
	})
}

// TestRetryAfterInAllItsForms measures when the next request comes after a 429 or 503 that asks for a wait.
func TestRetryAfterInAllItsForms(t *testing.T) {
	const own = -1 // the bridge's own back-off: at most a second, which is also how long the gate closes after a bare 429
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		name    string
		headers func() []string
		want    time.Duration
	}{
		{"none", func() []string { return nil }, own},
		{"7", func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second},
		{"Braze's own", func() []string { return []string{"X-Ratelimit-Retry-After", "9"} }, 9 * time.Second},
		{"0", func() []string { return []string{"Retry-After", "0"} }, 0},
		{"7.5", func() []string { return []string{"Retry-After", "7.5"} }, own},
		{"-1", func() []string { return []string{"Retry-After", "-1"} }, own},
		{"+5", func() []string { return []string{"Retry-After", "+5"} }, own},
		{"abc", func() []string { return []string{"Retry-After", "abc"} }, own},
		{"empty", func() []string { return []string{"Retry-After", ""} }, own},
		{"a date ahead", func() []string { return []string{"Retry-After", date(20 * time.Second)} }, 20 * time.Second},
		{"a date past", func() []string { return []string{"Retry-After", date(-time.Hour)} }, own},
		{"a clock an hour behind ours", func() []string {
			return []string{"Date", date(-time.Hour), "Retry-After", date(-time.Hour + 20*time.Second)}
		}, 20 * time.Second},
		{"a clock an hour ahead of ours", func() []string {
			return []string{"Date", date(time.Hour), "Retry-After", date(time.Hour + 20*time.Second)}
		}, 20 * time.Second},
		{"more seconds than fit", func() []string { return []string{"Retry-After", "9223372037"} }, sink.DefaultMaxWait},
		{"more digits than fit", func() []string { return []string{"Retry-After", strings.Repeat("9", 40)} }, sink.DefaultMaxWait},
		{"999999", func() []string { return []string{"Retry-After", "999999"} }, sink.DefaultMaxWait},
		{"a date far ahead", func() []string { return []string{"Retry-After", date(1000 * time.Hour)} }, sink.DefaultMaxWait},
		{"two that differ", func() []string { return []string{"Retry-After", "3", "X-Ratelimit-Retry-After", "11"} }, 11 * time.Second},
		{"two that differ, the other way", func() []string { return []string{"Retry-After", "11", "X-Ratelimit-Retry-After", "3"} }, 11 * time.Second},
		{"one of two is nonsense", func() []string { return []string{"Retry-After", "abc", "X-Ratelimit-Retry-After", "3"} }, 3 * time.Second},
		{"the same header twice", func() []string { return []string{"Retry-After", "3", "Retry-After", "5"} }, 5 * time.Second},
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprintf("%d %s", status, c.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					m := meet(t.Context(), t, fakebraze.Options{}, say(status, "", c.headers()...))
					m.deliverAll(m.events(2))
					m.closed(t, 2, nil)
					m.once(t, 2)
					// The back-off spreads up to half a second, a date has whole seconds.
					low, high := c.want-time.Second, c.want+time.Second
					if c.want == own {
						low, high = 0, time.Second+firstBackoff
					}
					if took := time.Since(start); took < low || took > high {
						t.Errorf("the next request came after %s, want %s", took, c.want)
					}
				})
			})
		}
	}
}

// TestAWaitThatIsCutIsSaid: what Braze asked for, what is waited for instead, and the setting that cuts it.
func TestAWaitThatIsCutIsSaid(t *testing.T) {
	for asked, says := range map[string]bool{"7": false, "999999": true} {
		synctest.Test(t, func(t *testing.T) {
			var said bytes.Buffer
			m := meet(t.Context(), t, fakebraze.Options{}, say(429, "", "Retry-After", asked))
			m.deliver.log = slog.New(slog.NewTextHandler(&said, nil))
			m.deliverAll(m.events(2))
			want := "asks for a longer wait than max_wait allows\" workspace=\"\" asks=277h46m39s waits=15m0s"
			if got := strings.Contains(said.String(), want); got != says {
				t.Errorf("asked for %s s, the log says: %s", asked, said.String())
			}
		})
	}
}

// TestAnAttemptIsBounded has Braze never answer.
func TestAnAttemptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := meet(ctx, t, fakebraze.Options{}, nil)
		if err := m.fake.SetFaults([]fakebraze.Fault{{Kind: "delay", Delay: "1h"}}); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { m.deliverAll(m.events(1)); close(done) }()
		time.Sleep(time.Minute)
		m.mu.Lock()
		n := len(m.requests)
		m.mu.Unlock()
		if n < 3 || n > 12 {
			t.Errorf("%d attempts of five seconds in a minute", n)
		}
		cancel()
		m.fake.Close()
		<-done
		m.once(t, 1, 0)
	})
}
