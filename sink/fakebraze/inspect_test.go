package fakebraze

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func inspectRequest(method, path, body string) *http.Request {
	return httptest.NewRequest(method, "/_fake/"+path, strings.NewReader(body))
}

// TestStatsOverHTTP pins the names that scripts rely on.
func TestStatsOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, all(1))
	w := ask(s, inspectRequest("GET", "stats", ""))
	if w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", w.Header())
	}
	got := decode[map[string]any](t, w.Body.Bytes())
	for name, want := range map[string]float64{
		"requests": 1, "accepted_requests": 1, "attributes": 1, "events": 1, "purchases": 1, "refused_objects": 0, "data_points": 3,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	equalJSON(t, got["statuses"], `{"201":1}`)
}

func TestUsersOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"external_id":"u &","email":"a+b@c.de","phone":"+1234567","n":9007199254740993},
		{`+aliasObject+`,"_update_existing_only":false}],"events":[{"external_id":"u &",`+seenAt+`}]}`)
	id := user(t, s, "external_id", "u &").BrazeID
	for query, want := range map[string]int{
		"external_id=u+%26": 200, "email=a%2Bb@c.de": 200, "phone=%2B1234567": 200, "braze_id=" + id: 200, "alias_name=n&alias_label=l": 200,
		"external_id=v": 404, "email=x": 404, "phone=1": 404, "braze_id=1": 404, "alias_name=n&alias_label=x": 404, "": 400, "name=u": 400, "alias_label=l": 400,
	} {
		w := ask(s, inspectRequest("GET", "users?"+query, ""))
		if w.Code != want {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	w := ask(s, inspectRequest("GET", "users?external_id=u+%26", ""))
	want := `{"attributes":{"email":"a+b@c.de","n":9007199254740993,"phone":"+1234567"},"events":[{"event_id":"0000000000000001","name":"seen","time":"` +
		at + `"}],"purchases":[],"external_id":"u \u0026","braze_id":"` + id + `"}`
	if w.Body.String() != want {
		t.Errorf("got  %s\nwant %s", w.Body, want)
	}
}

func TestRequestsOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	post(t, s, `{"n":1}`)
	accept(t, s, events(1))
	w := ask(s, inspectRequest("GET", "requests?limit=1", ""))
	got := decode[[]map[string]any](t, w.Body.Bytes())
	if len(got) != 1 || len(got[0]) != 4 || got[0]["status"] != 201.0 || got[0]["time"] == "" {
		t.Errorf("requests %v", got)
	}
	equalJSON(t, got[0]["body"], events(1))
	equalJSON(t, got[0]["response"], `{"message":"success","events_processed":1}`)
	for _, query := range []string{"", "?limit=all", "?limit=-1", "?limit=100"} {
		w := ask(s, inspectRequest("GET", "requests"+query, ""))
		if n := len(decode[[]any](t, w.Body.Bytes())); n != 2 {
			t.Errorf("%q: %d requests", query, n)
		}
	}
	if w := ask(newServer(t, Options{}), inspectRequest("GET", "requests", "")); w.Body.String() != "[]" {
		t.Errorf("without requests: %s", w.Body)
	}
}

func TestRefusedOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	for range keepRefused {
		post(t, s, `{"events":[{}]}`)
	}
	post(t, s, `{"events":[{"name":"x"}]}`)
	got := decode[[]map[string]any](t, ask(s, inspectRequest("GET", "refused?limit=1000", "")).Body.Bytes())
	if len(got) != keepRefused {
		t.Fatalf("%d refused objects", len(got))
	}
	delete(got[0], "time")
	equalJSON(t, got[0], `{"input_array":"events","index":0,"type":"'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required","object":{"name":"x"}}`)
}

func TestFaultsOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	put := func(body string, want int) string {
		t.Helper()
		w := ask(s, inspectRequest("PUT", "faults", body))
		if w.Code != want {
			t.Errorf("PUT %s: %d %s", body, w.Code, w.Body)
		}
		return w.Body.String()
	}
	put(`[{"kind":"status","status":503,"every":2,"count":100,"body":"x","headers":{"A":"b"}}]`, 200)
	equalJSON(t, codes(s, 2), `[201,503]`)
	for _, bad := range []string{`[{"kind":"status","statsu":503}]`, `{`, `[] []`, `[{"kind":"none"}]`, `{"kind":"partial"}`, strings.Repeat(" ", maxControlBytes) + `[]`} {
		if text := put(bad, 400); !strings.Contains(text, "message") {
			t.Errorf("answer %s", text)
		}
	}
	equalJSON(t, codes(s, 2), `[201,503]`)
	put(`[{"kind":"reject_if","field":"properties.n","equals":9007199254740993}]`, 200)
	body := func(n string) string {
		return `{"events":[{"external_id":"u",` + seenAt + `,"properties":{"n":` + n + `}}]}`
	}
	if status, _ := post(t, s, body("9007199254740993")); status != 400 {
		t.Errorf("status %d", status)
	}
	accept(t, s, body("9007199254740992"))
	if w := ask(s, inspectRequest("DELETE", "faults", "")); w.Code != 200 {
		t.Errorf("DELETE: %d", w.Code)
	}
	accept(t, s, body("9007199254740993"))
	if w := ask(s, inspectRequest("GET", "faults", "")); w.Body.String() != "[]" {
		t.Errorf("faults %s", w.Body)
	}
}

func TestResetAndKeysOverHTTP(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, events(1))
	if w := ask(s, inspectRequest("POST", "reset", "")); w.Code != 200 || s.Stats().Requests != 0 {
		t.Errorf("%d %+v", w.Code, s.Stats())
	}
	if w := ask(s, inspectRequest("PUT", "keys", `["new"]`)); w.Code != 200 {
		t.Errorf("keys: %d %s", w.Code, w.Body)
	}
	equalJSON(t, codes(s, 1), `[401]`)
	if w := ask(s, inspectRequest("PUT", "keys", `"test-key"`)); w.Code != 400 {
		t.Errorf("keys: %d", w.Code)
	}
}

func TestDuplicates(t *testing.T) {
	s := newServer(t, Options{})
	object := func(id string) string {
		return `{"external_id":"u",` + seenAt + `,"properties":{"meta":{"id":` + id + `}}}`
	}
	accept(t, s, `{"events":[`+object("1")+`,`+object("2")+`,`+object(`"x"`)+`,{"external_id":"u",`+seenAt+`}],
		"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":1,"quantity":5,"time":"`+at+`","properties":{"meta":{"id":9}}}]}`)
	accept(t, s, `{"events":[`+object("2")+`,`+object(`"x"`)+`,`+object(`"x"`)+`]}`)
	w := ask(s, inspectRequest("GET", "duplicates?field=properties.meta.id", ""))
	if w.Body.String() != `{"2":2,"x":3}` {
		t.Errorf("duplicates %s", w.Body)
	}
	if got := s.Duplicates("properties.none"); len(got) != 0 {
		t.Errorf("duplicates %v", got)
	}
}

// TestPage: the page needs nothing from elsewhere, and shows what came over the wire as text only.
func TestPage(t *testing.T) {
	w := ask(newServer(t, Options{}), httptest.NewRequest("GET", "/", http.NoBody))
	text := w.Body.String()
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if m := regexp.MustCompile(`(src|href|url\()\s*=?\s*["']?(https?:)?//`).FindString(text); m != "" {
		t.Errorf("the page refers to %s", m)
	}
	for _, unsafe := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
		if strings.Contains(text, unsafe) {
			t.Errorf("the page uses %s", unsafe)
		}
	}
	for _, path := range regexp.MustCompile(`/_fake/[a-z]+`).FindAllString(text, -1) {
		method := map[string]string{"/_fake/reset": "POST"}[path]
		if method == "" {
			method = "GET"
		}
		if w := ask(newServer(t, Options{}), httptest.NewRequest(method, path, http.NoBody)); w.Code == 404 {
			t.Errorf("the page asks for %s %s", method, path)
		}
	}
}
