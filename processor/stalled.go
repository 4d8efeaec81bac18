package processor

import (
	"context"
	"fmt"
	"time"
)

const (
	// stalledAfter is how long a partition with something to do may neither be read on nor settle anything, while nothing is known
	// that keeps it, before that shows. Longer than an attempt may take, so that a slow answer is no alarm.
	stalledAfter = 45 * time.Second
	// stalledEvery is how often the partitions are looked at: what stalls shows within a minute.
	stalledEvery = 15 * time.Second
)

// stall is how far a partition was when it was last seen to move.
type stall struct {
	settles, next int64
	since         time.Time
}

// watchStalled shows partitions that do not move for no reason that is known, until run ends. Everything that keeps records has its
// reason on the board, so this should never be seen: it is for what nobody has thought of, in one partition among many that move.
func (p *Processor) watchStalled(run context.Context) {
	seen := map[*account]stall{}
	shown := map[string]bool{} // topics
	every(run, stalledEvery, func() {
		now := time.Now()
		stalled := map[string]string{}
		was := seen
		seen = map[*account]stall{}
		for _, a := range p.ledger.all() {
			at, waits := p.ledger.moved(a)
			before, known := was[a]
			switch {
			case !waits, !known, at.settles != before.settles, at.next != before.next, p.waitsKnown(p.topic(a.topic)):
				at.since = now
			default:
				at.since = before.since
			}
			seen[a] = at
			if now.Sub(at.since) >= stalledAfter {
				stalled[a.topic] = fmt.Sprintf("partition %d: nothing has been read or settled since %s, and no reason for it is known; restart this process if it lasts", a.partition, at.since.UTC().Format(time.RFC3339))
			}
		}
		for topic, text := range stalled {
			shown[topic] = true
			p.board.fault(reasonStalled, topic, "", text)
		}
		for topic := range shown {
			if stalled[topic] == "" {
				delete(shown, topic)
				p.board.clear(reasonStalled, topic, "")
			}
		}
	})
}

// moved is how far a partition is, and whether it has something to do.
func (l *ledger) moved(a *account) (at stall, waits bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return stall{settles: a.settles, next: a.next}, a.unsettled > 0 || a.unread()
}

// waitsKnown reports whether something is known that keeps a topic's records: a reason on the board, or a gate that is closed.
func (p *Processor) waitsKnown(t *topic) bool {
	return time.Until(t.lane.gate.ClosedUntil()) > 0 || p.board.keeps(t.name, t.lane.name)
}
