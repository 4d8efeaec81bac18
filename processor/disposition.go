package processor

import "brazebridge/sink"

// action is what is done with the spans of an attempt.
type action uint8

const (
	settleSpans action = iota // all but the named objects are Braze's
	refuseNamed               // the named objects are refused; the others are sent again at once
	halve                     // nobody is named: halve and try again; what stands alone is refused
	waitForGate               // the gate is closed for all: try again
	tryAgain                  // back off
	holdLane                  // somebody must mend something: hold, and probe
	giveUp                    // interrupted: leave unsettled
)

// dispose says what an answer's class demands: the one place where it is decided.
func dispose(c sink.Class) action {
	switch c {
	case sink.Accepted:
		return settleSpans
	case sink.ObjectsRefused:
		return refuseNamed
	case sink.BatchRejected, sink.TooLarge:
		return halve
	case sink.Throttled:
		return waitForGate
	case sink.Transient:
		return tryAgain
	case sink.Refused:
		return holdLane
	case sink.Interrupted:
		return giveUp
	}
	panic("no disposition for " + c.String())
}
