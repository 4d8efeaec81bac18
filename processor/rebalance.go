package processor

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/processor/mapping"
	"brazebridge/sink"
)

// leaveWait bounds how long a revoked partition waits for its attempts on the wire: well under the client's rebalance
// timeout of a minute, since the whole group waits with it.
const leaveWait = 20 * time.Second

// assigned opens the accounts of new partitions and starts their readers.
func (p *Processor) assigned(_ context.Context, cl *kgo.Client, parts map[string][]int32) {
	if p.run.Err() != nil {
		return // draining: nothing new is begun
	}
	member, _ := cl.GroupMetadata()
	for name, ps := range parts {
		t := p.topic(name)
		if t == nil {
			continue
		}
		for _, n := range ps {
			p.startReader(t, topicPartition{name, n}, member)
		}
	}
	cl.ResumeFetchPartitions(parts) // a pause outlives a rebalance; its cause did not
	p.ghost.gone()
	p.board.joined()
	p.board.clear(reasonKafka, "", "")
	p.board.clear(reasonGroup, "", "") // whatever the group had against this member
	select {
	case p.reshare <- struct{}{}:
	default:
	}
}

// startReader begins a partition that the group has given to member, which is this process under its present name.
func (p *Processor) startReader(t *topic, tp topicPartition, member string) {
	stop, cancel := context.WithCancel(p.run)
	r := &reader{
		acct: p.ledger.open(tp, t.lane.window, member), topic: t, registry: p.registry, ledger: p.ledger, board: p.board,
		metrics: p.metrics, misfit: p.holdTopic,
		inbox: inbox{fresh: make(chan struct{}, 1), coming: &t.lane.coming}, stop: stop, cancel: cancel,
		checker: sink.NewChecker(checkOptions(t.cfg)), mappers: map[*mapping.Program]*mapping.Mapper{},
	}
	p.mu.Lock()
	p.readers[tp] = r
	p.mu.Unlock()
	p.reading.Go(r.loop)
}

// revoked lets partitions go: it waits for what is on the wire, forgets the rest, and commits.
func (p *Processor) revoked(ctx context.Context, _ *kgo.Client, parts map[string][]int32) {
	accounts := p.stopReaders(parts)
	wait := p.ledger.leave(accounts)
	bound, cancel := context.WithTimeout(p.work, leaveWait)
	wait(bound.Done())
	cancel()
	p.commit(ctx, p.ledger.close(accounts), true)
	p.left()
}

// lost forgets partitions that are another member's already: there is nothing to commit.
func (p *Processor) lost(_ context.Context, _ *kgo.Client, parts map[string][]int32) {
	accounts := p.stopReaders(parts)
	p.warnOfResends(accounts, "the group has given partitions of this member to others: it had heard nothing of it, or threw it out")
	p.ledger.close(accounts)
	p.left()
}

// warnOfResends says how many records the partitions' next owners may send again, because they were sent and no commit covers them.
func (p *Processor) warnOfResends(accounts []*account, why string) {
	if n := p.ledger.uncovered(accounts); n > 0 {
		p.log.Warn("records may be sent again by another member", "records", n, "error", why)
	}
}

// beginAnew gives a partition whose log has become another one a new account and reader, as if it had been assigned again:
// what is still under way of the old log settles nothing in the new one. Only the poll goroutine may.
func (p *Processor) beginAnew(old *reader, at int64) *reader {
	tp := old.acct.topicPartition
	p.log.Warn("the partition is shorter than what was read of it, or was made anew: reading goes on where the log does", "topic", tp.topic, "partition", tp.partition, "offset", at)
	p.ledger.close(p.stopReaders(map[string][]int32{tp.topic: {tp.partition}}))
	p.startReader(old.topic, tp, old.acct.member)
	r := p.reader(tp)
	p.ledger.began(r.acct, position{at, -1}, nil)
	return r
}

func (p *Processor) left() {
	select {
	case p.reshare <- struct{}{}:
	default:
	}
}

func (p *Processor) stopReaders(parts map[string][]int32) []*account {
	p.mu.Lock()
	defer p.mu.Unlock()
	var accounts []*account
	for name, ps := range parts {
		for _, n := range ps {
			tp := topicPartition{name, n}
			if r := p.readers[tp]; r != nil {
				delete(p.readers, tp)
				r.cancel()
				accounts = append(accounts, r.acct)
			}
		}
	}
	return accounts
}

func (p *Processor) reader(tp topicPartition) *reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readers[tp]
}
