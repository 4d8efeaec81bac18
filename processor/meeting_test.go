package processor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// between stands between the client and the fake: what it does not answer itself it passes on. n is the request's number,
// from 1.
type between func(n int, body string, pass func() *http.Response) (*http.Response, error)

// meeting is a delivery whose requests go through the real client to the fake Braze.
type meeting struct {
	*senderBench
	fake    *fakebraze.Server
	between between

	mu       sync.Mutex
	requests []string
	accepted map[int]int // by the object's number: how often the fake took it
}

// meet must be called inside a bubble of virtual time.
func meet(ctx context.Context, t *testing.T, o fakebraze.Options, b between) *meeting {
	t.Helper()
	m := &meeting{fake: fakebraze.New(o), between: b, accepted: map[int]int{}}
	m.fake.OnObject(func(_ string, object map[string]any, accepted bool) {
		if accepted {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.accepted[number(object)]++
		}
	})
	client, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", Timeout: 5 * time.Second, HTTP: &http.Client{Transport: m},
		Key: func(bool) (string, error) { return "key", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	m.senderBench = newSenderBench(ctx, everyRequest, nil)
	m.l.client = client
	m.board.joined()
	return m
}

// RoundTrip makes meeting the client's way to Braze.
func (m *meeting) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.requests = append(m.requests, string(body))
	n := len(m.requests)
	m.mu.Unlock()
	var failed error
	pass := func() *http.Response {
		in := r.Clone(r.Context())
		in.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := m.fake.Transport().RoundTrip(in)
		failed = err
		return resp
	}
	if m.between == nil {
		return pass(), failed
	}
	resp, err := m.between(n, string(body), pass)
	if trace := httptrace.ContextClientTrace(r.Context()); errors.Is(err, syscall.ECONNRESET) && trace != nil {
		trace.GotConn(httptrace.GotConnInfo{}) // what is reset was a connection
	}
	if err == nil && failed != nil {
		err = failed
	}
	return resp, err
}

// answer is an HTTP answer of somebody's.
func answer(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// number is what the test has numbered an object with.
func number(object map[string]any) int {
	at := object
	if p, ok := object["properties"].(map[string]any); ok {
		at = p
	}
	n := -1
	_, _ = fmt.Sscan(fmt.Sprint(at["seq"]), &n)
	return n
}

// numbers are the objects in a request's body.
func numbers(body string) []int {
	var arrays map[string][]map[string]any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&arrays); err != nil {
		panic(err)
	}
	var all []int
	for _, a := range []string{"attributes", "events", "purchases"} {
		for _, o := range arrays[a] {
			all = append(all, number(o))
		}
	}
	return all
}

const pastTime = "2026-01-15T09:35:20Z"

// object is the numbered object of a kind; extra is written among its members.
func object(kind sink.Kind, n int, extra string) sink.Item {
	text := fmt.Sprintf(`{"external_id":"u%d","time":%q,"name":"seen","properties":{"seq":%d}%s}`, n, pastTime, n, extra)
	switch kind {
	case sink.Attributes:
		text = fmt.Sprintf(`{"external_id":"u%d","seq":%d%s}`, n, n, extra)
	case sink.Purchase:
		text = fmt.Sprintf(`{"external_id":"u%d","time":%q,"product_id":"tea","currency":"EUR","price":4.5,"properties":{"seq":%d}%s}`, n, pastTime, n, extra)
	}
	return sink.Item{Kind: kind, JSON: []byte(text), User: uint64(n + 1)}
}

// badPurchase is refused by Braze: the check before sending does not run here.
func badPurchase(n int) sink.Item { return object(sink.Purchase, n, `,"quantity":101`) }

// record is a task with these objects.
func (m *meeting) record(items ...sink.Item) *task {
	t := m.task(0, sink.Event)
	t.items = items
	t.prepare(m.l.limit())
	return t
}

// events are n records with one event each, numbered from 0.
func (m *meeting) events(n int) []*task {
	var tasks []*task
	for i := range n {
		tasks = append(tasks, m.record(object(sink.Event, i, "")))
	}
	return tasks
}

// reasons are the letters' by the offset of their record.
func (m *meeting) reasons() map[int64]sink.Reason {
	all := map[int64]sink.Reason{}
	for _, l := range m.letters.letters {
		all[l.Record.Offset] = l.Reason
	}
	return all
}

// closed checks that the accounts close: of n records each is delivered or a letter, and those are the only ones.
func (m *meeting) closed(t *testing.T, n int, letters map[int64]sink.Reason) {
	t.Helper()
	acc := m.ledger.accounts()["t"]
	if acc.InFlight != 0 || acc.Delivered != int64(n-len(letters)) {
		t.Errorf("%d delivered and %d in flight of %d records with %d letters", acc.Delivered, acc.InFlight, n, len(letters))
	}
	got := m.reasons()
	if len(got) != len(letters) || len(got) != len(m.letters.letters) {
		t.Errorf("%d letters for %d records: %v, want %v", len(m.letters.letters), len(got), got, letters)
	}
	for o, r := range letters {
		if got[o] != r {
			t.Errorf("record %d: letter %q, want %q", o, got[o], r)
		}
	}
}

// once checks that every object but these was accepted exactly once, and these never.
func (m *meeting) once(t *testing.T, n int, never ...int) {
	t.Helper()
	for i := range n {
		want := 1
		if slices.Contains(never, i) {
			want = 0
		}
		if got := m.accepted[i]; got != want {
			t.Errorf("object %d was accepted %d times, want %d", i, got, want)
		}
	}
}

// resent is the sum of resent_objects_total, or of one cause.
func (m *meeting) resent(cause sink.Cause) (sum float64) {
	for c, n := range series(m.deliver.metrics.resent) {
		if cause == "" || c == string(cause) {
			sum += n
		}
	}
	return sum
}

// series are the values of a counter by its only label.
func series(c prometheus.Collector) map[string]float64 {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		panic(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			values[s.GetLabel()[0].GetValue()] = s.GetCounter().GetValue()
		}
	}
	return values
}
