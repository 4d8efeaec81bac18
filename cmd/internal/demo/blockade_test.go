package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"brazebridge/sink/fakebraze"
)

// Whatever faults people set and delete, the blocked users stay blocked, and the others are what the faults make them.
func TestBlockadeStays(t *testing.T) {
	fake := fakebraze.New(fakebraze.Options{})
	defer fake.Close()
	if err := fake.SetFaults(blockade()); err != nil {
		t.Fatal(err)
	}
	h := keepBlockade(fake)
	do := func(method, target, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer k")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	track := func(user string) (code int, blocked bool) {
		w := do(http.MethodPost, "/users/track", `{"attributes":[{"external_id":"`+user+`","x":1}]}`)
		return w.Code, strings.Contains(w.Body.String(), "blacklisted")
	}
	expect := func(when string, otherCode int) {
		t.Helper()
		if code, blocked := track("loadtest-3"); !blocked && code != otherCode || otherCode == http.StatusCreated && !blocked {
			t.Errorf("%s: a blocked user is answered %d", when, code)
		}
		if code, blocked := track("c-1"); code != otherCode || blocked {
			t.Errorf("%s: another user is answered %d, want %d", when, code, otherCode)
		}
	}
	expect("at first", http.StatusCreated)
	if w := do(http.MethodPut, "/_fake/faults", `[{"kind":"status","status":503}]`); w.Code >= 300 {
		t.Fatalf("PUT: %d %s", w.Code, w.Body)
	}
	expect("under an outage", http.StatusServiceUnavailable)
	if w := do(http.MethodPut, "/_fake/faults", `[]`); w.Code >= 300 {
		t.Fatalf("PUT: %d %s", w.Code, w.Body)
	}
	expect("after an empty list", http.StatusCreated)
	if w := do(http.MethodDelete, "/_fake/faults", ""); w.Code >= 300 {
		t.Fatalf("DELETE: %d %s", w.Code, w.Body)
	}
	expect("after deleting", http.StatusCreated)
	if w := do(http.MethodPut, "/_fake/faults", `no list`); w.Code < 400 {
		t.Errorf("what is no list is answered %d", w.Code)
	}
	expect("after a bad list", http.StatusCreated)
}
