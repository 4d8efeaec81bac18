package audit

import (
	"fmt"
	"math"
	"strconv"
)

// Partition is the account of one partition.
type Partition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	// Start is the offset that the accounts begin with, Committed the group's commit, End that of what can be read.
	// Start and Committed are -1 where the group has committed nothing.
	Start     int64 `json:"start"`
	Committed int64 `json:"committed"`
	End       int64 `json:"end"`
	// Outcomes, in records, up to Committed and of what is marked beyond it.
	Delivered    int64 `json:"delivered"`
	DeadLettered int64 `json:"dead_lettered"`
	Filtered     int64 `json:"filtered"`
	// Waiting is what has no outcome yet: in offsets, or in records where they were counted.
	Waiting int64 `json:"waiting"`
	// Skipped are offsets that retention took before they were read.
	Skipped int64 `json:"skipped"`
	// Letters are the distinct source offsets of this partition in the dead-letter topics.
	Letters int64 `json:"letters"`
	// OK tells that the account closes; Notes why it does not, and what else is to be known.
	OK    bool     `json:"ok"`
	Notes []string `json:"notes,omitempty"`

	facts facts
}

// close makes the account of the facts, and returns how many of the letters that were deleted with the beginning of their
// topic it has used as an excuse.
func (p *Partition) close(expired int64) (excused int64) {
	f := &p.facts
	p.OK = true
	if f.standing != noCommit {
		p.Skipped = f.accounts.Skipped + p.goneUnread()
	}
	p.Waiting = p.waiting()
	switch f.standing {
	case noCommit:
		p.note("the group has committed nothing here yet")
		return 0
	case foreign:
		p.note("the commit at %s says nothing of what came before it: another program or an older version made it", number(p.Committed))
	case earlier:
		p.note("the commit at %s is of a topic of this name that has been deleted since", number(p.Committed))
	case kept:
		p.againstOffsets()
		excused = p.againstLetters(expired)
		if f.counted {
			p.againstRecords()
		}
	}
	if gone := p.goneUnread(); gone > 0 {
		p.note("retention has taken %s beyond the commit, the log begins at %s: only a bridge that has them in hand can still send them", count(gone, "offset"), number(f.logStart))
	}
	if p.Committed > p.End && f.standing != earlier {
		p.fault("the log ends before the commit, at %s: it was truncated, and what is written there now is passed over", number(p.End))
	}
	return excused
}

// goneUnread is how many offsets beyond the commit are no longer there and have no outcome.
func (p *Partition) goneUnread() int64 {
	if p.facts.standing == noCommit || p.facts.standing == earlier {
		return 0
	}
	to := min(p.facts.logStart, p.End)
	return max(0, to-p.Committed-p.facts.accounts.Ahead(p.Committed, to))
}

func (p *Partition) waiting() int64 {
	if p.facts.counted {
		return p.facts.pending
	}
	from := max(p.Committed, p.facts.logStart)
	if p.facts.standing == earlier && p.Committed > p.End {
		from = p.facts.logStart // out of range: reading begins anew
	}
	return max(0, p.End-from-p.facts.accounts.Ahead(from, p.End))
}

// againstOffsets: there cannot be more outcomes than offsets.
func (p *Partition) againstOffsets() {
	f := &p.facts
	settled, ahead := f.accounts.Settled(), f.accounts.Ahead(p.Committed, math.MaxInt64)
	if more := settled + f.accounts.Skipped - (p.Committed - p.Start) - ahead; more > 0 {
		p.fault("%s more than there were offsets: some records were counted, and perhaps sent, twice", count(more, "outcome"))
	}
}

// againstLetters: a record that was counted as dead-lettered has a letter. There may be further ones, which a bridge that
// then died had no time to count.
func (p *Partition) againstLetters(expired int64) (excused int64) {
	missing := p.DeadLettered - p.facts.lettered
	if missing <= 0 {
		return 0
	}
	excused = min(missing, expired)
	if excused > 0 {
		p.note("%s, as many as were deleted with the beginning of %s at most", lack(excused, "letter"), p.facts.letters)
	}
	if missing -= excused; missing > 0 {
		p.fault("%s from %s: it was deleted, or never written", lack(missing, "letter"), p.facts.letters)
	}
	return excused
}

// againstRecords: every record that is left and that the commit covers has an outcome, and every outcome a record, if only
// one that retention has deleted meanwhile.
func (p *Partition) againstRecords() {
	f := &p.facts
	settled := f.accounts.Settled()
	if lost := f.settled - settled; lost > 0 {
		p.fault("%s that the commit covers without an outcome", count(lost, "record"))
		return
	}
	gone := max(0, max(f.logStart, f.laterLog)-p.Start-f.accounts.Skipped)
	if more := settled - f.settled - gone; more > 0 && !f.compacted {
		p.fault("%s more than records: some were counted, and perhaps sent, twice, or the topic has lost them", count(more, "outcome"))
	}
}

func (p *Partition) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

func (p *Partition) fault(format string, args ...any) {
	p.OK = false
	p.note(format, args...)
}

// count counts things: 1 offset, 1,200 offsets.
func count(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}

// lack says that things are missing.
func lack(n int64, one string) string {
	if n == 1 {
		return "1 " + one + " is missing"
	}
	return count(n, one) + " are missing"
}

// number writes a number with commas between the thousands.
func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
