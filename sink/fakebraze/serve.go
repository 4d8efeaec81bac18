package fakebraze

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"time"
)

// grace is how long ListenAndServe waits for requests that run when its context ends.
const grace = 5 * time.Second

// Start listens on addr (port 0: any free one), serves in a goroutine until Close, and returns the base URL.
// HTTP/1.1 and HTTP/2 are spoken, the latter also in clear text with prior knowledge. With Options.TLS the URL
// is https.
func (s *Server) Start(addr string) (url string, err error) {
	h, l, err := s.listen(addr)
	if err != nil {
		return "", err
	}
	go func() { _ = h.Serve(l) }() // ends with Close, and says just that
	scheme := "http://"
	if s.opts.TLS != nil {
		scheme = "https://"
	}
	return scheme + l.Addr().String(), nil
}

// ListenAndServe serves on addr until ctx ends, then lets running requests finish for up to five seconds. It
// returns nil after such an end and after Close, and an error if it cannot listen or accept.
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	return s.Serve(ctx, l)
}

// Serve is ListenAndServe on a listener, which it closes in the end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	addr := l.Addr()
	h, l, err := s.serveOn(l)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if h.Shutdown(stop) != nil {
			_ = h.Close() // those that hang do not get longer
		}
		err = <-served
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", addr, err)
}

func (s *Server) listen(addr string) (*http.Server, net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return s.serveOn(l)
}

// serveOn makes the HTTP server of a listener, and the listener that it is to serve.
func (s *Server) serveOn(l net.Listener) (*http.Server, net.Listener, error) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	h := &http.Server{Handler: s, Protocols: protocols, ReadHeaderTimeout: time.Minute}
	if s.opts.TLS != nil {
		conf := s.opts.TLS.Clone()
		conf.NextProtos = []string{"h2", "http/1.1"}
		l = tls.NewListener(l, conf)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		_ = l.Close() // nothing was accepted on it
		return nil, nil, fmt.Errorf("listen on %s: %w", l.Addr(), http.ErrServerClosed)
	default:
	}
	s.serving = append(s.serving, h)
	return h, l, nil
}

// reset ends a request without an answer, and never returns. On HTTP/1.1 the client's kernel sees a TCP reset;
// on HTTP/2 the stream is reset, the connection lives on.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		raw := conn
		if t, ok := conn.(*tls.Conn); ok {
			raw = t.NetConn()
		}
		if t, ok := raw.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // without it the close is an orderly one, which is still no answer
		}
		_ = raw.Close()
	}
	panic(http.ErrAbortHandler)
}

// Transport carries requests to the server without a network: for an http.Client in a test, also in a
// testing/synctest bubble. A fault that resets appears as ECONNRESET, and a request whose context ends gets the
// context's error while the server works on, as over a network.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

// RoundTrip answers one request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.Body = http.NoBody
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close() // a RoundTripper must, and nothing depends on it
		if err != nil {
			return nil, fmt.Errorf("read request body: %w", err)
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		tell(trace)
	}
	done := make(chan *inMemory, 1)
	go func() { done <- t.serve(in) }()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case got := <-done:
		if got == nil {
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("read answer: %w", syscall.ECONNRESET)
		}
		return got.response(r), nil
	}
}

// tell lets a client's trace know that the request is on its way, as over a network: clients decide by it whether a request
// without an answer may have arrived.
func tell(trace *httptrace.ClientTrace) {
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// serve returns nil where the server dropped the connection.
func (t transport) serve(r *http.Request) (got *inMemory) {
	w := &inMemory{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				panic(p)
			}
			got = nil
		}
	}()
	t.s.ServeHTTP(w, r)
	return w
}

// inMemory is a ResponseWriter that keeps what is written.
type inMemory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *inMemory) Header() http.Header         { return w.header }
func (w *inMemory) WriteHeader(status int)      { w.status = status }
func (w *inMemory) Write(b []byte) (int, error) { return w.body.Write(b) }

// response turns header names into their canonical form, as a client that reads them from the wire does.
func (w *inMemory) response(r *http.Request) *http.Response {
	h := http.Header{}
	for k, v := range w.header {
		h[http.CanonicalHeaderKey(k)] = v
	}
	return &http.Response{
		Status: statusText(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}
