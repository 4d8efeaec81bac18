package processor

import "brazebridge/config"

// flood watches a topic's last outcomes: when too many of them are dead letters, something has changed that no record is
// to blame for, and the topic holds before the dead-letter topic is full of what only needs a new mapping.
// The dispatcher of the topic's workspace owns it.
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
