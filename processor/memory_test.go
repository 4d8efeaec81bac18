package processor

import (
	"context"
	"testing"
	"testing/synctest"

	"brazebridge/sink"
)

// What the watermark has passed makes place for what is tracked next: a partition takes memory for what it has, not for twice that.
func TestEntriesTakeTheMemoryOfWhatIsTracked(t *testing.T) {
	const kept = 1000
	l, w := newTestLedger(1 << 20)
	a := l.open(topicPartition{"t", 0}, w, "")
	var open []*task
	for offset := range int64(20 * kept) {
		open = append(open, tracked(t, l, a, offset)...)
		if len(open) > kept {
			l.settle(open[0], verdict{delivered, ""})
			open = open[1:]
		}
	}
	if n := cap(a.entries); n > 2*kept {
		t.Errorf("%d entries for %d records", n, kept)
	}
	if a.watermark.offset != 19*kept {
		t.Errorf("the watermark is %d, want %d", a.watermark.offset, 19*kept)
	}
}

// While the window has no room the dispatcher takes no more from the readers than it can soon send: what waits with them waits
// undecoded.
func TestDispatcherTakesLittleWhileTheWindowIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(sink.Limits{Objects: 75}, 4, 10, 1)
		go b.d.run()
		offered := 0
		offer := func() bool {
			tasks := make([]*task, chunkRecords)
			for i := range tasks {
				tasks[i] = b.task(0, sink.Event, uint64(offered))
				offered++
			}
			synctest.Wait()
			select {
			case b.d.in <- tasks:
				return true
			default:
				return false
			}
		}
		taken := 0
		for offer() {
			if taken++; taken > 100 {
				t.Fatalf("%d records were taken into a window of 10", taken*chunkRecords)
			}
		}
		if taken*chunkRecords < maxArrived {
			t.Errorf("only %d records were taken", taken*chunkRecords)
		}
		close(b.d.stop)
		for ba := range b.l.batches {
			b.d.done <- ba
		}
	})
}

// acceptsAll is a Braze that takes everything.
type acceptsAll struct{}

func (acceptsAll) Send(context.Context, *sink.Request) sink.Answer {
	return sink.Answer{Class: sink.Accepted, Status: 201}
}

// TestARecordCostsNoAllocation guards the hot path behind the reader, from the dispatcher over the delivery to the commit: what is
// allocated is by request and by commit, nothing by record.
func TestARecordCostsNoAllocation(t *testing.T) {
	const records, runs = 75 * 20, 10
	b := newSenderBench(t.Context(), everyRequest, nil)
	b.l.client, b.l.maxInFlight, b.l.batches, b.l.window.size = acceptsAll{}, 100, make(chan *batch, 100), records
	sets := make([][]*task, runs+1) // AllocsPerRun begins with a run that it does not count
	for i := range sets {
		for n := range records {
			sets[i] = append(sets[i], b.task(n%2, sink.Event, uint64(n)))
		}
	}
	run := 0
	allocations := testing.AllocsPerRun(runs, func() {
		b.arrive(sets[run]...)
		run++
		for len(b.l.batches) > 0 {
			ba := <-b.l.batches
			b.deliver.deliver(ba)
			b.d.finished(ba)
		}
		for _, p := range b.ledger.points() {
			b.ledger.committed(p)
		}
	})
	if got := b.ledger.accounts()["t"].Delivered; got != int64(len(sets)*records) {
		t.Fatalf("%d records were delivered, want %d", got, len(sets)*records)
	}
	if perRequest := allocations / (records / 75); perRequest > 6 {
		t.Errorf("%v allocations a request of 75 records", perRequest)
	}
}
