// Package mapping compiles the mapping language.
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
	Headers   []Header
}

// Header is a record header.
type Header struct {
	Key   string
	Value []byte
}

// Program is a topic's mapping compiled for one writer schema. Safe for concurrent use.
type Program struct{}

// Compile compiles the topic's mapping for a writer schema; a nil schema compiles the mapping of a tombstone (key and metadata only).
// Every fault at once, in the order of the file; warnings do not prevent running.
func Compile(t *config.Topic, s *schema.Schema) (p *Program, warnings, faults config.Faults) {
	panic("not built")
}

// Mapper runs a Program. One goroutine owns it.
type Mapper struct{}

// NewMapper returns a mapper with its own scratch memory.
func (p *Program) NewMapper() *Mapper { panic("not built") }

// Output collects the objects of records. The items' JSON lies in Buf, or in what Buf was before it grew; the caller owns both.
type Output struct {
	Buf   []byte
	Items []sink.Item
}

// Map appends the record's objects to out and returns how many. None and no error: every rule's `when` was false.
// An error is a fault of the data against the mapping: bounded text, no value of the record. What was appended before it is taken back.
func (m *Mapper) Map(out *Output, rec schema.Value, meta *Meta) (n int, err error) {
	panic("not built")
}

// TopicName is a compiled name that may hold an expression over kafka.*: dead_letter.topic.
type TopicName struct{}

// CompileTopicName compiles it.
func CompileTopicName(n *config.Node) (*TopicName, config.Faults) { panic("not built") }

// For returns the name for a record of a topic.
func (t *TopicName) For(meta *Meta) (string, error) { panic("not built") }

// Static returns the name where it is the same for every record.
func (t *TopicName) Static() (string, bool) { panic("not built") }
