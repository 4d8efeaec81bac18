package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
)

// beginnings is for how long after its start a process says in its commits where its topics were begun: all members of a group
// that begins have begun their partitions by then.
const beginnings = 10 * time.Minute

// startOffsets decides where partitions are read from, after the group's commits were fetched and before their first
// record. `latest` counts only for a topic of which no partition has a commit; a partition that was added to a topic
// with commits is read from its beginning. Every start is committed at once, so that it is decided once. Where members begin a
// topic together one may find the commits of another: these say where each partition ended then, and which there were.
func (p *Processor) startOffsets(ctx context.Context, fetched map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	<-p.connected
	var fresh []string
	for name, parts := range fetched {
		anew := false
		for n, o := range parts {
			at := o.EpochOffset()
			if at.Offset < 0 {
				anew = true
			} else if p.outlived[topicPartition{name, n}] {
				parts[n], anew = kgo.NewOffset().AtStart(), true
			} else if r := p.reader(topicPartition{name, n}); r != nil {
				p.ledger.resumed(r.acct, position{at.Offset, at.Epoch})
			}
		}
		if anew {
			fresh = append(fresh, name)
		}
	}
	if len(fresh) == 0 {
		return fetched, nil
	}
	return fetched, p.startFresh(ctx, fetched, fresh)
}

// startFresh sets the offsets of partitions without a commit.
func (p *Processor) startFresh(ctx context.Context, offsets map[string]map[int32]kgo.Offset, topics []string) error {
	adm := kadm.NewClient(p.client)
	commits, err := adm.FetchOffsets(ctx, p.cfg.Kafka.Group)
	if err != nil {
		return fmt.Errorf("fetch the group's commits: %w", err)
	}
	first, err := adm.ListStartOffsets(ctx, topics...)
	if err != nil {
		return fmt.Errorf("list start offsets: %w", err)
	}
	end, err := adm.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return fmt.Errorf("list end offsets: %w", err)
	}
	ids, err := adm.ListTopics(ctx, topics...)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	for _, name := range topics {
		known := hasCommit(commits, name)
		begun := begunAt(commits, name, ids[name].ID)
		fromEnd := p.startOf(name) == config.StartLatest
		if fromEnd && !known {
			begun = endsOf(end, name)
		}
		var history int64
		for n, o := range offsets[name] {
			if o.EpochOffset().Offset >= 0 {
				continue
			}
			from, to := lookup(first, name, n), lookup(end, name, n)
			if from < 0 || to < 0 {
				continue // not to be had now: the client's own rule is the same, the beginning
			}
			if fromEnd && int(n) < len(begun) {
				from = min(max(from, begun[n]), to)
			}
			history += to - from
			offsets[name][n] = kgo.NewOffset().At(from)
			if r := p.reader(topicPartition{name, n}); r != nil {
				p.ledger.began(r.acct, position{from, -1}, begun)
			}
		}
		if !known && history > 0 {
			p.logHistory(ctx, adm, name, history)
		}
	}
	select {
	case p.due <- struct{}{}:
	default:
	}
	return nil
}

// logHistory says that a topic with history is about to be sent from its beginning.
func (p *Processor) logHistory(ctx context.Context, adm *kadm.Client, name string, records int64) {
	oldest := "unknown"
	if at, err := adm.ListOffsetsAfterMilli(ctx, 0, name); err == nil {
		var first time.Time
		at.Each(func(o kadm.ListedOffset) {
			if t := time.UnixMilli(o.Timestamp); o.Err == nil && o.Timestamp > 0 && (first.IsZero() || t.Before(first)) {
				first = t
			}
		})
		if !first.IsZero() {
			oldest = first.UTC().Format(time.RFC3339)
		}
	}
	p.log.Info("no commit in the group: the topic is sent from its beginning", "topic", name, "offsets", records, "oldest", oldest)
}

func hasCommit(commits kadm.OffsetResponses, topic string) bool {
	for _, o := range commits[topic] {
		if o.Err == nil && o.At >= 0 {
			return true
		}
	}
	return false
}

// begunAt is where the partitions of a topic ended when somebody else began it at its end, as its commits say; nil: they do not.
func begunAt(commits kadm.OffsetResponses, topic string, id kadm.TopicID) []int64 {
	for _, o := range commits[topic] {
		if n, err := decodeNote(o.Metadata, o.At); err == nil && n.topic == [16]byte(id) && n.begun != nil {
			return n.begun
		}
	}
	return nil
}

// endsOf are the ends of a topic's partitions, as far as all are known.
func endsOf(ends kadm.ListedOffsets, topic string) []int64 {
	all := make([]int64, len(ends[topic]))
	for n := range all {
		if all[n] = lookup(ends, topic, int32(n)); all[n] < 0 {
			return all[:n]
		}
	}
	return all
}

func lookup(offsets kadm.ListedOffsets, topic string, partition int32) int64 {
	o, ok := offsets.Lookup(topic, partition)
	if !ok || o.Err != nil {
		return -1
	}
	return o.Offset
}

// startOf is the topic's start rule. A topic that was made since this process began, and that a pattern matches, is read
// from its beginning: nobody could have read it before.
func (p *Processor) startOf(name string) config.Start {
	t := p.topic(name)
	switch {
	case t != nil && t.cfg.Pattern && !p.atStart[name]:
		return config.StartEarliest
	case t != nil && t.cfg.Start != "":
		return t.cfg.Start
	}
	return p.cfg.Kafka.Start
}

// lookAround notes the topics there are before the group is joined, where patterns may match others later.
func (p *Processor) lookAround(run context.Context) {
	if _, patterns := subscription(p.cfg.Topics); !patterns {
		return
	}
	_ = retry(run, func() *again { // the end of run needs no word
		all, err := kadm.NewClient(p.client).ListTopics(run)
		if err != nil {
			p.board.fault(reasonKafka, "", "", fmt.Sprintf("list topics: %v", err))
			return &again{}
		}
		p.atStart = map[string]bool{}
		for _, name := range all.Names() {
			p.atStart[name] = true
		}
		p.board.clear(reasonKafka, "", "")
		return nil
	})
}
