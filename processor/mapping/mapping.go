package mapping

import (
	"time"

	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// Meta is what Kafka says of a record: kafka.* in an expression.
type Meta struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Key       []byte // nil: none
	// KeyValue is the decoded key where the topic says key: avro, of the schema that the program was compiled with; the zero
	// Value where the record has no key.
	KeyValue schema.Value
	Headers  []Header
}

// Header is a record header.
type Header struct {
	Key   string
	Value []byte
}

// Program is a topic's mapping compiled for one writer schema. Safe for concurrent use.
type Program struct {
	rules []*rule
	sets  []func(m *Mapper) (any, error)
	exprs int // number of expressions
	loops int // depth of for_each
}

// Compile is CompileWith without a schema of the key.
func Compile(t *config.Topic, s *schema.Schema) (p *Program, warnings, faults config.Faults) {
	return CompileWith(t, s, nil)
}

// CompileWith compiles the topic's mapping for a writer schema; a nil schema compiles the mapping of a tombstone (key and metadata only).
// key is the schema of the record's key where the topic says key: avro, nil for a record without a key: there kafka.key and
// every path into it are null, and Compile warns of their use, because it cannot check them.
// Every fault at once, in the order of the file; warnings do not prevent running. The program is nil where there are faults.
func CompileWith(t *config.Topic, value, key *schema.Schema) (p *Program, warnings, faults config.Faults) {
	s := value
	c := &compiler{
		topic: t.Name, pos: t.Pos, schema: s, tombstone: s == nil, key: t.Key, keySchema: key, onCheck: t.OnCheck,
		sets: map[string]*setVar{}, prog: &Program{},
	}
	if s != nil {
		c.topicType = typeOf(s.Root)
		c.rootType = c.topicType
	}
	c.compileTopic(t)
	if c.keyUsed != nil {
		c.warnings = append(c.warnings, c.keyUsed)
	}
	inFileOrder(c.faults)
	inFileOrder(c.warnings)
	if len(c.faults) > 0 {
		return nil, c.warnings, c.faults
	}
	return c.prog, c.warnings, nil
}

// Output collects the objects of records. The items' JSON lies in Buf, or in what Buf was before it grew; the caller owns both.
type Output struct {
	Buf   []byte
	Items []sink.Item
}

// Map appends the record's objects to out and returns how many. None and no error: every rule's `when` was false.
// An error is a fault of the data against the mapping: an *Error with a bounded text and no value of the record. What was
// appended before it is taken back. rec is the zero Value for a tombstone.
func (m *Mapper) Map(out *Output, rec schema.Value, meta *Meta) (n int, err error) {
	m.begin(rec, meta, len(out.Buf))
	buf, items := len(out.Buf), len(out.Items)
	for _, r := range m.p.rules {
		if err := r.run(m, out); err != nil {
			out.Buf, out.Items = out.Buf[:buf], out.Items[:items]
			m.begin(schema.Value{}, nil, 0)
			return 0, r.site.wrap(err)
		}
	}
	return len(out.Items) - items, nil
}
