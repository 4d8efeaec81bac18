package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// quiet is how long no record must have come, three times, with the brokers to be reached, for there to be none: compaction can
// leave a log's last offsets without records.
const quiet = 10 * time.Second

// spans are what is to be read of partitions: from an offset (inclusive) to another (exclusive).
type spans map[string]map[int32]*span

type span struct{ from, to int64 }

// add leaves out what is empty.
func (s spans) add(topic string, partition int32, from, to int64) {
	if from >= to {
		return
	}
	if s[topic] == nil {
		s[topic] = map[int32]*span{}
	}
	s[topic][partition] = &span{from, to}
}

func (s spans) done(topic string, partition int32) {
	if delete(s[topic], partition); len(s[topic]) == 0 {
		delete(s, topic)
	}
}

// scan reads the spans, and uses them up. What retention deletes meanwhile is passed over.
func (g *gatherer) scan(ctx context.Context, s spans, isolation kgo.IsolationLevel, visit func(*kgo.Record)) error {
	if len(s) == 0 {
		return nil
	}
	from := map[string]map[int32]kgo.Offset{}
	for topic, parts := range s {
		from[topic] = map[int32]kgo.Offset{}
		for n, p := range parts {
			from[topic][n] = kgo.NewOffset().At(p.from)
		}
	}
	client, err := kgo.NewClient(append(slices.Clone(g.Kafka),
		kgo.ConsumePartitions(from),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(isolation),
		kgo.KeepControlRecords(), // the last offset may be the end of a transaction
	)...)
	if err != nil {
		return fmt.Errorf("set up the Kafka client: %w", err)
	}
	defer client.Close()
	for silent := 0; len(s) > 0 && silent < 3; {
		n, err := poll(ctx, client, g.quiet, s, visit)
		if err != nil {
			return err
		}
		if silent++; n > 0 {
			silent = 0
		} else if err := reachable(ctx, client, s); err != nil {
			return err
		}
	}
	return nil
}

// poll takes what comes next, and waits for it no longer than quiet. A partition that is read to its end is done, and is
// not fetched any more.
func poll(ctx context.Context, client *kgo.Client, quiet time.Duration, s spans, visit func(*kgo.Record)) (records int, err error) {
	wait, cancel := context.WithTimeout(ctx, quiet)
	fetches := client.PollRecords(wait, 10_000)
	cancel()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for _, e := range fetches.Errors() {
		if !errors.Is(e.Err, context.DeadlineExceeded) {
			return 0, e.Err
		}
	}
	finished := map[string][]int32{}
	fetches.EachRecord(func(r *kgo.Record) {
		p := s[r.Topic][r.Partition]
		if p == nil {
			return
		}
		if records++; r.Offset < p.to && !r.Attrs.IsControl() {
			visit(r)
		}
		if r.Offset >= p.to-1 {
			s.done(r.Topic, r.Partition)
			finished[r.Topic] = append(finished[r.Topic], r.Partition)
		}
	})
	if len(finished) > 0 {
		client.PauseFetchPartitions(finished)
	}
	return records, nil
}

// reachable asks the partitions' leaders where they begin: nothing has come from them. Those that were deleted up to the
// end of their span are done.
func reachable(ctx context.Context, client *kgo.Client, s spans) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	starts, err := kadm.NewClient(client).ListStartOffsets(ctx, slices.Collect(maps.Keys(s))...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return fmt.Errorf("ask whether there is more: %w", err)
	}
	starts.Each(func(o kadm.ListedOffset) {
		if p := s[o.Topic][o.Partition]; p != nil && o.Offset >= p.to {
			s.done(o.Topic, o.Partition)
		}
	})
	return nil
}
