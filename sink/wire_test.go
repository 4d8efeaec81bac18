package sink

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A stream that is reset has an unknown fate, and costs the other requests on its connection nothing.
func TestStreamResetIsAmbiguous(t *testing.T) {
	var n atomic.Int32
	addresses := sync.Map{}
	address, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		addresses.Store(r.RemoteAddr, true)
		_, _ = io.Copy(io.Discard, r.Body)
		if n.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		success(w, r)
	}, nil)
	c, _ := clientThrough(t, address, TransportOptions{InFlight: 4, CAFile: ca})
	for i, want := range []Answer{
		{Class: Accepted, Status: 201}, {Class: Transient, Ambiguous: true, Cause: CauseReset}, {Class: Accepted, Status: 201},
	} {
		a := c.Send(t.Context(), threeEvents())
		if a.Class != want.Class || a.Ambiguous != want.Ambiguous || a.Cause != want.Cause || a.Status != want.Status {
			t.Errorf("request %d: %+v", i+1, a)
		}
	}
	connections := 0
	addresses.Range(func(any, any) bool { connections++; return true })
	if connections != 1 {
		t.Errorf("%d connections for three requests", connections)
	}
}

// More requests at once than the server allows streams wait or take another connection: none fails.
func TestMoreSendersThanStreams(t *testing.T) {
	var now, most atomic.Int32
	address, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if at := now.Add(1); at > most.Load() {
			most.Store(at)
		}
		defer now.Add(-1)
		time.Sleep(2 * time.Millisecond)
		success(w, r)
	}, func(s *httptest.Server) { s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 2} })
	c, _ := clientThrough(t, address, TransportOptions{InFlight: 32, CAFile: ca})
	var senders sync.WaitGroup
	for range 32 {
		senders.Go(func() {
			for range 5 {
				if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted {
					t.Errorf("%+v", a)
				}
			}
		})
	}
	senders.Wait()
}

// Answers in pieces, with trailers, behind informational ones, from an HTTP/1.0 server, without a length: all are read to their end.
func TestAnswersInEveryFraming(t *testing.T) {
	const body = `{"message":"success"}`
	for name, answer := range map[string]string{
		"chunked":             "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"mes\r\n10\r\nsage\":\"success\"}\r\n0\r\n\r\n",
		"chunked and trailed": "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n15\r\n" + body + "\r\n0\r\nX-A: 1\r\n\r\n",
		"continue":            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 21\r\n\r\n" + body,
		"early hints":         "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 21\r\n\r\n" + body,
		"HTTP/1.0":            "HTTP/1.0 201 Created\r\n\r\n" + body,
		"no length":           "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n" + body,
		"no reason":           "HTTP/1.1 201\r\nContent-Length: 21\r\n\r\n" + body,
		"a header twice":      "HTTP/1.1 201 Created\r\nContent-Length: 21\r\nContent-Length: 21\r\nX-RateLimit-Limit: 5\r\nX-RateLimit-Limit: 6\r\n\r\n" + body,
	} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn := hijacked(t, w)
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		})
		if a := clientTo(t, address, ClientOptions{Timeout: time.Minute}).Send(t.Context(), threeEvents()); a.Class != Accepted || a.Status != 201 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Answers that are none, or contradict themselves, accept nothing, and nobody knows what became of the request.
func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":             "",
		"no HTTP":             "SSH-2.0-OpenSSH_9.6\r\n",
		"half a status":       "HTTP/1.1 20",
		"half a header":       "HTTP/1.1 201 Created\r\nContent-Le",
		"two lengths":         "HTTP/1.1 201 Created\r\nContent-Length: 21\r\nContent-Length: 22\r\n\r\n{\"message\":\"success\"}",
		"a chunk that ends":   "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{\"message\":",
		"a chunk of no size":  "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{\"message\":\"success\"}\r\n0\r\n\r\n",
		"nothing but a 204":   "HTTP/1.1 204 No Content\r\n\r\n",
		"an empty 200":        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"an unknown encoding": "HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip\r\n\r\n{\"message\":\"success\"}",
		"headers for ever":    "HTTP/1.1 201 Created\r\n" + strings.Repeat("X-Padding: "+strings.Repeat("x", 1000)+"\r\n", 12_000),
	} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn := hijacked(t, w)
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		})
		a := clientTo(t, address, ClientOptions{Timeout: time.Minute}).Send(t.Context(), threeEvents())
		if a.Class != Transient || !a.Ambiguous || a.Text == "" || len(a.Text) > maxText {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A body that comes a byte at a time ends with the attempt, however long it goes on.
func TestASlowBodyIsBounded(t *testing.T) {
	end := make(chan struct{})
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		for {
			select {
			case <-end:
				return
			case <-r.Context().Done():
				return
			case <-time.After(5 * time.Millisecond):
			}
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
		}
	})
	t.Cleanup(func() { close(end) })
	if a := timedOut(t, address); a.Class != Transient || !a.Ambiguous { // or it would still be waiting
		t.Errorf("%+v", a)
	}
}

// A server that closes idle connections just as they are used again costs an attempt at most, never an object: what it has not read is
// sent again by the transport or by the caller.
func TestIdleConnectionsThatCloseLoseNothing(t *testing.T) {
	var arrived atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		success(w, r)
	}))
	s.Config.IdleTimeout = time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	c := clientTo(t, s.URL, ClientOptions{})
	accepted, doubtful := int64(0), int64(0)
	for range 200 {
		time.Sleep(time.Millisecond)
		switch a := c.Send(t.Context(), threeEvents()); {
		case a.Class == Accepted:
			accepted++
		case a.Class == Transient && a.Ambiguous:
			doubtful++
		case a.Class != Transient:
			t.Fatalf("%+v", a)
		}
	}
	if n := arrived.Load(); n < accepted || n > accepted+doubtful {
		t.Errorf("%d arrived, %d accepted, %d in doubt", n, accepted, doubtful)
	}
	if accepted == 0 {
		t.Error("no request was accepted")
	}
}

// A certificate that has expired, or is not yet valid, is nothing that passes by itself.
func TestExpiredCertificateIsRefused(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]time.Duration{"expired": -48 * time.Hour, "not yet valid": 24 * time.Hour} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(from + 24*time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		address, _ := tlsServer(t, success, func(s *httptest.Server) {
			s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
		})
		c, _ := clientThrough(t, address, TransportOptions{CAFile: writePEM(t, "ca.pem", "CERTIFICATE", der)})
		if a := c.Send(t.Context(), threeEvents()); a.Class != Refused || a.Ambiguous || !strings.Contains(a.Text, "expired or is not yet valid") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A proxy that refuses the tunnel has passed nothing on, and neither its password nor ours is told.
func TestAProxyThatRefusesTheTunnel(t *testing.T) {
	for _, status := range []int{407, 403, 502, 503} {
		proxy := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Proxy-Authenticate", `Basic realm="x"`)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>secret-of-the-proxy</html>")
		})
		tr, err := NewTransport(TransportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		tr.current.Proxy = func(*http.Request) (*url.URL, error) {
			return url.Parse(strings.Replace(proxy, "http://", "http://user:secret@", 1))
		}
		a := clientTo(t, "https://rest.example.invalid", ClientOptions{HTTP: &http.Client{Transport: tr}}).Send(t.Context(), threeEvents())
		if a.Class != Transient || a.Ambiguous || a.Cause != CauseConnect || strings.Contains(fmt.Sprintf("%+v", a), "secret") || a.Text == "" {
			t.Errorf("%d: %+v", status, a)
		}
	}
}
