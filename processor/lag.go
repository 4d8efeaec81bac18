package processor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// endsEvery is how often the ends of the assigned partitions are asked for. A fetch tells them too, but what is held is not
// fetched, and its lag is what its hold costs.
const endsEvery = 15 * time.Second

// watchEnds keeps what is known of the partitions' ends true until run ends, whether they are read or held.
func (p *Processor) watchEnds(run context.Context) {
	adm := kadm.NewClient(p.client)
	every(run, endsEvery, func() {
		topics := map[string]bool{}
		for _, a := range p.ledger.all() {
			topics[a.topic] = true
		}
		if len(topics) == 0 {
			return
		}
		names := slices.Collect(maps.Keys(topics))
		first, wrong := adm.ListStartOffsets(run, names...)
		end, err := adm.ListCommittedOffsets(run, names...)
		if errors.Join(wrong, err) != nil {
			return // the lag that was known stands; what is wrong with the brokers others say
		}
		end.Each(func(o kadm.ListedOffset) {
			if from, ok := first.Lookup(o.Topic, o.Partition); ok && errors.Join(from.Err, o.Err) == nil {
				p.ledger.ends(topicPartition{o.Topic, o.Partition}, from.Offset, o.Offset)
			}
		})
	})
}

// ends notes from where and how far a partition can be read. A fetch may know better already: a log only moves on.
func (l *ledger) ends(tp topicPartition, logStart, lastStable int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.parts[tp]; a != nil {
		a.logStart, a.lastStable = max(a.logStart, logStart), max(a.lastStable, lastStable)
	}
}

// unread reports whether something is left to be read.
func (a *account) unread() bool { return a.next >= 0 && max(a.next, a.logStart) < a.lastStable }
