package fakebraze

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// at is a time in the past that events may carry.
const at = "2026-01-15T09:35:20Z"

// newServer returns a server that ends with the test.
func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// trackRequest is a request as a correct client sends it.
func trackRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/users/track", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer test-key")
	r.Header.Set("Content-Type", "application/json")
	return r
}

// ask sends any request straight to the handler.
func ask(s http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// post tracks a body and returns status and decoded answer.
func post(t testing.TB, s *Server, body string) (int, answer) {
	t.Helper()
	w := ask(s, trackRequest(body))
	return w.Code, decode[answer](t, w.Body.Bytes())
}

// accept tracks a body that must be accepted whole.
func accept(t testing.TB, s *Server, body string) answer {
	t.Helper()
	status, a := post(t, s, body)
	if status != http.StatusCreated || a.Errors != nil || a.Message != "success" {
		t.Fatalf("status %d, answer %+v; want 201 without errors", status, a)
	}
	return a
}

func decode[T any](t testing.TB, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("decode %q: %v", b, err)
	}
	return v
}

// asJSONText is a value as canonical JSON, for comparing.
func asJSONText(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// equalJSON compares a value with JSON text.
func equalJSON(t testing.TB, got any, want string) {
	t.Helper()
	read := func(b []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("decode %q: %v", b, err)
		}
		return v
	}
	if diff := cmp.Diff(read([]byte(want)), read([]byte(asJSONText(t, got)))); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

// events is a body of n events of different users.
func events(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"external_id":"u%d","name":"seen","time":%q}`, i, at)
	}
	return `{"events":[` + strings.Join(list, ",") + `]}`
}

// all is a body with n objects in each array.
func all(n int) string {
	repeat := func(object string) string { return strings.TrimSuffix(strings.Repeat(object+",", n), ",") }
	return `{"attributes":[` + repeat(`{"external_id":"u","tier":"gold"}`) +
		`],"events":[` + repeat(`{"external_id":"u","name":"seen","time":"`+at+`"}`) +
		`],"purchases":[` + repeat(`{"external_id":"u","product_id":"tea","currency":"EUR","price":4.5,"time":"`+at+`"}`) + `]}`
}

// user returns a profile that must be there.
func user(t testing.TB, s *Server, key, value string) User {
	t.Helper()
	u, ok := s.User(key, value)
	if !ok {
		t.Fatalf("no profile with %s %q", key, value)
	}
	return u
}

// with changes fields of an object given as JSON: a nil value removes the field.
func with(t testing.TB, object string, change map[string]any) string {
	t.Helper()
	m := decode[map[string]any](t, []byte(object))
	for k, v := range change {
		if v == absent {
			delete(m, k)
			continue
		}
		m[k] = v
	}
	return asJSONText(t, m)
}

// absent removes a field in with.
var absent = &struct{ int }{}
