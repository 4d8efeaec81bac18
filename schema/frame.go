package schema

import (
	"encoding/binary"
	"fmt"
)

// The first byte of a schema id, in a record's header as in its prefix.
const (
	magicID   = 0 // four bytes of id follow
	magicGUID = 1 // sixteen bytes of GUID follow
)

// Frame finds the schema and the datum of a record in Confluent's wire format. header is the value of the record's
// header __value_schema_id (__key_schema_id for a key), nil where there is none; it wins over the prefix, and then the
// whole value is the datum, even one that begins like a prefix. Both places hold 00 and a four-byte id, or 01 and a
// sixteen-byte GUID. What follows the id in a header (Protobuf's indexes) is not read: the schema's format decides.
// An empty header is none. Errors match ErrUndecodable.
func Frame(value, header []byte) (ref Ref, datum []byte, err error) {
	if len(header) > 0 {
		ref, _, err = readRef(header, "schema id header")
		if err != nil {
			return Ref{}, nil, err
		}
		return ref, value, nil
	}
	if len(value) == 0 {
		return Ref{}, nil, fmt.Errorf("%w: the value is empty", ErrUndecodable)
	}
	return readRef(value, "value")
}

func readRef(b []byte, where string) (Ref, []byte, error) {
	switch {
	case b[0] == magicID && len(b) >= 5:
		id := int32(binary.BigEndian.Uint32(b[1:]))
		if id <= 0 {
			return Ref{}, nil, fmt.Errorf("%w: the %s holds schema id %d, which no registry gives", ErrUndecodable, where, id)
		}
		return Ref{ID: int(id)}, b[5:], nil
	case b[0] == magicGUID && len(b) >= 17:
		return Ref{GUID: [16]byte(b[1:17])}, b[17:], nil
	case b[0] > magicGUID:
		return Ref{}, nil, fmt.Errorf("%w: the %s does not begin with a schema id (first byte %#02x, not 0x00): is the producer using a plain Avro, JSON or text serializer?",
			ErrUndecodable, where, b[0])
	}
	return Ref{}, nil, fmt.Errorf("%w: the %s of %d bytes ends within the schema id", ErrUndecodable, where, len(b))
}
