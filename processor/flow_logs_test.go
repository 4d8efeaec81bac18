//go:build synctests

package processor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/schema"
	"brazebridge/sink/fakebraze"
)

func (f *flow) adm() *kadm.Client { return kadm.NewClient(f.admin) }

// committed is the group's offset of a partition; -1: none.
func (f *flow) committed(topic string, partition int32) int64 {
	f.t.Helper()
	offsets, err := f.adm().FetchOffsets(context.Background(), "flow")
	if err != nil {
		f.t.Fatal(err)
	}
	o, ok := offsets.Lookup(topic, partition)
	if !ok {
		return -1
	}
	return o.At
}

// visits writes n good records of one partition, with consecutive seqs from first.
func (f *flow) visits(topic string, partition int32, first int64, n int) {
	f.t.Helper()
	for i := range int64(n) {
		r := &flowRecord{seq: first + i, user: fmt.Sprint("user-", first+i), kind: "ok", part: topicPartition{topic, partition}}
		f.mu.Lock()
		f.records[r.seq] = r
		f.mu.Unlock()
		f.produceRaw(topic, partition, f.value(r))
	}
}

// arrivals counts the records from first on that have arrived.
func (f *flow) arrivalsFrom(first int64) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for seq, r := range f.records {
		if seq >= first {
			n += r.arrivals
		}
	}
	return n
}

// TestRetentionThatOvertakesIsCounted deletes what was not read yet, before the start: reading goes on at the earliest that
// is left, and what is gone is counted.
func TestRetentionThatOvertakesIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.visits("orders", 0, 0, 10)
		m := f.start()
		f.settle(time.Minute)
		m.drain(t)
		f.visits("orders", 0, 100, 50)
		if _, err := f.adm().DeleteRecords(context.Background(), kadm.Offsets{"orders": {0: {Topic: "orders", Partition: 0, At: 40}}}); err != nil {
			t.Fatal(err)
		}
		m = f.start()
		time.Sleep(10 * time.Second)
		if n := f.arrivalsFrom(100); n != 20 {
			t.Errorf("%d records arrived, want the 20 that are left", n)
		}
		if got := m.shown("skipped_offsets_total"); !slices.Equal(got, []string{"retention orders 30"}) {
			t.Errorf("skipped: %v, want 30 offsets", got)
		}
		m.drain(t)
		if at := f.committed("orders", 0); at != 60 {
			t.Errorf("committed %d, want 60", at)
		}
	})
}

// shown is a metric as a scrape shows it: label values and value.
func (m *member) shown(name string) (all []string) {
	r := prometheus.NewRegistry()
	r.MustRegister(m.metrics)
	families, err := r.Gather()
	if err != nil {
		panic(err)
	}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			if f.GetName() != "brazebridge_"+name {
				continue
			}
			text := ""
			for _, l := range s.GetLabel() {
				text += l.GetValue() + " "
			}
			all = append(all, fmt.Sprint(text, s.GetCounter().GetValue()+s.GetGauge().GetValue()))
		}
	}
	slices.Sort(all)
	return all
}

// TestALogThatBecomesShorterIsReadOn makes a topic anew while it is read: offsets begin again, and with them the account.
func TestALogThatBecomesShorterIsReadOn(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.resumed(a, position{50, 1})
	l.arrives(a, 50, 0)
	l.settleAll(tracked(t, l, a, 50, 51, 52), verdict{delivered, ""})
	if l.arrives(a, 53, 0) || l.arrives(a, 60, 0) {
		t.Error("a log that goes on, or has a hole, is taken for a shorter one")
	}
	if !l.arrives(a, 20, 0) {
		t.Error("a log that goes back is not noticed")
	}
}

// TestTransactionsAreSteppedOver commits and aborts transactions: what was aborted is not sent, and the markers do not keep
// the partition from being through.
func TestTransactionsAreSteppedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		cl, err := kgo.NewClient(append(f.kafka(), kgo.TransactionalID("tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		for i := range int64(6) {
			r := &flowRecord{seq: i, user: fmt.Sprint("user-", i), kind: "ok", part: topicPartition{"orders", 0}}
			f.mu.Lock()
			f.records[i] = r
			f.mu.Unlock()
			if err := cl.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			if err := cl.ProduceSync(context.Background(), &kgo.Record{Topic: "orders", Value: f.value(r)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			if err := cl.EndTransaction(context.Background(), kgo.TransactionEndTry(i%3 != 2)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Second)
		if n := f.arrivalsFrom(0); n != 4 {
			t.Errorf("%d records arrived, want the 4 that were committed", n)
		}
		if at := f.committed("orders", 0); at != 12 {
			t.Errorf("committed %d of 12", at)
		}
		if a := m.Accounts()["orders"]; a.Consumed != 4 || a.Delivered != 4 {
			t.Errorf("accounts %+v, want 4 records", a)
		}
		m.drain(t)
	})
}

// TestARebalanceWaitsForNoReader has a registry that never answers hold a reader up while another member joins.
func TestARebalanceWaitsForNoReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		var back atomic.Bool
		f.registry = &oracle{flow: f, answer: func(schema.Ref) (*schema.Schema, error) {
			if !back.Load() {
				return nil, &schema.UnavailableError{Err: context.DeadlineExceeded}
			}
			return nil, nil
		}}
		f.produce(rand.New(rand.NewPCG(2, 2)), 30)
		first := f.start()
		time.Sleep(5 * time.Second)
		second := f.start()
		time.Sleep(15 * time.Second)
		if len(second.ledger.all()) == 0 {
			t.Error("the member that joined has no partition after 15 s: the other one's reader kept it waiting")
		}
		back.Store(true)
		f.settle(2 * time.Minute)
		first.drain(t)
		second.drain(t)
	})
}

// TestTheLastWordHolds has holds and resumes follow each other faster than the poll goes round: the last word counts.
func TestTheLastWordHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		time.Sleep(5 * time.Second)
		hold := func() {
			if err := m.Hold("orders"); err != nil {
				t.Fatal(err)
			}
		}
		resume := func() {
			if err := m.Resume("orders"); err != nil {
				t.Fatal(err)
			}
		}
		for _, before := range [][]func(){{hold, resume, hold}, {resume, hold}} {
			for _, word := range before {
				word()
			}
			time.Sleep(time.Second)
			if got := reasons(m); !slices.Equal(got, []string{"operator orders"}) {
				t.Errorf("after the last word was hold: %v", got)
			}
			resume()
			time.Sleep(time.Second)
			if got := reasons(m); len(got) > 0 {
				t.Errorf("after the last word was resume: %v", got)
			}
			f.visits("orders", 0, int64(len(f.records)), 3)
			time.Sleep(5 * time.Second)
			if open := f.open(); open > 0 {
				t.Errorf("%d records wait although nothing holds", open)
			}
		}
		m.drain(t)
	})
}

// TestACommitThatNobodyOwesIsNoFault has a commit fail for good, and its partition go: nothing is left to be committed, and
// nothing to be held against the member.
func TestACommitThatNobodyOwesIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		time.Sleep(5 * time.Second)
		m.commitFault(context.DeadlineExceeded)
		time.Sleep(10 * time.Second)
		if got := reasons(m); len(got) > 0 {
			t.Errorf("reasons %v", got)
		}
		m.drain(t)
	})
}

// TestAMemberThatWasLostIsReadyAgain has the group forget a member: once it has joined anew nothing is held against it.
func TestAMemberThatWasLostIsReadyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		time.Sleep(5 * time.Second)
		m.board.fault(reasonGroup, "", "", "group flow: unknown member")
		other := f.start() // a rebalance: the member is in the group
		time.Sleep(15 * time.Second)
		if got := reasons(m); len(got) > 0 {
			t.Errorf("reasons %v", got)
		}
		other.drain(t)
		m.drain(t)
	})
}

// TestAClosedGateIsNoReasonToDie has Braze ask for a wait that is longer than a wedged process is given.
func TestAClosedGateIsNoReasonToDie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 429, Count: 1, Headers: map[string]string{"Retry-After": "600"}}}); err != nil {
			t.Fatal(err)
		}
		f.visits("orders", 0, 0, 3)
		for range 20 {
			time.Sleep(28 * time.Second)
			if !m.Alive() {
				t.Fatal("a wait that Braze asked for is taken for a wedged process")
			}
		}
		f.settle(5 * time.Minute)
		m.drain(t)
	})
}

// TestADrainThatTakesTooLongStillLeaves ends the drain while a request is on the wire: what was settled is committed all the
// same, and the group does not wait for a session to time out.
func TestADrainThatTakesTooLongStillLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.visits("orders", 0, 0, 3)
		f.settle(time.Minute)
		time.Sleep(5 * time.Second)
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "delay", Delay: "4s"}}); err != nil {
			t.Fatal(err)
		}
		f.visits("orders", 0, 10, 1)
		f.visits("orders", 1, 20, 1)
		time.Sleep(time.Second)
		m.stop()
		time.Sleep(time.Second)
		m.kill()
		start := time.Now()
		if err := <-m.ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > lastWordsFor+time.Second {
			t.Errorf("it ended %s after the drain", took)
		}
		groups, err := f.adm().DescribeGroups(context.Background(), "flow")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(groups["flow"].Members); n != 0 {
			t.Errorf("%d members are left in the group, want none", n)
		}
		if at := f.committed("orders", 0); at != 3 {
			t.Errorf("committed %d, want 3", at)
		}
	})
}

// TestTheDeadlineIsAskedForAgain: in an outage the first question may fail, too.
func TestTheDeadlineIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		day := "86400000"
		if _, err := f.adm().AlterTopicConfigs(context.Background(), []kadm.AlterConfig{{Name: "retention.ms", Value: &day}}, "orders"); err != nil {
			t.Fatal(err)
		}
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 401}}); err != nil {
			t.Fatal(err)
		}
		refused := f.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.UnknownServerError, Count: 1})
		m := f.start()
		f.visits("orders", 0, 0, 3)
		time.Sleep(4 * retentionSoon)
		if got := m.shown("retention_seconds_left"); len(got) != 1 || refused.Hits() != 1 {
			t.Errorf("left %v after %d refusals, want what is left in partition 0 after one", got, refused.Hits())
		}
		m.drain(t)
	})
}

// TestAHoldHasADeadline holds a topic whose records are kept for a day: the time that is left is shown, and falls.
func TestAHoldHasADeadline(t *testing.T) {
	if slowness > 1 {
		t.Skip("a day of heartbeats takes long under the race detector, and shows it nothing")
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		day, both := "86400000", "compact"
		for name, c := range map[string]kadm.AlterConfig{"orders": {Name: "retention.ms", Value: &day}, "cart": {Name: "cleanup.policy", Value: &both}} {
			if _, err := f.adm().AlterTopicConfigs(context.Background(), []kadm.AlterConfig{c}, name); err != nil {
				t.Fatal(err)
			}
		}
		m := f.start()
		f.visits("orders", 0, 0, 1)
		f.visits("orders", 1, 1, 1)
		f.settle(time.Minute)
		if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: "status", Status: 401}}); err != nil {
			t.Fatal(err)
		}
		f.visits("orders", 0, 10, 3)
		f.visits("cart", 0, 20, 1)
		time.Sleep(2 * retentionSoon)
		if got := m.shown("retention_seconds_left"); len(got) != 1 {
			t.Errorf("left %v a moment after the hold began, want what is left in partition 0", got)
		}
		time.Sleep(6*time.Hour - 2*retentionSoon)
		if got := m.shown("retention_seconds_left"); len(got) != 1 || got[0] != "0 orders 64800" {
			t.Errorf("left %v, want 18 hours of partition 0 only", got)
		}
		if err := m.Hold("orders"); err != nil { // gives back what was not attempted
			t.Fatal(err)
		}
		time.Sleep(20 * time.Hour)
		if got := m.shown("retention_seconds_left"); len(got) != 1 || got[0] != "0 orders 0" {
			t.Errorf("left %v, want no time", got)
		}
		m.drain(t)
	})
}
