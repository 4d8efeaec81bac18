package integration_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A compacted topic has more holes than records: what compaction left is sent once, the commits reach the end, and audit counts records,
// not offsets.
func TestCompactedTopic(t *testing.T) {
	t.Parallel()
	const written, keys = 1000, 300
	w := newWorld(t, needSuite(t), worldOptions{})
	at := position{w.topics["cart"], 0}
	for key, value := range map[string]string{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "100", "max.compaction.lag.ms": "1"} {
		w.alterTopic(at.topic, key, value)
	}
	var records []*kgo.Record
	for n := range written {
		r := w.cartRecord(at, n, "user")
		r.Key = fmt.Append(nil, n%keys)
		records = append(records, r)
	}
	w.send(records)
	// The segment that is written to is never compacted; a record that comes later begins the next one.
	time.Sleep(200 * time.Millisecond)
	sent := w.cartRecords(at, written, 1, "last")
	var left int
	w.until("compaction", func() (bool, string) {
		left = w.readable(at, sent[0].offset)
		return left < written/2, fmt.Sprintf("%d of %d records left", left, written)
	})
	for n := written - keys; n < written; n++ { // the newest of each key
		sent = append(sent, sentRecord{id: recordID("cart", n), topic: at.topic, offset: records[n].Offset, objects: streams[1].objects})
	}
	if left != len(sent) {
		t.Fatalf("%d records are left, want the newest of each key and the last, %d", left, len(sent))
	}
	s := w.settings()
	b := w.start("a", s)
	w.waitArrived(sent)
	w.until("the commit at the end", func() (bool, string) {
		n := w.committed()[at]
		return n == written+1, fmt.Sprint(n)
	})
	w.until("no lag", func() (bool, string) {
		n := b.sum("brazebridge_lag_records")
		return n == 0, fmt.Sprint(n)
	})
	if n := b.sum("brazebridge_skipped_offsets_total"); n != 0 {
		t.Errorf("%v offsets are said to have gone before they were read, but compaction has taken them, not retention", n)
	}
	b.waitReady()
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.checkNoLetters()
	w.checkAudit(s)
}

// readable is how many records a partition holds up to an offset.
func (w *world) readable(at position, last int64) (n int) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.seeds()...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		at.topic: {at.partition: kgo.NewOffset().AtStart()},
	}))
	if err != nil {
		w.t.Fatalf("make the consumer: %v", err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			w.t.Fatalf("read a partition: %v", err)
		}
		for _, r := range fetches.Records() {
			if n++; r.Offset >= last {
				return n
			}
		}
	}
}

// cartRecord is one record of the stream cart, not yet written.
func (w *world) cartRecord(at position, n int, user string) *kgo.Record {
	w.t.Helper()
	return &kgo.Record{Topic: at.topic, Partition: at.partition, Key: []byte(user),
		Value: w.encoders["cart"].encode(w.t, streams[1].record(recordID("cart", n), user, n))}
}

// cartRecords writes so many records of one user to a partition.
func (w *world) cartRecords(at position, from, count int, user string) []sentRecord {
	w.t.Helper()
	var records []*kgo.Record
	var sent []sentRecord
	for n := from; n < from+count; n++ {
		records = append(records, w.cartRecord(at, n, user))
		sent = append(sent, sentRecord{id: recordID("cart", n), objects: streams[1].objects})
	}
	w.send(records)
	placed(sent, records)
	return sent
}
