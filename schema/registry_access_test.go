package schema

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

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
