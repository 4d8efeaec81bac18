package demo

import (
	"maps"

	"brazebridge/processor"
)

// generatorCount is what the generator made, by what is to become of it.
func generatorCount(made map[fate]int64) count {
	c := newCount()
	for f, n := range made {
		*c.Records += n
		switch {
		case f.reason() != "":
			*c.DeadLettered += n
			c.DeadLetters[f.reason()] += n
		case f.filter() != "":
			*c.Filtered += n
			c.FilteredBy[f.filter()] += n
		default:
			*c.Delivered += n
		}
	}
	return c
}

// ledgerCount is what the bridge itself accounts for.
func ledgerCount(accounts map[string]processor.Accounts) (c count, inFlight int64) {
	c = newCount()
	for _, a := range accounts {
		*c.Records += a.Consumed
		*c.Delivered += a.Delivered
		inFlight += a.InFlight
		for reason, n := range a.DeadLettered {
			*c.DeadLettered += n
			c.DeadLetters[string(reason)] += n
		}
		for reason, n := range a.Filtered {
			*c.Filtered += n
			c.FilteredBy[reason] += n
		}
	}
	dropZeros(c.DeadLetters)
	dropZeros(c.FilteredBy)
	return c, inFlight
}

// brazeCount is the records of which the fake took objects and refused none. One that has a letter counts there: when a
// record has several objects, Braze may have taken the good ones before the bad one was known.
func brazeCount(seen *marks, l *letters) count {
	n := int64(0)
	seen.each(func(p place, m uint16) {
		if _, dead := l.reasons[p]; !dead && m&countMask > 0 && m&refusedMark == 0 {
			n++
		}
	})
	return count{Delivered: &n}
}

// letterCount is the records that the dead-letter topic tells of.
func letterCount(l *letters) count {
	return count{DeadLettered: new(int64(len(l.reasons))), DeadLetters: l.byReason}
}

func newCount() count {
	return count{Records: new(int64), Delivered: new(int64), DeadLettered: new(int64), Filtered: new(int64),
		DeadLetters: map[string]int64{}, FilteredBy: map[string]int64{}}
}

// dropZeros leaves only the reasons that occurred, so that maps from different witnesses compare.
func dropZeros(m map[string]int64) {
	maps.DeleteFunc(m, func(_ string, n int64) bool { return n == 0 })
}
