package processor

import "time"

// stuckAfter is how long a partition's oldest record must have waited for a partition that exceeds its share to be taken
// for stuck: at full speed all are busy, exceed their share now and then, and are better left alone, since a pause drops
// what the client has fetched.
const stuckAfter = 500 * time.Millisecond

// excess is a partition that has more unsettled than it may have while it is stuck, and how many records it may keep.
type excess struct {
	*account
	keep int
}

// shares compares the partitions with their share of the budget: those that exceed it, move slowly and are not paused
// yet, and those that are paused and have at most half of it unsettled, or are gone.
//
// With n partitions a share is two n-th of the budget, so that all of them together can use it whole although they are
// never equally busy; one that is stuck keeps at most that much from the others. A workspace has a part of the budget too:
// where it exceeds that, its partitions' shares are n-th of the part, so that one that fails, with all its partitions
// stuck, leaves the others theirs.
func (l *ledger) shares(paused map[*account]bool, now time.Time) (over []excess, under []*account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := max(1, len(l.parts))
	share := max(1, min(l.budget.maxRecords, 2*l.budget.maxRecords/n))
	bytes := max(1, min(l.budget.maxBytes, 2*l.budget.maxBytes/int64(n)))
	parts := l.workspaceParts()
	for a := range paused {
		records, size := share, bytes
		if w := parts[a.window]; w != nil && len(parts) > 1 {
			records, size = min(records, w.share), min(size, w.shareBytes)
		}
		if a.closed { // its partition's pause was lifted when it was assigned again
			delete(paused, a)
		} else if a.unsettled <= records/2 && a.unsettledBytes <= size/2 {
			under = append(under, a)
		}
	}
	if n == 1 {
		return nil, under
	}
	for _, a := range l.parts {
		records, size := share, bytes
		if w := parts[a.window]; w.exceeded {
			records, size = min(records, w.share), min(size, w.shareBytes)
		}
		if !paused[a] && (a.unsettled > records || a.unsettledBytes > size) && now.Sub(time.Unix(0, a.entries[a.head].at)) > stuckAfter {
			over = append(over, excess{a, records})
		}
	}
	return over, under
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
