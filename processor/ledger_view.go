package processor

import "maps"

// filterReasons are the reasons of a filtered record: a closed set.
var filterReasons = []string{"when", "tombstone", "expired", "other_record"}

// partitionView is what a scrape shows of a partition.
type partitionView struct {
	topicPartition
	oldest   int64 // when its oldest unsettled record was polled, also where it was given back since; 0: none
	lag      int64 // -1: unknown
	unmarked int   // settled ahead of the last commit, which had no room for their marks
	stamp    int64 // timestamp of the oldest record that is not settled, see account.oldest
}

// snapshot is a consistent view of the sums and of the open partitions.
func (l *ledger) snapshot() (map[string]sums, []partitionView) {
	l.mu.Lock()
	defer l.mu.Unlock()
	topics := make(map[string]sums, len(l.topics))
	for name, s := range l.topics {
		c := *s
		c.deadLettered, c.filtered = maps.Clone(s.deadLettered), maps.Clone(s.filtered)
		topics[name] = c
	}
	parts := make([]partitionView, 0, len(l.parts))
	for _, a := range l.parts {
		v := partitionView{topicPartition: a.topicPartition, lag: -1, unmarked: a.unmarked, stamp: a.oldest()}
		if a.head < len(a.entries) {
			v.oldest = a.entries[a.head].at
		}
		if a.waits > 0 && (v.oldest > a.waits || v.oldest == 0 && a.unread()) { // it has been waiting since, read again or not
			v.oldest = a.waits
		}
		if a.lastStable >= 0 && a.watermark.offset >= 0 {
			v.lag = max(0, a.lastStable-max(a.watermark.offset, a.logStart))
		}
		parts = append(parts, v)
	}
	return topics, parts
}

// pulse reports whether records wait for an outcome, and how many have got one so far.
func (l *ledger) pulse() (waiting bool, settles int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.parts {
		waiting = waiting || a.unsettled > 0
	}
	return waiting, l.settles
}

func (l *ledger) accounts() map[string]Accounts {
	topics, _ := l.snapshot()
	all := make(map[string]Accounts, len(topics))
	for name, s := range topics {
		all[name] = Accounts{
			Consumed: s.consumed - s.returned, Delivered: s.delivered,
			DeadLettered: s.deadLettered, Filtered: s.filtered, InFlight: s.inFlight,
		}
	}
	return all
}
