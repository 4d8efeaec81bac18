package schema

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// The registry's own codes in the body of a 404.
const (
	codeUnknownSubject = 40401
	codeUnknownVersion = 40402
	codeUnknownSchema  = 40403
)

// maxAnswer bounds the body of an answer.
const maxAnswer = 4 * maxSchemaText

// document is what the registry answers about a schema.
type document struct {
	Subject    string      `json:"subject"`
	ID         int         `json:"id"`
	Version    int         `json:"version"`
	SchemaType string      `json:"schemaType"` // absent for Avro
	Schema     string      `json:"schema"`
	References []reference `json:"references"`
}

// reference says that names of another subject's schema are used.
type reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// answer is a 404 that is the registry's own: it speaks of the thing that was asked for.
type answer struct{ code int }

func (a *answer) Error() string { return fmt.Sprintf("the registry answered error_code %d", a.code) }

// site is one URL of the registry. Each has a client of its own: sr goes on to its next URL only when it cannot
// connect, yet a proxy's 502 in front of one replica is no reason to stop either.
type site struct {
	name string // the URL without credentials, for errors
	cl   *sr.Client
}

func newSite(raw string, o Options) (site, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return site{}, errors.New("a URL is not http://HOST or https://HOST") // the text itself may hold a password
	}
	opts := []sr.ClientOpt{sr.UserAgent("brazebridge"), sr.HTTPClient(boundedClient(o.HTTP))}
	user, password := o.Username, o.Password
	if user == "" && u.User != nil {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	switch {
	case o.BearerToken != "":
		opts = append(opts, sr.BearerToken(o.BearerToken))
	case user != "":
		opts = append(opts, sr.BasicAuth(user, password))
	}
	u.User, u.Fragment = nil, ""
	cl, err := sr.NewClient(append(opts, sr.URLs(u.String()))...)
	if err != nil {
		return site{}, fmt.Errorf("set up client: %w", err)
	}
	u.RawQuery = ""
	return site{name: strings.TrimSuffix(u.String(), "/"), cl: cl}, nil
}

// boundedClient is a copy of the client whose answers are bounded in length.
func boundedClient(given *http.Client) *http.Client {
	cl := http.Client{Timeout: 10 * time.Second}
	if given != nil {
		cl = *given
	}
	next := cl.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	cl.Transport = bounded{next}
	return &cl
}

type bounded struct{ next http.RoundTripper }

// RoundTrip cuts the body; what is cut is no JSON any more and fails as such.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// get asks one URL after the other until one answers, be it with an *answer. Otherwise the error is *UnavailableError:
// one that may pass by itself rather than one that somebody must mend, where the URLs differ.
func (r *Registry) get(ctx context.Context, path string, into any) error {
	var first *UnavailableError
	for _, s := range r.sites {
		err := s.get(ctx, path, into)
		var down *UnavailableError
		if !errors.As(err, &down) {
			return err
		}
		if first == nil || first.Refused && !down.Refused {
			first = down
		}
		if ctx.Err() != nil {
			break
		}
	}
	return first
}

func (s site) get(ctx context.Context, path string, into any) error {
	var body []byte
	err := s.cl.Do(ctx, http.MethodGet, path, nil, &body)
	var status *sr.ResponseError
	switch {
	case errors.As(err, &status):
		return s.status(path, status)
	case err != nil:
		return s.unreachable(path, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return s.down(path, false, errors.New("the answer is not the registry's JSON"))
	}
	return nil
}

func (s site) down(path string, refused bool, err error) error {
	return &UnavailableError{Refused: refused, Err: fmt.Errorf("GET %s%s: %w", s.name, clip(path), err)}
}

// status gives a meaning to an answer that is no success.
func (s site) status(path string, e *sr.ResponseError) error {
	own := e.ErrorCode == codeUnknownSubject || e.ErrorCode == codeUnknownVersion || e.ErrorCode == codeUnknownSchema
	if e.StatusCode == http.StatusNotFound && own {
		return &answer{code: e.ErrorCode}
	}
	passing := e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests ||
		e.StatusCode == http.StatusRequestTimeout || e.StatusCode == http.StatusTooEarly
	text := fmt.Sprintf("status %d", e.StatusCode)
	switch {
	case e.ErrorCode != 0:
		text += fmt.Sprintf(", error_code %d", e.ErrorCode)
	case e.StatusCode == http.StatusNotFound:
		text += " that is not the registry's own: is the URL's path right?"
	}
	return s.down(path, !passing, errors.New(text))
}

// unreachable strips what the libraries put around the cause: their texts repeat the URL.
func (s site) unreachable(path string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var untrusted *tls.CertificateVerificationError
	return s.down(path, errors.As(err, &untrusted), err)
}

// outage passes an *UnavailableError on, and makes one of an answer that does not fit the question.
func outage(err error) error {
	var down *UnavailableError
	if errors.As(err, &down) {
		return err
	}
	return &UnavailableError{Refused: true, Err: err}
}
