// Package fakebraze is a faithful fake of Braze's POST /users/track.
package fakebraze

import (
	"encoding/json"
	"net/http"
	"time"
)

// Options configure a Server. The zero value accepts any key, counts combined and has no rate limit.
type Options struct {
	APIKeys     []string // none: any non-empty bearer
	PerArray    bool     // count objects per array instead of combined
	Objects     int      // per request (or array); zero: 75
	Rate        int      // requests per RatePer; zero: no limit
	RatePer     time.Duration
	RateHeaders string // epoch or seconds; empty: epoch
	Latency     time.Duration
	ApplyDelay  time.Duration // between accepting and applying to profiles
	Stateless   bool          // counts only: no profiles, no request log
}

// Server is a fake Braze: an http.Handler with inspection and faults. Safe for concurrent use.
type Server struct{}

// New returns a server. It starts no goroutine until used; Close ends what it started.
func New(o Options) *Server { panic("not built") }

// Close ends what the server started.
func (s *Server) Close() { panic("not built") }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("not built") }

// Stats are the counters of GET /_fake/stats.
type Stats struct {
	Requests         int64            `json:"requests"`
	AcceptedRequests int64            `json:"accepted_requests"`
	Attributes       int64            `json:"attributes"` // accepted objects
	Events           int64            `json:"events"`
	Purchases        int64            `json:"purchases"`
	RefusedObjects   int64            `json:"refused_objects"`
	DataPoints       int64            `json:"data_points"`
	Statuses         map[string]int64 `json:"statuses"`
}

// Stats returns the counters.
func (s *Server) Stats() Stats { panic("not built") }

// Reset forgets everything but the options and the faults.
func (s *Server) Reset() { panic("not built") }

// Fault is an entry of PUT /_fake/faults.
type Fault struct {
	Kind        string            `json:"kind"`
	Status      int               `json:"status,omitempty"`
	Body        string            `json:"body,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Delay       string            `json:"delay,omitempty"`
	Every       int               `json:"every,omitempty"`
	Probability float64           `json:"probability,omitempty"`
	Count       int               `json:"count,omitempty"`
	Field       string            `json:"field,omitempty"`
	Equals      any               `json:"equals,omitempty"`
}

// SetFaults replaces the faults; an error names the faulty one.
func (s *Server) SetFaults(fs []Fault) error { panic("not built") }

// Request is an entry of GET /_fake/requests.
type Request struct {
	Time     time.Time       `json:"time"`
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
	Response json.RawMessage `json:"response"`
}

// Requests returns the newest requests first, at most limit.
func (s *Server) Requests(limit int) []Request { panic("not built") }

// OnObject is called for each object of each answered request, in order: array is attributes, events or purchases;
// accepted tells whether Braze took it. Set it before the first request.
func (s *Server) OnObject(f func(array string, object map[string]any, accepted bool)) {
	panic("not built")
}

// User is an answer of GET /_fake/users.
type User struct {
	Attributes map[string]any   `json:"attributes"`
	Events     []map[string]any `json:"events"`
	Purchases  []map[string]any `json:"purchases"`
}

// User returns a profile: key is external_id, email, phone, braze_id, or alias (value: alias_label + "\x00" + alias_name).
func (s *Server) User(key, value string) (User, bool) { panic("not built") }
