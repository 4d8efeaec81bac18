package preview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
)

// framed is a datum behind its schema id, as producers write it.
func framed(id uint32, datum ...byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, id), datum...)
}

// The schema of a value and that of a key are found apart, by the id in the bytes or in a header; what has none is told as
// the bridge would.
func TestLookUp(t *testing.T) {
	away := &schema.UnavailableError{}
	var asked []string
	l := &Live{AvroKeys: true, SchemaOf: func(_ context.Context, ref schema.Ref, isKey bool) (*schema.Schema, error) {
		asked = append(asked, fmt.Sprint(ref, isKey))
		switch ref.ID {
		case 1, 4:
			return parsed(t, ordersSchema), nil
		case 2:
			return nil, schema.ErrUnknownSchema
		case 3:
			return nil, errors.New("no Avro")
		}
		return nil, fmt.Errorf("ask: %w", away)
	}}
	for name, c := range map[string]struct {
		rec   kgo.Record
		asked string
		want  string
	}{
		"a value":       {kgo.Record{Value: framed(1, 2)}, "1 false", "value 02"},
		"value and key": {kgo.Record{Value: framed(1, 2), Key: framed(1, 4)}, "1 false 1 true", "value 02 key 04"},
		"a tombstone":   {kgo.Record{Key: framed(1, 4)}, "1 true", "key 04"},
		"ids in headers": {kgo.Record{Value: []byte{2}, Key: []byte{4}, Headers: []kgo.RecordHeader{
			{Key: "__key_schema_id", Value: framed(1)}, {Key: "__value_schema_id", Value: framed(4)}, {Key: "__value_schema_id", Value: framed(2)},
		}}, "4 false 1 true", "value 02 key 04"},
		"nothing at all":    {kgo.Record{}, "", ""},
		"an unknown id":     {kgo.Record{Value: framed(2)}, "2 false", "unknown_schema: not known"},
		"no Avro":           {kgo.Record{Value: framed(3)}, "3 false", "undecodable: no Avro"},
		"no frame":          {kgo.Record{Value: []byte("{}")}, "", "undecodable: "},
		"a key's unknown":   {kgo.Record{Value: framed(1), Key: framed(2)}, "1 false 2 true", "unknown_schema: decode key: not known"},
		"a key of text":     {kgo.Record{Value: framed(1), Key: []byte("k")}, "1 false", "undecodable: decode key: "},
		"not asked further": {kgo.Record{Value: framed(2), Key: framed(1)}, "2 false", "unknown_schema: not known"},
	} {
		asked = nil
		l.records = []*kgo.Record{&c.rec}
		rec, err := l.Next(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		if rec.Schema != nil {
			got = append(got, fmt.Sprintf("value %x", rec.Datum))
		}
		if rec.Key != nil {
			got = append(got, fmt.Sprintf("key %x", rec.KeyDatum))
		}
		if rec.Err != nil {
			got = []string{fmt.Sprintf("%s: %v", rec.Reason, rec.Err)}
		}
		if text := strings.Join(got, " "); !strings.HasPrefix(text, c.want) || strings.Join(asked, " ") != c.asked {
			t.Errorf("%s: %s, want %s; asked %v, want %s", name, text, c.want, asked, c.asked)
		}
	}
	l.records = []*kgo.Record{{Value: framed(9)}}
	if _, err := l.Next(t.Context()); !errors.As(err, &away) {
		t.Errorf("a registry that is away: %v", err)
	}
	if _, err := l.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %v", err)
	}
}

// cluster is a Kafka with topic orders of two partitions.
func cluster(t *testing.T) (opts []kgo.Opt, client *kgo.Client) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	opts = []kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}
	client, err = kgo.NewClient(append(slices.Clone(opts), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return opts, client
}

// Records come in the order of their time, as far as the topic reached when it was asked; those of one time by partition
// and offset.
func TestReadInOrder(t *testing.T) {
	opts, client := cluster(t)
	for i, second := range []int{5, 1, 3, 3, 2, 2} {
		r := &kgo.Record{Topic: "orders", Partition: int32(i % 2), Timestamp: at.Add(time.Duration(second) * time.Second), Value: []byte{byte('a' + i)}}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		live Live
		want string
	}{
		{Live{Partition: -1, Offset: Earliest, Limit: 10}, "b e f c d a"},
		{Live{Partition: -1, Offset: Earliest, Limit: 2}, "b c"},
		{Live{Partition: -1, Offset: Latest, Limit: 3}, "c d a"},
		{Live{Partition: 1, Offset: Earliest, Limit: 10}, "b f d"},
		{Live{Partition: -1, Offset: 2, Limit: 10}, "e f"},
		{Live{Partition: 0, Offset: 3, Limit: 10}, ""},
	} {
		l := c.live
		l.Kafka, l.Topic = opts, "orders"
		if err := l.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range l.records {
			got = append(got, string(r.Value))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d of partition %d from %d: %v, want %s", l.Limit, l.Partition, l.Offset, got, c.want)
		}
	}
	if err := (&Live{Kafka: opts, Topic: "orders", Partition: 7, Limit: 1}).Read(t.Context()); err == nil || !strings.Contains(err.Error(), "it has no partition 7") {
		t.Errorf("a partition that is not there: %v", err)
	}
	if err := (&Live{Kafka: opts, Topic: "ordres", Partition: -1, Limit: 1}).Read(t.Context()); err == nil || !strings.Contains(err.Error(), "look up topic ordres") {
		t.Errorf("a topic that is not there: %v", err)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Live{Kafka: opts, Topic: "orders", Partition: -1, Limit: 1}).Read(interrupted); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A partition is done with at its end as it was asked for, with as many records as were wanted, or where what lies before
// its end is no record of anybody.
func TestTake(t *testing.T) {
	l := &Live{}
	spans := map[int32]*span{0: {from: 0, to: 3, left: 5}, 1: {from: 0, to: 100, left: 2}}
	for _, r := range []*kgo.Record{
		{Partition: 0, Offset: 0}, {Partition: 1, Offset: 0}, {Partition: 7, Offset: 0}, {Partition: 1, Offset: 1}, {Partition: 1, Offset: 2}, {Partition: 0, Offset: 2}, {Partition: 0, Offset: 3},
	} {
		l.take(spans, r)
	}
	if len(spans) != 0 || len(l.records) != 4 {
		t.Errorf("%d records, left are %v", len(l.records), spans)
	}
	spans = map[int32]*span{0: {from: 0, to: 3, left: 5}}
	l.take(spans, &kgo.Record{Partition: 0, Offset: 5}) // compaction has taken what was before
	if len(spans) != 0 || len(l.records) != 4 {
		t.Errorf("behind the end: %d records, left are %v", len(l.records), spans)
	}
}
