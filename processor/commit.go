package processor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commitEvery is how long a settled record waits for its commit at most. (At full speed commits come sooner: one is due
// as soon as a quarter of the re-send window has settled.)
const commitEvery = time.Second

// committing commits what has settled until run ends, or ends it with fail where that can never be.
func (p *Processor) committing(run context.Context, fail func(error)) {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	var strange int
	var unheard bool
	for {
		select {
		case <-p.due:
		case <-tick.C:
			unheard = p.watchSession(unheard)
			if strange++; !p.strangers() {
				strange = 0
			} else if time.Duration(strange)*commitEvery > strangersStay {
				fail(errStrangers)
			}
		case <-run.Done():
			return
		}
		points := p.ledger.points()
		if len(points) == 0 {
			p.commitsAgain() // what could not be committed is another member's now
		}
		p.commit(run, points, false)
	}
}

// watchSession shows that the group has not heard of this member for so long that it may have lost its partitions: a network that takes
// everything and answers nothing is no error that anybody sees. (With the consumer protocol the broker decides, and the client says so.)
// before and the result: whether it is so. One that has lost its partitions meanwhile is in the group again when it is given some.
func (p *Processor) watchSession(before bool) (unheard bool) {
	if len(p.ledger.all()) == 0 {
		return before
	}
	err := p.session.sure()
	if unheard = err != nil; unheard {
		p.board.fault(reasonGroup, "", "", err.Error())
	} else if before {
		p.board.clear(reasonGroup, "", "")
	}
	return unheard
}

// commitAll commits until nothing is left to be, for as long as a rebalance may be in the way: members that stop one after
// the other make one for the next.
func (p *Processor) commitAll(ctx context.Context) {
	bound, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = retry(bound, func() *again { // what does not get through is sent again by the next owner
		p.commit(bound, p.ledger.points(), false)
		if len(p.ledger.points()) == 0 {
			return nil
		}
		return &again{}
	})
}

// commit makes one attempt to commit the points; whatever it does not get through, the next one does, further on.
// last: the accounts are closed, and this is their last word.
//
// Invariant: no commit is sent for a partition that left meanwhile: the request is looked through at the last moment,
// when the group's generation can no longer change.
func (p *Processor) commit(ctx context.Context, points []commitPoint, last bool) {
	if len(points) == 0 {
		return
	}
	offsets := map[string]map[int32]kgo.EpochOffset{}
	byPart := make(map[topicPartition]*commitPoint, len(points))
	for i := range points {
		pt := &points[i]
		if offsets[pt.acct.topic] == nil {
			offsets[pt.acct.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[pt.acct.topic][pt.acct.partition] = kgo.EpochOffset{Epoch: pt.epoch, Offset: pt.offset}
		byPart[pt.acct.topicPartition] = pt
	}
	ctx = kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		p.annotate(req, byPart)
		p.ownedOnly(req, byPart, last)
		return p.session.sure()
	})
	p.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil {
			p.commitFault(err)
			return
		}
		p.committed(req, resp, byPart)
	})
}

// annotate writes each partition's note into the commit's metadata.
func (p *Processor) annotate(req *kmsg.OffsetCommitRequest, points map[topicPartition]*commitPoint) {
	limit, settled := int(p.noteLimit.Load()), time.Since(p.since) > beginnings
	for i := range req.Topics {
		t := &req.Topics[i]
		for j := range t.Partitions {
			pt := points[topicPartition{t.Topic, t.Partitions[j].Partition}]
			if settled {
				pt.note.begun = nil
			}
			text := pt.annotation(t.TopicID, limit)
			t.Partitions[j].Metadata, pt.written = &text, len(text)
		}
	}
}

// ownedOnly strips a commit of partitions that are no longer ours, and of those that the group has given to this process under
// another name: it has been thrown out since, and what it had is anybody's. last: the accounts are closed, because their partitions
// leave now.
func (p *Processor) ownedOnly(req *kmsg.OffsetCommitRequest, points map[topicPartition]*commitPoint, last bool) {
	topics := req.Topics[:0]
	for _, t := range req.Topics {
		parts := t.Partitions[:0]
		for _, part := range t.Partitions {
			a := points[topicPartition{t.Topic, part.Partition}].acct
			if a.member == req.MemberID && (last || p.ledger.owns(a)) {
				parts = append(parts, part)
			}
		}
		if t.Partitions = parts; len(parts) > 0 {
			topics = append(topics, t)
		}
	}
	req.Topics = topics
}

// strangersStay is how long partitions of another name may be about to leave: for longer than their attempts on the wire may take.
const strangersStay = leaveWait + 10*time.Second

var errStrangers = errors.New("the group threw this member out while it was joining again, and left it partitions that may have been another's meanwhile: " +
	"start it again, so that it goes on from their commits")

// strangers reports whether the group knows this process under another name than when it gave it a partition. It happens where a
// member is thrown out between a heartbeat and joining again: the client then keeps the partitions, and reads on where it was.
func (p *Processor) strangers() bool {
	member, _ := p.client.GroupMetadata()
	return slices.ContainsFunc(p.ledger.all(), func(a *account) bool { return a.member != member })
}

// committed takes in which partitions of a commit were acknowledged.
func (p *Processor) committed(req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, points map[topicPartition]*commitPoint) {
	names := map[[16]byte]string{}
	for _, t := range req.Topics {
		names[t.TopicID] = t.Topic
	}
	var refused refusal
	shortest := math.MaxInt // note among those that are too long: where many are, each says the same
	for _, t := range resp.Topics {
		name := t.Topic
		if name == "" {
			name = names[t.TopicID]
		}
		for _, part := range t.Partitions {
			tp := topicPartition{name, part.Partition}
			pt := points[tp]
			err := kerr.ErrorForCode(part.ErrorCode)
			switch {
			case err != nil:
				refused.add(tp, err)
				if errors.Is(err, kerr.OffsetMetadataTooLarge) && pt != nil {
					shortest = min(shortest, pt.written)
				}
			case pt != nil:
				p.ledger.committed(*pt)
			}
		}
	}
	if shortest < math.MaxInt {
		p.shorterNotes(shortest)
	}
	if refused.partitions > 0 {
		p.commitFault(refused.err())
	} else {
		p.commitsAgain()
	}
}

// refusal is what a broker has against a commit.
type refusal struct {
	partitions int
	first      topicPartition // by name: a text that changes with every commit is another line in the log
	cause      error
}

func (r *refusal) add(tp topicPartition, err error) {
	if r.partitions++; r.partitions == 1 || cmp.Or(cmp.Compare(tp.topic, r.first.topic), cmp.Compare(tp.partition, r.first.partition)) < 0 {
		r.first, r.cause = tp, err
	}
}

func (r *refusal) err() error {
	if r.partitions > 1 {
		return fmt.Errorf("partition %d of %s and %d more: %w", r.first.partition, r.first.topic, r.partitions-1, r.cause)
	}
	return fmt.Errorf("partition %d of %s: %w", r.first.partition, r.first.topic, r.cause)
}

// rebalanceLasts is how long commits may be refused because of a rebalance: longer than the client gives a member to join.
const rebalanceLasts = 90 * time.Second

// commitFault says that a commit did not get through. A rebalance on its way is no fault, as long as it can be one: what left is the
// next owner's.
func (p *Processor) commitFault(err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, errUnsure) || errors.Is(err, kerr.RebalanceInProgress) && p.rebalancing.lasts() < rebalanceLasts {
		return
	}
	p.board.fault(reasonCommit, "", "", err.Error())
}

// commitsAgain says that commits get through.
func (p *Processor) commitsAgain() {
	p.rebalancing.gone()
	p.board.clear(reasonCommit, "", "")
}
