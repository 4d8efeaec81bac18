//go:build synctests

package processor

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestErrorsOfFetches: whatever the brokers answer to a fetch, reading goes on by itself where it was as soon as they answer otherwise. What
// lasts is shown: an error that the client retries by itself, as a partition that stands still.
func TestErrorsOfFetches(t *testing.T) {
	for _, c := range []struct {
		err   *kerr.Error
		shown string
		twice int
	}{
		{err: kerr.OffsetOutOfRange, shown: "kafka orders", twice: 3}, // reading goes on at the earliest that is left, and here all is
		{err: kerr.TopicAuthorizationFailed, shown: "kafka orders"},
		{err: kerr.CorruptMessage, shown: "stalled orders"},
		{err: kerr.UnknownTopicOrPartition, shown: "stalled orders"},
		{err: kerr.NotLeaderForPartition, shown: "stalled orders"},
		{err: kerr.FencedLeaderEpoch, shown: "stalled orders"},
		{err: kerr.UnknownLeaderEpoch, shown: "stalled orders"},
		{err: kerr.KafkaStorageError, shown: "stalled orders"},
		{err: kerr.OffsetNotAvailable, shown: "stalled orders"},
		{err: kerr.ReplicaNotAvailable, shown: "stalled orders"},
		{err: kerr.UnknownServerError, shown: "kafka orders"},
	} {
		t.Run(c.err.Message, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlow(t, "orders")
				f.options = []kgo.Opt{kgo.DisableFetchSessions()}
				m := f.start()
				f.visits("orders", 0, 0, 3)
				time.Sleep(5 * time.Second)
				var refusing atomic.Bool
				refusing.Store(true)
				var refused atomic.Int64
				f.cluster.ControlKey(int16(kmsg.Fetch), func(k kmsg.Request) (kmsg.Response, error, bool) {
					f.cluster.KeepControl()
					req := k.(*kmsg.FetchRequest)
					if !refusing.Load() || len(req.Topics) == 0 {
						return nil, nil, false
					}
					time.Sleep(50 * time.Millisecond) // without a pause virtual time would stand still
					refused.Add(1)
					return refusedFetch(req, c.err.Code), nil, true
				})
				f.visits("orders", 0, 10, 3)
				f.visits("orders", 1, 20, 3)
				time.Sleep(80 * time.Second)
				if got := strings.Join(reasons(m), ","); !strings.Contains(got, c.shown) || refused.Load() == 0 {
					t.Errorf("shown: %q, want %q, after %d refusals", got, c.shown, refused.Load())
				}
				refusing.Store(false)
				f.visits("orders", 2, 30, 3)
				f.wantAll(m, c.twice, 6, 3, 3)
			})
		})
	}
}

// refusedFetch answers a fetch with an error for each of its partitions.
func refusedFetch(req *kmsg.FetchRequest, code int16) kmsg.Response {
	answer := req.ResponseKind().(*kmsg.FetchResponse)
	for _, t := range req.Topics {
		to := kmsg.FetchResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
		for _, p := range t.Partitions {
			part := kmsg.NewFetchResponseTopicPartition()
			part.Partition, part.ErrorCode = p.Partition, code
			to.Partitions = append(to.Partitions, part)
		}
		answer.Topics = append(answer.Topics, to)
	}
	return answer
}

// wantAll ends a member that has nothing against it any more: each record has arrived, few of them twice, and so many of each partition of
// orders are committed.
func (f *flow) wantAll(m *member, twice int, committed ...int64) {
	f.t.Helper()
	f.settle(2 * time.Minute)
	time.Sleep(30 * time.Second)
	if got := reasons(m); len(got) > 0 {
		f.t.Errorf("shown when it is over: %v", got)
	}
	m.drain(f.t)
	f.checkEnd(twice)
	for partition, want := range committed {
		if at := f.committed("orders", int32(partition)); at != want {
			f.t.Errorf("partition %d: committed %d, want %d", partition, at, want)
		}
	}
}
