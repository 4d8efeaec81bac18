package fakebraze

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Kinds of faults.
const (
	kindStatus           = "status"
	kindDelay            = "delay"
	kindHangAfterAccept  = "hang_after_accept"
	kindResetBefore      = "reset_before"
	kindResetAfterAccept = "reset_after_accept"
	kindNotJSON          = "not_json"
	kindPartial          = "partial"
	kindRejectIf         = "reject_if"
	kindBatch400If       = "batch_400_if"
)

var faultKinds = []string{
	kindStatus, kindDelay, kindHangAfterAccept, kindResetBefore, kindResetAfterAccept, kindNotJSON, kindPartial,
	kindRejectIf, kindBatch400If,
}

// Fault is an entry of PUT /_fake/faults.
//
// Kinds: status (answers Status; one of 200 to 299 processes the request as usual, then answers that instead,
// with Body even if empty), delay (waits Delay before looking at the request: a client that gives up meanwhile
// was not heard), hang_after_accept (accepts, then answers nothing, or only after Delay if that is set),
// reset_before and reset_after_accept (close the connection with a reset, on HTTP/2 the stream), not_json
// (answers HTML, with Status or 502), partial (refuses one object of the request, the first that matches and is
// valid), reject_if (refuses every object that matches) and batch_400_if (answers 400 without errors[] if any
// object matches). For the last three Body is the text of the error.
//
// Selectors, all of which must agree; without any a fault strikes every request: Every (each n-th request),
// Probability (from 0 to 1), Count (stops after so many strikes), and Field with Equals, for any kind: only
// requests that hold an object whose Field, a dotted path, equals Equals; Equals absent or null: that has such a
// field. A path goes into objects by key and into arrays by index or, failing that, into every element. Every
// counts only requests that Field selects.
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

// fault is a Fault at work. Only seen and fired change, under the server's lock.
type fault struct {
	Fault
	delay  time.Duration
	equals any
	seen   int
	fired  int
}

// SetFaults replaces the faults; an error names the faulty one.
func (s *Server) SetFaults(fs []Fault) error {
	list := make([]*fault, 0, len(fs))
	for i, f := range fs {
		made, err := s.newFault(f)
		if err != nil {
			return fmt.Errorf("fault %d (%s): %w", i+1, f.Kind, err)
		}
		list = append(list, made)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = list
	return nil
}

func (s *Server) newFault(f Fault) (*fault, error) {
	made := &fault{Fault: f, equals: asDecoded(f.Equals)}
	if f.Delay != "" {
		d, err := time.ParseDuration(f.Delay)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("delay %q is not a duration", f.Delay)
		}
		made.delay = d
	}
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return nil, fmt.Errorf("kind is none of %v", faultKinds)
	case f.Kind == kindStatus && f.Status == 0:
		return nil, errors.New("status is missing")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return nil, fmt.Errorf("status %d is not between 200 and 599", f.Status)
	case f.Kind == kindDelay && made.delay == 0:
		return nil, errors.New("delay is missing")
	case f.Every < 0 || f.Count < 0:
		return nil, errors.New("every and count cannot be negative")
	case f.Probability < 0, f.Probability > 1, math.IsNaN(f.Probability):
		return nil, errors.New("probability is not between 0 and 1")
	case f.Equals != nil && f.Field == "":
		return nil, errors.New("equals needs field")
	case s.opts.Stateless && (f.Field != "" || made.needsObjects()):
		return nil, errors.New("a stateless server does not look into objects")
	}
	return made, nil
}

func (f *fault) needsObjects() bool {
	return f.Kind == kindPartial || f.Kind == kindRejectIf || f.Kind == kindBatch400If
}

// answers tells that the fault only replaces the answer of a request that was processed.
func (f *fault) answers() bool {
	return (f.Kind == kindStatus || f.Kind == kindNotJSON) && f.Status >= 200 && f.Status < 300
}

func (f *fault) hangsForEver() bool { return f.Kind == kindHangAfterAccept && f.delay == 0 }

// reply is what the fault answers; status is used where the fault names none.
func (f *fault) reply(status int) reply {
	if f.Status != 0 {
		status = f.Status
	}
	rep := reply{status: status, body: []byte(f.Body), headers: f.Headers}
	switch {
	case f.Body != "" || f.Kind == kindStatus && f.answers():
	case f.Kind == kindNotJSON:
		rep.body = []byte("<html><body><h1>" + http.StatusText(status) + "</h1></body></html>")
		rep.headers = map[string]string{"Content-Type": "text/html"}
		for k, v := range f.Headers {
			rep.headers[k] = v
		}
	default:
		rep.body = replyWith(status, answer{Message: http.StatusText(status)}).body
	}
	return rep
}

// strikes decides about one request and counts. busy says that an earlier fault already ends this request, so
// that this one only sees it.
func (f *fault) strikes(matches, busy bool, random *rand.Rand) bool {
	if !matches {
		return false
	}
	f.seen++
	switch {
	case busy, f.Count > 0 && f.fired >= f.Count, f.Every > 0 && f.seen%f.Every != 0:
		return false
	case f.Probability > 0 && random.Float64() >= f.Probability:
		return false
	}
	f.fired++
	return true
}

// plan is what the faults do to one request.
type plan struct {
	delay  time.Duration
	before *fault   // ends the request before it is looked at
	after  *fault   // strikes once objects were accepted
	batch  *fault   // refuses the request as a whole
	refuse []*fault // refuse objects
}

// plan asks every fault about a request, in their order. Of two faults that end a request the first wins.
func (s *Server) plan(c *call) plan {
	s.mu.Lock()
	list := s.faults
	s.mu.Unlock()
	matches := make([]bool, len(list))
	for i, f := range list {
		matches[i] = f.matchesCall(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var p plan
	for i, f := range list {
		if f.strikes(matches[i], p.busy(f), s.random) {
			p.add(f)
		}
	}
	return p
}

// busy tells that f has no say any more in this request: an earlier fault ends it before f would, or decides
// about the answer as f would.
func (p *plan) busy(f *fault) bool {
	return p.before != nil || p.after != nil && f.Kind != kindDelay && !f.needsObjects()
}

func (p *plan) add(f *fault) {
	switch {
	case f.Kind == kindDelay:
		p.delay += f.delay
	case f.Kind == kindPartial || f.Kind == kindRejectIf:
		p.refuse = append(p.refuse, f)
	case f.Kind == kindBatch400If:
		p.batch = f
	case f.Kind == kindHangAfterAccept || f.Kind == kindResetAfterAccept || f.answers():
		p.after = f
	default:
		p.before = f
	}
}

func (f *fault) matchesCall(c *call) bool {
	if f.Field == "" {
		return true
	}
	t, err := c.objects()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(t.objects, f.matches)
}

func (f *fault) matches(o *object) bool {
	return f.Field == "" || o.fields != nil && matchPath(o.fields, f.Field, f.equals)
}

// refuseObjects writes the errors of the faults that refuse objects over what was judged valid.
func (p *plan) refuseObjects(objects []*object) {
	for _, f := range p.refuse {
		text := f.Body
		orDefault(&text, "The object could not be processed.")
		for _, o := range objects {
			if o.err != "" || !f.matches(o) {
				continue
			}
			o.err = text
			if f.Kind == kindPartial {
				break
			}
		}
	}
}

func statusText(status int) string { return strconv.Itoa(status) }
