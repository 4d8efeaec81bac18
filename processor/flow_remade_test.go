//go:build synctests

package processor

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/sink/fakebraze"
)

// makeAgain deletes a topic and, a while later, makes another under its name.
func (f *flow) makeAgain(topic string, gone time.Duration) {
	f.t.Helper()
	if _, err := f.adm().DeleteTopics(context.Background(), topic); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(gone)
	if _, err := f.adm().CreateTopics(context.Background(), 3, 1, nil, topic); err != nil {
		f.t.Fatal(err)
	}
}

// TestATopicMadeAgainWhileReadIsReadOn: the client keeps to the id of the topic that it met first, and the brokers do not know it any
// more. The new topic is read from its beginning, nothing of it is taken for settled, and the other topic flows on.
func TestATopicMadeAgainWhileReadIsReadOn(t *testing.T) {
	for _, newProtocol := range []bool{false, true} {
		t.Run(fmt.Sprintf("consumer protocol %t", newProtocol), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { madeAgainWhileRead(t, newProtocol) })
		})
	}
}

func madeAgainWhileRead(t *testing.T, newProtocol bool) {
	f := newFlow(t, "orders", "cart")
	f.newProtocol, f.options = newProtocol, []kgo.Opt{kgo.DisableFetchSessions()}
	f.visits("orders", 0, 0, 20)
	m := f.start()
	f.settle(time.Minute)
	refused := f.refuseFetches(f.cluster.TopicInfo("orders").TopicID)
	shown := make(chan []string, 1)
	time.AfterFunc(110*time.Second, func() { shown <- reasons(m) })
	f.makeAgain("orders", 2*time.Minute)
	if got := <-shown; !slices.Equal(got, []string{"kafka orders"}) {
		t.Errorf("reasons %v while the topic is gone, want kafka orders", got)
	}
	if n := refused.Load(); n == 0 || n > 100 {
		t.Errorf("%d refused fetches in the two minutes that the topic was gone, want some and no storm of them", n)
	}
	f.visits("orders", 0, 100, 30)
	f.visits("cart", 1, 200, 10)
	f.settle(2 * time.Minute)
	time.Sleep(30 * time.Second)
	if n := f.arrivalsFrom(100); n != 40 {
		t.Errorf("%d records arrived, want each of the 40 once", n)
	}
	if got := reasons(m); len(got) > 0 {
		t.Errorf("reasons %v although everything flows", got)
	}
	m.drain(t)
	if at := f.committed("orders", 0); at != 30 {
		t.Errorf("committed %d in the new topic, want 30", at)
	}
}

// refuseFetches answers fetches of a topic's id as a broker does that does not know it, and counts them. (The cluster itself says
// nothing of a topic that was deleted while a fetch session had it: there must be no sessions.) Each fetch takes a moment, as it does
// everywhere: one after the other without a pause would stop virtual time, and the test with it.
func (f *flow) refuseFetches(id [16]byte) (refused *atomic.Int64) {
	refused = &atomic.Int64{}
	f.cluster.ControlKey(int16(kmsg.Fetch), func(k kmsg.Request) (kmsg.Response, error, bool) {
		f.cluster.KeepControl()
		time.Sleep(time.Millisecond)
		req := k.(*kmsg.FetchRequest)
		answer := req.ResponseKind().(*kmsg.FetchResponse)
		for _, t := range req.Topics {
			if t.TopicID != id {
				continue
			}
			topic := kmsg.NewFetchResponseTopic()
			topic.TopicID = id
			for _, p := range t.Partitions {
				part := kmsg.NewFetchResponseTopicPartition()
				part.Partition, part.ErrorCode = p.Partition, kerr.UnknownTopicID.Code
				topic.Partitions = append(topic.Partitions, part)
			}
			answer.Topics = append(answer.Topics, topic)
		}
		if len(answer.Topics) > 0 {
			refused.Add(1)
			return answer, nil, true
		}
		return nil, nil, false
	})
	return refused
}

// TestLettersGoOnIntoATopicMadeAgain: the producer keeps to the id of the dead-letter topic that it met first. Letters wait, and go
// into the new topic by themselves.
func TestLettersGoOnIntoATopicMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		broken := f.value(&flowRecord{kind: "broken"})
		f.produceRaw("orders", 0, broken)
		time.Sleep(5 * time.Second)
		if got := m.Accounts()["orders"].DeadLettered["undecodable"]; got != 1 {
			t.Fatalf("%d letters before, want 1", got)
		}
		f.makeAgain("letters", 0)
		for range 5 {
			f.produceRaw("orders", 0, broken)
		}
		f.visits("orders", 1, 0, 5)
		f.settle(2 * time.Minute)
		time.Sleep(2 * time.Minute)
		if got := m.Accounts()["orders"].DeadLettered["undecodable"]; got != 6 {
			t.Errorf("%d letters, want 6", got)
		}
		ends, err := f.adm().ListEndOffsets(context.Background(), "letters")
		if err != nil {
			t.Fatal(err)
		}
		var there int64
		for _, end := range ends.Offsets()["letters"] {
			there += end.At
		}
		if there != 5 {
			t.Errorf("%d letters in the new topic, want 5", there)
		}
		if got := reasons(m); len(got) > 0 {
			t.Errorf("reasons %v although letters can be written", got)
		}
		if !slices.Equal(m.shown("records_in_flight"), []string{"orders 0"}) {
			t.Errorf("in flight %v", m.shown("records_in_flight"))
		}
		m.drain(t)
	})
}

// TestATopicMadeAnewIsReadWhole deletes a topic while nobody reads it, with marks in its commit, and makes it anew: nothing
// that the old one had settled is taken for settled in the new one, neither by a mark nor by an offset.
func TestATopicMadeAnewIsReadWhole(t *testing.T) {
	t.Run("marks", func(t *testing.T) { topicMadeAnew(t, 0, 0) })
	t.Run("offset", func(t *testing.T) { topicMadeAnew(t, 15, 0) })
	t.Run("no broker says where it begins", func(t *testing.T) { topicMadeAnew(t, 15, 2) })
}

// topicMadeAnew has a commit of the old topic, and so many answers to the question where the new one begins refused.
func topicMadeAnew(t *testing.T, committed int64, refuse int) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.visits("orders", 0, 0, 20)
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 503, Every: 2}}); err != nil {
			t.Fatal(err)
		}
		m := f.start()
		f.settle(time.Minute)
		m.drain(t)
		id := f.cluster.TopicInfo("orders").TopicID
		text := (&note{topic: id, epoch: 1 << 20, marks: []run{{17, 20}}}).encode(committed)
		if _, err := f.adm().DeleteTopics(context.Background(), "orders"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.adm().CreateTopics(context.Background(), 3, 1, nil, "orders"); err != nil {
			t.Fatal(err)
		}
		fresh, err := kgo.NewClient(f.kafka()...) // one that does not know the topic's former id
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		if err := kadm.NewClient(fresh).CommitAllOffsets(context.Background(), "flow", kadm.Offsets{"orders": {0: {Topic: "orders", At: committed, LeaderEpoch: -1, Metadata: text}}}); err != nil {
			t.Fatal(err)
		}
		f.visits("orders", 0, 100, 20)
		if refuse > 0 {
			refused := f.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.UnknownServerError, Count: refuse})
			defer func() {
				if refused.Hits() != refuse {
					t.Errorf("%d questions were refused, want %d", refused.Hits(), refuse)
				}
			}()
		}
		m = f.start()
		time.Sleep(time.Minute)
		if n := f.arrivalsFrom(100); n != 20 {
			t.Errorf("%d records of the new topic arrived, want all 20", n)
		}
		m.drain(t)
	})
}

// TestACommitStandsWhereTheTopicHasNoIDJustNow: brokers that cannot describe a topic name no id for it. That is not the id of another
// topic, and what was committed is not sent again.
func TestACommitStandsWhereTheTopicHasNoIDJustNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.visits("orders", 0, 0, 20)
		m := f.start()
		f.settle(time.Minute)
		m.drain(t)
		nameless := make(chan *kfake.FaultHandle, 1)
		f.cluster.ControlKey(int16(kmsg.OffsetFetch), func(kmsg.Request) (kmsg.Response, error, bool) {
			time.Sleep(2 * time.Second) // what the client knows of the topic must be too old
			nameless <- f.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "orders", Err: kerr.LeaderNotAvailable, Count: 1})
			return nil, nil, false
		})
		m = f.start()
		f.visits("orders", 0, 100, 5)
		f.settle(time.Minute)
		time.Sleep(5 * time.Second)
		if n := (<-nameless).Hits(); n != 1 {
			t.Errorf("%d descriptions of the topic were refused, want 1", n)
		}
		if n := f.arrivalsFrom(0); n != 25 {
			t.Errorf("%d records arrived, want 25: what was committed was sent again", n)
		}
		m.drain(t)
	})
}
