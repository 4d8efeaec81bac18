package processor

import "time"

// stuckAfter is how long a partition's oldest record must have waited for a partition that exceeds its share to be taken
// for stuck: at full speed all are busy, exceed their share now and then, and are better left alone, since a pause drops
// what the client has fetched.
const stuckAfter = 500 * time.Millisecond

// motionlessAfter is how long a partition with unsettled records must have settled none to be taken for one that waits for
// something that is away: a registry, a dead-letter topic, Braze.
const motionlessAfter = 5 * time.Second

// excess is a partition that has more unsettled than it may have while it is stuck, and how many records it may keep.
type excess struct {
	*account
	keep int
}

// shares compares the partitions with their share of the budget: those that exceed it, move slowly and are not paused
// yet, or with a larger share, and those that are paused and have at most half of it unsettled, or are gone.
//
// With n partitions a share is two n-th of the budget, so that all of them together can use it whole although they are
// never equally busy; one that is stuck keeps at most that much from the others. One that has not moved for a while keeps half
// an n-th, so that any number of them leave the others half of the budget. A workspace has a part of the budget too: where it
// exceeds that, its partitions' shares are n-th of the part, so that one that fails, with all its partitions stuck, leaves the
// others theirs.
func (l *ledger) shares(paused map[*account]bool, now time.Time) (over []excess, under []*account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := l.workspaceParts()
	for a := range paused {
		records, size := l.share(a, parts[a.window], now, len(parts) > 1)
		if a.closed { // its partition's pause was lifted when it was assigned again
			delete(paused, a)
		} else if a.unsettled <= records/2 && a.unsettledBytes <= size/2 {
			under = append(under, a)
		}
	}
	if len(l.parts) < 2 {
		return nil, under
	}
	for _, a := range l.parts {
		w := parts[a.window]
		records, size := l.share(a, w, now, w.exceeded)
		if (!paused[a] || records < a.keeps) && (a.unsettled > records || a.unsettledBytes > size) && now.Sub(time.Unix(0, a.entries[a.head].at)) > stuckAfter {
			a.keeps = records
			over = append(over, excess{a, records})
		}
	}
	return over, under
}

// share is how much of the budget a partition may have unsettled; within says that it is bound by its workspace's part, too.
func (l *ledger) share(a *account, w *part, now time.Time, within bool) (records int, bytes int64) {
	n := max(1, len(l.parts))
	records, bytes = min(l.budget.maxRecords, 2*l.budget.maxRecords/n), min(l.budget.maxBytes, 2*l.budget.maxBytes/int64(n))
	if a.motionless(now) {
		records, bytes = l.budget.maxRecords/(2*n), l.budget.maxBytes/int64(2*n)
	}
	if w != nil && within {
		records, bytes = min(records, w.share), min(bytes, w.shareBytes)
	}
	return max(1, records), max(1, bytes)
}

// motionless reports whether the partition has had unsettled records, and settled none, for a while.
func (a *account) motionless(now time.Time) bool {
	if a.settles != a.movedBy || a.unsettled == 0 || a.moved.IsZero() {
		a.movedBy, a.moved = a.settles, now
	}
	return now.Sub(a.moved) > motionlessAfter
}

// part is what a workspace with partitions here has of the budget.
type part struct {
	partitions int
	records    int
	bytes      int64
	exceeded   bool  // it has more
	share      int   // of each of its partitions
	shareBytes int64 // likewise
}

// workspaceParts divides the budget among the workspaces, known by their windows. Called with mu held.
func (l *ledger) workspaceParts() map[*window]*part {
	parts := map[*window]*part{}
	for _, a := range l.parts {
		p := parts[a.window]
		if p == nil {
			p = &part{}
			parts[a.window] = p
		}
		p.partitions++
		p.records += a.unsettled
		p.bytes += a.unsettledBytes
	}
	for _, p := range parts {
		records, bytes := l.budget.maxRecords/len(parts), l.budget.maxBytes/int64(len(parts))
		p.exceeded = len(parts) > 1 && (p.records > records || p.bytes > bytes)
		p.share, p.shareBytes = max(1, records/p.partitions), max(1, bytes/int64(p.partitions))
	}
	return parts
}
