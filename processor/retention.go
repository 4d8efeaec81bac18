package processor

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

const (
	// retentionEvery is how often the topics are asked how long they keep records.
	retentionEvery = time.Minute
	// retentionSoon is how long one that has never waited before does so without it: a process that is started again in an outage must
	// not hide the deadline for a minute.
	retentionSoon = 5 * time.Second
)

// retention is how long topics keep records, as their configuration says. Safe for concurrent use.
type retention struct {
	mu   sync.Mutex
	kept map[string]time.Duration // only of topics that delete by age
}

// of is how long a topic keeps records. False: for ever, or not known yet.
func (r *retention) of(topic string) (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.kept[topic]
	return d, ok
}

func (r *retention) set(kept map[string]time.Duration) {
	r.mu.Lock()
	r.kept = kept
	r.mu.Unlock()
}

// watchRetention keeps what is known of the topics' retention true until run ends. Where the brokers do not say, nothing is shown.
func (p *Processor) watchRetention(run context.Context) {
	adm := kadm.NewClient(p.client)
	var asked []string // every topic that has waited so far, and that the brokers have answered for
	var last time.Time
	every(run, retentionSoon, func() {
		names, wanted := p.ledger.waitingTopics(), slices.Clone(asked)
		for _, name := range names {
			if !slices.Contains(wanted, name) {
				wanted = append(wanted, name)
			}
		}
		if len(names) == 0 || len(wanted) == len(asked) && time.Since(last) < retentionEvery {
			return
		}
		if configs, err := adm.DescribeTopicConfigs(run, wanted...); err == nil {
			last = time.Now()
			asked = slices.DeleteFunc(wanted, func(name string) bool {
				rc, err := configs.On(name, nil)
				return err != nil || rc.Err != nil
			})
			p.retention.set(keptFor(configs))
		}
	})
}

// every calls f once in a period until run ends.
func every(run context.Context, period time.Duration, f func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f()
		case <-run.Done():
			return
		}
	}
}

// keptFor reads how long topics keep records. One that is only compacted, or keeps them for ever, is left out.
func keptFor(configs kadm.ResourceConfigs) map[string]time.Duration {
	kept := map[string]time.Duration{}
	for _, rc := range configs {
		if rc.Err != nil {
			continue
		}
		deletes := true
		ms := int64(-1)
		for _, c := range rc.Configs {
			switch c.Key {
			case "cleanup.policy":
				deletes = c.MaybeValue() != "compact"
			case "retention.ms":
				if n, err := strconv.ParseInt(c.MaybeValue(), 10, 64); err == nil {
					ms = n
				}
			}
		}
		if deletes && ms >= 0 {
			kept[rc.Name] = time.Duration(min(ms, int64(100*365*24*time.Hour/time.Millisecond))) * time.Millisecond
		}
	}
	return kept
}

// waitingTopics are the topics of which something is read or left to be read, and not settled.
func (l *ledger) waitingTopics() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	seen := map[string]bool{}
	for tp, a := range l.parts {
		if !seen[tp.topic] && a.oldest() > 0 {
			seen[tp.topic] = true
			names = append(names, tp.topic)
		}
	}
	return names
}

// oldest is the timestamp of the partition's oldest unsettled record, in Unix milliseconds; 0: there is none, or nothing
// was read of the partition yet. Of what was given back it is the first; of what waits unread behind settled records
// it is that of the last one read, which is not younger. Called with the ledger's mu held.
func (a *account) oldest() int64 {
	for i := a.head; i < len(a.entries); i++ {
		if a.entries[i].state == pending {
			return a.entries[i].stamp
		}
	}
	if a.unread() {
		return a.reached
	}
	return 0
}

// left is the time until retention deletes a record, not below zero.
func left(stamp int64, kept time.Duration, now time.Time) float64 {
	return max(0, time.UnixMilli(stamp).Add(kept).Sub(now).Seconds())
}
