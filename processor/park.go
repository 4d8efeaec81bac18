package processor

import (
	"slices"
	"time"

	"brazebridge/sink"
)

// park keeps a record that Braze refused whole when its topic was flooded already. It has no outcome: it is sent again when
// the hold ends, and after a restart. It keeps its place in the window, so there are no more of them than fit the requests
// that were on the wire when the flood began; its users are free.
func (d *dispatcher) park(t *task) {
	d.parked = append(slices.DeleteFunc(d.parked, d.letGoIfGiven), t)
}

// unpark sends again what was refused in floods whose holds have ended.
func (d *dispatcher) unpark() {
	d.now = time.Now()
	parked := d.parked
	d.parked = nil
	for _, t := range parked {
		switch {
		case d.letGoIfGiven(t):
		case t.topic.refused.holds():
			d.parked = append(d.parked, t)
		default:
			t.unrefuse()
			d.route(t)
		}
	}
}

// letGoIfGiven lets a task go whose partition has left.
func (d *dispatcher) letGoIfGiven(t *task) bool {
	gone := d.ledger.given(t)
	if gone {
		t.letGo()
	}
	return gone
}

// unrefuse forgets how a task was refused: it is as it was before its first attempt.
func (t *task) unrefuse() {
	t.letter, t.fate, t.open, t.parked = nil, nil, 0, false
}

// acceptedInPart reports whether Braze has taken an object of a task: it must not be sent once more.
func (t *task) acceptedInPart() bool {
	return t.fate != nil && slices.ContainsFunc(t.fate.outcomes, func(o sink.ObjectOutcome) bool { return o.Outcome == "accepted" })
}
