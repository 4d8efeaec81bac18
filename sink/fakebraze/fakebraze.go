package fakebraze

import (
	"crypto/tls"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Braze's documented limits, the defaults of Options.
const (
	defaultObjects     = 75
	defaultBodyBytes   = 4 << 20
	defaultKeepEntries = 1_000_000
	defaultKeepLog     = 1000
	defaultRatePer     = 3 * time.Second
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

	// Hourly is the limit per clock hour in the seconds dialect; zero: what the rate allows in an hour.
	Hourly int
	// Forbidden are keys that are known but lack the permission users.track: 403.
	Forbidden []string
	// Blocked are external ids that Braze has archived as spam: their objects are refused, each with an error.
	Blocked []string
	// Reorder draws each request's delay from 0 to twice ApplyDelay, so that requests overtake each other as
	// they may at Braze. Without ApplyDelay it does nothing.
	Reorder bool
	// Seed makes Reorder and the probability of faults repeatable; zero is a fixed seed too.
	Seed uint64
	// BodyBytes is the largest body; zero: 4 MB.
	BodyBytes int
	// OversizeStatus answers a larger body: 413 (also when zero) or 400, since Braze documents both.
	OversizeStatus int
	// KeepEntries bounds profiles, and events with purchases, each to that many; zero: 1,000,000. Beyond it
	// nothing new is kept and Stats.NotKept counts.
	KeepEntries int
	// KeepRequests bounds the log of requests (which holds at most 64 MB of bodies too); zero: 1,000.
	KeepRequests int
	// TLS, with a certificate, makes Start and ListenAndServe speak HTTPS.
	TLS *tls.Config
}

// Server is a fake Braze: an http.Handler with inspection and faults. Safe for concurrent use.
type Server struct {
	opts    Options
	blocked map[string]bool
	rate    *rateLimit
	closed  chan struct{}
	once    sync.Once

	turn    sync.Mutex // held over a request's objects when somebody observes, so that requests do not mix
	observe func(string, map[string]any, bool)

	mu        sync.Mutex // guards everything below
	keys      map[string]bool
	forbidden map[string]bool
	stats     Stats
	faults    []*fault
	random    *rand.Rand
	profiles  *profiles
	queue     applyQueue
	log       requestLog
	refused   refusedLog
	serving   []*http.Server
}

// New returns a server. It starts no goroutine until used; Close ends what it started.
func New(o Options) *Server {
	orDefault(&o.Objects, defaultObjects)
	orDefault(&o.BodyBytes, defaultBodyBytes)
	orDefault(&o.OversizeStatus, http.StatusRequestEntityTooLarge)
	orDefault(&o.KeepEntries, defaultKeepEntries)
	orDefault(&o.KeepRequests, defaultKeepLog)
	orDefault(&o.RatePer, defaultRatePer)
	s := &Server{
		opts:      o,
		blocked:   setOf(o.Blocked),
		rate:      newRateLimit(o),
		closed:    make(chan struct{}),
		keys:      setOf(o.APIKeys),
		forbidden: setOf(o.Forbidden),
		random:    rand.New(rand.NewPCG(o.Seed, 0x6272617a65)),
	}
	s.forget()
	return s
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}

// Close ends what the server started: its listeners, and requests that hang. It may be called more than once.
func (s *Server) Close() {
	s.once.Do(func() { close(s.closed) })
	s.mu.Lock()
	serving := s.serving
	s.serving = nil
	s.mu.Unlock()
	for _, h := range serving {
		_ = h.Close() // only says that the listener was closed already
	}
}

// ServeHTTP answers /users/track as Braze does, /_fake/ for inspection, / for people, and 404 for the rest.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/users/track" && r.Method == http.MethodPost:
		s.track(w, r)
	case path == "/users/track/":
		// Braze lists the trailing slash among the causes of a 403.
		writeJSON(w, http.StatusForbidden, answer{Message: "Forbidden"})
	case path == "/" && r.Method == http.MethodGet:
		servePage(w)
	case strings.HasPrefix(path, "/_fake/"):
		s.inspect(w, r)
	default:
		writeJSON(w, http.StatusNotFound, answer{Message: "Not Found"})
	}
}

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

	Unanswered int64            `json:"unanswered"` // hung until the client left, or reset
	Bytes      int64            `json:"bytes"`      // of all bodies
	Profiles   int64            `json:"profiles"`
	NotKept    int64            `json:"not_kept"` // profiles, events and purchases beyond Options.KeepEntries
	Reasons    map[string]int64 `json:"reasons"`  // refused objects by the error's text, at most 100 texts
}

// Stats returns the counters. An object that was refused is one that errors[] named; a purchase counts once,
// whatever its quantity, except in the data points.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyDue(time.Now())
	st := s.stats
	st.Statuses = maps.Clone(st.Statuses)
	st.Reasons = maps.Clone(st.Reasons)
	st.Profiles = int64(len(s.profiles.all))
	st.NotKept = s.profiles.notKept
	return st
}

// Reset forgets everything but the options and the faults. Keys set by SetAPIKeys stay; the rate limit starts
// anew, and so do the counters of the faults.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.rate.reset()
	for _, f := range s.faults {
		f.seen, f.fired = 0, 0
	}
}

func (s *Server) forget() {
	s.stats = Stats{Statuses: map[string]int64{}, Reasons: map[string]int64{}}
	s.profiles = newProfiles(s.opts.KeepEntries)
	s.queue = applyQueue{}
	s.log = requestLog{limit: s.opts.KeepRequests}
	s.refused = refusedLog{}
}

// SetAPIKeys replaces the known keys, as when a key is rotated while requests run; none: any non-empty bearer.
func (s *Server) SetAPIKeys(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = setOf(keys)
}

// OnObject is called for each object of each request whose objects were judged, in order (attributes, events,
// purchases; requests never mixed): array is attributes, events or purchases; accepted tells whether Braze took
// it. An answer that never reached the client counts too; a request turned away as a whole before its objects
// were looked at (401, 429, 5xx, too many objects) does not. Numbers in object are json.Number, nothing in it
// may be changed, and an element that was no object is nil. Set it before the first request; f may call the
// server's methods but send it no request, and is never called in stateless mode.
func (s *Server) OnObject(f func(array string, object map[string]any, accepted bool)) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.observe = f
}
