package processor

import (
	"context"
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
	tick := time.NewTicker(endsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-run.Done():
			return
		}
		topics := map[string]bool{}
		for _, a := range p.ledger.all() {
			topics[a.topic] = true
		}
		if len(topics) == 0 {
			continue
		}
		ends, err := adm.ListCommittedOffsets(run, slices.Collect(maps.Keys(topics))...)
		if err != nil {
			continue // the lag that was known stands; what is wrong with the brokers others say
		}
		ends.Each(func(o kadm.ListedOffset) {
			if o.Err == nil {
				p.ledger.ends(topicPartition{o.Topic, o.Partition}, o.Offset)
			}
		})
	}
}

// ends notes how far a partition can be read. A fetch may know better already: the log only grows.
func (l *ledger) ends(tp topicPartition, lastStable int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.parts[tp]; a != nil {
		a.lastStable = max(a.lastStable, lastStable)
	}
}
