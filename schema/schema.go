package schema

import (
	"errors"

	"github.com/linkedin/goavro/v2"
)

// Schema is a writer schema, ready to decode. Safe for concurrent use.
type Schema struct {
	ID      int    // zero where it was looked up by GUID, read from a Dir or parsed from a text: no key to keep things by, *Schema is
	Subject string // where it was looked up by subject; otherwise empty
	Version int    // likewise
	Root    *Type
	// Text is the schema as one self-contained document, references inlined.
	Text string

	root  *node                         // Root, compiled
	codec func() (*goavro.Codec, error) // Root for goavro, made when first asked for
}

var errNotParsed = errors.New("decode record: the schema was not made by Parse")

// Decode reads one datum (without any framing). Trailing bytes, hostile counts and depths are errors matching
// ErrUndecodable; the text is bounded and holds no value. The Value is valid until the arena is reset, and as long as
// datum is not changed: it shares datum's bytes.
func (s *Schema) Decode(a *Arena, datum []byte) (Value, error) {
	if s.root == nil {
		return Value{}, errNotParsed
	}
	d := decoder{buf: datum, arena: a, budget: valueBudget(len(datum))}
	used, capacity := a.mark()
	out := a.take(1)
	if !d.value(s.root, &out[0]) || !d.end() {
		a.rewind(used, capacity)
		return Value{}, d.err()
	}
	return out[0], nil
}
