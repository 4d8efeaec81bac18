package preview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Given is what a record is beside its value.
type Given struct {
	Key       json.RawMessage // a JSON text, or a value of the key's schema; nil: none
	Headers   []kgo.RecordHeader
	Timestamp time.Time
	Partition int32
}

// envelope is a record with what is beside its value, as a test of a mapping has it.
type envelope struct {
	Key       json.RawMessage `json:"key"`
	Headers   headers         `json:"headers"`
	Timestamp *time.Time      `json:"timestamp"`
	Partition *int32          `json:"partition"`
	Offset    *int64          `json:"offset"`
	Record    json.RawMessage `json:"record"`
}

// openEnvelope reads an envelope, strictly: what it does not know could be the record itself. The error holds nothing of
// the record.
func openEnvelope(raw json.RawMessage) (*envelope, error) {
	const shape = `{"key": …, "headers": {…}, "timestamp": "2026-01-31T12:00:00Z", "partition": 0, "offset": 0, "record": {…}}`
	e := &envelope{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(e)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%s is no %s; an envelope is %s", strings.TrimSuffix("its "+wrong.Field, "its "), wrong.Type, shape)
	case err != nil:
		return nil, fmt.Errorf("this is no envelope: %s; an envelope is %s", strings.TrimPrefix(err.Error(), "json: "), shape)
	case e.Record == nil:
		return nil, errors.New(`an envelope needs "record"; null is a tombstone`)
	case e.Partition != nil && *e.Partition < 0 || e.Offset != nil && *e.Offset < 0:
		return nil, errors.New("partition and offset begin at 0")
	}
	return e, nil
}

// address writes what the envelope says into a record.
func (e *envelope) address(r *kgo.Record) {
	if e.Headers != nil {
		r.Headers = e.Headers
	}
	if e.Timestamp != nil {
		r.Timestamp = *e.Timestamp
	}
	if e.Partition != nil {
		r.Partition = *e.Partition
	}
	if e.Offset != nil {
		r.Offset = *e.Offset
	}
}

// headers are the entries of a JSON object, in their order, a name perhaps several times; null is a header without a value.
type headers []kgo.RecordHeader

// UnmarshalJSON reads them. The error names no value.
func (h *headers) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("headers are an object of texts")
	}
	*h = headers{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		one := kgo.RecordHeader{}
		one.Key, _ = name.(string)
		switch v := value.(type) {
		case nil:
		case string:
			one.Value = []byte(v)
		default:
			return fmt.Errorf("the header %q is no text", one.Key)
		}
		*h = append(*h, one)
	}
	return nil
}

// keyText is a key that is text: a number stands for its digits.
func keyText(key json.RawMessage) ([]byte, error) {
	switch key[0] {
	case '{', '[':
		return nil, errors.New("the key must be text; where keys are Avro, the topic says key: avro")
	case '"':
		var text string
		if err := json.Unmarshal(key, &text); err != nil {
			return nil, fmt.Errorf("read the key: %w", err)
		}
		return []byte(text), nil
	}
	return key, nil
}
