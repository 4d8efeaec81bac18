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

// Objects are the same after they were moved, and what the scratch they came from is used for next does not change them.
func TestKeepMovesObjectsOutOfTheScratch(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var tasks []*task
		var want []string
		for i := range r.IntN(10) {
			task := &task{}
			for j := range r.IntN(4) { // none: a letter
				it := sink.Item{Kind: sink.Kind(r.IntN(3)), JSON: fmt.Appendf(nil, `{"task":%d,"object":%d}`, i, j), User: r.Uint64()}
				task.items = append(task.items, it)
				want = append(want, fmt.Sprint(it.Kind, it.User, string(it.JSON)))
			}
			tasks = append(tasks, task)
		}
		before := make([][]sink.Item, len(tasks))
		for i, task := range tasks {
			before[i] = task.items
		}
		keep(tasks)
		for _, items := range before {
			for i := range items {
				clear(items[i].JSON)
			}
			clear(items)
		}
		var got []string
		for _, task := range tasks {
			for _, it := range task.items {
				got = append(got, fmt.Sprint(it.Kind, it.User, string(it.JSON)))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: kept %v, want %v", seed, got, want)
		}
	}
}

// A task's objects cannot be appended into its neighbour's: each ends where its memory does.
func TestKeepLeavesNoRoomBehindObjects(t *testing.T) {
	tasks := []*task{{items: []sink.Item{{JSON: []byte("{}")}}}, {items: []sink.Item{{JSON: []byte("[]")}}}}
	keep(tasks)
	_ = append(tasks[0].items[0].JSON, "xx"...)
	_ = append(tasks[0].items, sink.Item{})
	if got := string(tasks[1].items[0].JSON); got != "[]" {
		t.Errorf("the neighbour's object became %s", got)
	}
}

func TestKeepAllocatesOncePerChunk(t *testing.T) {
	tasks := make([]*task, chunkRecords)
	for i := range tasks {
		tasks[i] = &task{items: []sink.Item{{JSON: []byte(`{"a":1}`)}}}
	}
	if n := testing.AllocsPerRun(10, func() { keep(tasks) }); n > 2 {
		t.Errorf("%v allocations for a chunk, want one for the bytes and one for the items", n)
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
	for _, one := range tasks {
		one.items, one.letter, one.outcomes = []sink.Item{{}}, &sink.Letter{}, []sink.ObjectOutcome{{}}
	}
	tasks[0].letGo()
	if one := tasks[0]; one.rec != nil || one.items != nil || one.letter != nil || one.outcomes != nil {
		t.Errorf("still holds %+v", *one)
	}
	if one := tasks[1]; one.rec == nil || one.items == nil || one.letter == nil || one.outcomes == nil {
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
		one.since = time.Now().Add(-time.Second) // it has waited behind its user
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

func TestDueBatchIsSentWhereNobodyIsAtWork(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75}, 4, 100, 1)
	b.l.linger = time.Hour
	one := b.task(0, sink.Event, 1)
	one.since = time.Now().Add(-2 * time.Hour)
	b.arrive(one)
	if len(b.l.batches) != 1 {
		t.Error("a batch that is due was not sent")
	}
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
