package bench

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/cmd/internal/demo"
)

const (
	seed    = 1
	hotSeed = 2 // of the records that come on top: the others are the same without them
)

// produce writes the records to be carried, and notes in a what there are.
func produce(ctx context.Context, a *Around, load Load, schemas map[string]int) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(a.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(64<<10), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return fmt.Errorf("connect the producer: %w", err)
	}
	defer client.Close()
	for _, topic := range demo.Topics() {
		a.Counts[topic] = make([]int, partitions)
	}
	var once sync.Once
	var failure error
	send := func(r *kgo.Record) {
		a.Records, a.Bytes = a.Records+1, a.Bytes+int64(len(r.Value))
		a.Counts[r.Topic][r.Partition]++
		client.Produce(ctx, r, func(_ *kgo.Record, failed error) {
			if failed != nil {
				once.Do(func() { failure = fmt.Errorf("produce: %w", failed) })
			}
		})
	}
	shop, hot := demo.NewShop(seed, customers, schemas), demo.NewShop(hotSeed, customers, schemas)
	for i := range load.Records {
		topic, key, value := shop.Next()
		send(&kgo.Record{Topic: topic, Key: key, Value: value, Partition: partitionOf(key)})
		if load.Hot != "" && i%9 == 0 {
			send(hotRecord(hot, load.Hot))
		}
	}
	if err := client.Flush(ctx); err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	a.Objects = shop.Objects() + hot.Objects()
	return failure
}

// hotRecord makes a record of the hot partition.
func hotRecord(shop *demo.Shop, hot Hot) *kgo.Record {
	user := "c-hot"
	if hot == HotPartition {
		user = "" // anyone
	}
	topic, key, value := shop.Behaviour(user)
	return &kgo.Record{Topic: topic, Key: key, Value: value}
}

// partitionOf keeps a key's records in one partition.
func partitionOf(key []byte) int32 {
	h := fnv.New32a()
	_, _ = h.Write(key) // never fails
	return int32(h.Sum32() % partitions)
}

// streamed answers POST /stream?n=RECORDS&rate=PER_SECOND when it has produced them, each when its time has come.
func streamed(w http.ResponseWriter, r *http.Request, brokers []string, schemas map[string]int) {
	n, err := strconv.Atoi(r.FormValue("n"))
	rate, err2 := strconv.Atoi(r.FormValue("rate"))
	if err != nil || err2 != nil || n < 0 || rate <= 0 {
		http.Error(w, "n and rate are numbers", http.StatusBadRequest)
		return
	}
	if err := stream(r.Context(), n, rate, brokers, schemas); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func stream(ctx context.Context, n, rate int, brokers []string, schemas map[string]int) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		return fmt.Errorf("connect the producer: %w", err)
	}
	defer client.Close()
	shop, began := demo.NewShop(seed, customers, schemas), time.Now()
	for i := range n {
		topic, key, value := shop.Next()
		if wait := time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate))); wait > 0 {
			time.Sleep(wait)
		}
		client.Produce(ctx, &kgo.Record{Topic: topic, Key: key, Value: value, Partition: partitionOf(key)}, nil)
	}
	if err := client.Flush(ctx); err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	return nil
}
