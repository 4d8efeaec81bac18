package processor

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// schemaIDHeader is the record header in which newer serialisers put the schema id instead of the value's prefix.
const schemaIDHeader = "__value_schema_id"

// reader turns the records of one assigned partition into tasks, in order: decode, map, check. It blocks only where a
// registry does not answer, and then only its own partition.
type reader struct {
	acct     *account
	topic    *topic
	registry registry
	ledger   *ledger
	board    *board
	metrics  *metrics
	misfit   func(t *topic, code, text string)

	inbox  inbox
	stop   context.Context
	cancel context.CancelFunc

	arena    schema.Arena
	checker  *sink.Checker
	mappers  map[*mapping.Program]*mapping.Mapper
	meta     mapping.Meta
	chunk    *chunk         // under way
	scratch  mapping.Output // in the chunk
	out      []*task        // read of the chunk, and not handed over
	key      schema.Value   // of the record under way, where keys are Avro
	filtered int            // records since the last one that was passed on
	last     struct {       // what the last record was mapped with: mostly the next one's too
		schemas schemas
		program *program
		mapper  *mapping.Mapper
	}
}

// inbox is what the poll left for a reader: the poll never waits, the budget bounds it.
type inbox struct {
	mu     sync.Mutex
	tasks  []*task
	fresh  chan struct{} // capacity 1
	coming *atomic.Int64 // of the workspace: what is left here or being read
}

func (b *inbox) put(tasks []*task) {
	b.coming.Add(int64(len(tasks)))
	b.mu.Lock()
	b.tasks = append(b.tasks, tasks...)
	b.mu.Unlock()
	select {
	case b.fresh <- struct{}{}:
	default:
	}
}

func (b *inbox) take(n int) []*task {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = min(n, len(b.tasks))
	taken := slices.Clone(b.tasks[:n])
	b.tasks = shift(b.tasks, n)
	return taken
}

// done says that so many tasks are no longer being read.
func (b *inbox) done(n int) { b.coming.Add(-int64(n)) }

// drop forgets what is left.
func (b *inbox) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done(len(b.tasks))
	b.tasks = nil
}

func (r *reader) loop() {
	defer r.inbox.drop()
	defer r.cancel()
	for {
		tasks := r.inbox.take(chunkRecords)
		if len(tasks) == 0 {
			select {
			case <-r.inbox.fresh:
				continue
			case <-r.stop.Done():
				return
			}
		}
		n := len(tasks)
		if r.topic.isHeld() || !r.awaitReady(tasks[0]) {
			r.inbox.done(n)
			continue // given back: it will be read again
		}
		r.read(tasks)
		r.inbox.done(n)
		r.metrics.checked(r.checker)
	}
}

// awaitReady waits until the topic's mapping is known to compile. False: the records were given back meanwhile, or the partition left.
func (r *reader) awaitReady(first *task) bool {
	select {
	case <-r.topic.ready:
		return true
	default:
	}
	select {
	case <-r.topic.ready:
		return !r.ledger.given(first)
	case <-r.stop.Done():
		return false
	}
}

// read works on a chunk and hands over what is to be dispatched: tasks with checked objects, or with a letter.
func (r *reader) read(tasks []*task) {
	r.out = tasks[:0] // never ahead of what is still to be read
	r.chunk = chunkFrom(&r.topic.lane.chunks)
	r.scratch = mapping.Output{Buf: r.chunk.buf[:0], Items: r.scratch.Items[:0]}
	for _, t := range tasks {
		if r.readOne(t, &r.scratch) {
			t.filteredBefore, r.filtered = int32(min(r.filtered, math.MaxInt32)), 0
			r.out = append(r.out, t)
		} else if r.stop.Err() != nil || r.topic.isHeld() {
			break
		} else {
			r.filtered++
			t.letGo()
		}
	}
	r.handOver()
	r.out = nil
	r.chunk.buf, r.scratch.Buf = r.scratch.Buf, nil
	r.chunk.leave()
	r.chunk = nil
}

// handOver gives the dispatcher what has been read so far of the chunk.
func (r *reader) handOver() {
	n := len(r.out)
	if n == 0 {
		return
	}
	r.chunk.hold(r.out)
	select {
	case r.topic.lane.dispatcher.in <- r.out[:n:n]:
	case <-r.stop.Done():
	}
	r.out = r.out[n:]
}

// readOne returns whether the task goes on to the dispatcher; otherwise it is settled, or given back by whoever holds the topic.
func (r *reader) readOne(t *task, out *mapping.Output) bool {
	var s *schema.Schema
	var value schema.Value
	t.topic = r.topic
	r.arena.Reset()
	if t.rec.Value == nil && r.topic.cfg.Tombstones != "map" {
		r.ledger.settle(t, verdict{filtered, "tombstone"})
		return false
	}
	if t.rec.Value != nil {
		var datum []byte
		var ok bool
		if s, datum, ok = r.schemaOf(t); !ok {
			return t.letter != nil
		}
		t.schema = int32(s.ID)
		var err error
		if value, err = s.Decode(&r.arena, datum); err != nil {
			if text := r.topic.misfit(s); text != "" { // what does not belong here need not be readable
				return r.other(t, text)
			}
			t.letter = letterOf(t, sink.Undecodable, sink.StageDecode, err.Error())
			return true
		}
	}
	key, ok := r.readKey(t)
	if !ok {
		return r.unreadable(t, s, value)
	}
	p := r.programOf(schemas{value: s, key: key})
	if text := r.misfitOf(p, s, value); text != "" {
		return r.other(t, text)
	}
	if p.faults != nil {
		return r.incompatible(t, p.faults)
	}
	return r.mapAndCheck(t, r.last.mapper, value, out)
}

// programOf is the topic's mapping for a record's schemas, with the reader's own mapper for it in last.
func (r *reader) programOf(s schemas) *program {
	l := &r.last
	if l.program != nil && l.schemas == s {
		return l.program
	}
	l.schemas, l.program, l.mapper = s, r.topic.program(s), nil
	if p := l.program.Program; p != nil {
		if r.mappers[p] == nil {
			r.mappers[p] = p.NewMapper()
		}
		l.mapper = r.mappers[p]
	}
	return l.program
}

// schemaOf finds the schema of a record's value. False: it is a letter now, or was given back while the registry was away.
func (r *reader) schemaOf(t *task) (s *schema.Schema, datum []byte, ok bool) {
	ref, datum, err := schema.Frame(t.rec.Value, header(t.rec, schemaIDHeader))
	if err != nil {
		t.letter = letterOf(t, sink.Undecodable, sink.StageDecode, err.Error())
		return nil, nil, false
	}
	t.schema = int32(ref.ID)
	return r.lookUp(t, ref, datum, error.Error)
}

// lookUp asks for a schema. text words what the registry refuses, for the letter.
func (r *reader) lookUp(t *task, ref schema.Ref, datum []byte, text func(error) string) (s *schema.Schema, _ []byte, ok bool) {
	s, err := r.registry.Schema(noWait, ref)
	if err == nil {
		return s, datum, true
	}
	r.handOver() // what was read before must not wait for the registry with this one
	return r.awaitSchema(t, ref, datum, text)
}

// noWait is for asking what is known already.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// slowRegistry is how long a registry may take to answer before it shows that records wait for it.
const slowRegistry = 5 * time.Second

// awaitSchema asks for a schema, for as long as its registry is away.
func (r *reader) awaitSchema(t *task, ref schema.Ref, datum []byte, text func(error) string) (s *schema.Schema, _ []byte, ok bool) {
	slow := time.AfterFunc(slowRegistry, func() {
		r.board.fault(reasonRegistry, r.topic.name, "", "the registry takes long to answer")
	})
	defer r.board.clear(reasonRegistry, r.topic.name, "")
	defer slow.Stop()
	var err error
	away := retry(r.stop, func() *again {
		if s, err = r.registry.Schema(r.stop, ref); err == nil {
			return nil
		}
		var down *schema.UnavailableError
		if !errors.As(err, &down) || r.ledger.given(t) {
			return nil
		}
		r.board.fault(reasonRegistry, r.topic.name, "", err.Error())
		return &again{}
	})
	var foreign *schema.NotAvroError
	switch {
	case away != nil || err != nil && r.ledger.given(t):
	case err == nil:
		return s, datum, true
	case errors.As(err, &foreign):
		r.other(t, text(err))
	case errors.Is(err, schema.ErrUnknownSchema):
		t.letter = letterOf(t, sink.UnknownSchema, sink.StageDecode, text(err))
	default: // a registered text that is no schema: every record of it would be a letter
		r.misfit(r.topic, reasonMisfit, text(err))
	}
	return nil, nil, false
}

func header(rec *kgo.Record, name string) []byte {
	for i := range rec.Headers {
		if rec.Headers[i].Key == name {
			return rec.Headers[i].Value
		}
	}
	return nil
}

// misfitOf says what a record is where its type is not one that the mapping accepts.
func (r *reader) misfitOf(p *program, s *schema.Schema, v schema.Value) string {
	if p.misfit != "" || s == nil || s.Root.Kind != schema.Union || r.topic.accepts == nil || v.IsNull() {
		return p.misfit
	}
	if v.Kind() == schema.Record && slices.Contains(r.topic.accepts, v.Type().Name) {
		return ""
	}
	return "schema " + nameOf(s) + " is a union, and a record is of a type that the mapping does not accept; it accepts " + strings.Join(r.topic.accepts, ", ")
}

// other deals with a record of another type: the topic may say that it is passed over, otherwise it holds.
func (r *reader) other(t *task, text string) bool {
	if r.topic.cfg.OtherRecords == "filter" {
		r.ledger.settle(t, verdict{filtered, "other_record"})
		return false
	}
	r.misfit(r.topic, reasonMisfit, text)
	return false
}

// incompatible deals with a schema version that breaks the mapping: its records are letters, or the topic holds.
func (r *reader) incompatible(t *task, faults error) bool {
	if r.topic.cfg.OnIncompatibleSchema == "hold" {
		r.misfit(r.topic, reasonIncompatible, faults.Error())
		return false
	}
	t.letter = letterOf(t, sink.MappingFault, sink.StageMap, faults.Error())
	return true
}

func (r *reader) mapAndCheck(t *task, m *mapping.Mapper, v schema.Value, out *mapping.Output) bool {
	r.metaOf(t.rec)
	first := len(out.Items)
	n, err := m.Map(out, v, &r.meta)
	if err != nil {
		t.letter = letterOf(t, sink.MappingFault, sink.StageMap, err.Error())
		return true
	}
	if n == 0 {
		r.ledger.settle(t, verdict{filtered, "when"})
		return false
	}
	items, refusals := r.checker.Check(out.Items[first : first+n : first+n])
	t.items = items
	if len(refusals) > 0 {
		r.refuse(t, refusals)
		return true
	}
	t.prepare(r.topic.lane.limit())
	return true
}

// refuse turns a task with objects that Braze would not take into a letter.
func (r *reader) refuse(t *task, refusals []sink.Refusal) {
	for _, f := range refusals {
		t.refuse(f.Item, f.Rule+": "+f.Text, 0)
	}
	r.metrics.refusals(refusals)
	t.letter = letterOf(t, sink.CheckFailed, sink.StageCheck, refusals[0].Rule+": "+refusals[0].Text)
	t.letter.Objects = t.fate.outcomes
	t.items = nil
}

func (r *reader) metaOf(rec *kgo.Record) {
	r.meta = mapping.Meta{
		Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset, Timestamp: rec.Timestamp, Key: rec.Key, KeyValue: r.key,
		Headers: r.meta.Headers[:0],
	}
	for _, h := range rec.Headers {
		r.meta.Headers = append(r.meta.Headers, mapping.Header{Key: h.Key, Value: h.Value})
	}
}

// checkOptions are a topic's.
func checkOptions(t *config.Topic) sink.CheckOptions {
	return sink.CheckOptions{Repair: t.OnCheck == "repair"}
}
