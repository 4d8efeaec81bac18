package sink

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Class is what an attempt's answer means for the records in it.
type Class uint8

// The classes. Their names are metric labels.
const (
	Accepted       Class = iota // 2xx and success: all but the objects named in Errors are Braze's
	ObjectsRefused              // a 4xx that names objects: those are refused, the others were not accepted and may be sent again
	BatchRejected               // 400, 422 that name nobody: halve and try again
	TooLarge                    // 413, or a 400 that says so: halve and try again
	Throttled                   // 429
	Transient                   // network, time-out, 408, 5xx, a 2xx that is not Braze's
	Refused                     // 401, 403, 404, 415, untrusted certificate: somebody must mend something
	Interrupted                 // our own context ended: no outcome
)

// Classes are all of them, for metrics that register every label at zero.
var Classes = [...]Class{Accepted, ObjectsRefused, BatchRejected, TooLarge, Throttled, Transient, Refused, Interrupted}

func (c Class) String() string {
	return [...]string{"accepted", "objects_refused", "batch_rejected", "too_large", "throttled", "transient", "refused", "interrupted"}[c]
}

// Cause is why an attempt ended without an answer to believe. A closed set: its values are metric labels.
type Cause string

// The causes.
const (
	CauseConnect    Cause = "connect"     // no connection came about
	CauseReset      Cause = "reset"       // the other side reset or closed the connection, or the stream, before an answer
	CauseGoAway     Cause = "goaway"      // an HTTP/2 server closed the connection after announcing it, and had begun with the request
	CauseTimeout    Cause = "timeout"     // the attempt's time was over
	CauseStatus     Cause = "status"      // a status that says nothing about the objects: 5xx, 408 …
	CauseNotSuccess Cause = "not_success" // a 2xx that is not Braze's, or not whole
)

// Causes are all of them, for metrics that register every label at zero.
var Causes = [...]Cause{CauseConnect, CauseReset, CauseGoAway, CauseTimeout, CauseStatus, CauseNotSuccess}

// ObjectError is one refused object: an entry of errors[], mapped to an item of the request.
type ObjectError struct {
	Item int
	Text string // Braze's own text, bounded, without values of the object; several texts joined by "; "
}

// Answer is what one attempt came to.
type Answer struct {
	Class  Class
	Status int           // HTTP; zero where there was none
	Errors []ObjectError // in the order of the items, one for each refused object
	// Unattributed is the number of errors in a 2xx that name no object of the request. The request counts as accepted, and
	// one of its objects may not be: count it and log Text.
	Unattributed int
	Text         string // why, bounded, for logs and letters; no key, no user id
	// Ambiguous: Braze may have accepted the objects although no answer says so (time-out, reset, 504 …). Sending again may double them.
	Ambiguous bool
	// Cause is why there was no answer to believe, where the class is Transient; empty otherwise. Of an ambiguous attempt it is
	// the cause of what is doubled.
	Cause Cause
	// Rate is what the answer says about the limit.
	Rate RateInfo
}

// RateInfo is what the rate-limit headers of an answer said, both dialects made one. Zero where they said nothing.
type RateInfo struct {
	Limit     int
	Remaining int
	Known     bool          // Limit and Remaining were there
	Reset     time.Duration // until the window ends, from the answer's own clock
	Wait      time.Duration // what a 429 or 503 asked for; zero: nothing, or at once where Asked
	Asked     bool          // a 429 or 503 named a wait, which may be zero
	Named     time.Duration // the wait it named, where that is beyond ClientOptions.MaxWait and was cut to it; else zero
}

// DefaultTimeout bounds an attempt where ClientOptions don't.
const DefaultTimeout = 30 * time.Second

// ClientOptions configure a Client.
type ClientOptions struct {
	// Endpoint is Braze's REST address, https://rest.iad-01.braze.com; http is for a fake. A path before /users/track is kept.
	Endpoint string
	// Key returns the API key for an attempt, and a fresh one after a 401. It may be called by several senders at once.
	Key func(refresh bool) (string, error)
	// Timeout bounds an attempt, from asking for a connection to the answer's last byte. Zero means DefaultTimeout.
	// Lower gives up on answers that were on their way, which doubles objects; higher lets a dead connection hold a sender.
	Timeout time.Duration
	// MaxWait bounds the wait that a 429 or 503 can ask for. Zero means DefaultMaxWait. Lower asks again sooner, one request
	// each time; higher lets a wrong header of a proxy stop everything for as long.
	MaxWait time.Duration
	// HTTP is the way to Braze: its Transport is used (see NewTransport), the rest of it would follow redirects. nil means
	// http.DefaultTransport.
	HTTP *http.Client
}

// Client sends requests to one Braze workspace. Safe for concurrent use.
type Client struct {
	key       func(refresh bool) (string, error)
	timeout   time.Duration
	maxWait   time.Duration
	transport http.RoundTripper
	template  *http.Request // what all attempts share
	header    atomic.Pointer[keyHeader]
}

// keyHeader is the header of all attempts with one key. The transport only reads it.
type keyHeader struct {
	key    string // as it came
	token  string // as it is sent
	header http.Header
}

// NewClient returns a client. An error says what is wrong with the endpoint.
func NewClient(o ClientOptions) (*Client, error) {
	target, err := trackURL(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if o.Key == nil {
		return nil, fmt.Errorf("set up client for %s: no API key", target.Host)
	}
	c := &Client{key: o.Key, timeout: o.Timeout, maxWait: o.MaxWait, transport: http.DefaultTransport}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.maxWait <= 0 {
		c.maxWait = DefaultMaxWait
	}
	if o.HTTP != nil && o.HTTP.Transport != nil {
		c.transport = o.HTTP.Transport
	}
	c.template = &http.Request{
		Method: http.MethodPost, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	return c, nil
}

// trackURL is the address of /users/track. Braze answers a trailing slash with errors, so none is left.
func trackURL(endpoint string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(endpoint))
	switch {
	case err != nil:
		return nil, fmt.Errorf("parse endpoint: not a URL") // the URL's own error repeats what could be a password
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("parse endpoint: the scheme must be https (or http, for a fake)")
	case u.Hostname() == "":
		return nil, fmt.Errorf("parse endpoint: no host")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("parse endpoint: only scheme, host and path are allowed; the key goes into api_key")
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/users/track") + "/users/track"
	u.RawPath = ""
	return u, nil
}

// Send makes one attempt and says what it came to. It never retries, except once with a fresh key after a 401.
// Afterwards nothing reads r.Body any more, so its owner may reuse it.
func (c *Client) Send(ctx context.Context, r *Request) Answer {
	used, err := c.key(false)
	if err != nil {
		return keyFault(err, used)
	}
	a := c.attempt(ctx, r, used)
	if a.Status != http.StatusUnauthorized {
		return a
	}
	// A key is rotated by making a second one and deleting the first, so the file may already hold a better one.
	fresh, err := c.key(true)
	if err != nil || fresh == used {
		return a
	}
	return c.attempt(ctx, r, fresh)
}

// keyFault is the answer where there is no key to send with. It is refused, not rejected: somebody must mend the key, and
// no record is at fault.
func keyFault(err error, key string) Answer {
	return Answer{Class: Refused, Text: bounded("no API key: "+withoutKey(err.Error(), strings.TrimSpace(key)), maxText)}
}

// attempt sends the request once.
func (c *Client) attempt(ctx context.Context, r *Request, key string) Answer {
	header, ok := c.headerFor(key)
	if !ok {
		return Answer{Class: Refused, Text: "no API key: it is empty or holds characters that no key has"}
	}
	bound, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	w := &watch{}
	answer := c.roundTrip(ctx, bound, r, header, w)
	if !w.wrote() {
		// The server answered, or the attempt ended, before the body was out: the transport's writer may still be at it.
		r.Body = append(make([]byte, 0, cap(r.Body)), r.Body...)
	}
	return answer
}

// headerFor is the header that goes with a key, made once per key. A key as it comes from a file may end in a line break.
func (c *Client) headerFor(key string) (*keyHeader, bool) {
	if h := c.header.Load(); h != nil && h.key == key {
		return h, true
	}
	token := strings.TrimRight(key, "\r\n")
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, false
	}
	h := &keyHeader{key: key, token: token, header: http.Header{
		"Authorization": {"Bearer " + token},
		"Content-Type":  {"application/json"},
		"User-Agent":    {"brazebridge"},
	}}
	c.header.Store(h)
	return h, true
}

// roundTrip exchanges request and answer. It uses the transport, not an http.Client, which would follow redirects, away from
// the endpoint that the key was meant for.
func (c *Client) roundTrip(ctx, bound context.Context, r *Request, h *keyHeader, w *watch) Answer {
	resp, err := c.transport.RoundTrip(c.newRequest(bound, r, h.header, w))
	if err != nil {
		a := faultOf(ctx, bound, err, w)
		a.Text = bounded(withoutKey(a.Text, h.token), maxText)
		return a
	}
	defer func() { _ = resp.Body.Close() }()
	body, cut := readBody(resp)
	// A proxy's page may repeat the request's headers. The key goes before anything is cut, so that no half of it stays.
	body = bytesWithoutKey(body, h.token)
	a := answerOf(resp.StatusCode, resp.Header, body, cut, r, time.Now())
	a.Rate.limitWait(c.maxWait)
	if a.Class == Transient && cut != nil && ctx.Err() != nil {
		a.Class, a.Cause, a.Text = Interrupted, "", "interrupted while reading the answer"
	}
	return a
}
