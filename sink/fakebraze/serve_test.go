package fakebraze

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// certificate is that of net/http/httptest, valid for 127.0.0.1.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	ts := httptest.NewTLSServer(http.NotFoundHandler())
	defer ts.Close()
	transport, ok := ts.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	return &tls.Config{Certificates: ts.TLS.Certificates, MinVersion: tls.VersionTLS12}, transport.TLSClientConfig.Clone()
}

// wires are the protocols that a started server speaks.
func wires(t *testing.T) map[string]func(*testing.T) (*Server, string, *http.Client) {
	start := func(t *testing.T, o Options, transport *http.Transport) (*Server, string, *http.Client) {
		s := newServer(t, o)
		url, err := s.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		transport.DisableKeepAlives = !transport.Protocols.UnencryptedHTTP2() && !transport.Protocols.HTTP2()
		t.Cleanup(transport.CloseIdleConnections)
		return s, url, &http.Client{Transport: transport}
	}
	protocols := func(set func(*http.Protocols)) *http.Protocols {
		p := new(http.Protocols)
		set(p)
		return p
	}
	server, roots := certificate(t)
	return map[string]func(*testing.T) (*Server, string, *http.Client){
		"HTTP/1.1": func(t *testing.T) (*Server, string, *http.Client) {
			return start(t, Options{}, &http.Transport{Protocols: protocols(func(p *http.Protocols) { p.SetHTTP1(true) })})
		},
		"HTTP/2.0": func(t *testing.T) (*Server, string, *http.Client) {
			return start(t, Options{}, &http.Transport{Protocols: protocols(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })})
		},
		"HTTP/1.1 TLS": func(t *testing.T) (*Server, string, *http.Client) {
			return start(t, Options{TLS: server}, &http.Transport{TLSClientConfig: roots.Clone(), Protocols: protocols(func(p *http.Protocols) { p.SetHTTP1(true) })})
		},
		"HTTP/2.0 TLS": func(t *testing.T) (*Server, string, *http.Client) {
			return start(t, Options{TLS: server}, &http.Transport{TLSClientConfig: roots.Clone(), Protocols: protocols(func(p *http.Protocols) { p.SetHTTP2(true) })})
		},
	}
}

func TestStart(t *testing.T) {
	for name, wire := range wires(t) {
		t.Run(name, func(t *testing.T) {
			s, url, c := wire(t)
			if strings.HasPrefix(url, "https://") != strings.HasSuffix(name, "TLS") {
				t.Errorf("URL %s", url)
			}
			status, body, err := send(c, url, events(2))
			if status != 201 || err != nil || body != `{"message":"success","events_processed":2}` {
				t.Errorf("%d %s %v", status, body, err)
			}
			resp, err := c.Get(url + "/_fake/stats")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if !strings.HasPrefix(name, resp.Proto) || s.Stats().Events != 2 {
				t.Errorf("%s, stats %+v", resp.Proto, s.Stats())
			}
		})
	}
}

// TestResetOnTheWire: HTTP/1.1 sees a TCP reset, HTTP/2 a stream reset on a connection that lives on.
func TestResetOnTheWire(t *testing.T) {
	for name, wire := range wires(t) {
		t.Run(name, func(t *testing.T) {
			s, url, c := wire(t)
			for i, kind := range []string{"reset_before", "reset_after_accept"} {
				setFaults(t, s, Fault{Kind: kind})
				_, _, err := send(c, url, events(1))
				if err == nil || strings.HasPrefix(name, "HTTP/1") && !errors.Is(err, syscall.ECONNRESET) ||
					strings.HasPrefix(name, "HTTP/2") && !strings.Contains(err.Error(), "INTERNAL_ERROR") {
					t.Errorf("%s: %v", kind, err)
				}
				if st := s.Stats(); st.Events != int64(i) {
					t.Errorf("%s: stats %+v", kind, st)
				}
			}
			setFaults(t, s)
			if status, _, err := send(c, url, events(1)); status != 201 || err != nil {
				t.Errorf("afterwards: %d %v", status, err)
			}
		})
	}
}

// TestHeadersOnTheWire: lower case on the wire, found by whoever reads them as Go does.
func TestHeadersOnTheWire(t *testing.T) {
	s := newServer(t, Options{Rate: 5})
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := events(1)
	r := trackRequest(body)
	r.Close = true
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(raw), "\r\nx-ratelimit-remaining: 4\r\n") {
		t.Errorf("%s %v", raw, err)
	}
	resp, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("X-RateLimit-Limit"); got != "5" {
		t.Errorf("limit %q", got)
	}
}

func TestListenAndServe(t *testing.T) {
	s := newServer(t, Options{})
	addr := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.ListenAndServe(ctx, addr) }()
	waitUntilOpen(t, addr)
	if status, _, err := send(http.DefaultClient, "http://"+addr, events(1)); status != 201 || err != nil {
		t.Errorf("%d %v", status, err)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the address is still open")
	}
}

// TestListenAndServeFinishesRequests: what runs when the context ends is answered.
func TestListenAndServeFinishesRequests(t *testing.T) {
	s := newServer(t, Options{})
	var inside atomic.Bool
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.OnObject(func(string, map[string]any, bool) {
		if inside.CompareAndSwap(false, true) {
			close(reached)
			<-goOn
		}
	})
	addr := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	done, answered := make(chan error, 1), make(chan int, 1)
	go func() { done <- s.ListenAndServe(ctx, addr) }()
	waitUntilOpen(t, addr)
	go func() {
		status, _, err := send(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "http://"+addr, events(1))
		if err != nil {
			t.Error(err)
		}
		answered <- status
	}()
	<-reached
	cancel()
	close(goOn)
	if status := <-answered; status != 201 {
		t.Errorf("status %d", status)
	}
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestListenFails(t *testing.T) {
	s := newServer(t, Options{})
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := strings.TrimPrefix(url, "http://")
	if _, err := s.Start(taken); err == nil || !strings.Contains(err.Error(), "listen on "+taken) {
		t.Errorf("error %v", err)
	}
	if err := s.ListenAndServe(t.Context(), taken); err == nil {
		t.Error("the same address twice")
	}
	s.Close()
	if _, _, err := send(http.DefaultClient, url, events(1)); err == nil {
		t.Error("it answers after Close")
	}
	if _, err := s.Start("127.0.0.1:0"); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("started after Close: %v", err)
	}
}

// TestCloseEndsListenAndServe: without an error, since nothing went wrong.
func TestCloseEndsListenAndServe(t *testing.T) {
	s := newServer(t, Options{})
	addr := freeAddress(t)
	done := make(chan error, 1)
	go func() { done <- s.ListenAndServe(context.Background(), addr) }()
	waitUntilOpen(t, addr)
	s.Close()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// freeAddress is one that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// waitUntilOpen dials until somebody listens.
func waitUntilOpen(t *testing.T, addr string) {
	t.Helper()
	for t.Context().Err() == nil {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return
		}
	}
}

func TestTransportReadsTheBodyFirst(t *testing.T) {
	s := newServer(t, Options{})
	r := trackRequest("")
	r.Body = io.NopCloser(brokenReader{})
	if _, err := s.Transport().RoundTrip(r); err == nil || s.Stats().Requests != 0 { //nolint:bodyclose // there is no response
		t.Errorf("error %v, stats %+v", err, s.Stats())
	}
	get := httptest.NewRequest(http.MethodGet, "/_fake/stats", nil)
	get.Body = nil
	resp, err := s.Transport().RoundTrip(get)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 || resp.Status != "200 OK" || resp.Proto != "HTTP/1.1" {
		t.Errorf("%+v", resp)
	}
}
