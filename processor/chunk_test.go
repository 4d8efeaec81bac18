package processor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/sink"
)

// written writes random objects of random tasks into a chunk, as a reader does, and says what they are.
func written(r *rand.Rand, c *chunk) (tasks []*task, want []string) {
	c.buf = c.buf[:0]
	for i := range r.IntN(10) {
		task := &task{}
		for j := range r.IntN(4) { // none: a letter
			from := len(c.buf)
			c.buf = fmt.Appendf(c.buf, `{"task":%d,"object":%d}`, i, j)
			task.items = append(task.items, sink.Item{Kind: sink.Kind(r.IntN(3)), JSON: c.buf[from:len(c.buf):len(c.buf)], User: r.Uint64()})
		}
		tasks, want = append(tasks, task), append(want, objectsOf(task))
	}
	return tasks, want
}

func objectsOf(t *task) (text string) {
	for _, it := range t.items {
		text += fmt.Sprintln(it.Kind, it.User, string(it.JSON))
	}
	return text
}

// TestInvariantChunkIsUsedAgainWhenAllHaveLeft has the tasks of chunks move their objects away, or let them go, in any order: what a
// chunk holds stays as it is until the last has left, then somebody else gets it, and what was moved is the same for ever.
func TestInvariantChunkIsUsedAgainWhenAllHaveLeft(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var home spare[*chunk]
		for range 5 {
			c := chunkFrom(&home)
			tasks, want := written(r, c)
			c.hold(tasks)
			readerLeaves := r.IntN(len(tasks) + 1)
			for i, at := range r.Perm(len(tasks)) {
				if i == readerLeaves {
					c.leave()
				}
				if len(home.free) > 0 && tasks[at].chunk != nil {
					t.Fatalf("seed %d: a chunk is used again while task %d is in it", seed, at)
				}
				if got := objectsOf(tasks[at]); got != want[at] {
					t.Fatalf("seed %d: task %d has %s, want %s", seed, at, got, want[at])
				}
				if r.IntN(2) == 0 {
					tasks[at].keep()
				} else {
					tasks[at].letGo()
					want[at] = ""
				}
			}
			if readerLeaves == len(tasks) {
				c.leave()
			}
			if len(home.free) != 1 {
				t.Fatalf("seed %d: %d chunks are spare after all have left one", seed, len(home.free))
			}
			clear(c.buf[:cap(c.buf)])
			for i, task := range tasks {
				if got := objectsOf(task); got != want[i] {
					t.Fatalf("seed %d: task %d has %s when the chunk is used again, want %s", seed, i, got, want[i])
				}
			}
		}
	}
}

// A task's objects cannot be appended into its neighbour's: each ends where its memory does.
func TestNoRoomBehindObjects(t *testing.T) {
	c := chunkFrom(&spare[*chunk]{})
	tasks := []*task{{items: []sink.Item{{JSON: []byte("{}")}}}, {items: []sink.Item{{JSON: []byte("[]")}, {JSON: []byte("[1]")}}}}
	c.hold(tasks)
	_ = append(tasks[0].items, sink.Item{})
	tasks[1].keep()
	_ = append(tasks[1].items[0].JSON, "xx"...)
	if got := objectsOf(tasks[1]); got != "attributes 0 []\nattributes 0 [1]\n" {
		t.Errorf("the neighbour's objects became %s", got)
	}
}

// What was made for large objects is not kept for small ones.
func TestLargeChunksGo(t *testing.T) {
	var home spare[*chunk]
	for size, want := range map[int]int{maxKept: maxKept, maxKept + 1<<16: 0} {
		c := chunkFrom(&home)
		c.buf = make([]byte, 0, size)
		c.leave()
		if got, _ := home.take(); cap(got.buf) != want {
			t.Errorf("of %d bytes %d are kept, want %d", size, cap(got.buf), want)
		}
	}
}

// TestChunkAllocatesItsItems guards the hot path: records pass the reader with one allocation for all of a chunk.
func TestChunkAllocatesItsItems(t *testing.T) {
	var home spare[*chunk]
	tasks := make([]*task, chunkRecords)
	for i := range tasks {
		tasks[i] = &task{items: []sink.Item{{JSON: []byte(`{"a":1}`)}}}
	}
	if n := testing.AllocsPerRun(10, func() {
		c := chunkFrom(&home)
		c.hold(tasks)
		c.leave()
		for _, one := range tasks {
			one.leaveChunk()
		}
	}); n > 1 {
		t.Errorf("%v allocations for a chunk, want the one for the items", n)
	}
}

// TestBodiesComeBack has a delivery move a batch's objects into a body: the chunk comes back with the attempt, the body when the batch is through, once.
func TestBodiesComeBack(t *testing.T) {
	var home spare[*chunk]
	c := chunkFrom(&home)
	tasks := []*task{{items: []sink.Item{{Kind: sink.Event, JSON: []byte(`{"a":1}`)}}}, {items: []sink.Item{{Kind: sink.Purchase, JSON: []byte(`{"b":2}`)}}}}
	c.hold(tasks)
	c.leave()
	d := &delivery{lane: &lane{}}
	for _, one := range tasks {
		d.items = append(d.items, one.items...)
	}
	r := sink.NewRequest(nil, d.items)
	if !d.moveInto(&r, []span{{tasks[0], 0, 1, ""}, {tasks[1], 0, 1, ""}}) || len(home.free) != 1 {
		t.Fatal("the objects have not left their chunk")
	}
	if d.moveInto(&r, []span{{tasks[0], 0, 1, ""}}) {
		t.Error("objects move a second time")
	}
	d.bodies = append(d.bodies, r.Body)
	d.giveBodies()
	d.giveBodies()
	if n := len(d.lane.bodies.free); n != 1 {
		t.Errorf("%d bodies came back, want one", n)
	}
}

// A task that takes several requests keeps its objects where they are: no body has all of them.
func TestPartsOfATaskStayInTheirChunk(t *testing.T) {
	var home spare[*chunk]
	c := chunkFrom(&home)
	one := &task{items: []sink.Item{{JSON: []byte(`{"a":1}`)}, {JSON: []byte(`{"b":2}`)}}}
	want := objectsOf(one)
	c.hold([]*task{one})
	c.leave()
	d := &delivery{lane: &lane{}}
	for _, s := range []span{{one, 0, 1, ""}, {one, 1, 2, ""}} {
		d.items = append(d.items[:0], s.items()...)
		r := sink.NewRequest(nil, d.items)
		if d.moveInto(&r, []span{s}) || one.chunk != c || len(home.free) > 0 {
			t.Fatal("a part of a task has left the chunk")
		}
		clear(r.Body)
		if got := objectsOf(one); got != want {
			t.Fatalf("the task has %s, want %s", got, want)
		}
	}
}

// What is used last is used again first, and nothing is given to two at once.
func TestSpareGivesTheLastBack(t *testing.T) {
	var s spare[[]byte]
	if _, ok := s.take(); ok {
		t.Fatal("took something from nothing")
	}
	s.give([]byte("a"))
	s.give([]byte("b"))
	for _, want := range []string{"b", "a"} {
		if got, ok := s.take(); !ok || string(got) != want {
			t.Errorf("took %q, want %q", got, want)
		}
	}
	if got, ok := s.take(); ok {
		t.Errorf("took %q a second time", got)
	}
}

// A task that is let go keeps nothing alive; the tasks beside it in memory keep theirs.
func TestLetGoDropsWhatTheTaskHeld(t *testing.T) {
	tasks, _ := newTasks([]*kgo.Record{{Value: []byte("a")}, {Value: []byte("b")}})
	c := chunkFrom(&spare[*chunk]{})
	for _, one := range tasks {
		one.items, one.letter, one.fate = []sink.Item{{}}, &sink.Letter{}, &fate{}
	}
	c.hold(tasks)
	tasks[0].letGo()
	if one := tasks[0]; one.rec != nil || one.items != nil || one.letter != nil || one.fate != nil || one.chunk != nil {
		t.Errorf("still holds %+v", *one)
	}
	if one := tasks[1]; one.rec == nil || one.items == nil || one.letter == nil || one.fate == nil || one.chunk != c {
		t.Errorf("the neighbour lost something: %+v", *one)
	}
}

// The dispatcher lets a record go when its batch is through, and only then.
func TestDispatcherLetsGoOfWhatIsThrough(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75}, 4, 100, 1)
	one := b.task(0, sink.Event, 1)
	b.arrive(one)
	b.d.cut()
	b.step()
	ba := <-b.l.batches
	if one.rec == nil || one.items == nil {
		t.Fatal("let go before it was sent")
	}
	b.settle(ba)
	if one.rec != nil || one.items != nil {
		t.Error("still held after its batch was through")
	}
	if b.d.users.n != 0 {
		t.Errorf("%d users are left", b.d.users.n)
	}
}

// A batch that is due is not sent half full while readers are at work, but not kept for longer than its linger either.
func TestDueBatchWaitsForReadersAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(sink.Limits{Objects: 75}, 4, 100, 1)
		b.l.linger = 100 * time.Millisecond
		b.l.coming.Store(5)
		one := b.task(0, sink.Event, 1)
		one.since -= time.Second // it has waited behind its user
		b.arrive(one)
		if len(b.l.batches) != 0 {
			t.Fatal("sent at once although readers were at work")
		}
		time.Sleep(b.l.linger - time.Millisecond)
		b.step()
		if len(b.l.batches) != 0 {
			t.Fatal("sent before its linger was over")
		}
		time.Sleep(time.Millisecond)
		b.step()
		if len(b.l.batches) != 1 {
			t.Error("kept longer than its linger")
		}
	})
}

// TestDueBatchWaitsWhileOthersWaitForTheGate: behind requests that wait for the gate a batch may as well be filled.
func TestDueBatchWaitsWhileOthersWaitForTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(sink.Limits{Objects: 2}, 4, 100, 1)
		b.l.linger = 100 * time.Millisecond
		b.l.atGate.Store(1)
		b.arrive(b.task(0, sink.Event, 1))
		time.Sleep(time.Second)
		b.step()
		if len(b.l.batches) != 0 {
			t.Error("half full, it was sent to wait for the gate")
		}
		b.arrive(b.task(0, sink.Event, 2))
		if len(b.l.batches) != 1 {
			t.Error("full, it was kept")
		}
		b.arrive(b.task(0, sink.Event, 3))
		time.Sleep(time.Second)
		b.l.atGate.Store(0)
		b.step()
		if len(b.l.batches) != 2 {
			t.Error("nobody waits for the gate any more, and it was kept")
		}
	})
}

// What has waited behind its user comes free with few others: it lingers a quarter again for company, and then goes where
// nobody is at work, no sooner and no later.
func TestWhatHasWaitedLongLingersAQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(sink.Limits{Objects: 75}, 4, 100, 1)
		b.l.linger = 100 * time.Millisecond
		one := b.task(0, sink.Event, 1)
		one.since -= time.Second
		b.arrive(one)
		time.Sleep(b.l.linger/4 - time.Millisecond)
		b.arrive(b.task(0, sink.Event, 2))
		if len(b.l.batches) != 0 {
			t.Fatal("sent without waiting for company")
		}
		time.Sleep(time.Millisecond)
		b.step()
		if len(b.l.batches) != 1 {
			t.Fatal("a batch that is due was not sent")
		}
		if n := len((<-b.l.batches).tasks); n != 2 {
			t.Errorf("sent with %d records, want the one that came meanwhile too", n)
		}
	})
}

// Readers that cannot hand over what they have, since there is enough, are not waited for.
func TestDueBatchWaitsForNobodyWhoCannotBeServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(sink.Limits{Objects: 75}, 4, 10, 1) // a window for ten
		b.l.linger = 100 * time.Millisecond
		b.l.coming.Store(64)
		var all []*task
		for i := range 10 + maxArrived {
			one := b.task(0, sink.Event, uint64(i))
			one.since -= time.Second
			all = append(all, one)
		}
		b.arrive(all...)
		time.Sleep(b.l.linger / 4)
		b.step()
		if len(b.l.batches) != 1 {
			t.Error("a batch that is due waits for readers that wait for it")
		}
	})
}

// What a reader has not begun with no longer counts as coming when it ends.
func TestInboxCountsWhatIsComing(t *testing.T) {
	var l lane
	b := inbox{fresh: make(chan struct{}, 1), coming: &l.coming}
	b.put(make([]*task, 5))
	taken := b.take(2)
	if n := l.coming.Load(); n != 5 {
		t.Errorf("%d are coming with two being read, want 5", n)
	}
	b.done(len(taken))
	b.drop()
	if n := l.coming.Load(); n != 0 {
		t.Errorf("%d are coming in the end", n)
	}
}
