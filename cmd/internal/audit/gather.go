package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/processor"
)

// reachTimeout bounds the questions to the brokers: longer than one broker that is down takes to be passed over.
const reachTimeout = 30 * time.Second

// gatherer finds the facts out.
type gatherer struct {
	*Options
	client *kgo.Client
	quiet  time.Duration

	parts   map[string]map[int32]*Partition
	ids     map[string]kadm.TopicID
	expired int64 // offsets that are gone at the beginning of the dead-letter topics
}

// gather looks up the partitions, their commits and their offsets, in this order of time: what comes after the commits can
// only have grown.
func (g *gatherer) gather(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	admin := kadm.NewClient(g.client)
	if err := g.findTopics(ctx, admin); err != nil {
		return err
	}
	commits, err := admin.FetchOffsets(ctx, g.Group)
	if errors.Is(err, kerr.GroupIDNotFound) {
		commits, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("fetch the commits of group %s: %w", g.Group, err)
	}
	starts, ends, err := bounds(ctx, admin, slices.Collect(maps.Keys(g.parts)))
	if err != nil {
		return err
	}
	for topic, parts := range g.parts {
		for n, p := range parts {
			start, _ := starts.Lookup(topic, n)
			end, _ := ends.Lookup(topic, n)
			p.facts.logStart, p.End = start.Offset, end.Offset
			c, _ := commits.Lookup(topic, n)
			if c.Err != nil {
				return fmt.Errorf("fetch the commit of %s/%d: %w", topic, n, c.Err)
			}
			p.commit(c, g.ids[topic])
		}
	}
	return nil
}

// findTopics looks up which partitions there are.
func (g *gatherer) findTopics(ctx context.Context, admin *kadm.Client) error {
	asked := g.Topics
	if g.Matches != nil {
		asked = nil // all
	} else if len(asked) == 0 {
		return ErrNoTopic
	}
	found, err := admin.ListTopics(ctx, asked...)
	if err != nil {
		return fmt.Errorf("list the topics: %w", err)
	}
	g.parts, g.ids = map[string]map[int32]*Partition{}, map[string]kadm.TopicID{}
	for name, t := range found {
		if !slices.Contains(g.Topics, name) && (g.Matches == nil || !g.Matches(name)) || errors.Is(t.Err, kerr.UnknownTopicOrPartition) {
			continue
		}
		if t.Err != nil {
			return fmt.Errorf("look up topic %s: %w", name, t.Err)
		}
		g.parts[name], g.ids[name] = map[int32]*Partition{}, t.ID
		for n := range t.Partitions {
			g.parts[name][n] = &Partition{Topic: name, Partition: n, Start: -1, Committed: -1}
		}
	}
	if len(g.parts) == 0 {
		return fmt.Errorf("%w: %s", ErrNoTopic, strings.Join(g.Topics, ", "))
	}
	return nil
}

// bounds are the first offsets that are left and the ends of what can be read.
func bounds(ctx context.Context, admin *kadm.Client, topics []string) (starts, ends kadm.ListedOffsets, err error) {
	if starts, err = admin.ListStartOffsets(ctx, topics...); err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list the start offsets: %w", err)
	}
	if ends, err = admin.ListCommittedOffsets(ctx, topics...); err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list the end offsets: %w", err)
	}
	return starts, ends, nil
}

// commit takes in the partition's commit and the accounts in it.
func (p *Partition) commit(c kadm.OffsetResponse, id kadm.TopicID) {
	f := &p.facts
	if c.Topic == "" || c.At < 0 {
		f.standing = noCommit
		return
	}
	p.Committed, p.Start = c.At, c.At
	a, err := processor.DecodeCommit(c.Metadata, c.At)
	switch {
	case err != nil:
		f.standing = foreign
	case a.TopicID != [16]byte(id):
		f.standing = earlier
	default:
		f.accounts = a
		p.Start, p.Delivered, p.DeadLettered, p.Filtered = a.Start, a.Delivered, a.DeadLettered, a.Filtered
	}
}

// covers tells whether the partition's commit says of an offset that it is settled.
func (p *Partition) covers(offset int64) bool {
	return offset < p.Committed || p.facts.accounts.IsAhead(offset)
}

// record takes in a record that is left in the topic.
func (p *Partition) record(offset int64) {
	switch {
	case !p.covers(offset):
		p.facts.pending++
	case offset >= p.Start:
		p.facts.settled++
	}
}

// readRecords counts the records that are left in the topics.
func (g *gatherer) readRecords(ctx context.Context) error {
	s := spans{}
	for topic, parts := range g.parts {
		for n, p := range parts {
			s.add(topic, n, p.facts.logStart, p.End)
		}
	}
	err := g.scan(ctx, s, kgo.ReadCommitted(), func(r *kgo.Record) {
		g.parts[r.Topic][r.Partition].record(r.Offset)
	})
	if err != nil {
		return fmt.Errorf("count the records: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	admin := kadm.NewClient(g.client)
	topics := slices.Collect(maps.Keys(g.parts))
	later, _, err := bounds(ctx, admin, topics)
	if err != nil {
		return err
	}
	compacted := compactedTopics(ctx, admin, topics)
	for topic, parts := range g.parts {
		for n, p := range parts {
			start, _ := later.Lookup(topic, n)
			p.facts.counted, p.facts.laterLog, p.facts.compacted = true, start.Offset, compacted(topic)
		}
	}
	return nil
}

// compactedTopics tells which topics may be compacted: those that are, and those that the brokers do not tell about.
func compactedTopics(ctx context.Context, admin *kadm.Client, topics []string) func(string) bool {
	deleted := map[string]bool{}
	configs, err := admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		configs = nil // the right to ask is not among those that an audit needs
	}
	for _, rc := range configs {
		for _, c := range rc.Configs {
			if rc.Err == nil && c.Key == "cleanup.policy" && c.MaybeValue() == "delete" {
				deleted[rc.Name] = true
			}
		}
	}
	return func(topic string) bool { return !deleted[topic] }
}
