//go:build synctests

package processor

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
	"brazebridge/sink/fakebraze"
)

// oracle is a registry that a test can take away, or make answer something else.
type oracle struct {
	*flow
	answer func(ref schema.Ref) (*schema.Schema, error)
}

func (o *oracle) Schema(ctx context.Context, ref schema.Ref) (*schema.Schema, error) {
	if o.answer != nil {
		if s, err := o.answer(ref); s != nil || err != nil {
			return s, err
		}
	}
	return o.flow.Schema(ctx, ref)
}

func (o *oracle) Latest(ctx context.Context, subject string) (*schema.Schema, error) {
	return o.Schema(ctx, schema.Ref{ID: 7})
}

// unsettled is how many records the member has in hand.
func (m *member) unsettled() (n int) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	for _, a := range m.ledger.parts {
		n += a.unsettled
	}
	return n
}

func reasons(m *member) []string {
	var codes []string
	for _, r := range m.Status().Reasons {
		codes = append(codes, r.Code+" "+r.Topic)
	}
	slices.Sort(codes)
	return codes
}

// TestTopicHoldGivesBackAndResumes has an operator hold one topic while records flow: the other topic goes on, the held
// one costs no budget, and after the resume everything arrives once and in order.
func TestTopicHoldGivesBackAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		m := f.start()
		time.Sleep(5 * time.Second)
		if err := m.Hold("orders"); err != nil {
			t.Fatal(err)
		}
		f.produce(rand.New(rand.NewPCG(3, 3)), 400)
		time.Sleep(20 * time.Second)
		f.mu.Lock()
		for _, r := range f.records {
			if r.part.topic == "cart" && !r.settled() {
				t.Errorf("record %d of the topic that is not held waits", r.seq)
			}
			if r.part.topic == "orders" && r.arrivals > 0 {
				t.Errorf("record %d of the held topic was sent", r.seq)
			}
		}
		f.mu.Unlock()
		if n := m.unsettled(); n != 0 {
			t.Errorf("the held topic keeps %d records of the budget", n)
		}
		if got := reasons(m); !slices.Equal(got, []string{"operator orders"}) || m.Status().State != Holding {
			t.Errorf("while held: %v %v", m.Status().State, got)
		}
		if err := m.Resume("orders"); err != nil {
			t.Fatal(err)
		}
		f.settle(time.Minute)
		if m.Status().State != Running {
			t.Errorf("after the resume: %+v", m.Status())
		}
		m.drain(t)
		f.checkEnd(0)
	})
}

// TestHoldInTheMiddleSendsNothingTwice holds and resumes at random while records are on their way.
func TestHoldInTheMiddleSendsNothingTwice(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 4))
			f := newFlow(t, "orders", "cart")
			m := f.start()
			f.produce(rnd, 300)
			for range 10 {
				time.Sleep(time.Duration(rnd.IntN(120)) * time.Millisecond)
				if err := m.Hold("orders"); err != nil {
					t.Fatal(err)
				}
				f.produce(rnd, 20)
				time.Sleep(time.Duration(rnd.IntN(120)) * time.Millisecond)
				if err := m.Resume("orders"); err != nil {
					t.Fatal(err)
				}
			}
			f.settle(time.Minute)
			m.drain(t)
			f.checkEnd(0)
		})
	}
}

// TestHoldGivesBackWhatWasNotAttempted holds a topic while Braze is away and the window full: what was polled beyond the
// window costs no budget any more, and is read again when both are over.
func TestHoldGivesBackWhatWasNotAttempted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 503}}); err != nil {
			t.Fatal(err)
		}
		f.produce(rand.New(rand.NewPCG(8, 8)), 400)
		m := f.start()
		time.Sleep(10 * time.Second)
		full := m.unsettled()
		if err := m.Hold("orders"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		held := m.unsettled()
		if full < 150 || held > 60 {
			t.Errorf("%d records were in hand before the hold and %d after, want the budget full before and at most the window's 60 after", full, held)
		}
		if err := m.Resume("orders"); err != nil {
			t.Fatal(err)
		}
		if err := f.braze.SetFaults(nil); err != nil {
			t.Fatal(err)
		}
		f.settle(5 * time.Minute)
		m.drain(t)
		f.checkEnd(0)
	})
}

// TestRegistryOutageHolds takes the registry away before the first record.
func TestRegistryOutageHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		var back atomic.Bool
		f.registry = &oracle{flow: f, answer: func(schema.Ref) (*schema.Schema, error) {
			if !back.Load() {
				return nil, &schema.UnavailableError{Err: errors.New("connection refused")}
			}
			return nil, nil
		}}
		m := f.start()
		f.produce(rand.New(rand.NewPCG(5, 5)), 50)
		time.Sleep(time.Hour)
		if got := reasons(m); !slices.Equal(got, []string{"registry_unavailable orders"}) {
			t.Errorf("while the registry is away: %v", got)
		}
		if !m.Alive() {
			t.Error("an outage is taken for a wedged process")
		}
		back.Store(true)
		f.settle(2 * time.Minute)
		m.drain(t)
		f.checkEnd(0)
	})
}

// TestMisfitHoldsItsTopicOnly has a record of another type appear in one topic: that topic holds, nothing of it is
// written to the dead-letter topic, and what came before the misfit is delivered.
func TestMisfitHoldsItsTopicOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		other, err := schema.Parse(`{"type":"record","name":"Refund","namespace":"flow","fields":[{"name":"seq","type":"long"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		other.ID = 8
		f.registry = &oracle{flow: f, answer: func(ref schema.Ref) (*schema.Schema, error) {
			if ref.ID == 8 {
				return other, nil
			}
			return nil, nil
		}}
		m := f.start()
		rnd := rand.New(rand.NewPCG(6, 6))
		f.produce(rnd, 100)
		f.settle(time.Minute)
		f.produceRaw("orders", 0, append(binary.BigEndian.AppendUint32([]byte{0}, 8), 2))
		time.Sleep(5 * time.Second)
		if got := reasons(m); !slices.Equal(got, []string{"schema_misfit orders"}) {
			t.Errorf("reasons: %v", got)
		}
		if a := m.Accounts()["orders"]; a.DeadLettered["undecodable"]+a.DeadLettered["mapping"] != f.brokenIn("orders") {
			t.Errorf("the misfit was dead-lettered: %+v", a)
		}
		m.drain(t)
		offsets, err := kadm.NewClient(f.admin).FetchOffsets(context.Background(), "flow")
		if err != nil {
			t.Fatal(err)
		}
		if o, _ := offsets.Lookup("orders", 0); o.At != int64(len(f.byOffset[topicPartition{"orders", 0}])) {
			t.Errorf("committed %d, want up to the misfit and not past it", o.At)
		}
	})
}

// brokenIn counts the records of a topic that must become letters.
func (f *flow) brokenIn(topic string) (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if r.part.topic == topic && r.kind == "broken" && !r.tombstone {
			n++
		}
	}
	return n
}

func (f *flow) produceRaw(topic string, partition int32, value []byte) {
	f.t.Helper()
	if err := f.produceOne(&kgo.Record{Topic: topic, Partition: partition, Value: value}); err != nil {
		f.t.Fatal(err)
	}
}

// TestStartLatest begins a topic without commits at its end and commits that at once; partitions without a commit of a
// topic that has some are read from their beginning.
func TestStartLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.latest = true
		for range 5 {
			f.produceRaw("orders", 1, nil)
		}
		m := f.start()
		time.Sleep(5 * time.Second)
		offsets, err := kadm.NewClient(f.admin).FetchOffsets(context.Background(), "flow")
		if err != nil {
			t.Fatal(err)
		}
		if o, ok := offsets.Lookup("orders", 1); !ok || o.At != 5 {
			t.Errorf("start committed at %d (%v), want the end, 5", o.At, ok)
		}
		if a := m.Accounts()["orders"]; a.Consumed != 0 {
			t.Errorf("%d records from before the start were read", a.Consumed)
		}
		m.drain(t)
		f.produceRaw("orders", 0, nil)
		if _, err := kadm.NewClient(f.admin).DeleteOffsets(context.Background(), "flow", kadm.TopicsSet{"orders": {0: {}}}); err != nil {
			t.Fatal(err)
		}
		m = f.start()
		time.Sleep(5 * time.Second)
		if a := m.Accounts()["orders"]; a.Filtered["tombstone"] != 1 {
			t.Errorf("a partition without a commit, of a topic with commits: %+v, want its one record read", a)
		}
		m.drain(t)
	})
}

// TestFloodHolds breaks every record from one on: the topic holds after as many letters as configured, and no more.
func TestFloodHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.produce(rand.New(rand.NewPCG(7, 7)), 30)
		f.settle(time.Minute)
		before := m.Accounts()["orders"].DeadLettered["undecodable"]
		for i := range int32(200) {
			f.produceRaw("orders", i%3, []byte("no avro"))
		}
		time.Sleep(10 * time.Second)
		if got := reasons(m); !slices.Equal(got, []string{"flood orders"}) {
			t.Errorf("reasons: %v", got)
		}
		letters := m.Accounts()["orders"].DeadLettered["undecodable"]
		if letters < 25 || letters-before > 60 {
			t.Errorf("%d letters before the hold", letters)
		}
		again := letters
		time.Sleep(time.Minute)
		if got := m.Accounts()["orders"].DeadLettered["undecodable"]; got != again {
			t.Errorf("%d letters were written during the hold", got-again)
		}
		m.drain(t)
	})
}

// TestExpiredRecordsAreFiltered lets an outage outlast max_age.
func TestExpiredRecordsAreFiltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.maxAge = "2h"
		m := f.start()
		if err := m.Hold(""); err != nil {
			t.Fatal(err)
		}
		f.produceRaw("orders", 0, f.value(&flowRecord{seq: 0, user: "u", kind: "ok"}))
		time.Sleep(3 * time.Hour)
		if err := m.Resume(""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if a := m.Accounts()["orders"]; a.Filtered["expired"] != 1 || a.Delivered != 0 {
			t.Errorf("accounts %+v, want one expired", a)
		}
		m.drain(t)
	})
}

// TestATopicThatAPatternMatchesLaterIsReadFromItsBeginning has `start: latest` and a topic that is made while the bridge runs.
func TestATopicThatAPatternMatchesLaterIsReadFromItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "^shop[.].*")
		f.latest = true
		if err := f.cluster.CreateTopic("shop.old", 1, nil); err != nil {
			t.Fatal(err)
		}
		f.produceRaw("shop.old", 0, nil)
		m := f.start()
		time.Sleep(5 * time.Second)
		if a := m.Accounts()["shop.old"]; a.Consumed != 0 {
			t.Errorf("a topic that was there at the start: %+v, want it begun at its end", a)
		}
		if err := f.cluster.CreateTopic("shop.new", 1, nil); err != nil {
			t.Fatal(err)
		}
		f.produceRaw("shop.new", 0, nil)
		time.Sleep(3 * time.Minute)
		if a := m.Accounts()["shop.new"]; a.Filtered["tombstone"] != 1 {
			t.Errorf("a topic that was made later: %+v, want its one record read", a)
		}
		m.drain(t)
	})
}
