package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"brazebridge/sink/fakebraze"
)

// Braze is the Braze of one run, told by its API key.
type Braze struct {
	Latency time.Duration // of its answers
	Rate    int           // requests per second that it takes; zero: all
	Traced  bool          // it looks for the records that the objects come from
}

// key is the API key by which a run gets such a Braze of its own.
func (b Braze) key(run int64) string {
	return fmt.Sprintf("%s/%d/%t/%d", b.Latency, b.Rate, b.Traced, run)
}

func brazeOf(key string) (b Braze, err error) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 {
		return b, fmt.Errorf("no key of a run: %q", key)
	}
	if b.Latency, err = time.ParseDuration(parts[0]); err != nil {
		return b, err
	}
	if b.Rate, err = strconv.Atoi(parts[1]); err != nil {
		return b, err
	}
	b.Traced, err = strconv.ParseBool(parts[2])
	return b, err
}

// brazes gives each API key a fake Braze of its own, made at its first request, and says at /seen what it saw.
type brazes struct {
	mu   sync.Mutex
	runs map[string]*run
}

// run is the Braze of one run, and what it saw.
type run struct {
	braze  *fakebraze.Server
	traced bool

	mu   sync.Mutex
	seen seen
	have map[string][]bool // by partition and offset; traced runs only
}

// seen is what the Braze of a run has seen. Times are nanoseconds since the Unix epoch.
type seen struct {
	Requests  int64            // that were accepted
	Objects   int64            // in them
	TooMany   []int64          // when 429 was answered
	Accepted  []int64          // when requests were accepted
	First     int64            // the first request's arrival
	Last      int64            // the last answer
	Partition map[string]*part // by topic/partition; traced runs only
	Delays    []float64        // milliseconds from append to accepted of each record; traced runs only
}

// part is what came of a partition's records.
type part struct {
	Records int   // without those that came again
	Again   int   // those
	Last    int64 // when the last of Records was accepted
}

// seconds is from the first request's arrival to the last answer.
func (s *seen) seconds() float64 { return time.Duration(s.Last - s.First).Seconds() }

// ServeHTTP implements http.Handler.
func (b *brazes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one, err := b.run(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/seen" {
		_ = json.NewEncoder(w).Encode(one.report()) // a reader that has gone needs no answer
		return
	}
	var body []byte
	if one.traced {
		if body, err = io.ReadAll(r.Body); err != nil {
			return // the sender has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	began, noted := time.Now(), &status{ResponseWriter: w}
	one.braze.ServeHTTP(noted, r)
	one.answered(began, time.Now(), noted.code, body)
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements http.ResponseWriter.
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (b *brazes) run(key string) (*run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs[key] == nil {
		o, err := brazeOf(key)
		if err != nil {
			return nil, err
		}
		b.runs[key] = &run{
			braze:  fakebraze.New(fakebraze.Options{Stateless: true, Latency: o.Latency, Rate: o.Rate, RatePer: time.Second}),
			traced: o.Traced, seen: seen{Partition: map[string]*part{}}, have: map[string][]bool{},
		}
	}
	return b.runs[key], nil
}

func (r *run) answered(from, to time.Time, code int, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := &r.seen; s.First == 0 || from.UnixNano() < s.First {
		s.First = from.UnixNano()
	}
	r.seen.Last = max(r.seen.Last, to.UnixNano())
	switch code {
	case http.StatusCreated:
		r.seen.Accepted = append(r.seen.Accepted, to.UnixNano())
		r.trace(body, to)
	case http.StatusTooManyRequests:
		r.seen.TooMany = append(r.seen.TooMany, to.UnixNano())
	}
}

// trace notes the records of an accepted body by what the traced mapping writes of them. Called with mu held.
func (r *run) trace(body []byte, at time.Time) {
	for {
		from, rest, ok := text(body, `"trace_from":"`)
		if !ok {
			return
		}
		body = rest
		i := strings.LastIndexByte(from, '/')
		offset, err := strconv.Atoi(from[i+1:])
		if i < 0 || err != nil {
			continue
		}
		r.arrived(from[:i], offset, at)
		if sent, rest, ok := text(body, `"trace_at":"`); ok {
			body = rest
			if t, err := time.Parse(time.RFC3339, sent); err == nil {
				r.seen.Delays = append(r.seen.Delays, at.Sub(t).Seconds()*1e3)
			}
		}
	}
}

// text is the JSON string that follows a prefix, and what is behind it. The traced strings have no escapes.
func text(body []byte, prefix string) (s string, rest []byte, ok bool) {
	_, after, ok := bytes.Cut(body, []byte(prefix))
	if !ok {
		return "", nil, false
	}
	value, rest, ok := bytes.Cut(after, []byte(`"`))
	return string(value), rest, ok
}

func (r *run) arrived(partition string, offset int, at time.Time) {
	p := r.seen.Partition[partition]
	if p == nil {
		p = &part{}
		r.seen.Partition[partition] = p
	}
	have := r.have[partition]
	if offset >= len(have) {
		have = append(have, make([]bool, offset+1-len(have))...)
	}
	if have[offset] {
		p.Again++
	} else {
		p.Records, p.Last = p.Records+1, at.UnixNano()
	}
	have[offset] = true
	r.have[partition] = have
}

func (r *run) report() seen {
	st := r.braze.Stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seen
	s.Requests, s.Objects = st.AcceptedRequests, st.Attributes+st.Events+st.Purchases
	s.Partition = map[string]*part{}
	for name, p := range r.seen.Partition {
		s.Partition[name] = new(*p)
	}
	s.Accepted, s.TooMany, s.Delays = slices.Clone(s.Accepted), slices.Clone(s.TooMany), slices.Clone(s.Delays)
	return s
}
