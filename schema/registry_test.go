package schema

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeSite answers requests by path and query, without a network: it also works in virtual time.
type fakeSite struct {
	mu      sync.Mutex
	answers map[string]func(*http.Request) (int, string)
	asked   map[string]int
}

func newFakeSite() *fakeSite {
	return &fakeSite{answers: map[string]func(*http.Request) (int, string){}, asked: map[string]int{}}
}

func (f *fakeSite) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	key := req.URL.EscapedPath()
	if req.URL.RawQuery != "" {
		key += "?" + req.URL.RawQuery
	}
	f.asked[key]++
	answer := f.answers[key]
	f.mu.Unlock()
	status, body := 404, `{"error_code":40403,"message":"Schema not found"}`
	if strings.HasPrefix(key, "/subjects/") {
		body = `{"error_code":40401,"message":"Subject not found"}`
	}
	if answer != nil {
		status, body = answer(req)
	}
	if status == 0 {
		return nil, errors.New(body)
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (f *fakeSite) on(path string, status int, body string) {
	f.answer(path, func(*http.Request) (int, string) { return status, body })
}

func (f *fakeSite) answer(path string, with func(*http.Request) (int, string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[path] = with
}

func (f *fakeSite) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

// doc is a registry's answer about a schema.
func doc(d document) string {
	out, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func newTestRegistry(t *testing.T, f *fakeSite, urls ...string) *Registry {
	t.Helper()
	if len(urls) == 0 {
		urls = []string{"http://registry"}
	}
	r, err := NewRegistry(Options{URLs: urls, HTTP: &http.Client{Transport: f}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRegistryAnswers: what each answer to a look-up means.
func TestRegistryAnswers(t *testing.T) {
	const (
		ok = iota
		unknown
		down
		refused
		notAvro
		other
	)
	good := doc(document{Schema: `"string"`})
	tests := []struct {
		name   string
		status int
		body   string
		want   int
	}{
		{"Avro by silence", 200, good, ok},
		{"Avro by name", 200, doc(document{Schema: `"string"`, SchemaType: "AVRO"}), ok},
		{"Avro in small letters", 200, doc(document{Schema: `"string"`, SchemaType: "avro"}), ok},
		{"Avro by null", 200, `{"schema":"\"string\"","schemaType":null,"references":null}`, ok},
		{"JSON Schema", 200, doc(document{Schema: `{"type":"object"}`, SchemaType: "JSON"}), notAvro},
		{"Protobuf", 200, doc(document{Schema: `syntax = "proto3";`, SchemaType: "PROTOBUF"}), notAvro},
		{"its own unknown", 404, `{"error_code":40403,"message":"Schema 7 not found"}`, unknown},
		{"unknown subject in answer to an id", 404, `{"error_code":40401}`, refused},
		{"HTML 404", 404, "<html>Not Found</html>", refused},
		{"empty 404", 404, "", refused},
		{"404 of another code", 404, `{"error_code":404,"message":"HTTP 404 Not Found"}`, refused},
		{"40403 without 404", 500, `{"error_code":40403}`, down},
		{"401", 401, `{"error_code":401,"message":"Unauthorized"}`, refused},
		{"403", 403, `{"error_code":40301}`, refused},
		{"400", 400, ``, refused},
		{"405", 405, ``, refused},
		{"301", 301, ``, refused},
		{"408", 408, ``, down},
		{"429", 429, ``, down},
		{"500", 500, `{"error_code":50001}`, down},
		{"502", 502, `<html>`, down},
		{"503", 503, ``, down},
		{"connection", 0, "connection refused", down},
		{"200 and HTML", 200, `<html>Welcome</html>`, down},
		{"200 and nothing", 200, ``, down},
		{"200 and cut", 200, `{"schema":"\"str`, down},
		{"200 and an empty schema", 200, `{"schema":""}`, down},
		{"200 and spaces", 200, `{"schema":"  "}`, down},
		{"200 and another object", 200, `{"subject":"x"}`, down},
		{"no schema's text", 200, doc(document{Schema: `{"type":"object"}`}), other},
		{"no JSON in it", 200, doc(document{Schema: `syntax = "proto3";`}), other},
	}
	for _, test := range tests {
		f := newFakeSite()
		f.on("/schemas/ids/7", test.status, test.body)
		r := newTestRegistry(t, f)
		s, err := r.Schema(t.Context(), Ref{ID: 7})
		var unavailable *UnavailableError
		var format *NotAvroError
		got := other
		switch {
		case err == nil:
			got = ok
		case errors.Is(err, ErrUnknownSchema):
			got = unknown
		case errors.As(err, &unavailable) && unavailable.Refused:
			got = refused
		case errors.As(err, &unavailable):
			got = down
		case errors.As(err, &format):
			got = notAvro
		}
		if got != test.want {
			t.Errorf("%s: class %d, want %d: %v", test.name, got, test.want, err)
		}
		if got == ok && (s.ID != 7 || s.Root.Kind != String) {
			t.Errorf("%s: %+v", test.name, s)
		}
		if err != nil && errors.Is(err, ErrUndecodable) {
			t.Errorf("%s: a fault of the registry is none of the data", test.name)
		}
	}
}

// TestErrorTexts are what operators read.
func TestErrorTexts(t *testing.T) {
	f := newFakeSite()
	f.on("/schemas/ids/30", 200, doc(document{Schema: "syntax", SchemaType: "PROTOBUF"}))
	f.on("/schemas/guids/"+guidText, 200, doc(document{Schema: "{}", SchemaType: "JSON"}))
	f.on("/schemas/ids/5", 403, `{"error_code":40301,"message":"secret"}`)
	f.on("/schemas/ids/6", 404, `<html>`)
	f.on("/schemas/ids/8", 200, doc(document{Schema: `{"type":"object"}`}))
	f.on("/schemas/ids/9", 0, "connection refused")
	r := newTestRegistry(t, f)
	for _, test := range []struct {
		ref  Ref
		want string
	}{
		{Ref{ID: 30}, "schema 30 is PROTOBUF, this topic expects Avro"},
		{Ref{GUID: [16]byte([]byte(guidBytes))}, "schema " + guidText + " is JSON, this topic expects Avro"},
		{Ref{ID: 5}, "schema registry: GET http://registry/schemas/ids/5: status 403, error_code 40301"},
		{Ref{ID: 6}, "schema registry: GET http://registry/schemas/ids/6: status 404 that is not the registry's own: is the URL's path right?"},
		{Ref{ID: 7}, "schema 7: not known to the registry"},
		{Ref{ID: 8}, `schema 8: parse schema: unknown type "object"`},
		{Ref{ID: 9}, "schema registry: GET http://registry/schemas/ids/9: connection refused"},
	} {
		if _, err := r.Schema(t.Context(), test.ref); err == nil || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
}

func TestSchemaByGUID(t *testing.T) {
	f := newFakeSite()
	f.on("/schemas/guids/"+guidText, 200, doc(document{Schema: `"long"`}))
	r := newTestRegistry(t, f)
	ref := Ref{GUID: [16]byte([]byte(guidBytes))}
	for range 3 {
		s, err := r.Schema(t.Context(), ref)
		if err != nil || s.Root.Kind != Long || s.ID != 0 {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	if n := f.count("/schemas/guids/" + guidText); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if _, err := r.Schema(t.Context(), Ref{GUID: [16]byte{1}}); !errors.Is(err, ErrUnknownSchema) {
		t.Error(err)
	}
}

// TestUnknownIDIsAskedSeldom: ten thousand records with a wrong id cost at most five look-ups a minute, and a schema
// that is registered meanwhile is found.
func TestUnknownIDIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		r := newTestRegistry(t, f)
		for i := range 10_000 {
			if _, err := r.Schema(t.Context(), Ref{ID: 999}); !errors.Is(err, ErrUnknownSchema) {
				t.Fatal(err)
			}
			if i%10 == 0 {
				time.Sleep(60 * time.Millisecond)
			}
		}
		if n := f.count("/schemas/ids/999"); n < 2 || n > 5 {
			t.Errorf("%d look-ups in a minute", n)
		}
		f.on("/schemas/ids/999", 200, doc(document{Schema: `"int"`}))
		time.Sleep(refusalKept)
		if _, err := r.Schema(t.Context(), Ref{ID: 999}); err != nil {
			t.Errorf("registered later: %v", err)
		}
	})
}

// TestBadTextIsAskedSeldom: likewise for a schema whose text does not compile, or that is of another format.
func TestBadTextIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.on("/schemas/ids/1", 200, doc(document{Schema: `{"type":"object"}`}))
		f.on("/schemas/ids/2", 200, doc(document{Schema: `{}`, SchemaType: "JSON"}))
		r := newTestRegistry(t, f)
		for id := 1; id <= 2; id++ {
			for range 100 {
				if _, err := r.Schema(t.Context(), Ref{ID: id}); err == nil {
					t.Fatal("compiled")
				}
			}
			time.Sleep(refusalKept)
			if _, err := r.Schema(t.Context(), Ref{ID: id}); err == nil {
				t.Fatal("compiled")
			}
			if n := f.count(fmt.Sprintf("/schemas/ids/%d", id)); n != 2 {
				t.Errorf("id %d: asked %d times", id, n)
			}
		}
	})
}

// TestOutageIsNotRemembered: the first request after an outage succeeds.
func TestOutageIsNotRemembered(t *testing.T) {
	for _, bad := range []struct {
		status int
		body   string
	}{{503, ""}, {401, ""}, {404, "<html>"}, {0, "reset"}, {200, "<html>"}, {200, `{"schema":""}`}} {
		f := newFakeSite()
		f.on("/schemas/ids/1", bad.status, bad.body)
		r := newTestRegistry(t, f)
		for range 3 {
			var down *UnavailableError
			if _, err := r.Schema(t.Context(), Ref{ID: 1}); !errors.As(err, &down) {
				t.Fatalf("%v: %v", bad, err)
			}
		}
		f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
		if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
			t.Errorf("%v: %v", bad, err)
		}
		if n := f.count("/schemas/ids/1"); n != 4 {
			t.Errorf("%v: asked %d times", bad, n)
		}
	}
}

// TestOneFlightPerID: many ask at once, the registry is asked once. One that gives up does not fail the others.
func TestOneFlightPerID(t *testing.T) {
	for _, others := range []int{1, 100} {
		synctest.Test(t, func(t *testing.T) { oneFlight(t, others) })
	}
}

func oneFlight(t *testing.T, others int) {
	f := newFakeSite()
	gate := make(chan struct{})
	f.answer("/schemas/ids/1", func(*http.Request) (int, string) {
		<-gate
		return 200, doc(document{Schema: `"int"`})
	})
	r := newTestRegistry(t, f)
	first, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := r.Schema(first, Ref{ID: 1})
		gone <- err
	}()
	synctest.Wait()
	results := make(chan error)
	for range others {
		go func() {
			_, err := r.Schema(t.Context(), Ref{ID: 1})
			results <- err
		}()
	}
	synctest.Wait()
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(gate)
	for range others {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := f.count("/schemas/ids/1"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestNobodyWaits: a look-up that nobody waits for is given up, is not remembered, and does not harm the next.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.answer("/schemas/ids/1", func(req *http.Request) (int, string) {
			<-req.Context().Done()
			return 0, "gone"
		})
		r := newTestRegistry(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Schema(ctx, Ref{ID: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
		if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(r.flights) != 0 || len(r.refused) != 0 {
			t.Errorf("%d flights, %d refusals are left", len(r.flights), len(r.refused))
		}
	})
}

// TestFlightsEnd: a registry that hangs for ever is an outage after a while, also for a client without a time-out.
func TestFlightsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.answer("/schemas/ids/1", func(req *http.Request) (int, string) {
			<-req.Context().Done()
			return 0, "time-out"
		})
		r := newTestRegistry(t, f)
		start := time.Now()
		_, err := r.Schema(t.Context(), Ref{ID: 1})
		var down *UnavailableError
		if !errors.As(err, &down) || time.Since(start) != flightTimeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestKnownCostsNothing: the look-up of every record.
func TestKnownCostsNothing(t *testing.T) {
	f := newFakeSite()
	f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
	r := newTestRegistry(t, f)
	if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := r.Schema(ended, Ref{ID: 1}); err != nil { // from memory, whatever the context
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRefusalsAreBounded: records may name any id, and memory stays.
func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTestRegistry(t, newFakeSite())
		for id := 1; id <= refusalsKept+100; id++ {
			if _, err := r.Schema(t.Context(), Ref{ID: id}); !errors.Is(err, ErrUnknownSchema) {
				t.Fatal(err)
			}
		}
		if len(r.refused) != refusalsKept {
			t.Errorf("%d kept", len(r.refused))
		}
		time.Sleep(refusalKept)
		if _, err := r.Schema(t.Context(), Ref{ID: 1 << 20}); !errors.Is(err, ErrUnknownSchema) {
			t.Fatal(err)
		}
		if len(r.refused) != 1 {
			t.Errorf("%d kept after they expired", len(r.refused))
		}
	})
}

// TestSeveralURLs: tried in order, until one gives an answer of its own.
func TestSeveralURLs(t *testing.T) {
	urls := []string{"http://a/base", "http://b"}
	good := doc(document{Schema: `"int"`})
	tests := []struct {
		name            string
		a               int
		aBody           string
		b               int
		bBody           string
		fails, refused  bool
		unknown, second bool
	}{
		{name: "first answers", a: 200, aBody: good, b: 500},
		{name: "first is down", a: 0, b: 200, bBody: good, second: true},
		{name: "first is a broken proxy", a: 502, b: 200, bBody: good, second: true},
		{name: "first has the wrong path", a: 404, aBody: "<html>", b: 200, bBody: good, second: true},
		{name: "first wants a password", a: 401, b: 200, bBody: good, second: true},
		{name: "first does not know", a: 404, aBody: `{"error_code":40403}`, b: 200, bBody: good, unknown: true},
		{name: "both are down", a: 503, b: 0, fails: true, second: true},
		{name: "one may come back", a: 401, b: 503, fails: true, second: true},
		{name: "both refuse", a: 401, b: 403, fails: true, refused: true, second: true},
	}
	for _, test := range tests {
		f := newFakeSite()
		f.on("/base/schemas/ids/1", test.a, test.aBody)
		f.on("/schemas/ids/1", test.b, test.bBody)
		r := newTestRegistry(t, f, urls...)
		_, err := r.Schema(t.Context(), Ref{ID: 1})
		var down *UnavailableError
		if errors.As(err, &down) != test.fails || test.fails && down.Refused != test.refused || errors.Is(err, ErrUnknownSchema) != test.unknown {
			t.Errorf("%s: %v", test.name, err)
		}
		if (f.count("/schemas/ids/1") == 1) != test.second || f.count("/base/schemas/ids/1") != 1 {
			t.Errorf("%s: %v", test.name, f.asked)
		}
	}
}

// TestCredentials travel as they should, and show nowhere.
func TestCredentials(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"none", Options{URLs: []string{"http://registry"}}, ""},
		{"basic", Options{URLs: []string{"http://registry"}, Username: "u", Password: "hush"}, "Basic dTpodXNo"},
		{"in the URL", Options{URLs: []string{"http://u:hush@registry"}}, "Basic dTpodXNo"},
		{"given ones win over the URL's", Options{URLs: []string{"http://x:y@registry"}, Username: "u", Password: "hush"}, "Basic dTpodXNo"},
		{"bearer", Options{URLs: []string{"http://registry"}, BearerToken: "hush"}, "Bearer hush"},
		{"bearer wins", Options{URLs: []string{"http://u:p@registry"}, BearerToken: "hush"}, "Bearer hush"},
	}
	for _, test := range tests {
		f := newFakeSite()
		got := ""
		f.answer("/schemas/ids/1", func(req *http.Request) (int, string) {
			got = req.Header.Get("Authorization")
			return 0, "reset"
		})
		test.o.HTTP = &http.Client{Transport: f}
		r, err := NewRegistry(test.o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Schema(t.Context(), Ref{ID: 1})
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "@") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestNewRegistryRefuses(t *testing.T) {
	for _, urls := range [][]string{nil, {""}, {"registry:8081"}, {"ftp://registry"}, {"http://"}, {"http://u:hush@reg istry"}, {"http://ok", "u:hush@x"}} {
		if _, err := NewRegistry(Options{URLs: urls}); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", urls, err)
		}
	}
}

// TestUntrustedCertificate asks somebody to mend something; other TLS faults may pass.
func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, doc(document{Schema: `"int"`}))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshakes that fail on purpose
	server.StartTLS()
	defer server.Close()
	var down *UnavailableError
	strange, err := NewRegistry(Options{URLs: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strange.Schema(t.Context(), Ref{ID: 1}); !errors.As(err, &down) || !down.Refused {
		t.Errorf("untrusted: %v", err)
	}
	known, err := NewRegistry(Options{URLs: []string{server.URL}, HTTP: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := known.Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Errorf("trusted: %v", err)
	}
	old := server.Client()
	old.Transport = &http.Transport{TLSClientConfig: &tls.Config{MaxVersion: tls.VersionTLS10}} // the fault under test
	wrong, err := NewRegistry(Options{URLs: []string{server.URL}, HTTP: old})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Schema(t.Context(), Ref{ID: 1}); !errors.As(err, &down) || down.Refused {
		t.Errorf("handshake: %v", err)
	}
}

// TestAnswersAreBounded: a body without end is an outage, not memory.
func TestAnswersAreBounded(t *testing.T) {
	f := newFakeSite()
	f.on("/schemas/ids/1", 200, `{"schema":"`+strings.Repeat(" ", maxAnswer)+`"}`)
	var down *UnavailableError
	if _, err := newTestRegistry(t, f).Schema(t.Context(), Ref{ID: 1}); !errors.As(err, &down) {
		t.Error(err)
	}
}

func TestLatestAndVersions(t *testing.T) {
	f := newFakeSite()
	const escaped = "/subjects/shop%2Fnew%20orders-value/versions"
	f.on(escaped+"/latest", 200, doc(document{Subject: "shop/new orders-value", ID: 12, Version: 3, Schema: `"long"`}))
	f.on(escaped, 200, `[1,2,3]`)
	f.on(escaped+"/1", 200, doc(document{ID: 10, Version: 1, Schema: `"int"`}))
	f.on(escaped+"/2", 404, `{"error_code":40402}`)
	f.on(escaped+"/3", 200, doc(document{ID: 12, Version: 3, Schema: `"long"`}))
	f.on("/subjects/down/versions/latest", 503, "")
	f.on("/subjects/down/versions", 503, "")
	f.on("/subjects/page/versions/latest", 404, "<html>")
	f.on("/subjects/proto/versions/latest", 200, doc(document{ID: 30, SchemaType: "PROTOBUF", Schema: "x"}))
	f.on("/subjects/bad/versions/latest", 200, doc(document{ID: 31, Schema: `"x"`}))
	f.on("/subjects/halfway/versions", 200, `[1]`)
	f.on("/subjects/halfway/versions/1", 500, ``)
	f.on("/subjects", 200, `["b","a"]`)
	r := newTestRegistry(t, f)
	s, err := r.Latest(t.Context(), "shop/new orders-value")
	if err != nil || s.ID != 12 || s.Version != 3 || s.Subject != "shop/new orders-value" || s.Root.Kind != Long {
		t.Fatalf("%+v, %v", s, err)
	}
	all, err := r.Versions(t.Context(), "shop/new orders-value")
	if err != nil || len(all) != 2 || all[0].Version != 1 || all[0].ID != 10 || all[1].Version != 3 || all[1].Subject != s.Subject {
		t.Fatalf("%v, %v", all, err)
	}
	for i, want := range []int{2, 3} {
		if _, err := r.Latest(t.Context(), "shop/new orders-value"); err != nil || f.count(escaped+"/latest") != want {
			t.Errorf("call %d: asked %d times, %v", i, f.count(escaped+"/latest"), err)
		}
	}
	if got, err := r.Subjects(t.Context()); err != nil || fmt.Sprint(got) != "[a b]" {
		t.Errorf("%v, %v", got, err)
	}
	var down *UnavailableError
	var format *NotAvroError
	for subject, is := range map[string]func(error) bool{
		"none":  func(err error) bool { return errors.Is(err, ErrUnknownSubject) },
		"down":  func(err error) bool { return errors.As(err, &down) && !down.Refused },
		"page":  func(err error) bool { return errors.As(err, &down) && down.Refused },
		"proto": func(err error) bool { return errors.As(err, &format) && format.ID == 30 },
		"bad": func(err error) bool {
			return err != nil && err.Error() == `subject "bad" version latest: schema 31: parse schema: unknown type "x"`
		},
	} {
		if _, err := r.Latest(t.Context(), subject); !is(err) {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if _, err := r.Versions(t.Context(), "none"); !errors.Is(err, ErrUnknownSubject) {
		t.Error(err)
	}
	for _, subject := range []string{"down", "halfway"} {
		if _, err := r.Versions(t.Context(), subject); !errors.As(err, &down) {
			t.Errorf("%s: %v", subject, err)
		}
	}
}
