package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bigRequest has a body far beyond what sockets buffer.
func bigRequest() *Request {
	r := NewRequest(nil, []Item{{Kind: Event, JSON: append(append([]byte(`"`), bytes.Repeat([]byte("x"), 32<<20)...), '"')}})
	return &r
}

func TestNobodyListening(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	a := clientTo(t, "http://"+l.Addr().String(), ClientOptions{}).Send(t.Context(), threeEvents())
	if a.Class != Transient || a.Ambiguous || a.Text != "connect: connection refused" {
		t.Errorf("%+v", a)
	}
}

func TestResetAfterTheBodyWasReadIsAmbiguous(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn := hijacked(t, w)
		_ = conn.SetLinger(0) // RST, not FIN
		_ = conn.Close()
	})
	a := clientTo(t, url, ClientOptions{}).Send(t.Context(), threeEvents())
	if a.Class != Transient || !a.Ambiguous || a.Text != "connection reset by the other side" {
		t.Errorf("%+v", a)
	}
}

func TestCloseAfterTheBodyWasReadIsAmbiguous(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = hijacked(t, w).Close()
	})
	a := clientTo(t, url, ClientOptions{}).Send(t.Context(), threeEvents())
	if a.Class != Transient || !a.Ambiguous || a.Text != "connection closed by the other side before an answer" {
		t.Errorf("%+v", a)
	}
}

// A proxy that finds a body too large resets while it is still being written: nobody has the whole of it.
func TestResetWhileTheBodyIsWrittenIsNotAmbiguous(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 64<<10)
		conn := hijacked(t, w)
		_ = conn.SetLinger(0)
		_ = conn.Close()
	})
	a := clientTo(t, url, ClientOptions{}).Send(t.Context(), bigRequest())
	if a.Class != Transient || a.Ambiguous || a.Cause != CauseReset {
		t.Errorf("%+v", a)
	}
}

// The same with a body that the kernels buffer whole: whether it was sent is in doubt then, that it was reset is not.
func TestResetUnderABufferedBodyIsAReset(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 64<<10)
		conn := hijacked(t, w)
		_ = conn.SetLinger(0)
		_ = conn.Close()
	})
	c := clientTo(t, url, ClientOptions{})
	for range 20 {
		r := NewRequest(nil, []Item{{Kind: Event, JSON: append(append([]byte(`"`), bytes.Repeat([]byte("x"), 3<<19)...), '"')}})
		if a := c.Send(t.Context(), &r); a.Class != Transient || a.Cause != CauseReset {
			t.Fatalf("%+v", a)
		}
	}
}

// Afterwards the buffer is the owner's: an early answer must not leave the transport reading what the owner overwrites. The
// race detector watches.
func TestBodyIsFreeAfterAnEarlyAnswer(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 1)
		conn := hijacked(t, w)
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
		<-release
		_ = conn.Close()
	})
	r := bigRequest()
	lent, want := r.Body, bytes.Clone(r.Body)
	a := clientTo(t, url, ClientOptions{}).Send(t.Context(), r)
	if a.Class != TooLarge && a.Class != Transient {
		t.Errorf("%+v", a)
	}
	if &r.Body[0] == &lent[0] {
		t.Error("the owner got the buffer back that the transport may still read")
	}
	if !bytes.Equal(r.Body, want) {
		t.Error("the copy differs")
	}
	clear(r.Body)
	close(release)
}

func TestBufferStaysTheOwnersAfterSuccess(t *testing.T) {
	c := clientTo(t, serve(t, success), ClientOptions{})
	r := threeEvents()
	before := &r.Body[0]
	if a := c.Send(t.Context(), r); a.Class != Accepted || &r.Body[0] != before {
		t.Errorf("%+v, same buffer %v", a, &r.Body[0] == before)
	}
}

func TestUntrustedCertificateIsRefused(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(success))
	s.Config.ErrorLog = quiet()
	t.Cleanup(s.Close)
	a := clientTo(t, s.URL, ClientOptions{}).Send(t.Context(), threeEvents())
	if a.Class != Refused || a.Ambiguous || !strings.Contains(a.Text, "certificate signed by unknown authority") {
		t.Errorf("%+v", a)
	}
}

func TestPlainHTTPBehindHTTPSIsRefused(t *testing.T) {
	url := serve(t, success)
	a := clientTo(t, strings.Replace(url, "http:", "https:", 1), ClientOptions{}).Send(t.Context(), threeEvents())
	if a.Class != Refused || a.Ambiguous {
		t.Errorf("%+v", a)
	}
}

func TestFaults(t *testing.T) {
	arrived, h2, connected := &watch{}, &watch{}, &watch{}
	for _, w := range []*watch{arrived, h2, connected} {
		w.connected.Store(true)
	}
	arrived.written.Store(true)
	h2.h2.Store(true)
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		name      string
		err       error
		watch     *watch
		class     Class
		ambiguous bool
		text      string
	}{
		{"name not found", dial(&net.DNSError{Err: "no such host", Name: "rest.example"}), &watch{}, Transient, false, "look up rest.example: no such host"},
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), &watch{}, Transient, false, "connect: connection refused"},
		{"unreachable", dial(syscall.ENETUNREACH), &watch{}, Transient, false, "connect: network is unreachable"},
		{"reset before all was written", fmt.Errorf("write: %w", syscall.ECONNRESET), connected, Transient, false, "connection reset by the other side"},
		{"broken pipe", fmt.Errorf("write: %w", syscall.EPIPE), connected, Transient, false, "connection reset by the other side"},
		{"reset after", fmt.Errorf("read: %w", syscall.ECONNRESET), arrived, Transient, true, "connection reset by the other side"},
		{"end after", io.ErrUnexpectedEOF, arrived, Transient, true, "connection closed by the other side before an answer"},
		{"HTTP/2 stream", errors.New("stream error: stream ID 7; INTERNAL_ERROR"), h2, Transient, true, "stream error: stream ID 7; INTERNAL_ERROR"},
		{"nonsense in a header", errors.New("net/http: HTTP/1.x transport connection broken: malformed MIME header line: \"user-1\""), arrived, Transient, true, "net/http: HTTP/1.x transport connection broken: malformed MIME header line"},
		{"certificate", &tls.CertificateVerificationError{Err: errors.New("expired")}, connected, Refused, false, "tls: failed to verify certificate: expired"},
		{"alert about our certificate", &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, arrived, Refused, false, "remote error: tls: certificate required"},
		{"alert about versions", &net.OpError{Op: "remote error", Err: errors.New("tls: protocol version not supported")}, connected, Refused, false, "remote error: tls: protocol version not supported"},
		{"alert that passes", &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, connected, Transient, false, "remote error: tls: internal error"},
	} {
		a := faultOf(context.Background(), context.Background(), c.err, c.watch)
		if a.Class != c.class || a.Ambiguous != c.ambiguous || a.Text != c.text {
			t.Errorf("%s: %+v, want %v, %v, %q", c.name, a, c.class, c.ambiguous, c.text)
		}
	}
}

// The cause of a fault is what is counted when the objects are sent again; what the server says it did not begin with is in no doubt.
func TestCauseOfAFault(t *testing.T) {
	h2 := &watch{}
	h2.connected.Store(true)
	h2.h2.Store(true)
	for _, c := range []struct {
		err       error
		watch     *watch
		cause     Cause
		ambiguous bool
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, &watch{}, CauseConnect, false},
		{errors.New("http2: client conn could not be established"), h2, CauseConnect, false},
		{fmt.Errorf("read: %w", syscall.ECONNRESET), h2, CauseReset, true},
		{io.EOF, h2, CauseReset, true},
		{errors.New("stream error: stream ID 7; INTERNAL_ERROR; received from peer"), h2, CauseReset, true},
		{errors.New("stream error: stream ID 7; REFUSED_STREAM; received from peer"), h2, CauseReset, false},
		{errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=7, ErrCode=NO_ERROR, debug=\"\""), h2, CauseGoAway, true},
		{errors.New("http2: Transport received GOAWAY from server ErrCode:PROTOCOL_ERROR"), h2, CauseGoAway, false},
		{errors.New("http2: Transport received Server's graceful shutdown GOAWAY"), h2, CauseGoAway, false},
		{&tls.CertificateVerificationError{Err: errors.New("expired")}, h2, "", false},
	} {
		if a := faultOf(context.Background(), context.Background(), c.err, c.watch); a.Cause != c.cause || a.Ambiguous != c.ambiguous {
			t.Errorf("%v: %+v, want %q, ambiguous %v", c.err, a, c.cause, c.ambiguous)
		}
	}
	over, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	if a := faultOf(context.Background(), over, over.Err(), h2); a.Cause != CauseTimeout {
		t.Errorf("over time: %+v", a)
	}
	if a := faultOf(over, over, over.Err(), h2); a.Class != Interrupted || a.Cause != "" {
		t.Errorf("interrupted: %+v", a)
	}
	for _, status := range []int{500, 504, 408, 201} {
		want := CauseStatus
		if status == 201 {
			want = CauseNotSuccess
		}
		if a := answerOf(status, nil, nil, nil, threeEvents(), time.Now()); a.Cause != want {
			t.Errorf("%d: cause %q, want %q", status, a.Cause, want)
		}
	}
}

func TestTimeOutSaysWhereTheTimeWent(t *testing.T) {
	over, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	w := &watch{}
	for _, c := range []struct {
		before    func()
		ambiguous bool
		text      string
	}{
		{func() {}, false, "time-out while connecting"},
		{func() { w.connected.Store(true) }, false, "time-out while sending the request"},
		{func() { w.written.Store(true) }, true, "time-out while waiting for the answer"},
		{w.again, false, "time-out while connecting"},
	} {
		c.before()
		if a := faultOf(context.Background(), over, over.Err(), w); a.Class != Transient || a.Ambiguous != c.ambiguous || a.Text != c.text {
			t.Errorf("%+v, want %v %q", a, c.ambiguous, c.text)
		}
	}
}

func TestPasswordsAndKeysGoFromTexts(t *testing.T) {
	for _, c := range []struct{ text, key, want string }{
		{"invalid proxy address \"http://user:pw@proxy:3128\"", testKey, "invalid proxy address \"http://proxy:3128\""},
		{"a " + testKey + " b " + testKey, testKey, "a […] b […]"},
		{"proxyconnect tcp: https://u@x and http://v:w@y/z@q", "", "proxyconnect tcp: https://x and http://y/z@q"},
		{"the key", "key", "the key"},
		{"nothing", testKey, "nothing"},
	} {
		if got := withoutKey(c.text, c.key); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestBounded(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"exactly", 7, "exactly"},
		{"one too long", 11, "one too …"},
		{"ääää", 7, "ää…"},
		{" a\nb\tc\r\n", 10, "a b c"},
		{"a\x00b\x1b[31m", 10, "ab[31m"},
		{"a\xffb", 10, "a\uFFFDb"},
		{"", 10, ""},
	} {
		if got := bounded(c.text, c.limit); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}
