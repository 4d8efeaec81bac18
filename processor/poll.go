package processor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// pollRecords is how many records one poll takes at most: few, so that the partitions take turns and the budget's
	// overshoot in bytes is small; enough to make a poll cheap.
	pollRecords = 500
	// pausedTick is how often the poll looks whether a paused partition has room again.
	pausedTick = 20 * time.Millisecond
)

// poller is the one goroutine that polls. Between a poll and allowing the rebalance nothing blocks.
type poller struct {
	p       *Processor
	paused  map[*account]bool // by this goroutine, because they exceed their share
	stopped stopped

	mu     sync.Mutex
	orders []func()           // to be carried out by the poll goroutine, while no rebalance can happen
	wake   context.CancelFunc // ends the wait for room or records
}

// do has the poll goroutine carry out an order before long.
func (l *poller) do(order func()) {
	l.mu.Lock()
	l.orders = append(l.orders, order)
	wake := l.wake
	l.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// loop polls until run ends.
func (l *poller) loop(run context.Context) {
	for run.Err() == nil {
		ctx, cancel := l.waiting(run)
		n, _ := l.p.budget.reserve(ctx, pollRecords)
		// Where the wait ended without room ctx has ended too, and the poll only blocks rebalances for the orders.
		fetches := l.p.client.PollRecords(ctx, max(n, 1))
		records, bytes := l.take(fetches)
		l.p.budget.polled(n, records, bytes)
		l.balance()
		for _, order := range l.taken() {
			order()
		}
		l.p.client.AllowRebalance()
		cancel()
		if fetches.IsClientClosed() {
			return
		}
	}
}

// waiting is a context that ends with run, at an order, and before long while a partition is paused or could have to be.
func (l *poller) waiting(run context.Context) (context.Context, context.CancelFunc) {
	most := stuckAfter // partitions that do not move may have filled the budget, and nothing else would end the wait
	if len(l.paused) > 0 {
		most = pausedTick
	}
	ctx, cancel := context.WithTimeout(run, most)
	l.mu.Lock()
	l.wake = cancel
	if len(l.orders) > 0 {
		cancel()
	}
	l.mu.Unlock()
	return ctx, cancel
}

func (l *poller) taken() []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	orders := l.orders
	l.orders = nil
	return orders
}

// take tracks what a poll brought and leaves it with the readers.
func (l *poller) take(fetches kgo.Fetches) (records int, bytes int64) {
	now := time.Now().UnixNano()
	l.stopped.prune(l.p)
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		if f.Err != nil {
			l.fault(f)
		}
		if len(f.Records) == 0 {
			return
		}
		tasks, n := newTasks(f.Records)
		records += len(tasks)
		bytes += n
		tp := topicPartition{f.Topic, f.Partition}
		r := l.p.reader(tp)
		if r == nil { // its partition has just left: whoever owns it now reads the records again
			l.p.budget.release(len(tasks), n)
			return
		}
		if l.stopped.moved(tp) {
			l.p.board.clear(reasonKafka, f.Topic, "")
		}
		if l.p.ledger.arrives(r.acct, f.Records[0].Offset, f.LogStartOffset) {
			r = l.p.beginAnew(r, f.Records[0].Offset)
		}
		r.inbox.put(l.p.ledger.track(r.acct, tasks, now, f.LastStableOffset))
	})
	return records, bytes
}

// fault notes a fetch that failed. The client tries again by itself whatever can be tried again.
func (l *poller) fault(f kgo.FetchTopicPartition) {
	if errors.Is(f.Err, context.Canceled) || errors.Is(f.Err, context.DeadlineExceeded) || errors.Is(f.Err, kgo.ErrClientClosed) {
		return
	}
	l.p.board.fault(reasonKafka, f.Topic, "", l.stopped.note(f))
	if errors.Is(f.Err, kerr.UnknownTopicID) && f.Topic != "" {
		l.p.remade.look(l.p, f.Topic)
	}
}

// balance pauses the partitions that are stuck with more than their share of the budget, gives back what they have beyond
// it, and lifts the pause of those with half of it settled: a hot user, a slow registry or a held topic slows only the
// partitions it lives in.
func (l *poller) balance() {
	over, under := l.p.ledger.shares(l.paused, time.Now())
	for _, a := range under {
		delete(l.paused, a)
		l.p.client.ResumeFetchPartitions(map[string][]int32{a.topic: {a.partition}})
	}
	for _, e := range over { // after that: the pause of a partition that came back must outlive the end of its old account's
		l.paused[e.account] = true
		l.p.client.PauseFetchPartitions(map[string][]int32{e.topic: {e.partition}})
		l.p.rewind([]*account{e.account}, e.keep)
	}
}

// rewind gives back what the accounts have not attempted, but for the first keep unsettled records of each, and has
// reading go on there. Only the poll goroutine may: no rebalance can happen meanwhile.
func (p *Processor) rewind(accounts []*account, keep int) {
	back := map[string]map[int32]kgo.EpochOffset{}
	for _, a := range accounts {
		if at, ok := p.ledger.giveBack(a, keep); ok {
			if back[a.topic] == nil {
				back[a.topic] = map[int32]kgo.EpochOffset{}
			}
			back[a.topic][a.partition] = kgo.EpochOffset{Epoch: -1, Offset: at.offset}
		}
	}
	if len(back) > 0 {
		p.client.SetOffsets(back)
	}
}
