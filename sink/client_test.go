package sink

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testKey = "01234567-89ab-cdef-0123-456789abcdef"

// fixedKey is a key that never changes.
func fixedKey(bool) (string, error) { return testKey, nil }

// clientTo is a client of a test server, with a transport of its own.
func clientTo(t *testing.T, endpoint string, o ClientOptions) *Client {
	t.Helper()
	if o.HTTP == nil {
		tr, err := NewTransport(TransportOptions{InFlight: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.CloseIdleConnections)
		o.HTTP = &http.Client{Transport: tr}
	}
	if o.Key == nil {
		o.Key = fixedKey
	}
	o.Endpoint = endpoint
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve runs a server for one test and returns its address.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func success(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"message":"success"}`)
}

func TestSendPostsTheBodyAsBrazeWantsIt(t *testing.T) {
	r := threeEvents()
	want := string(r.Body)
	url := serve(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.Method != "POST" || req.URL.Path != "/users/track" || string(body) != want || req.ContentLength != int64(len(want)) {
			t.Errorf("%s %s, %d bytes announced: %s", req.Method, req.URL, req.ContentLength, body)
		}
		for name, value := range map[string]string{"Authorization": "Bearer " + testKey, "Content-Type": "application/json", "Content-Encoding": "", "Idempotency-Key": ""} {
			if got := req.Header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		}
		success(w, req)
	})
	for _, endpoint := range []string{url, url + "/", url + "/users/track", url + "/users/track/"} {
		if diff := cmp.Diff(Answer{Status: 201}, clientTo(t, endpoint, ClientOptions{}).Send(t.Context(), r)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNewClientRefusesAnEndpointThatCannotBe(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                                  "parse endpoint: the scheme must be https (or http, for a fake)",
		"rest.iad-01.braze.com":             "parse endpoint: the scheme must be https (or http, for a fake)",
		"ftp://rest.iad-01.braze.com":       "parse endpoint: the scheme must be https (or http, for a fake)",
		"https://":                          "parse endpoint: no host",
		"https://u:secret@rest.braze.com":   "parse endpoint: only scheme, host and path are allowed; the key goes into api_key",
		"https://rest.braze.com?key=secret": "parse endpoint: only scheme, host and path are allowed; the key goes into api_key",
		"https://secret\x7f@rest":           "parse endpoint: not a URL",
	} {
		if _, err := NewClient(ClientOptions{Endpoint: endpoint, Key: fixedKey}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", endpoint, err, want)
		}
	}
	if _, err := NewClient(ClientOptions{Endpoint: "https://rest.braze.com"}); err == nil {
		t.Error("no key: no error")
	}
}

func TestAfter401OnceWithAFreshKey(t *testing.T) {
	for _, c := range []struct {
		name     string
		fresh    string
		freshErr error
		want     Class
		attempts int32
	}{
		{"a new key that works", "new-key", nil, Accepted, 2},
		{"a new key that does not", "other-key", nil, Refused, 2},
		{"the same key", "old-key", nil, Refused, 1},
		{"the key is gone", "", errors.New("read key: no such file"), Refused, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var attempts atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				attempts.Add(1)
				if r.Header.Get("Authorization") == "Bearer new-key" {
					success(w, r)
					return
				}
				w.WriteHeader(http.StatusUnauthorized)
			})
			key := func(refresh bool) (string, error) {
				if refresh {
					return c.fresh, c.freshErr
				}
				return "old-key", nil
			}
			a := clientTo(t, url, ClientOptions{Key: key}).Send(t.Context(), threeEvents())
			if a.Class != c.want || attempts.Load() != c.attempts {
				t.Errorf("%+v after %d attempts, want %v after %d", a, attempts.Load(), c.want, c.attempts)
			}
		})
	}
}

func TestNoUsableKeyIsRefusedWithoutARequest(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	for name, key := range map[string]func(bool) (string, error){
		"error":      func(bool) (string, error) { return testKey, errors.New("parse key " + testKey) },
		"empty":      func(bool) (string, error) { return "\n", nil },
		"line break": func(bool) (string, error) { return testKey + "\n" + testKey, nil },
		"control":    func(bool) (string, error) { return "key\x01", nil },
	} {
		a := clientTo(t, url, ClientOptions{Key: key}).Send(t.Context(), threeEvents())
		if a.Class != Refused || a.Status != 0 || a.Text == "" || a.Ambiguous || strings.Contains(a.Text, testKey) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestAKeyFromAFileMayEndInALineBreak(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer "+testKey {
			t.Errorf("Authorization %q", got)
		}
		success(w, r)
	})
	c := clientTo(t, url, ClientOptions{Key: func(bool) (string, error) { return testKey + "\r\n", nil }})
	if a := c.Send(t.Context(), threeEvents()); a.Class != Accepted {
		t.Errorf("%+v", a)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("followed, with %v", r.Header) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{elsewhere, "", "http://%zz"} {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			})
			a := clientTo(t, url, ClientOptions{}).Send(t.Context(), threeEvents())
			if a.Class != Refused || a.Status != status || !strings.Contains(a.Text, "redirect not followed") {
				t.Errorf("%d to %q: %+v", status, location, a)
			}
		}
	}
}

// hijacked is the bare connection of a request.
func hijacked(t *testing.T, w http.ResponseWriter) *net.TCPConn {
	t.Helper()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
	}
	return conn.(*net.TCPConn)
}

func TestBodiesOfAllKinds(t *testing.T) {
	plain := []byte(`{"message":"success","errors":[{"type":"x","input_array":"events","index":1}]}`)
	compressed := func(wrap func(io.Writer) io.WriteCloser, body []byte) []byte {
		var b bytes.Buffer
		w := wrap(&b)
		_, _ = w.Write(body)
		_ = w.Close()
		return b.Bytes()
	}
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zl := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	huge := []byte(`{"message":"success","x":"` + strings.Repeat("x", 2*maxAnswer) + `"}`)
	zipped := compressed(gz, plain)
	for _, c := range []struct {
		name, encoding string
		body           []byte
		length         int
		accepted       bool
		text           string
	}{
		{"plain", "", plain, 0, true, ""},
		{"identity", "identity", plain, 0, true, ""},
		{"gzip", "gzip", zipped, 0, true, ""},
		{"deflate", "deflate", compressed(zl, plain), 0, true, ""},
		{"gzip, cut", "gzip", zipped[:len(zipped)/2], 0, false, "201 with a body that is not whole: connection closed by the other side before an answer"},
		{"gzip that is none", "gzip", plain, 0, false, "201 with a body that is not whole: gzip: invalid header"},
		{"unknown encoding", "br", plain, 0, false, "201 with a body that is not whole: read answer: unknown Content-Encoding"},
		{"empty", "", nil, 0, false, "201 without Braze's success: the body is no JSON object"},
		{"huge", "", huge, 0, false, "201 with a body that is not whole: read answer: longer than 1048576 bytes"},
		{"small on the wire, huge in memory", "gzip", compressed(gz, huge), 0, false, "201 with a body that is not whole: read answer: longer than 1048576 bytes"},
		{"cut", "", plain[:20], 100, false, "201 with a body that is not whole: connection closed by the other side before an answer"},
		{"whole, but more was announced", "", plain, 100, true, ""},
		{"not JSON", "", []byte("<html>ok</html>"), 0, false, "201 without Braze's success: the body is no JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Encoding", c.encoding)
				if c.length > 0 {
					w.Header().Set("Content-Length", fmt.Sprint(c.length))
				}
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write(c.body)
			})
			a := clientTo(t, url, ClientOptions{}).Send(t.Context(), threeEvents())
			want := Answer{Class: Accepted, Status: 201, Errors: []ObjectError{{1, "x"}}}
			if !c.accepted {
				want = Answer{Class: Transient, Status: 201, Ambiguous: true, Cause: CauseNotSuccess, Text: c.text}
			}
			if diff := cmp.Diff(want, a); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConnectionIsReusedAfterAnAnswer(t *testing.T) {
	var addresses []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addresses = append(addresses, r.RemoteAddr)
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader([]int{201, 400, 503, 500}[len(addresses)%4])
		_, _ = io.WriteString(w, `{"message":"success"}   `)
	})
	c := clientTo(t, url, ClientOptions{})
	for range 8 {
		c.Send(t.Context(), threeEvents())
	}
	if len(slices.Compact(addresses)) != 1 {
		t.Errorf("8 requests in turn used the connections %v", addresses)
	}
}

func TestSwitchingProtocolsDoesNotHang(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn := hijacked(t, w)
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		t.Cleanup(func() { _ = conn.Close() })
	})
	a := clientTo(t, url, ClientOptions{Timeout: time.Minute}).Send(t.Context(), threeEvents())
	if a.Class != Transient || a.Status != 101 {
		t.Errorf("%+v", a)
	}
}

func TestNoKeyInAnyAnswer(t *testing.T) {
	for _, status := range []int{200, 201, 302, 400, 401, 403, 413, 429, 500, 503} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			echo := strings.Repeat("x", maxText-20) + r.Header.Get("Authorization")
			w.Header().Set("Location", "https://x/"+testKey)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"message":%q,"errors":[{"type":%q,"input_array":"events","index":0},%q]}`, echo, echo, echo)
		})
		a := clientTo(t, url, ClientOptions{}).Send(t.Context(), threeEvents())
		for _, part := range []string{testKey, testKey[:8]} {
			if s := fmt.Sprintf("%+v", a); strings.Contains(s, part) {
				t.Errorf("%d: %s", status, s)
			}
		}
	}
}

// The whole point of a bound of the attempt and a context of the caller: only the latter is an interruption.
func TestTimeOutAndInterruption(t *testing.T) {
	release := make(chan struct{})
	hang := func(head bool) (url string, read chan struct{}) {
		read = make(chan struct{}, 10)
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if head {
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, `{"message":`)
				w.(http.Flusher).Flush()
			}
			read <- struct{}{}
			<-release
		}), read
	}
	defer close(release) // before the servers are closed, which wait for their handlers

	for _, head := range []bool{false, true} {
		url, _ := hang(head)
		if a := timedOut(t, url); a.Class != Transient || !a.Ambiguous {
			t.Errorf("time-out, within the answer %t: %+v", head, a)
		}
		url, read := hang(head)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-read
			cancel()
		}()
		a := clientTo(t, url, ClientOptions{Timeout: time.Minute}).Send(ctx, threeEvents())
		if a.Class != Interrupted || !a.Ambiguous {
			t.Errorf("interrupted, within the answer %t: %+v", head, a)
		}
	}
	before, _ := hang(false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := clientTo(t, before, ClientOptions{}).Send(ctx, threeEvents()); a.Class != Interrupted || a.Ambiguous {
		t.Errorf("interrupted before anything was sent: %+v", a)
	}
}

// timedOut is the answer where the server takes a request and does not end. A busy machine may need longer than a short time-out to
// send it at all: then it is given more.
func timedOut(t *testing.T, url string) Answer {
	t.Helper()
	for timeout := 50 * time.Millisecond; ; timeout *= 4 {
		if a := clientTo(t, url, ClientOptions{Timeout: timeout}).Send(t.Context(), threeEvents()); a.Ambiguous || timeout > 10*time.Second {
			return a
		}
	}
}

// A key is sent byte for byte, whatever it is made of; only the line end of its file is not its own.
func TestKeyIsSentByteForByte(t *testing.T) {
	for _, key := range []string{"p@ss: w#1", "> x", `'"`, `\C`, "&a", "123", "schlüssel", " outer blanks ", "tab\there"} {
		var got string
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization")
			success(w, r)
		})
		clientTo(t, url, ClientOptions{Key: func(bool) (string, error) { return key + "\r\n", nil }}).Send(t.Context(), threeEvents())
		// HTTP itself drops blanks at the end of a header.
		if want := "Bearer " + strings.TrimRight(key, " "); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
}
