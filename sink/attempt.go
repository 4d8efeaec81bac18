package sink

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// maxAnswer bounds an answer's body, after decompression. The longest answer that Braze gives names 225 objects: 50 KiB.
const maxAnswer = 1 << 20

// newRequest makes the HTTP request of one attempt. The body is of a type that net/http knows, so that header and body leave
// in one write; GetBody lets the transport send it again where the server says (by GOAWAY or REFUSED_STREAM) or the
// connection shows that it never began to process it.
func (c *Client) newRequest(bound context.Context, r *Request, header http.Header, w *watch) *http.Request {
	body := r.Body
	req := c.template.WithContext(httptrace.WithClientTrace(bound, w.trace()))
	req.Header = header
	req.ContentLength = int64(len(body))
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.GetBody = func() (io.ReadCloser, error) {
		w.again()
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	return req
}

// watch follows how far a request got, as the transport tells it, from its own goroutines.
type watch struct {
	connected atomic.Bool // a connection was found
	h2        atomic.Bool
	written   atomic.Bool // the body was handed over to the last byte
	repeated  atomic.Bool // the transport sends it once more
}

// trace is what the transport calls.
func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			w.connected.Store(true)
			if c, ok := i.Conn.(*tls.Conn); ok && c.ConnectionState().NegotiatedProtocol == "h2" {
				w.h2.Store(true)
			}
		},
		WroteRequest: func(i httptrace.WroteRequestInfo) { w.written.Store(i.Err == nil) },
	}
}

// again notes that the transport sends the request once more: the server did not process the first.
func (w *watch) again() {
	w.repeated.Store(true)
	w.connected.Store(false)
	w.h2.Store(false)
	w.written.Store(false)
}

// wrote reports whether nothing reads the body any more. A request that the transport sent twice may have two readers, and
// the news of the first one's end can be mistaken for the second's.
func (w *watch) wrote() bool { return w.written.Load() && !w.repeated.Load() }

// mayHaveArrived reports whether the server can have the whole request. HTTP/2 tells of the written body from another
// goroutine than the one that returns the error, so there a connection is enough to be unsure.
func (w *watch) mayHaveArrived() bool {
	return w.connected.Load() && (w.h2.Load() || w.written.Load())
}

// readBody reads an answer's body, bounded and decompressed, to its end. The error says that it is not whole.
func readBody(resp *http.Response) (body []byte, err error) {
	if resp.StatusCode < http.StatusOK {
		return nil, nil // after 101 the body is the bare connection, whose end nobody promises
	}
	defer func() {
		// Reading to the end lets the connection be used again; an answer that is longer costs its connection.
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
	}()
	plain, err := decompressed(resp)
	if err != nil {
		return nil, err
	}
	body, err = readBounded(plain, resp.ContentLength)
	if err == nil && len(body) > maxAnswer {
		return body[:maxAnswer], fmt.Errorf("read answer: longer than %d bytes", maxAnswer)
	}
	return body, err
}

// readBounded reads up to one byte more than maxAnswer. length is a hint, -1 where unknown.
func readBounded(r io.Reader, length int64) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, min(max(length, 0), 4<<10)+bytes.MinRead))
	_, err := buf.ReadFrom(io.LimitReader(r, maxAnswer+1))
	return buf.Bytes(), err
}

// decompressed is the body as it was before a proxy compressed it, although the request did not allow that.
func decompressed(resp *http.Response) (io.Reader, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(resp.Body)
	case "deflate":
		return zlib.NewReader(resp.Body)
	default:
		return nil, errors.New("read answer: unknown Content-Encoding")
	}
}
