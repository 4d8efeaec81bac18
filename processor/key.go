package processor

import (
	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// keySchemaIDHeader is the record header in which newer serialisers put the schema id instead of the key's prefix.
const keySchemaIDHeader = "__key_schema_id"

// schemas are what a record is written with, and what a mapping is compiled for.
type schemas struct {
	value *schema.Schema // nil: a tombstone
	key   *schema.Schema // nil: no key, or one that is not read as Avro
}

// readKey decodes the key of a record where the topic says that keys are Avro; a record without a key has no schema of
// it. False: the record is a letter now, or was given back.
func (r *reader) readKey(t *task) (s *schema.Schema, ok bool) {
	r.key = schema.Value{}
	if r.topic.cfg.Key != config.KeyAvro || t.rec.Key == nil {
		return nil, true
	}
	ref, datum, err := schema.Frame(t.rec.Key, header(t.rec, keySchemaIDHeader))
	if err != nil {
		t.letter = letterOf(t, sink.Undecodable, sink.StageDecode, keyText(err))
		return nil, false
	}
	if s, datum, ok = r.lookUp(t, ref, datum, keyText); !ok {
		return nil, false
	}
	if r.key, err = s.Decode(&r.arena, datum); err != nil {
		t.letter = letterOf(t, sink.Undecodable, sink.StageDecode, keyText(err))
		return nil, false
	}
	return s, true
}

// keyText says of an error that it is about the key.
func keyText(err error) string { return "decode key: " + err.Error() }

// unreadable is what becomes of a record whose key could not be read: one that the mapping does not accept at all is
// none of its letters.
func (r *reader) unreadable(t *task, s *schema.Schema, v schema.Value) bool {
	if t.letter == nil {
		return false
	}
	if text := r.misfitOf(r.topic.program(schemas{value: s}), s, v); text != "" {
		t.letter = nil
		return r.other(t, text)
	}
	return true
}
