package schema

import "time"

// Value is one decoded Avro value: a small tree over the record's own bytes, as the schema lays it out. It is valid until
// the Arena it was decoded into is reset, and as long as the record's bytes are not changed. A union's value is that
// of its branch: Type never has Kind Union.
//
// The fields are laid out so that a decoder fills them without allocation; read them through the methods.
type Value struct {
	typ  *Type
	n    uint64  // Boolean, Int, Long, times, Date (two's complement); Float, Double: IEEE bits of that width; Enum: index
	s    string  // String, Bytes, Fixed, Decimal (two's complement), Duration, UUID
	kids []Value // Record: fields in schema order; Array: elements; Map: key, value, key, value, …
}

// Arena is the memory of one record's Values, used again after Reset. One goroutine owns it.
type Arena struct {
	vals []Value
}

// Reset gives the arena's Values back: none decoded before may be used any more.
func (a *Arena) Reset() { a.vals = a.vals[:0] }

// Type is the value's type; nil for null.
func (v Value) Type() *Type { return v.typ }

// Kind is the value's kind.
func (v Value) Kind() Kind {
	if v.typ == nil {
		return Null
	}
	return v.typ.Kind
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.typ == nil || v.typ.Kind == Null }

// Bool is a Boolean's value.
func (v Value) Bool() bool { return v.n != 0 }

// Int is the value of an Int or Long, of a Date (days), of a time of day or a timestamp (in its unit), or an Enum's symbol index.
func (v Value) Int() int64 { return int64(v.n) }

// Float is the value of a Float or Double. A Float is widened by its shortest decimal text: 19.99 stays 19.99.
func (v Value) Float() float64 { panic("not built") }

// Str is the text of a String, UUID or Enum, or the bytes of Bytes, Fixed, Duration and Decimal. It shares the record's bytes.
func (v Value) Str() string {
	if v.typ != nil && v.typ.Kind == Enum {
		return v.typ.Symbols[v.n]
	}
	return v.s
}

// Len is the number of an Array's elements or a Map's entries.
func (v Value) Len() int {
	if v.typ != nil && v.typ.Kind == Map {
		return len(v.kids) / 2
	}
	return len(v.kids)
}

// Field is a Record's field by its index in the type.
func (v Value) Field(i int) Value { return v.kids[i] }

// Elem is an Array's element.
func (v Value) Elem(i int) Value { return v.kids[i] }

// Entry is a Map's entry in the order of the bytes.
func (v Value) Entry(i int) (key string, val Value) { return v.kids[2*i].s, v.kids[2*i+1] }

// Time is the instant of a timestamp of any unit, or a Date's midnight, in UTC. Values beyond what time.Time holds are an error.
func (v Value) Time() (time.Time, error) { panic("not built") }

// AppendDecimal appends a Decimal as an exact JSON number with the schema's scale: 12.30.
func (v Value) AppendDecimal(dst []byte) []byte { panic("not built") }

// AppendJSON appends the value as JSON: times as RFC 3339, dates as YYYY-MM-DD, decimals as exact numbers with the
// schema's scale, bytes as base64, enums and UUIDs as text, a Float with float32's shortest digits. An error
// (NaN, infinity, a year beyond 9999, invalid UTF-8) names no value; dst then is as it was given.
func (v Value) AppendJSON(dst []byte) ([]byte, error) { panic("not built") }
