package processor

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"brazebridge/sink"
)

// State is where the processor is in its life.
type State string

// The states.
const (
	Starting State = "starting"
	Running  State = "running"
	Holding  State = "holding"
	Draining State = "draining"
)

// HoldReason is one thing that keeps records from moving.
type HoldReason struct {
	Code      string    `json:"code"`
	Topic     string    `json:"topic,omitempty"`
	Workspace string    `json:"workspace,omitempty"`
	Text      string    `json:"text"`
	Since     time.Time `json:"since"`
}

// Status is what /readyz shows.
type Status struct {
	State   State        `json:"state"`
	Reasons []HoldReason `json:"reasons"`
}

// Status returns the present state. Ready is State == Running.
func (p *Processor) Status() Status {
	s := p.board.status()
	for _, l := range p.lanes {
		until := l.gate.ClosedUntil()
		if s.State != Running && s.State != Holding || time.Until(until) < longClosed {
			continue
		}
		s.State = Holding
		s.Reasons = append(s.Reasons, HoldReason{
			Code: reasonThrottled, Workspace: l.name, Since: l.throttled.since(until),
			Text: "Braze asks to wait until " + until.UTC().Format(time.RFC3339),
		})
	}
	return s
}

// longClosed is how much longer a gate must stay closed to hold: the ends of rate windows are part of the day's work.
const longClosed = 10 * time.Second

// closing is when a gate was first seen closed until a certain time.
type closing struct {
	mu    sync.Mutex
	until time.Time
	first time.Time
}

func (c *closing) since(until time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !until.Equal(c.until) {
		c.until, c.first = until, time.Now()
	}
	return c.first
}

// wedgedAfter is how long nothing may settle, with records in hand and no reason on the board, before the process is
// taken to be wedged: ten attempts' time at the longest default.
const wedgedAfter = 5 * time.Minute

// progress is when the ledger was last seen to have moved.
type progress struct {
	settles int64
	at      time.Time
}

// Alive reports whether the process makes progress or knows why it doesn't.
func (p *Processor) Alive() bool {
	waiting, settles := p.ledger.pulse()
	state := p.Status().State
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.progress.at.IsZero() || settles != p.progress.settles || !waiting || state != Running {
		p.progress = progress{settles, time.Now()}
	}
	return time.Since(p.progress.at) < wedgedAfter
}

// Accounts are the ledger's sums for a topic since the start.
type Accounts struct {
	Consumed     int64
	Delivered    int64
	DeadLettered map[sink.Reason]int64
	Filtered     map[string]int64 // by reason: when, tombstone, expired, other_record
	InFlight     int64
}

// Accounts returns the sums by topic. Consumed = Delivered + DeadLettered + Filtered + InFlight, at any moment: a record
// that left unsettled with its partition is no longer counted as consumed here.
func (p *Processor) Accounts() map[string]Accounts { return p.ledger.accounts() }

// sharing keeps each workspace's gate at this member's part of the rate: the partitions assigned here among all
// partitions of the workspace's topics, so that replicas divide the limit without talking to each other.
func (p *Processor) sharing(run context.Context) {
	adm := kadm.NewClient(p.client)
	tick := time.NewTicker(time.Minute) // partitions are added to topics without a rebalance telling how many there are
	defer tick.Stop()
	for {
		select {
		case <-p.reshare:
		case <-tick.C:
		case <-run.Done():
			return
		}
		_ = retry(run, func() *again { // the end of run needs no word
			if err := p.share(run, adm); err != nil {
				return &again{}
			}
			return nil
		})
	}
}

// share sets the gates' shares once.
func (p *Processor) share(ctx context.Context, adm *kadm.Client) error {
	names, patterns := subscription(p.cfg.Topics)
	if patterns {
		names = nil // all: which of them the patterns match is ours to say
	}
	details, err := adm.ListTopics(ctx, names...)
	if err != nil {
		return err
	}
	all := map[*lane]int{}
	for name, d := range details {
		if cfg := p.cfg.Topic(name); cfg != nil {
			all[p.lanes[cfg.Workspace]] += len(d.Partitions)
		}
	}
	mine := map[*lane]int{}
	p.mu.Lock()
	for _, r := range p.readers {
		mine[r.topic.lane]++
	}
	p.mu.Unlock()
	for l, n := range mine {
		if all[l] >= n {
			l.gate.SetShare(float64(n) / float64(all[l]))
		}
	}
	return nil
}
