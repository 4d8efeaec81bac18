package fakebraze

import (
	"encoding/json"
	"time"
)

// keepBodyBytes bounds the bodies in the log of requests together.
const keepBodyBytes = 64 << 20

// Request is an entry of GET /_fake/requests. A status of zero means that no answer was sent: a fault reset the
// connection or let the request hang. A body or response that is not JSON appears as a JSON string.
type Request struct {
	Time     time.Time       `json:"time"`
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
	Response json.RawMessage `json:"response"`
}

// requestLog keeps the newest requests, bounded by number and bytes; bodies as they came, made presentable only
// when somebody looks.
type requestLog struct {
	limit   int
	entries []Request // oldest first
	bytes   int
}

func (l *requestLog) add(r Request) {
	l.entries = append(l.entries, r)
	l.bytes += len(r.Body) + len(r.Response)
	for len(l.entries) > l.limit || len(l.entries) > 1 && l.bytes > keepBodyBytes {
		l.bytes -= len(l.entries[0].Body) + len(l.entries[0].Response)
		l.entries[0] = Request{} // the slice still holds it until it is moved
		l.entries = l.entries[1:]
	}
}

// newest returns the newest first. It shares the bodies, which nobody changes.
func (l *requestLog) newest(limit int) []Request {
	n := min(limit, len(l.entries))
	out := make([]Request, 0, max(n, 0))
	for i := len(l.entries) - 1; len(out) < n; i-- {
		r := l.entries[i]
		r.Body, r.Response = asJSON(r.Body), asJSON(r.Response)
		out = append(out, r)
	}
	return out
}

// Requests returns the newest requests first, at most limit.
func (s *Server) Requests(limit int) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.newest(limit)
}

// asJSON makes bytes presentable in JSON: as they are if they are JSON, else as a string.
func asJSON(b []byte) json.RawMessage {
	if b == nil {
		return json.RawMessage("null")
	}
	if len(b) > 0 && json.Valid(b) {
		return b
	}
	text, err := json.Marshal(string(b))
	if err != nil {
		return json.RawMessage(`""`) // a string always marshals
	}
	return text
}

// keepRefused is how many refused objects are kept for people to look at.
const keepRefused = 200

// refusedObject is an entry of GET /_fake/refused.
type refusedObject struct {
	Time   time.Time       `json:"time"`
	Array  string          `json:"input_array"`
	Index  int             `json:"index"`
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}

// refusedLog keeps the newest refused objects.
type refusedLog struct {
	entries []refusedObject // oldest first
}

func (l *refusedLog) add(r refusedObject) {
	l.entries = append(l.entries, r)
	if len(l.entries) > keepRefused {
		l.entries[0] = refusedObject{}
		l.entries = l.entries[1:]
	}
}

func (l *refusedLog) newest(limit int) []refusedObject {
	n := min(limit, len(l.entries))
	out := make([]refusedObject, 0, max(n, 0))
	for i := len(l.entries) - 1; len(out) < n; i-- {
		out = append(out, l.entries[i])
	}
	return out
}
