package schema_test

import (
	"errors"
	"fmt"

	"brazebridge/schema"
)

// A record's bytes become values, and JSON, without anything being registered anywhere.
func ExampleSchema_Decode() {
	s, err := schema.Parse(`{"type":"record","name":"Order","fields":[
		{"name":"id","type":"string"},
		{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
		{"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	datum, err := s.EncodeJSON([]byte(`{"id":"A-1","total":12.3,"placed_at":"2026-01-15T10:35:20+01:00"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var arena schema.Arena
	order, err := s.Decode(&arena, datum)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := order.AppendJSON(nil)
	fmt.Println(string(text), err)
	// Output: {"id":"A-1","total":12.30,"placed_at":"2026-01-15T09:35:20.000Z"} <nil>
}

// What is wrong with a record's bytes is named by place, never by value.
func ExampleSchema_Decode_undecodable() {
	s, err := schema.Parse(`{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"gift","type":"boolean"}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Decode(&schema.Arena{}, []byte("\x06A-1\x07"))
	fmt.Println(err)
	fmt.Println(errors.Is(err, schema.ErrUndecodable))
	// Output:
	// undecodable: gift: a boolean that is neither 0 nor 1 (byte 4 of 5)
	// true
}

// Confluent's prefix: a zero byte and the schema id.
func ExampleFrame() {
	ref, datum, err := schema.Frame([]byte("\x00\x00\x00\x00\x2a\x06A-1"), nil)
	fmt.Println(ref, len(datum), err)
	_, _, err = schema.Frame([]byte(`{"id":"A-1"}`), nil)
	fmt.Println(err)
	// Output:
	// 42 4 <nil>
	// undecodable: the value does not begin with a schema id (first byte 0x7b, not 0x00): is the producer using a plain Avro, JSON or text serializer?
}

// A time is written with all the digits of its unit; a local one has no zone.
func ExampleValue_AppendJSON() {
	for _, text := range []string{
		`{"type":"long","logicalType":"timestamp-millis"}`,
		`{"type":"long","logicalType":"local-timestamp-micros"}`,
		`{"type":"int","logicalType":"time-millis"}`,
		`{"type":"int","logicalType":"date"}`,
	} {
		s, err := schema.Parse(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		v, err := s.Decode(&schema.Arena{}, []byte{0x02})
		if err != nil {
			fmt.Println(err)
			return
		}
		out, err := v.AppendJSON(nil)
		fmt.Println(string(out), err)
	}
	// Output:
	// "1970-01-01T00:00:00.001Z" <nil>
	// "1970-01-01T00:00:00.000001" <nil>
	// "00:00:00.001" <nil>
	// "1970-01-02" <nil>
}
