package sink

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// quiet is a log that nobody reads: handshakes fail on purpose here.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// writePEM writes a file of one block and returns its name.
func writePEM(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// tlsServer is an HTTPS server with HTTP/2, and the file of its own authority.
func tlsServer(t *testing.T, h http.HandlerFunc, change func(*httptest.Server)) (url, caFile string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet()
	if change != nil {
		change(s)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, writePEM(t, "ca.pem", "CERTIFICATE", s.Certificate().Raw)
}

// clientThrough is a client with the transport of the options.
func clientThrough(t *testing.T, url string, o TransportOptions) (*Client, *Transport) {
	t.Helper()
	tr, err := NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return clientTo(t, url, ClientOptions{HTTP: &http.Client{Transport: tr}}), tr
}

func TestTransportSpeaksHTTP2WithACustomAuthority(t *testing.T) {
	url, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("%s, want HTTP/2", r.Proto)
		}
		success(w, r)
	}, nil)
	c, _ := clientThrough(t, url, TransportOptions{CAFile: ca})
	if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted {
		t.Errorf("%+v", a)
	}
}

func TestTransportChecksTheServersName(t *testing.T) {
	url, ca := tlsServer(t, success, nil) // its certificate names example.com
	for name, want := range map[string]Class{"example.com": Accepted, "braze.example.org": Refused} {
		c, _ := clientThrough(t, url, TransportOptions{CAFile: ca, ServerName: name})
		if a := c.Send(t.Context(), threeEvents()); a.Class != want {
			t.Errorf("%s: %+v, want %v", name, a, want)
		}
	}
}

func TestTransportShowsAClientCertificate(t *testing.T) {
	var own tls.Certificate
	url, ca := tlsServer(t, success, func(s *httptest.Server) {
		probe := httptest.NewTLSServer(nil) // its certificate serves as a client's as well
		own = probe.TLS.Certificates[0]
		probe.Close()
		s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	})
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := writePEM(t, "cert.pem", "CERTIFICATE", own.Certificate[0]), writePEM(t, "key.pem", "PRIVATE KEY", key)
	c, _ := clientThrough(t, url, TransportOptions{CAFile: ca, CertFile: certFile, KeyFile: keyFile})
	if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted {
		t.Errorf("with a certificate: %+v", a)
	}
	c, _ = clientThrough(t, url, TransportOptions{CAFile: ca})
	// TLS 1.3 tells of it after the handshake. net/http may then report only that the HTTP/2 connection did not come about.
	a := c.Send(t.Context(), threeEvents())
	// On a busy machine the reset that follows the alert can overtake it; the next attempt hears the alert.
	unsure := a.Text == "http2: client conn could not be established" || a.Cause == CauseReset
	if a.Class != Refused && !unsure || a.Class == Accepted || a.Ambiguous && a.Cause != CauseReset {
		t.Errorf("without: %+v", a)
	}
}

func TestNewTransportNamesWhatItCannotUse(t *testing.T) {
	noPEM := writePEM(t, "x.pem", "NOTHING", []byte("x"))
	for _, c := range []struct {
		o    TransportOptions
		want string
	}{
		{TransportOptions{CAFile: "/no/such/ca.pem"}, "read ca_file: open /no/such/ca.pem: no such file or directory"},
		{TransportOptions{CAFile: noPEM}, "read ca_file " + noPEM + ": no certificate in it"},
		{TransportOptions{CertFile: "a"}, "load client certificate: cert_file and key_file go together"},
		{TransportOptions{KeyFile: "a"}, "load client certificate: cert_file and key_file go together"},
		{TransportOptions{CertFile: "/no/a", KeyFile: "/no/b"}, "load client certificate: open /no/a: no such file or directory"},
	} {
		if _, err := NewTransport(c.o); err == nil || err.Error() != c.want {
			t.Errorf("%+v: %v, want %s", c.o, err, c.want)
		}
	}
}

func TestConnectionsAge(t *testing.T) {
	var mu sync.Mutex
	addresses := map[string]bool{}
	url, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		addresses[r.RemoteAddr] = true
		mu.Unlock()
		success(w, r)
	}, nil)
	c, tr := clientThrough(t, url, TransportOptions{CAFile: ca, MaxAge: time.Hour})
	for i := range 6 {
		if i%2 == 0 {
			tr.mu.Lock()
			tr.since = tr.since.Add(-time.Hour)
			tr.mu.Unlock()
		}
		if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted {
			t.Fatalf("%+v", a)
		}
	}
	if len(addresses) != 3 {
		t.Errorf("6 requests of 3 ages used %d connections", len(addresses))
	}
}

// fakeH2 is the server's side of one HTTP/2 connection, frame by frame.
type fakeH2 struct {
	*http2.Framer
	streams map[uint32]*bytes.Buffer
}

// acceptH2 takes a connection and exchanges the preface.
func acceptH2(l net.Listener) (*fakeH2, net.Conn, error) {
	conn, err := l.Accept()
	if err != nil {
		return nil, nil, err
	}
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return nil, conn, err
	}
	f := &fakeH2{Framer: http2.NewFramer(conn, conn), streams: map[uint32]*bytes.Buffer{}}
	return f, conn, f.WriteSettings()
}

// next reads on until a request is complete, and returns its stream and body.
func (f *fakeH2) next() (uint32, string, error) {
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return 0, "", err
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = f.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			f.streams[frame.StreamID] = &bytes.Buffer{}
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = f.WritePing(true, frame.Data)
			}
		case *http2.DataFrame:
			f.streams[frame.StreamID].Write(frame.Data())
			if n := len(frame.Data()); n > 0 {
				if err := f.WriteWindowUpdate(0, uint32(n)); err != nil {
					return 0, "", err
				}
			}
			if frame.StreamEnded() {
				return frame.StreamID, f.streams[frame.StreamID].String(), nil
			}
		}
		if err != nil {
			return 0, "", err
		}
	}
}

// accept answers a stream with Braze's success.
func (f *fakeH2) accept(stream uint32) error {
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	_ = enc.WriteField(hpack.HeaderField{Name: ":status", Value: "201"})
	if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Bytes(), EndHeaders: true}); err != nil {
		return err
	}
	return f.WriteData(stream, true, []byte(`{"message":"success"}`))
}

// listenH2 listens with a certificate that the returned file trusts.
func listenH2(t *testing.T) (net.Listener, string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	cert, raw := s.TLS.Certificates[0], s.Certificate().Raw
	s.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, writePEM(t, "ca.pem", "CERTIFICATE", raw)
}

// What a server says by GOAWAY that it did not process is sent again by the transport, with the same bytes, and the client
// sees only the answer. What it may have processed and did not answer is ambiguous.
func TestGoAwayResendsWhatWasNotProcessed(t *testing.T) {
	const all, processed, answered = 64, 24, 20
	l, ca := listenH2(t)
	var (
		mu    sync.Mutex
		again []string
	)
	served := make(chan error, 1)
	go func() {
		served <- serveGoAway(l, all, processed, answered, func(body string) {
			mu.Lock()
			defer mu.Unlock()
			again = append(again, body)
		})
	}()

	c, _ := clientThrough(t, "https://"+l.Addr().String(), TransportOptions{CAFile: ca, InFlight: all})
	if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted { // so that all use one connection
		t.Fatalf("%+v", a)
	}
	answers := make([]Answer, all)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			r := NewRequest(nil, []Item{{Kind: Event, JSON: fmt.Appendf(nil, `{"n":%d}`, i)}})
			answers[i] = c.Send(t.Context(), &r)
		})
	}
	wg.Wait()
	_ = l.Close()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	accepted, ambiguous := 0, 0
	for i, a := range answers {
		switch {
		case a.Class == Accepted:
			accepted++
		case a.Class == Transient && a.Ambiguous && (a.Cause == CauseGoAway || a.Cause == CauseReset): // as the transport happens to notice
			ambiguous++
		default:
			t.Errorf("request %d: %+v", i, a)
		}
	}
	if accepted != all-(processed-answered) || ambiguous != processed-answered {
		t.Errorf("%d accepted, %d ambiguous; want %d and %d", accepted, ambiguous, all-(processed-answered), processed-answered)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(again) != all-processed {
		t.Errorf("%d requests were sent again, want %d", len(again), all-processed)
	}
	for _, body := range again {
		if !strings.HasPrefix(body, `{"events":[{"n":`) || !strings.HasSuffix(body, `}]}`) {
			t.Errorf("sent again as %q", body)
		}
	}
}

// serveGoAway takes a first request and then all of them on one connection, says that it processed some, answers fewer and
// closes it. On every further connection it answers everything; again gets those bodies.
func serveGoAway(l net.Listener, all, processed, answered int, again func(string)) error {
	first, conn, err := acceptH2(l)
	if err != nil {
		return err
	}
	for i := range 1 + all {
		stream, _, err := first.next()
		if err != nil {
			return fmt.Errorf("first connection: %w", err)
		}
		if i == 0 {
			if err := first.accept(stream); err != nil {
				return err
			}
		}
	}
	// Streams of a client are 1, 3, 5 …; the first one is the first request's.
	if err := first.WriteGoAway(uint32(2*processed+1), http2.ErrCodeNo, nil); err != nil {
		return err
	}
	for i := range answered {
		if err := first.accept(uint32(2*i + 3)); err != nil {
			return err
		}
	}
	for n := 0; ; n++ {
		further, next, err := acceptH2(l)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			continue // one of several that were dialled at once, and not needed
		}
		if n == 0 {
			_ = conn.Close() // whoever was not told anything is left with an unknown fate
		}
		go further.answerAll(next, again)
	}
}

// answerAll answers every request of a connection until it ends.
func (f *fakeH2) answerAll(conn net.Conn, again func(string)) {
	defer func() { _ = conn.Close() }()
	for {
		stream, body, err := f.next()
		if err != nil {
			return
		}
		again(body)
		if f.accept(stream) != nil {
			return
		}
	}
}
