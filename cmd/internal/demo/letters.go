package demo

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// letters is what lies in the dead-letter topic when all is over.
type letters struct {
	byReason map[string]int64 // distinct source records
	reasons  map[place]string
	repeated int64       // letters about a record that already has one
	nameless int64       // records that do not say what they are about
	example  *kgo.Record // one to show
}

// readLetters reads the dead-letter topic from its beginning to its present end.
func readLetters(ctx context.Context, brokers []string) (*letters, error) {
	ends, err := endOffsets(ctx, brokers, deadLetterTopic)
	if err != nil {
		return nil, err
	}
	starts, left := map[int32]kgo.Offset{}, map[int32]int64{}
	for p, end := range ends[deadLetterTopic] {
		if end > 0 {
			starts[p], left[p] = kgo.NewOffset().At(0), end
		}
	}
	l := &letters{byReason: map[string]int64{}, reasons: map[place]string{}}
	if len(left) == 0 {
		return l, nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{deadLetterTopic: starts}))
	if err != nil {
		return nil, fmt.Errorf("read the dead-letter topic: %w", err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("read the dead-letter topic: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			l.add(r)
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return l, nil
}

func (l *letters) add(r *kgo.Record) {
	p, reason, ok := about(r)
	if !ok {
		l.nameless++
		return
	}
	if _, again := l.reasons[p]; again {
		l.repeated++
		return
	}
	l.reasons[p] = reason
	l.byReason[reason]++
	if l.example == nil || rank(reason) > rank(header(l.example, "reason")) {
		l.example = r
	}
}

// rank prefers the letter that has most to tell: what Braze refused, then what the check refused.
func rank(reason string) int {
	switch reason {
	case "rejected":
		return 3
	case "check":
		return 2
	case "mapping":
		return 1
	}
	return 0
}

// about reads from a letter's headers which record it is about, and why.
func about(r *kgo.Record) (p place, reason string, ok bool) {
	partition, err1 := strconv.ParseInt(header(r, "partition"), 10, 32)
	offset, err2 := strconv.ParseInt(header(r, "offset"), 10, 64)
	p, reason = place{header(r, "topic"), int32(partition), offset}, header(r, "reason")
	return p, reason, err1 == nil && err2 == nil && p.topic != "" && reason != ""
}

// header is the value of a letter's own header. The last one counts: a record's original headers come before it.
func header(r *kgo.Record, name string) string {
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == "brazebridge."+name {
			return string(r.Headers[i].Value)
		}
	}
	return ""
}

// endOffsets are the ends of the topics' partitions.
func endOffsets(ctx context.Context, brokers []string, topics ...string) (map[string]map[int32]int64, error) {
	return withAdmin(brokers, func(admin *kadm.Client) (map[string]map[int32]int64, error) {
		listed, err := admin.ListEndOffsets(ctx, topics...)
		if err == nil {
			err = listed.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("list the end offsets of %v: %w", topics, err)
		}
		ends := map[string]map[int32]int64{}
		listed.Each(func(o kadm.ListedOffset) { put(ends, o.Topic, o.Partition, o.Offset) })
		return ends, nil
	})
}

// committedOffsets are what the broker holds for the group.
func committedOffsets(ctx context.Context, brokers []string, group string) (map[string]map[int32]int64, error) {
	return withAdmin(brokers, func(admin *kadm.Client) (map[string]map[int32]int64, error) {
		fetched, err := admin.FetchOffsets(ctx, group)
		if errors.Is(err, kerr.GroupIDNotFound) {
			return nil, nil // nothing was ever committed
		}
		if err != nil {
			return nil, fmt.Errorf("fetch the offsets of group %s: %w", group, err)
		}
		committed := map[string]map[int32]int64{}
		fetched.Each(func(o kadm.OffsetResponse) { put(committed, o.Topic, o.Partition, o.At) })
		return committed, nil
	})
}

func withAdmin[T any](brokers []string, f func(*kadm.Client) (T, error)) (T, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		var none T
		return none, fmt.Errorf("connect to the demo's Kafka: %w", err)
	}
	defer client.Close()
	return f(kadm.NewClient(client))
}

func put(m map[string]map[int32]int64, topic string, partition int32, offset int64) {
	if m[topic] == nil {
		m[topic] = map[int32]int64{}
	}
	m[topic][partition] = offset
}
