package processor

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// Trial takes records of one topic through the steps of a Processor (decode, map, check) and sends nothing: for previews
// and for tests of mappings. One goroutine owns it.
type Trial struct {
	reader   *reader
	programs map[schemas]*program
}

// Verdict is what would become of a record. Exactly one of Items, Filtered, Reason and Holds says so: objects that would
// be sent, a reason to filter it, the reason of its dead letter, or why its topic would hold.
type Verdict struct {
	// Value is the decoded record, valid until the next Try; the zero Value where there is none.
	Value schema.Value
	// Items are the record's objects, also those of a record that Reason says was refused by the check.
	Items []sink.Item
	// Filtered is when, tombstone or other_record.
	Filtered string
	// Reason, Stage and Error are those of the dead letter.
	Reason sink.Reason
	Stage  sink.Stage
	Error  string
	// Refusals are the objects among Items that the check refuses.
	Refusals []sink.Refusal
	// Holds is schema_misfit or incompatible_schema, and Error says more.
	Holds string
}

// NewTrial prepares a topic of that name. latest is the latest schema of its subject, by which a topic that names no
// record types accepts records; nil where there is none.
func NewTrial(name string, t *config.Topic, latest *schema.Schema) *Trial {
	top := newTopic(name, t, nil, config.Flood{})
	if top.accepts == nil && latest != nil {
		top.accepts = recordNames(latest.Root)
	}
	return &Trial{
		reader:   &reader{topic: top, checker: sink.NewChecker(checkOptions(t)), mappers: map[*mapping.Program]*mapping.Mapper{}},
		programs: map[schemas]*program{},
	}
}

// Try says what would become of a record whose value is a datum of the schema. A nil schema is that of a tombstone.
// Of rec all but the value is looked at.
func (t *Trial) Try(s *schema.Schema, datum []byte, rec *kgo.Record) Verdict {
	return t.TryKeyed(s, datum, nil, nil, rec)
}

// TryKeyed is Try for a topic whose keys are Avro: the key is a datum of its own schema. A nil key schema is that of a
// record without a key.
func (t *Trial) TryKeyed(s *schema.Schema, datum []byte, key *schema.Schema, keyDatum []byte, rec *kgo.Record) Verdict {
	cfg := t.reader.topic.cfg
	var v Verdict
	t.reader.arena.Reset()
	t.reader.key = schema.Value{}
	if s == nil && cfg.Tombstones != config.TombstonesMap {
		v.Filtered = "tombstone"
		return v
	}
	if s != nil {
		var err error
		if v.Value, err = s.Decode(&t.reader.arena, datum); err != nil {
			return Refused(sink.Undecodable, err)
		}
	}
	var keyErr error
	if key != nil {
		t.reader.key, keyErr = key.Decode(&t.reader.arena, keyDatum)
	}
	p := t.program(schemas{value: s, key: key})
	text := t.reader.misfitOf(p, s, v.Value)
	switch {
	case text != "" && cfg.OtherRecords == config.OtherRecordsFilter:
		v.Filtered = "other_record"
	case text != "":
		v.Holds, v.Error = reasonMisfit, text
	case keyErr != nil:
		v.Reason, v.Stage, v.Error = sink.Undecodable, sink.StageDecode, keyText(keyErr)
	case p.faults != nil && cfg.OnIncompatibleSchema == config.OnIncompatibleSchemaHold:
		v.Holds, v.Error = reasonIncompatible, p.faults.Error()
	case p.faults != nil:
		v.Reason, v.Stage, v.Error = sink.MappingFault, sink.StageMap, p.faults.Error()
	default:
		t.mapAndCheck(p.Program, rec, &v)
	}
	return v
}

// Refused is the verdict of a record that could not be decoded.
func Refused(why sink.Reason, err error) Verdict {
	return Verdict{Reason: why, Stage: sink.StageDecode, Error: err.Error()}
}

// program is the mapping compiled for a schema. The topic's own memory goes by the schema's id, which one from a file
// does not have.
func (t *Trial) program(s schemas) *program {
	p := t.programs[s]
	if p == nil {
		clear(t.reader.topic.programs)
		p = t.reader.topic.program(s)
		t.programs[s] = p
	}
	return p
}

func (t *Trial) mapAndCheck(p *mapping.Program, rec *kgo.Record, v *Verdict) {
	m := t.reader.mappers[p]
	if m == nil {
		m = p.NewMapper()
		t.reader.mappers[p] = m
	}
	t.reader.metaOf(rec)
	var out mapping.Output // the record's own: the caller keeps the objects
	n, err := m.Map(&out, v.Value, &t.reader.meta)
	switch {
	case err != nil:
		v.Reason, v.Stage, v.Error = sink.MappingFault, sink.StageMap, err.Error()
		return
	case n == 0:
		v.Filtered = "when"
		return
	}
	v.Items, v.Refusals = t.reader.checker.Check(out.Items)
	if len(v.Refusals) > 0 {
		v.Reason, v.Stage = sink.CheckFailed, sink.StageCheck
		v.Error = fmt.Sprintf("%s: %s", v.Refusals[0].Rule, v.Refusals[0].Text)
	}
}

// RecordTypes are the full names of the record types that a schema's values may be: one, or those of a union.
func RecordTypes(s *schema.Schema) []string { return recordNames(s.Root) }

// Misfit says why records of a schema do not suit a topic that accepts these record types; empty where they do. No types
// at all accept everything.
func Misfit(accepts []string, s *schema.Schema) string {
	t := topic{accepts: accepts}
	return t.misfits(s)
}

// Requests lays out the checked objects of records, in their order, as the requests that would be sent if all the
// records were there at once.
func Requests(l sink.Limits, records [][]sink.Item) [][]sink.Item {
	var requests [][]sink.Item
	waiting := make([]*task, len(records))
	for i, items := range records {
		waiting[i] = &task{items: items}
		waiting[i].prepare(l)
	}
	for len(waiting) > 0 {
		var r layout
		waiting = r.fill(l, waiting)
		requests = append(requests, r.alone...)
		if len(r.items) > 0 {
			requests = append(requests, r.items)
		}
	}
	return requests
}

// layout is one request that is being filled, and those that records too large for one take to themselves.
type layout struct {
	items []sink.Item
	size  sink.Size
	alone [][]sink.Item
}

// fill takes records, in order, until one has no room, and returns those that have to wait for a later request: behind
// that one, and where an earlier record of the same user waits.
func (r *layout) fill(l sink.Limits, tasks []*task) (waiting []*task) {
	users, blocked := map[uint64]bool{}, map[uint64]bool{} // users of the request, and whether they have attributes there
	for i, t := range tasks {
		free := true
		t.users(func(u uint64, attributes bool) {
			has, in := users[u]
			free = free && !blocked[u] && !(in && (t.alone || attributes && has))
		})
		switch {
		case !free:
			t.users(func(u uint64, _ bool) { blocked[u] = true })
			waiting = append(waiting, t)
			continue
		case t.alone:
			for _, s := range t.chunks(l) {
				r.alone = append(r.alone, s.items())
			}
			continue
		case !l.Fits(r.size.Plus(t.items)):
			return append(waiting, tasks[i:]...)
		}
		t.users(func(u uint64, attributes bool) { users[u] = users[u] || attributes })
		r.items = append(r.items, t.items...)
		r.size = r.size.Plus(t.items)
	}
	return waiting
}
