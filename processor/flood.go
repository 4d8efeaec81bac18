package processor

import (
	"sync"

	"brazebridge/config"
)

// flood watches a topic's last outcomes: when too many of them are dead letters, something has changed that no record is
// to blame for, and the topic holds before the dead-letter topic is full of what only needs a new mapping.
type flood struct {
	limit   config.Flood
	last    []bool // a ring of outcomes: true is a dead letter
	next    int
	full    bool
	letters int
}

// note takes in an outcome and reports whether the topic is flooded.
func (f *flood) note(letter bool) bool {
	if f.limit.Of <= 0 {
		return false
	}
	if f.last == nil {
		f.last = make([]bool, f.limit.Of)
	}
	if f.last[f.next] {
		f.letters--
	}
	f.last[f.next] = letter
	if letter {
		f.letters++
	}
	if f.next++; f.next == len(f.last) {
		f.next, f.full = 0, true
	}
	seen := f.next
	if f.full {
		seen = len(f.last)
	}
	return letter && f.letters >= f.limit.AtLeast && float64(f.letters) >= f.limit.Share*float64(seen)
}

// forget begins anew: a hold has ended, and what led to it is no evidence any more.
func (f *flood) forget() { *f = flood{limit: f.limit} }

// refusals watches what Braze answers to a topic's records, for all senders at once: a letter has its permit before it is
// written, so that however many requests are on the wire when a flood begins, no letter is written beyond the one that made it.
//
// Invariant: a flood of refusals holds its topic after the configured number of letters, and no more are written.
type refusals struct {
	mu      sync.Mutex
	flood   flood
	flooded bool
}

// delivered notes n records that Braze took.
func (r *refusals) delivered(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		r.flood.note(false)
	}
}

// permit reports whether the letter of a refused record may be written; begins says that it is the one that makes a flood.
func (r *refusals) permit() (ok, begins bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flooded {
		return false, false
	}
	r.flooded = r.flood.note(true)
	return true, r.flooded
}

// forget begins anew, and gives permits again.
func (r *refusals) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flood.forget()
	r.flooded = false
}

func (r *refusals) holds() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flooded
}
