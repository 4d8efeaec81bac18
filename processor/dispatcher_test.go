package processor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/sink"
)

// bench is a dispatcher without its goroutine: the test is its senders.
type bench struct {
	l      *lane
	ledger *ledger
	d      *dispatcher
	timer  *time.Timer
	accts  []*account
	next   []int64
	topic  *topic
}

func newBench(limits sink.Limits, maxInFlight, windowSize, partitions int) *bench {
	ledger := newLedger(newBudget(1<<20, 1<<40))
	l := &lane{
		limits: limits, maxInFlight: maxInFlight, linger: 0,
		window:  newWindow(windowSize, make(chan struct{}, 1)),
		batches: make(chan *batch, maxInFlight), letters: make(chan *batch, letterWriters),
	}
	b := &bench{l: l, ledger: ledger, d: newDispatcher(l, ledger), timer: time.NewTimer(time.Hour), next: make([]int64, partitions), topic: &topic{cfg: &config.Topic{}}}
	l.dispatcher = b.d
	for i := range partitions {
		b.accts = append(b.accts, ledger.open(topicPartition{"t", int32(i)}, l.window, ""))
	}
	return b
}

// task makes the next record of a partition, with one object for each user.
func (b *bench) task(partition int, kind sink.Kind, users ...uint64) *task {
	a := b.accts[partition]
	rec := &kgo.Record{Topic: a.topic, Partition: a.partition, Offset: b.next[partition]}
	b.next[partition]++
	b.ledger.budget.tryReserve(1)
	tasks, bytes := newTasks([]*kgo.Record{rec})
	b.ledger.budget.polled(1, 1, bytes)
	t := b.ledger.track(a, tasks, 1, -1)[0]
	t.topic, t.since = b.topic, time.Since(b.d.began)
	for _, u := range users {
		t.items = append(t.items, sink.Item{Kind: kind, JSON: []byte(fmt.Sprintf(`{"u":%d}`, u)), User: u})
	}
	t.prepare(b.l.limits)
	return t
}

func (b *bench) arrive(tasks ...*task) {
	b.d.arrived = append(b.d.arrived, tasks...)
	b.step()
}

func (b *bench) step() {
	b.d.admit()
	b.d.send(b.timer)
}

// settle ends a batch as a sender would, and commits.
func (b *bench) settle(ba *batch) {
	b.ledger.settleAll(ba.tasks, verdict{delivered, ""})
	for _, p := range b.ledger.points() {
		b.ledger.committed(p)
	}
	b.d.finished(ba)
	b.step()
}

// TestInvariantUserOrder drives the dispatcher at random and checks at every step that a user is in one batch at most,
// that users' records come out in the order they went in, that limits hold, and in the end that nothing stayed behind.
func TestInvariantUserOrder(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		limits := sink.Limits{Objects: 1 + rnd.IntN(8), PerArray: rnd.IntN(2) == 0, Bytes: 4000}
		b := newBench(limits, 1+rnd.IntN(4), 1+rnd.IntN(40), 3)
		order := map[uint64][]*task{}
		var flying []*batch
		busy := map[uint64]*batch{}
		sent, made := 0, 0
		take := func() {
			for len(b.l.batches) > 0 {
				ba := <-b.l.batches
				flying = append(flying, ba)
				checkBatch(t, seed, b, ba, busy, order)
				sent += len(ba.tasks)
			}
		}
		for range 600 {
			if rnd.IntN(3) > 0 {
				users := make([]uint64, 1+rnd.IntN(1+rnd.IntN(5)))
				for i := range users {
					users[i] = uint64(rnd.IntN(1 + rnd.IntN(20)))
				}
				tk := b.task(rnd.IntN(3), sink.Kind(rnd.IntN(3)), users...)
				made++
				tk.users(func(u uint64, _ bool) { order[u] = append(order[u], tk) })
				b.arrive(tk)
			} else if len(flying) > 0 {
				land(b, &flying, busy, rnd.IntN(len(flying)))
			}
			take()
		}
		for len(flying) > 0 {
			land(b, &flying, busy, rnd.IntN(len(flying)))
			take()
		}
		if sent != made {
			t.Fatalf("seed %d: %d of %d records were sent", seed, sent, made)
		}
		if b.d.users.n != 0 {
			t.Fatalf("seed %d: %d users are still remembered", seed, b.d.users.n)
		}
	}
}

func land(b *bench, flying *[]*batch, busy map[uint64]*batch, i int) {
	ba := (*flying)[i]
	*flying = append((*flying)[:i], (*flying)[i+1:]...)
	for u, in := range busy {
		if in == ba {
			delete(busy, u)
		}
	}
	b.settle(ba)
}

func checkBatch(t *testing.T, seed uint64, b *bench, ba *batch, busy map[uint64]*batch, order map[uint64][]*task) {
	t.Helper()
	attributes := map[uint64]bool{}
	for _, tk := range ba.tasks {
		tk.users(func(u uint64, attr bool) {
			if in := busy[u]; in != nil && in != ba {
				t.Fatalf("seed %d: user %d is in two requests under way", seed, u)
			}
			busy[u] = ba
			if order[u][0] != tk {
				t.Fatalf("seed %d: user %d: a record overtakes an earlier one", seed, u)
			}
			order[u] = order[u][1:]
			if attr && attributes[u] {
				t.Fatalf("seed %d: two attribute objects of user %d share a request", seed, u)
			}
			attributes[u] = attributes[u] || attr
		})
	}
	if len(ba.tasks) > 1 && !b.l.limits.Fits(ba.size) {
		t.Fatalf("seed %d: a batch beyond the limits: %+v", seed, ba.size)
	}
	if used := b.l.window.inUse(); used > b.l.window.size {
		t.Fatalf("seed %d: %d records in a window of %d", seed, used, b.l.window.size)
	}
	if b.d.sending > b.l.maxInFlight {
		t.Fatalf("seed %d: %d requests in flight, at most %d allowed", seed, b.d.sending, b.l.maxInFlight)
	}
}

func TestBatchesAreFull(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75, Bytes: 1 << 20}, 2, 1000, 3)
	b.l.linger = time.Hour
	for i := range 149 {
		b.arrive(b.task(i%3, sink.Event, uint64(i)))
	}
	if n := len(b.l.batches); n != 1 {
		t.Fatalf("%d batches are out, want 1 full one while the other fills", n)
	}
	if n := len((<-b.l.batches).tasks); n != 75 {
		t.Fatalf("a batch of %d, want 75", n)
	}
}

func TestLettersTakeFromTheWindow(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75, Bytes: 1 << 20}, 2, 2, 1)
	for range 3 {
		tk := b.task(0, sink.Event)
		tk.letter = &sink.Letter{}
		b.arrive(tk)
	}
	if n := len(b.l.letters); n != 2 {
		t.Fatalf("%d letters are being written, the window holds 2", n)
	}
}

func BenchmarkDispatcher(b *testing.B) {
	be := newBench(sink.Limits{Objects: 75, Bytes: 1 << 20}, 64, 20_000, 6)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		tasks := make([]*task, 75)
		for i := range tasks {
			tasks[i] = be.task(i%6, sink.Event, rand.Uint64N(50_000))
		}
		b.StartTimer()
		be.arrive(tasks...)
		for len(be.l.batches) > 0 {
			be.settle(<-be.l.batches)
		}
		n += len(tasks)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// TestAFewBadRecordsAreNoFlood has one record in a hundred be a letter while no delivery comes to an end: letters are
// written through an outage, deliveries are not.
func TestAFewBadRecordsAreNoFlood(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75, Bytes: 1 << 20}, 4, 10_000, 3)
	limit := config.Default().Delivery.Flood
	b.topic.unread = flood{limit: limit}
	floods := 0
	b.l.flooded = func(*topic) { floods++ }
	for i := range 5000 {
		tk := b.task(i%3, sink.Event, uint64(i))
		if i%100 == 0 {
			tk.letter = &sink.Letter{}
		}
		b.arrive(tk)
		for len(b.l.letters) > 0 {
			b.d.finished(<-b.l.letters)
		}
	}
	if floods > 0 {
		t.Errorf("%d floods", floods)
	}
	for range 3000 { // now every record is bad, between others that are filtered
		tk := b.task(0, sink.Event)
		tk.letter, tk.filteredBefore = &sink.Letter{}, 3
		b.arrive(tk)
	}
	if floods > 0 {
		t.Error("letters among three times as many filtered records are taken for a flood")
	}
	for range 600 {
		tk := b.task(0, sink.Event)
		tk.letter = &sink.Letter{}
		b.arrive(tk)
	}
	if floods == 0 {
		t.Error("nothing but letters, and no flood")
	}
}
