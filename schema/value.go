package schema

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Value is one decoded Avro value: a small tree over the record's own bytes, as the schema lays it out. It is valid until
// the Arena it was decoded into is reset, and as long as the record's bytes are not changed. A union's value is that
// of its branch: Type never has Kind Union.
//
// The fields are laid out so that a decoder fills them without allocation; read them through the methods.
type Value struct {
	typ  *Type
	n    uint64  // Boolean, Int, Long, times, Date (two's complement); Float, Double: IEEE bits of that width; Enum: index; text: asIs
	s    string  // String, Bytes, Fixed, Decimal (two's complement), Duration, UUID
	kids []Value // Record: fields in schema order; Array: elements; Map: key, value, key, value, …
}

// asIs is n of a text (String, UUID, a map's key) that stands in JSON as it is, between quotes: the decoder looks at every byte
// anyway. Zero says nothing.
const asIs = 1

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
func (v Value) Float() float64 {
	if v.Kind() == Float {
		return widen(math.Float32frombits(uint32(v.n)))
	}
	return math.Float64frombits(v.n)
}

// widen gives the double that is nearest to the float's shortest decimal text, so that a price keeps the digits that
// its producer wrote.
func widen(f float32) float64 {
	wide := float64(f)
	// A whole number is its own shortest text, and what has no digits stays what it is.
	if wide == math.Trunc(wide) && math.Abs(wide) < 1<<24 || math.IsNaN(wide) || math.IsInf(wide, 0) {
		return wide
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], wide, 'g', -1, 32)
	parsed, err := strconv.ParseFloat(asString(text), 64)
	if err != nil {
		return wide
	}
	return parsed
}

// Str is the text of a String, UUID or Enum, or the bytes of Bytes, Fixed, Duration and Decimal. It shares the record's bytes.
func (v Value) Str() string {
	if v.typ != nil && v.typ.Kind == Enum {
		return v.typ.Symbols[v.n]
	}
	return v.s
}

// Bytes is a copy of what Str gives, for those who keep it longer than the Value. It appends because the compiler leaves
// a plain conversion's copy out where it sees no change to the result, trusting that a string's bytes never change.
func (v Value) Bytes() []byte { return append([]byte(nil), v.Str()...) }

// Len is the number of an Array's elements or a Map's entries.
func (v Value) Len() int {
	if v.typ != nil && v.typ.Kind == Map {
		return len(v.kids) / 2
	}
	return len(v.kids)
}

// Field is a Record's field by its index in the type.
func (v Value) Field(i int) Value { return v.kids[i] }

// Nth is a Record's field, an Array's element, or one of a Map's keys and values in turn, where it lies: a Value is large,
// and whoever only looks at it need not copy it. Nobody may change it.
func (v *Value) Nth(i int) *Value { return &v.kids[i] }

// Elem is an Array's element.
func (v Value) Elem(i int) Value { return v.kids[i] }

// Entry is a Map's entry in the order of the bytes. No two entries have the same key.
func (v Value) Entry(i int) (key string, val Value) { return v.kids[2*i].s, v.kids[2*i+1] }

// Time is the instant of a timestamp of any unit, or a Date's midnight, in UTC; a local timestamp is read as if its
// clock were UTC. Values beyond the years 0 to 9999, which no text form holds, are an error, as is any other kind.
func (v Value) Time() (time.Time, error) {
	sec, nanos, ok := v.instant()
	if !ok {
		return time.Time{}, fmt.Errorf("a %s has no instant", v.Kind())
	}
	if sec < firstSecond || sec > lastSecond {
		return time.Time{}, errYear
	}
	return time.Unix(sec, nanos).UTC(), nil
}

// instant splits a point in time into seconds since the epoch and nanoseconds beyond them.
func (v Value) instant() (sec, nanos int64, ok bool) {
	i := int64(v.n)
	switch v.Kind() {
	case Date:
		return i * secondsPerDay, 0, true
	case TimestampMillis, LocalTimestampMillis:
		sec, nanos = split(i, 1e3)
		return sec, nanos * 1e6, true
	case TimestampMicros, LocalTimestampMicros:
		sec, nanos = split(i, 1e6)
		return sec, nanos * 1e3, true
	case TimestampNanos, LocalTimestampNanos:
		sec, nanos = split(i, 1e9)
		return sec, nanos, true
	}
	return 0, 0, false
}

// split divides towards the past, so that the rest is never negative.
func split(i, unit int64) (whole, rest int64) {
	whole, rest = i/unit, i%unit
	if rest < 0 {
		whole, rest = whole-1, rest+unit
	}
	return whole, rest
}
