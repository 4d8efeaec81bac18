package schema

import (
	"bytes"
	"math"
)

func float32Bits(f float32) uint64 { return uint64(math.Float32bits(f)) }
func float64Bits(f float64) uint64 { return math.Float64bits(f) }

// String names the value's type and never shows what it holds: values are private, and formatting verbs call it.
func (v Value) String() string {
	if v.typ != nil && v.typ.Name != "" {
		return v.typ.Kind.String() + " " + v.typ.Name
	}
	return v.Kind().String()
}

// Equal reports whether two values hold the same, under types of the same kinds and names: floats by their bits, so
// that a NaN equals itself; decimals by their number; a map's entries in any order.
func (v Value) Equal(w Value) bool {
	if v.Kind() != w.Kind() {
		return false
	}
	switch v.Kind() {
	case Null:
		return true
	case Enum:
		return v.typ.Name == w.typ.Name && v.Str() == w.Str()
	case String, Bytes, Fixed, UUID, Duration:
		return v.s == w.s
	case Decimal:
		return v.typ.Scale == w.typ.Scale && sameNumber(v.s, w.s)
	case Record:
		return v.typ.Name == w.typ.Name && sameAll(v.kids, w.kids)
	case Array:
		return sameAll(v.kids, w.kids)
	case Map:
		return sameEntries(v, w)
	}
	return v.n == w.n
}

func sameNumber(a, b string) bool {
	if a == "" {
		a = "\x00"
	}
	if b == "" {
		b = "\x00"
	}
	return bytes.Equal(significant([]byte(a)), significant([]byte(b)))
}

func sameAll(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

func sameEntries(v, w Value) bool {
	if v.Len() != w.Len() {
		return false
	}
	others := make(map[string]Value, w.Len())
	for i := range w.Len() {
		key, val := w.Entry(i)
		others[key] = val
	}
	for i := range v.Len() {
		key, val := v.Entry(i)
		other, ok := others[key]
		if !ok || !val.Equal(other) {
			return false
		}
	}
	return true
}
