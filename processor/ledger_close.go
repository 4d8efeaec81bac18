package processor

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
		a.entries, a.head, a.marks = nil, 0, nil
		a.unsettled, a.unsettledBytes = 0, 0
		if l.parts[a.topicPartition] == a {
			delete(l.parts, a.topicPartition)
		}
	}
	return points
}

// commitPoint is how far one partition is to be committed, as seen at one moment.
type commitPoint struct {
	acct *account
	position
	passed int64
}

func (a *account) dirty() bool { return a.watermark.offset >= 0 && a.watermark.offset > a.committed }

func (a *account) point() commitPoint { return commitPoint{a, a.watermark, a.passed} }

// points are the partitions whose watermark is beyond their last commit.
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

// committed notes that a commit was acknowledged and gives its records' places in the window back.
func (l *ledger) committed(p commitPoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := p.acct
	if a.closed || p.offset < a.committed {
		return
	}
	a.committed = p.offset
	a.window.give(int(p.passed - a.returned))
	a.returned = p.passed
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
