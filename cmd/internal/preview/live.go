package preview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
	"brazebridge/sink"
)

// Live reads records that are in a topic, without joining a group.
type Live struct {
	Kafka []kgo.Opt // how to reach the brokers
	Topic string
	// Partition is the only one that is read; -1: all.
	Partition int32
	// Offset of the first record; or Earliest, or Latest for the last Limit records there are.
	Offset int64
	Limit  int
	// AvroKeys tells that keys are read by schemas of their own.
	AvroKeys bool
	// SchemaOf finds the schema of a record's value, or of its key.
	SchemaOf func(ctx context.Context, ref schema.Ref, isKey bool) (*schema.Schema, error)

	records []*kgo.Record
}

// The offsets that are no number.
const (
	Earliest int64 = -2
	Latest   int64 = -1
)

const (
	reachTimeout = 30 * time.Second // to find the topic: longer than one broker that is down takes to be passed over
	quiet        = 5 * time.Second  // without a record there is none: offsets before the end may be gone
)

// Next returns the next record, in the order of their timestamps.
func (l *Live) Next(ctx context.Context) (*Record, error) {
	if len(l.records) == 0 {
		return nil, io.EOF
	}
	rec := &Record{Record: l.records[0]}
	l.records = l.records[1:]
	var err error
	if rec.Value != nil {
		if rec.Schema, rec.Datum, err = l.lookUp(ctx, rec, rec.Value, false); err != nil {
			return nil, err
		}
	}
	if l.AvroKeys && rec.Record.Key != nil && rec.Err == nil {
		if rec.Key, rec.KeyDatum, err = l.lookUp(ctx, rec, rec.Record.Key, true); err != nil {
			return nil, err
		}
		if rec.Err != nil {
			rec.Err = fmt.Errorf("decode key: %w", rec.Err)
		}
	}
	return rec, nil
}

// lookUp finds the schema of a record's value or key. What is wrong with those is noted in the record; the error is that
// of a registry that does not answer.
func (l *Live) lookUp(ctx context.Context, rec *Record, framed []byte, isKey bool) (*schema.Schema, []byte, error) {
	var id []byte
	header := "__value_schema_id"
	if isKey {
		header = "__key_schema_id"
	}
	for _, h := range rec.Headers {
		if h.Key == header {
			id = h.Value
			break // as the bridge, the first of several
		}
	}
	ref, datum, err := schema.Frame(framed, id)
	if err != nil {
		rec.Reason, rec.Err = sink.Undecodable, err
		return nil, nil, nil
	}
	s, err := l.SchemaOf(ctx, ref, isKey)
	var away *schema.UnavailableError
	switch {
	case err == nil:
	case errors.As(err, &away), ctx.Err() != nil:
		return nil, nil, fmt.Errorf("look up schema %s: %w", ref, err)
	case errors.Is(err, schema.ErrUnknownSchema):
		rec.Reason, rec.Err = sink.UnknownSchema, err
	default:
		rec.Reason, rec.Err = sink.Undecodable, err
	}
	return s, datum, nil
}

// Read reads the records from Kafka. Call it once, before Next.
func (l *Live) Read(ctx context.Context) error {
	// As the bridge: records of transactions that were aborted are not there.
	client, err := kgo.NewClient(append(slices.Clone(l.Kafka), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())...)
	if err != nil {
		return fmt.Errorf("set up the Kafka client: %w", err)
	}
	defer client.Close()
	spans, err := l.spans(ctx, kadm.NewClient(client))
	if err != nil {
		return fmt.Errorf("look up topic %s: %w", l.Topic, err)
	}
	offsets := map[int32]kgo.Offset{}
	for p, s := range spans {
		offsets[p] = kgo.NewOffset().At(s.from)
	}
	if len(offsets) == 0 {
		return nil
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{l.Topic: offsets})
	if err := l.collect(ctx, client, spans); err != nil {
		return fmt.Errorf("read topic %s: %w", l.Topic, err)
	}
	slices.SortStableFunc(l.records, func(a, b *kgo.Record) int {
		return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	if n := len(l.records); n > l.Limit {
		if l.Offset == Latest {
			l.records = l.records[n-l.Limit:]
		} else {
			l.records = l.records[:l.Limit]
		}
	}
	return nil
}

// span is what is to be read of a partition: from an offset to before another, and how many records are still wanted.
type span struct {
	from, to int64
	left     int
}

// spans asks where the partitions begin and end. Those without records to read are left out.
func (l *Live) spans(ctx context.Context, admin *kadm.Client) (map[int32]*span, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	starts, err := admin.ListStartOffsets(ctx, l.Topic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListCommittedOffsets(ctx, l.Topic)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(starts.Error(), ends.Error()); err != nil {
		return nil, err
	}
	if _, ok := starts.Lookup(l.Topic, max(l.Partition, 0)); !ok {
		return nil, fmt.Errorf("it has no partition %d", max(l.Partition, 0))
	}
	spans := map[int32]*span{}
	for p, start := range starts[l.Topic] {
		end, _ := ends.Lookup(l.Topic, p)
		s := &span{from: start.Offset, to: end.Offset, left: l.Limit}
		switch l.Offset {
		case Earliest:
		case Latest:
			s.from = max(s.from, end.Offset-int64(l.Limit))
		default:
			s.from = max(s.from, l.Offset)
		}
		if (l.Partition < 0 || l.Partition == p) && s.from < s.to {
			spans[p] = s
		}
	}
	return spans, nil
}

// collect reads until each partition has given its records or has come to its end.
func (l *Live) collect(ctx context.Context, client *kgo.Client, spans map[int32]*span) error {
	for len(spans) > 0 {
		poll, cancel := context.WithTimeout(ctx, quiet)
		fetches := client.PollRecords(poll, 500)
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range fetches.Errors() {
			if !errors.Is(e.Err, context.DeadlineExceeded) {
				return e.Err
			}
		}
		if fetches.NumRecords() == 0 {
			return nil // compaction has emptied what lies before the end
		}
		fetches.EachRecord(func(r *kgo.Record) { l.take(spans, r) })
	}
	return nil
}

func (l *Live) take(spans map[int32]*span, r *kgo.Record) {
	s := spans[r.Partition]
	if s == nil {
		return
	}
	if r.Offset < s.to && !r.Attrs.IsControl() {
		l.records = append(l.records, r)
		s.left--
	}
	if s.left == 0 || r.Offset >= s.to-1 {
		delete(spans, r.Partition)
	}
}
