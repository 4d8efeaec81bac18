package processor

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor/mapping"
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
		for from := 0; from < records; from += chunkRecords {
			c := chunkFrom(&b.l.chunks)
			c.hold(sets[i][from:min(from+chunkRecords, records)])
			c.leave() // as the reader does
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

const plainConfig = `kafka: {brokers: ["b:1"], group: g}
schema_registry: {url: "https://registry"}
braze: {endpoint: "https://braze", api_key: k}
dead_letter: {topic: letters}
topics:
  t:
    user: {external_id: "${name}"}
    send:
      - event: e
        properties: {name: "${name}", kind: person}
`

// TestReadingCostsNoAllocation guards the hot path up to the dispatcher, from a record's bytes to checked objects: what is allocated
// is by chunk, nothing by record.
func TestReadingCostsNoAllocation(t *testing.T) {
	cfg, _, err := config.Parse("bridge.yaml", []byte(plainConfig), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	person := trialSchema(t, personSchema)
	person.ID, person.Subject = 1, "t-value"
	known := shelf{1: person}
	b := newBench(sink.Limits{Objects: 75, Bytes: 1 << 20}, 4, 1<<20, 1)
	b.d.in = make(chan []*task, 1)
	top := newTopic("t", cfg.Topics[0], b.l, config.Flood{})
	if err := top.prepare(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	r := &reader{
		acct: b.accts[0], topic: top, registry: known, ledger: b.ledger, board: newBoard(slog.New(slog.DiscardHandler)),
		stop: t.Context(), checker: sink.NewChecker(sink.CheckOptions{}), mappers: map[*mapping.Program]*mapping.Mapper{},
	}
	const runs = 20
	chunks := make([][]*task, runs+2) // the first makes the mapper and the memory of a chunk; AllocsPerRun does not count its own first
	for i := range chunks {
		recs := make([]*kgo.Record, chunkRecords)
		for n := range recs {
			recs[n] = &kgo.Record{Topic: "t", Value: framed(1, "\x0e"+fmt.Sprintf("user%03d", n)), Timestamp: epoch}
		}
		chunks[i], _ = newTasks(recs)
	}
	objects := 0
	read := func() {
		r.read(chunks[0])
		chunks = chunks[1:]
		for _, one := range <-b.d.in {
			objects += len(one.items)
			one.letGo()
		}
	}
	read()
	if perChunk := testing.AllocsPerRun(runs, read); perChunk > 2 {
		t.Errorf("%v allocations for %d records", perChunk, chunkRecords)
	}
	if want := (runs + 2) * chunkRecords; objects != want {
		t.Fatalf("%d objects, want %d", objects, want)
	}
}
