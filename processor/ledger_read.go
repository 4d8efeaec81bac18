package processor

// began notes where reading begins, so that a start offset is committed before any record is. begun is where the topic ended
// when it was begun there, or nil.
func (l *ledger) began(a *account, at position, begun []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.watermark.offset < 0 {
		a.watermark, a.next = at, at.offset
		a.before.start, a.begun = at.offset, begun
	}
}

// resumed notes the commit that reading goes on from.
func (l *ledger) resumed(a *account, at position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.watermark.offset < 0 {
		a.watermark, a.committed, a.next = at, at.offset, at.offset
		if a.before == (counts{}) { // its commit says nothing of what came before
			a.before.start = at.offset
		}
	}
}

// remember takes over what the commit of the partition's last owner says besides its offset.
func (l *ledger) remember(a *account, n *note) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.before, a.begun = n.counts, n.begun
	a.marks = marks{runs: n.marks, epoch: n.epoch}
}

// arrives looks at where a fetch begins before it is tracked. What lies between there and where reading was to go on, and
// below the log's start, retention has taken: it is counted. True: the fetch lies behind what was tracked. The log is another
// one, truncated or made anew, and needs an account of its own.
func (l *ledger) arrives(a *account, first, logStart int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.closed || a.next < 0 {
		return false
	}
	if gone := min(first, logStart) - a.next; gone > 0 {
		g := newGap(a.next, gone, first, &a.marks)
		a.sums.skipped += max(0, g.offsets-a.counted)
		a.counted = max(0, a.counted-g.offsets)
		a.gaps = append(a.gaps, g)
	}
	return first < a.next
}

// track takes in polled records of one partition, in the order of their offsets, and returns a task for each that is to
// be worked on.
func (l *ledger) track(a *account, tasks []*task, now int64, lastStable int64) []*task {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.closed {
		for _, t := range tasks {
			l.budget.release(1, int64(t.bytes))
		}
		return nil
	}
	a.lastStable = lastStable
	a.makeRoom(len(tasks))
	kept := tasks[:0]
	for _, t := range tasks {
		r := t.rec
		if a.watermark.offset < 0 {
			a.watermark = position{r.Offset, -1}
		}
		e := entry{position: position{r.Offset, r.LeaderEpoch}, at: now, stamp: r.Timestamp.UnixMilli(), bytes: t.bytes}
		a.reached = e.stamp
		t.acct, t.seq = a, a.firstSeq+int64(len(a.entries)-a.head)
		a.next = r.Offset + 1
		if a.marks.pass(r.Offset, r.LeaderEpoch) || r.Attrs.IsControl() {
			e.state = skipped
			a.entries = append(a.entries, e)
			l.budget.release(1, int64(e.bytes))
			continue
		}
		if r.Offset >= a.highest {
			a.highest = r.Offset + 1
			a.sums.consumed++
			a.sums.inFlight++
		}
		a.entries = append(a.entries, e)
		a.unsettled++
		a.unsettledBytes += int64(t.bytes)
		kept = append(kept, t)
	}
	a.advance()
	return kept
}

// makeRoom has n entries fit behind those that are tracked. What is passed makes place before new memory does: twice as much
// as a partition needs would be a tenth of all that is alive at full speed.
func (a *account) makeRoom(n int) {
	if len(a.entries)+n <= cap(a.entries) {
		return
	}
	tracked := a.entries[a.head:]
	to := a.entries[:0]
	if need := len(tracked) + n; need > cap(a.entries)/4*3 { // else so little would be won that it had to be done again soon
		to = make([]entry, 0, need+need/2)
	}
	a.entries, a.head = to[:copy(to[:len(tracked)], tracked)], 0
}

// giveBack withdraws what is not in the window, but for the first keep unsettled records, because its topic is held or
// its partition is stuck: reading is to go on later at the position that is returned. What is settled beyond it is
// remembered and not worked on again. False: nothing to withdraw.
func (l *ledger) giveBack(a *account, keep int) (position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var from *position
	var settled []int64
	for i := a.head; i < len(a.entries) && !a.closed; i++ {
		e := &a.entries[i]
		if e.state == pending && from == nil && (keep > 0 || e.admitted) {
			keep--
			continue
		}
		switch {
		case e.state == pending && !e.admitted:
			if from == nil {
				from = &position{e.offset, -1}
				marked, offsets := a.gaps.forget(e.offset)
				a.marks.runs = append(a.marks.runs, marked...)
				a.counted += offsets
				a.next, a.reached = e.offset, e.stamp
				if a.waits == 0 || e.offset != a.waiting { // not where it went back to before
					a.waits, a.waiting = e.at, e.offset
				}
			}
			e.state = void
			a.release(e, l.budget)
		case from != nil && e.state != void:
			settled = append(settled, e.offset)
			a.marks.epoch = max(a.marks.epoch, e.epoch)
			e.beyond = true
		}
	}
	if from == nil {
		return position{}, false
	}
	a.marks.add(settled)
	a.advance()
	return *from, true
}
