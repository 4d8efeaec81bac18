package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
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
