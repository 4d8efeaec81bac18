package processor

import "math"

// leave begins the end of accounts: they start no further attempt. The returned function waits for the attempts on the
// wire, or until stop is closed.
func (l *ledger) leave(accounts []*account) (wait func(stop <-chan struct{})) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range accounts {
		if a.leaving || a.closed {
			continue
		}
		a.leaving = true
		if a.onWire == 0 {
			close(a.idle)
		}
	}
	return func(stop <-chan struct{}) {
		for _, a := range accounts {
			select {
			case <-a.idle:
			case <-stop:
				return
			}
		}
	}
}

// close ends accounts. What is unsettled in them is forgotten: whoever owns the partition next reads it again.
// It returns how far each may be committed.
func (l *ledger) close(accounts []*account) []commitPoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	var points []commitPoint
	for _, a := range accounts {
		if a.closed {
			continue
		}
		if a.dirty() {
			points = append(points, a.point())
		}
		a.closed = true
		a.sums.returned += int64(a.unsettled)
		a.sums.inFlight -= int64(a.unsettled)
		l.budget.release(a.unsettled, a.unsettledBytes)
		a.window.give(int(a.taken - a.returned))
		a.entries, a.head, a.marks = nil, 0, marks{}
		a.unsettled, a.unsettledBytes = 0, 0
		if l.parts[a.topicPartition] == a {
			delete(l.parts, a.topicPartition)
		}
	}
	return points
}

// uncovered is how many records of the accounts were attempted, or became letters, and are not covered by a commit.
func (l *ledger) uncovered(accounts []*account) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range accounts {
		if a.closed {
			continue
		}
		n += int(a.passed - a.passedGiven)
		for i := range a.entries[a.head:] {
			if e := &a.entries[a.head+i]; e.admitted && !e.covered && (e.attempted || e.state != pending) {
				n++
			}
		}
	}
	return n
}

// commitPoint is how far one partition is to be committed, as seen at one moment, and what the commit says besides.
type commitPoint struct {
	acct *account
	position
	passed  int64
	settles int64

	note  note    // its counts are those behind the watermark, and of kept
	kept  []run   // marks of what is counted already
	ahead []ahead // settled beyond the watermark in this account, in the order of the offsets
	cut   int64   // the first offset that the note has no room for

	written int // characters of the note in the commit
}

// ahead is one record that is settled beyond the watermark.
type ahead struct {
	seq, offset int64
	state       outcome
}

// dirty reports whether a commit would say anything new.
func (a *account) dirty() bool {
	return a.watermark.offset >= 0 && (a.watermark.offset > a.committed || a.settles > a.noted)
}

func (a *account) point() commitPoint {
	p := commitPoint{
		acct: a, position: a.watermark, passed: a.passed, settles: a.settles, cut: math.MaxInt64,
		note: note{epoch: a.marks.epoch, counts: a.before.plus(a.behind), begun: a.begun},
	}
	var counted []int64
	settled := len(a.entries) - a.head - a.unsettled
	offsets := make([]int64, 0, settled)
	p.ahead = make([]ahead, 0, settled)
	for i := a.head; i < len(a.entries); i++ {
		e := &a.entries[i]
		if e.state == pending || e.state == void || e.offset < a.watermark.offset {
			continue
		}
		offsets = append(offsets, e.offset)
		p.note.epoch = max(p.note.epoch, e.epoch)
		if e.state != skipped && !e.beyond {
			p.ahead = append(p.ahead, ahead{a.firstSeq + int64(i-a.head), e.offset, e.state})
			continue
		}
		counted = append(counted, e.offset)
		if e.beyond {
			p.note.add(e.state)
		}
	}
	known := marks{runs: a.gaps.andMarks(a.marks.runs)}
	p.kept = known.with(counted, a.watermark.offset)
	p.note.marks = known.with(offsets, a.watermark.offset)
	return p
}

// points are the partitions of which a commit would say anything new.
func (l *ledger) points() []commitPoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ps []commitPoint
	for _, a := range l.parts {
		if a.dirty() {
			ps = append(ps, a.point())
		}
	}
	return ps
}

// committed notes that a commit was acknowledged and gives the places in the window back of what it covers or marks.
func (l *ledger) committed(p commitPoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := p.acct
	if a.closed || p.offset < a.committed {
		return
	}
	a.committed, a.noted, a.unmarked = p.offset, p.settles, 0
	give := p.passed - a.passedGiven
	a.passedGiven = p.passed
	for _, h := range p.ahead {
		if h.offset >= p.cut {
			a.unmarked++
		}
		e := a.at(h.seq)
		if e == nil || !e.admitted || e.covered == (h.offset < p.cut) {
			continue
		}
		if e.covered = h.offset < p.cut; e.covered {
			give++
		} else {
			give-- // an earlier commit had room for its mark
		}
	}
	a.returned += give
	a.window.give(int(give))
}

// owns reports whether the account is still open: a commit is only for what is.
func (l *ledger) owns(a *account) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !a.closed
}

// given reports whether a task's record was given back or its account closed: work on it is wasted.
func (l *ledger) given(t *task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := t.acct.at(t.seq)
	return t.acct.closed || t.acct.leaving || e == nil || e.state != pending
}

// all returns the open accounts.
func (l *ledger) all() []*account {
	l.mu.Lock()
	defer l.mu.Unlock()
	as := make([]*account, 0, len(l.parts))
	for _, a := range l.parts {
		as = append(as, a)
	}
	return as
}
