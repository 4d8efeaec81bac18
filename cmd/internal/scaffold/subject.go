package scaffold

import (
	"slices"
	"strings"

	"brazebridge/schema"
)

// subject is the record that a mapping is about: the value itself, or the row in an event of a change to a table.
type subject struct {
	name   string       // what such records are called, as an event's name
	record string       // as an expression names it
	t      *schema.Type // a record
	fields []field
	// condition must hold for there to be a record; empty: there always is.
	condition string
	// clock is an expression for when it happened, where no field of the record says so.
	clock string
}

func subjectOf(r *schema.Type) *subject {
	return &subject{name: snake(shortName(r.Name)), record: "record", t: r, fields: fieldsOf(r, "", false)}
}

// changed is the row in an event of a change to a table, as Debezium writes them: before and after, and what was done. Nil:
// the record is none. The record is named after the table, which the topic's name ends with.
func changed(topic string, r *schema.Type) *subject {
	named := func(name string) *schema.Type {
		i := slices.IndexFunc(r.Fields, func(f schema.Field) bool { return f.Name == name })
		if i < 0 {
			return nil
		}
		t, _ := present(r.Fields[i].Type)
		return t
	}
	row, op, before := named("after"), named("op"), named("before")
	if row == nil || row.Kind != schema.Record || before == nil || op == nil || !isText(op) {
		return nil
	}
	s := &subject{
		name: snake(topic[strings.LastIndexByte(topic, '.')+1:]) + "_changed", record: "after", t: row, fields: fieldsOf(row, "after", true),
		condition: "when: ${after != nil}             # after is the row as it is now; a deletion has none",
	}
	if ms := named("ts_ms"); ms != nil && ms.Kind == schema.Long {
		s.clock = `'${ts_ms != nil ? fromMillis(ts_ms) : kafka.timestamp}'`
	}
	return s
}

// keyFields are what the key offers as an identifier, where it is Avro; none where it is not, or where nothing in it can be one.
func keyFields(key *schema.Schema) []field {
	if key == nil {
		return nil
	}
	t, nullable := present(key.Root)
	if isID(t) {
		return []field{{path: "kafka.key", t: t, nullable: nullable}}
	}
	if t.Kind != schema.Record {
		return nil
	}
	return slices.DeleteFunc(fieldsOf(t, "kafka.key", nullable), func(f field) bool { return !isID(f.t) })
}
