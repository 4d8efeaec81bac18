package demo

// Avro's binary encoding, written by hand for the three records of the example: a generator that shared the bridge's
// idea of Avro would agree with its mistakes.

import (
	"encoding/binary"
	"math/bits"
)

// The two branches of a nullable field, in the order in which the schemas name them.
const (
	avroNull  = 0
	avroValue = 1
)

// frame begins a value in Confluent's wire format: a zero byte and the schema id.
func frame(dst []byte, schemaID int) []byte {
	dst = append(dst, 0)
	return binary.BigEndian.AppendUint32(dst, uint32(schemaID))
}

// appendLong appends an int, a long, an enum's index or a union's branch: a zig-zag varint.
func appendLong(dst []byte, n int64) []byte { return binary.AppendVarint(dst, n) }

func appendString(dst []byte, s string) []byte {
	dst = appendLong(dst, int64(len(s)))
	return append(dst, s...)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// appendOptional appends a nullable string; the empty string is null.
func appendOptional(dst []byte, s string) []byte {
	if s == "" {
		return appendLong(dst, avroNull)
	}
	return appendString(appendLong(dst, avroValue), s)
}

// appendDecimal appends a decimal on bytes: its unscaled value as the shortest big-endian two's complement.
func appendDecimal(dst []byte, unscaled int64) []byte {
	magnitude := uint64(unscaled)
	if unscaled < 0 {
		magnitude = ^magnitude
	}
	n := bits.Len64(magnitude)/8 + 1 // one bit more than the magnitude, for the sign
	dst = appendLong(dst, int64(n))
	for shift := (n - 1) * 8; shift >= 0; shift -= 8 {
		dst = append(dst, byte(unscaled>>shift)) // a shift of 64 leaves the sign
	}
	return dst
}

// appendStrings appends a map of strings, given as key, value, key, value, …
func appendStrings(dst []byte, pairs ...string) []byte {
	if len(pairs) > 0 {
		dst = appendLong(dst, int64(len(pairs)/2))
		for _, s := range pairs {
			dst = appendString(dst, s)
		}
	}
	return appendLong(dst, 0)
}
