package processor

import (
	"context"
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
func (p *Processor) Status() Status { return p.board.status() }

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
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.progress.at.IsZero() || settles != p.progress.settles || !waiting || p.board.status().State != Running {
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
	p.mu.Lock()
	mine := map[*lane]int{}
	names := make([]string, 0, len(p.topics))
	lanes := map[string]*lane{}
	for name, t := range p.topics {
		names = append(names, name)
		lanes[name] = t.lane
	}
	for _, r := range p.readers {
		mine[r.topic.lane]++
	}
	p.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	details, err := adm.ListTopics(ctx, names...)
	if err != nil {
		return err
	}
	all := map[*lane]int{}
	for name, d := range details {
		all[lanes[name]] += len(d.Partitions)
	}
	for l, n := range mine {
		if all[l] >= n && n > 0 {
			l.gate.SetShare(float64(n) / float64(all[l]))
		}
	}
	return nil
}
