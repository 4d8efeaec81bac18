//go:build synctests

package processor

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestStoppedPartitionStaysVisible: a batch that decompresses beyond all bounds stops its partition, and readiness says so for
// as long as it does, whatever the topic's other partitions bring.
func TestStoppedPartitionStaysVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "carts")
		client, err := kgo.NewClient(append(f.kafka(), kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.ProducerBatchCompression(kgo.GzipCompression()), kgo.ProducerBatchMaxBytes(2*maxBatch), kgo.BrokerMaxWriteBytes(4*maxBatch))...)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(context.Background(), &kgo.Record{Topic: "orders", Partition: 1, Value: make([]byte, maxBatch)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		client.Close()
		m := f.start()
		for range 10 {
			f.produceRaw("orders", 0, nil)
			f.produceRaw("carts", 0, nil)
			time.Sleep(time.Second)
		}
		s := m.Status()
		if s.State != Holding || len(s.Reasons) != 1 || s.Reasons[0].Topic != "orders" || !strings.Contains(s.Reasons[0].Text, "partition 1 is not read beyond offset 0") {
			t.Errorf("status %+v, want the hold of orders", s)
		}
		if a := m.Accounts(); a["orders"].Filtered["tombstone"] != 10 || a["carts"].Filtered["tombstone"] != 10 {
			t.Errorf("accounts %+v: the other partitions wait", a)
		}
		m.drain(t)
	})
}

func TestStoppedForgets(t *testing.T) {
	var s stopped
	large := &kgo.ErrDecompressTooLarge{}
	for _, tp := range []topicPartition{{"a", 0}, {"a", 1}, {"b", 0}} {
		s.note(kgo.FetchTopicPartition{Topic: tp.topic, FetchPartition: kgo.FetchPartition{Partition: tp.partition, Err: large}})
	}
	s.note(kgo.FetchTopicPartition{Topic: "a", FetchPartition: kgo.FetchPartition{Partition: 2, Err: context.Canceled}})
	var all []bool
	for _, tp := range []topicPartition{{"a", 2}, {"a", 1}, {"a", 0}, {"b", 7}, {"b", 0}, {"c", 0}} {
		all = append(all, s.moved(tp))
	}
	if want := []bool{false, false, true, false, true, true}; !slices.Equal(all, want) {
		t.Errorf("left none: %v, want %v", all, want)
	}
}
