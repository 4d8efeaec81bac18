package sink

import (
	"math"
	"time"
)

// trail follows a long window's Remaining through the latest short window: how much of the limit all who share it have used, and how
// much of that was ours.
type trail struct {
	marks    []trailMark // oldest first, trailStep of a window apart, covering one window and a little more
	answered int         // answers in all
}

// trailMark is what was known at one time.
type trailMark struct {
	at          time.Duration
	remaining   int // of the long window: the least that any answer named, since answers overtake each other
	answered    int
	outstanding int
}

// The trail looks at steps of a window, and ahead by trailAhead of one: sooner than that a request that leaves now is not counted.
const (
	trailStep  = 0.05
	trailAhead = 0.15
	trailSlack = 0.03 // of the limit stays unused while others use it too: they are less even than we are
	trailNoise = 2    // requests that seem to be somebody's, and may be ours: answers overtake each other
)

// note takes in an answer. Remaining that rises begins a new long window, of which nothing is known.
func (t *trail) note(now time.Duration, remaining, outstanding int, per time.Duration) {
	t.answered++
	m := trailMark{now, remaining, t.answered, outstanding}
	n := len(t.marks)
	switch {
	case n > 0 && remaining > t.marks[n-1].remaining+outstanding+n:
		t.marks = append(t.marks[:0], m)
		return
	case n > 0:
		m.remaining = min(remaining, t.marks[n-1].remaining)
	}
	step := time.Duration(float64(per) * trailStep)
	if n > 1 && t.marks[n-1].at-t.marks[n-2].at < step {
		t.marks[n-1] = m // the latest is always what is known now
	} else {
		t.marks = append(t.marks, m)
	}
	old := 0
	for old+1 < len(t.marks) && now-t.marks[old+1].at >= per {
		old++
	}
	t.marks = t.marks[:copy(t.marks, t.marks[old:])]
}

// before is the latest mark that is at least so old, or else the oldest.
func (t *trail) before(at time.Duration) trailMark {
	for i := len(t.marks) - 1; i > 0; i-- {
		if t.marks[i].at <= at {
			return t.marks[i]
		}
	}
	return t.marks[0]
}

// allowed is how many requests per nanosecond may leave from now on, so that the short window that ends a little later sees no more than
// the limit: what all have used of it is known but for its last part, in which what is outstanding arrives and the others go on as they
// did. It is told once trailAhead of a window was seen; what was before is taken to have been like what was seen.
func (t *trail) allowed(now time.Duration, limit int, per time.Duration, share float64) (perNano float64, ok bool) {
	if len(t.marks) == 0 {
		return 0, false
	}
	first, last := t.before(now-per), t.marks[len(t.marks)-1]
	seen := float64(last.at - first.at)
	if seen < float64(per)*trailAhead {
		return 0, false
	}
	answered := last.answered - first.answered
	// What was on its way at the beginning and is answered now is ours; so is what is on its way now beyond that.
	ours := answered + max(0, last.outstanding-first.outstanding)
	theirs := first.remaining - last.remaining - ours
	fellows := (1 - share) * float64(limit) * seen / float64(per) // the group's other members may use theirs
	if float64(theirs) <= fellows+max(trailNoise, float64(limit)/100) {
		return math.Inf(1), true
	}
	others := float64(theirs) / seen
	// By what is outstanding, and how fast it is answered, a request travels so long. Half of it is there, half back.
	travel := 0.0
	if answered > 0 {
		travel = float64(last.outstanding) * seen / float64(answered) / 2
	}
	if travel > float64(per)/4 {
		return 0, false // what answers tell is too old
	}
	ahead := float64(per)*trailAhead + travel
	known := float64(per) - ahead - travel
	recent := t.before(now - time.Duration(known))
	used := 0.0 // nothing was answered since
	if last.at > recent.at {
		used = float64(recent.remaining-last.remaining) * max(1, known/float64(last.at-recent.at))
	}
	return (float64(limit)*(1-trailSlack) - used - float64(last.outstanding) - others*(ahead+travel)) / (ahead - travel), true
}
