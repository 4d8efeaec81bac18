package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
	"brazebridge/processor"
)

// stubs are what the admin listener asks in these tests.
type stubs struct {
	status processor.Status
	alive  bool
	calls  []string
}

func (s *stubs) inspected() inspected {
	act := func(what string) func(string) error {
		return func(topic string) error {
			if topic == "unknown" {
				return errors.New("no topic unknown")
			}
			s.calls = append(s.calls, what+" "+topic)
			return nil
		}
	}
	return inspected{
		status: func() processor.Status { return s.status }, alive: func() bool { return s.alive },
		hold: act("hold"), resume: act("resume"), metrics: newMetrics(),
	}
}

func TestAdmin(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	running := processor.Status{State: processor.Running}
	holding := processor.Status{State: processor.Holding, Reasons: []processor.HoldReason{
		{Code: "refused", Workspace: "eu", Topic: "t", Text: "401", Since: since}}}
	const (
		runningBody = `{"state":"running","reasons":[]}` + "\n"
		holdingBody = `{"state":"holding","reasons":[{"code":"refused","topic":"t","workspace":"eu","text":"401","since":"2026-03-01T12:00:00Z"}]}` + "\n"
	)
	for _, c := range []struct {
		method, target string
		status         processor.Status
		alive          bool
		code           int
		body           string // whole, or contained where it begins with ~
		call           string
	}{
		{"GET", "/readyz", running, true, 200, runningBody, ""},
		{"GET", "/readyz", holding, true, 503, holdingBody, ""},
		{"GET", "/readyz", processor.Status{State: processor.Starting}, true, 503, `~"starting"`, ""},
		{"GET", "/readyz", processor.Status{State: processor.Draining}, true, 503, `~"draining"`, ""},
		{"GET", "/healthz", holding, true, 200, holdingBody, ""},
		{"GET", "/healthz", running, false, 503, runningBody, ""},
		{"HEAD", "/readyz", running, true, 200, "~", ""},
		{"POST", "/-/hold", running, true, 200, runningBody, "hold "},
		{"POST", "/-/hold?topic=t", holding, true, 200, holdingBody, "hold t"},
		{"POST", "/-/resume", running, true, 200, runningBody, "resume "},
		{"POST", "/-/resume?topic=shop.orders", running, true, 200, runningBody, "resume shop.orders"},
		{"POST", "/-/hold?topic=unknown", running, true, 404, `{"error":"no topic unknown"}` + "\n", ""},
		{"POST", "/-/resume?topic=unknown", running, true, 404, `{"error":"no topic unknown"}` + "\n", ""},
		{"GET", "/-/hold", running, true, 405, "~", ""},
		{"GET", "/-/resume", running, true, 405, "~", ""},
		{"POST", "/readyz", running, true, 405, "~", ""},
		{"GET", "/metrics", running, true, 200, "~brazebridge_build_info{commit=", ""},
		{"GET", "/metrics", running, true, 200, "~go_goroutines", ""},
		{"GET", "/", running, true, 200, "~/-/resume", ""},
		{"GET", "/nothing", running, true, 404, "~", ""},
	} {
		s := &stubs{status: c.status, alive: c.alive}
		w := httptest.NewRecorder()
		adminHandler(s.inspected()).ServeHTTP(w, httptest.NewRequest(c.method, c.target, nil))
		part, contains := strings.CutPrefix(c.body, "~")
		if got := w.Body.String(); w.Code != c.code || contains && !strings.Contains(got, part) || !contains && got != c.body {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.target, w.Code, got, c.code, c.body)
		}
		if got := strings.Join(s.calls, ","); got != c.call {
			t.Errorf("%s %s called %q, want %q", c.method, c.target, got, c.call)
		}
	}
}

// A page that somebody looks at must not be able to hold the bridge on their machine.
func TestAdminRefusesOtherSites(t *testing.T) {
	s := &stubs{}
	r := httptest.NewRequest("POST", "/-/hold", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	adminHandler(s.inspected()).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || len(s.calls) > 0 {
		t.Errorf("%d, calls %q", w.Code, s.calls)
	}
}

func TestListenAdmin(t *testing.T) {
	a, err := listenAdmin("127.0.0.1:0", adminHandler((&stubs{}).inspected()))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(a.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "state") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	http.DefaultClient.CloseIdleConnections()
	a.close()
	if resp, err := http.Get(a.url); err == nil {
		_ = resp.Body.Close()
		t.Error("it answers after close")
	}
}

func TestListenFault(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, c := range []struct{ address, message, hint string }{
		{taken.Addr().String(), "address already in use", "choose another port"},
		{"no port", "missing port in address", "127.0.0.1:9464"},
	} {
		_, err := listenAdmin(c.address, http.NotFoundHandler())
		var faults config.Faults
		if !errors.As(listenFault(&config.Config{File: "b.yaml", Admin: config.Admin{Listen: c.address}}, nil, err), &faults) || len(faults) != 1 {
			t.Fatalf("%s: %v", c.address, err)
		}
		f := faults[0]
		if f.Path != "admin.listen" || !strings.Contains(f.Message, c.message) || !strings.Contains(f.Hint, c.hint) || strings.Count(f.Message, c.address) != 1 {
			t.Errorf("%s: %s (%s)", c.address, f, f.Hint)
		}
	}
}
