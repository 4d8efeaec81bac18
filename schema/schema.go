package schema

// Schema is a writer schema, ready to decode. Safe for concurrent use.
type Schema struct {
	ID      int
	Subject string // where it was looked up by subject; otherwise empty
	Version int    // likewise
	Root    *Type
	// Text is the schema as one self-contained document, references inlined.
	Text string
}

// Parse compiles a self-contained Avro schema. The error says what is wrong with the text.
func Parse(text string) (*Schema, error) { panic("not built") }

// Decode reads one datum (without any framing). Trailing bytes, hostile counts and depths are errors matching
// ErrUndecodable; the text is bounded and holds no value.
func (s *Schema) Decode(a *Arena, datum []byte) (Value, error) { panic("not built") }
