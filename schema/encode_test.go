package schema

import (
	"strings"
	"testing"
)

// TestEncodeJSON: plain JSON through the encoder and the decoder, and what it reads as then.
func TestEncodeJSON(t *testing.T) {
	decimal := `{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`
	fixedDecimal := `{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":3}`
	long := func(logical string) string { return `{"type":"long","logicalType":"` + logical + `"}` }
	branches := `["null","long","string",{"type":"record","name":"x.A","fields":[{"name":"p","type":"string"}]},{"type":"record","name":"y.A","fields":[{"name":"p","type":"string"},{"name":"q","type":["null","int"]}]}]`
	tests := []struct{ schema, plain, want string }{
		{`"null"`, `null`, `null`},
		{`"boolean"`, `true`, `true`},
		{`"boolean"`, `false`, `false`},
		{`"int"`, `-7`, `-7`},
		{`"int"`, `7.0`, `7`},
		{`"int"`, `1e3`, `1000`},
		{`"long"`, `9007199254740993`, `9007199254740993`},
		{`"long"`, `-9223372036854775808`, `-9223372036854775808`},
		{`"float"`, `19.99`, `19.99`},
		{`"double"`, `19.99`, `19.99`},
		{`"double"`, `"NaN"`, `a number that is not finite`},
		{`"float"`, `"-Infinity"`, `a number that is not finite`},
		{`"string"`, `"grün \u2028"`, "\"grün \u2028\""},
		{`"bytes"`, `"AAH+/w=="`, `"AAH+/w=="`},
		{`{"type":"fixed","name":"F","size":3}`, `"YWJj"`, `"YWJj"`},
		{`{"type":"enum","name":"E","symbols":["UP","DOWN"]}`, `"DOWN"`, `"DOWN"`},
		{`{"type":"array","items":"int"}`, `[]`, `[]`},
		{`{"type":"array","items":"int"}`, `[1,2]`, `[1,2]`},
		{`{"type":"map","values":"int"}`, `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{decimal, `12.3`, `12.30`},
		{decimal, `"12.30"`, `12.30`},
		{decimal, `-0.01`, `-0.01`},
		{decimal, `1.230e1`, `12.30`},
		{decimal, `9999999.99`, `9999999.99`},
		{decimal, `0`, `0.00`},
		{decimal, `1.28`, `1.28`},
		{decimal, `-1.28`, `-1.28`},
		{decimal, `-1.29`, `-1.29`},
		{fixedDecimal, `-1.5`, `-1.500`},
		{fixedDecimal, `999999.999`, `999999.999`},
		{`{"type":"int","logicalType":"date"}`, `"2024-02-29"`, `"2024-02-29"`},
		{`{"type":"int","logicalType":"date"}`, `"1969-12-31"`, `"1969-12-31"`},
		{`{"type":"int","logicalType":"date"}`, `1`, `"1970-01-02"`},
		{`{"type":"int","logicalType":"time-millis"}`, `"23:59:59.999"`, `"23:59:59.999"`},
		{`{"type":"int","logicalType":"time-millis"}`, `"09:05:00"`, `"09:05:00.000"`},
		{long("time-micros"), `"00:00:00.000001"`, `"00:00:00.000001"`},
		{long("timestamp-millis"), `"2026-01-15T09:35:20.123Z"`, `"2026-01-15T09:35:20.123Z"`},
		{long("timestamp-millis"), `"2026-01-15T10:35:20+01:00"`, `"2026-01-15T09:35:20.000Z"`},
		{long("timestamp-millis"), `1768469720123`, `"2026-01-15T09:35:20.123Z"`},
		{long("timestamp-millis"), `"1969-12-31T23:59:59.999Z"`, `"1969-12-31T23:59:59.999Z"`},
		{long("timestamp-micros"), `"0000-01-01T00:00:00Z"`, `"0000-01-01T00:00:00.000000Z"`},
		{long("timestamp-micros"), `"9999-12-31T23:59:59.999999Z"`, `"9999-12-31T23:59:59.999999Z"`},
		{long("timestamp-nanos"), `"2026-01-15T09:35:20.123456789Z"`, `"2026-01-15T09:35:20.123456789Z"`},
		{long("local-timestamp-millis"), `"2026-01-15T09:35:20.1"`, `"2026-01-15T09:35:20.100"`},
		{long("local-timestamp-micros"), `"2026-01-15 09:35:20"`, `"2026-01-15T09:35:20.000000"`},
		{`{"type":"string","logicalType":"uuid"}`, `"` + guidText + `"`, `"` + guidText + `"`},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, `"` + guidText + `"`, `"` + guidText + `"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"P1M2DT3.004S"`, `"P1M2DT3.004S"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"PT0S"`, `"PT0S"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"P7D"`, `"P7D"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"AQAAAAIAAAC8CwAA"`, `"P1M2DT3.004S"`},
		{branches, `null`, `null`},
		{branches, `5`, `5`},
		{branches, `"x"`, `"x"`},
		{branches, `{"p":"1"}`, `{"p":"1"}`},
		{branches, `{"p":"1","q":2}`, `{"p":"1","q":2}`},
		{branches, `{"y.A":{"p":"1"}}`, `{"p":"1","q":null}`},
		{branches, `{"long":5}`, `5`},
		{`["string",{"type":"map","values":"int"}]`, `{"int":1}`, `{"int":1}`},
		{`["int","long"]`, `5000000000`, `5000000000`},
		{`["null",` + decimal + `]`, `1.5`, `1.50`},
		{`["null",{"type":"int","logicalType":"date"}]`, `"2024-01-01"`, `"2024-01-01"`},
	}
	for _, test := range tests {
		s := mustParse(t, test.schema)
		datum, err := s.EncodeJSON([]byte(test.plain))
		if err != nil {
			t.Errorf("%s %s: %v", test.schema, test.plain, err)
			continue
		}
		v, err := s.Decode(&Arena{}, datum)
		if err != nil || show(v) != test.want {
			t.Errorf("%s %s: %s, %v, want %s", test.schema, test.plain, show(v), err, test.want)
		}
	}
}

// TestEncodeIsBounded: a value that fits no branch at the bottom of nested unions is not tried in every combination.
func TestEncodeIsBounded(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"u","type":["null","int","R",{"type":"record","name":"S","fields":[{"name":"u","type":["null","int","R","S"]}]}]}]}`)
	deep := func(n int, leaf string) []byte {
		return []byte(strings.Repeat(`{"u":`, n) + leaf + strings.Repeat("}", n))
	}
	if _, err := s.EncodeJSON(deep(100, "1")); err != nil {
		t.Error(err)
	}
	if _, err := s.EncodeJSON(deep(100, `"x"`)); err == nil || len(err.Error()) > 1000 {
		t.Error(err)
	}
	if _, err := s.EncodeJSON(deep(maxDepth+1, "1")); err == nil || err.Error() != "encode record: values nest deeper than 128" {
		t.Error(err)
	}
}

// TestEncodeDefaults: what is left out takes the schema's default, in Avro's own form, or null.
func TestEncodeDefaults(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[
		{"name":"a","type":"int","default":7},
		{"name":"b","type":["null","string"]},
		{"name":"c","type":["string","null"],"default":"x"},
		{"name":"d","type":"bytes","default":"\u0001\u00ff"},
		{"name":"e","type":{"type":"array","items":"int"},"default":[1,2]},
		{"name":"f","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"default":"A"},
		{"name":"g","type":"null"},
		{"name":"h","type":{"type":"record","name":"H","fields":[{"name":"x","type":"bytes"},{"name":"y","type":"bytes","default":"y"}]},"default":{"x":"z"}},
		{"name":"i","type":["null","int"],"default":null}]}`)
	datum, err := s.EncodeJSON([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Decode(&Arena{}, datum)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":7,"b":null,"c":"x","d":"Af8=","e":[1,2],"f":0.65,"g":null,"h":{"x":"eg==","y":"eQ=="},"i":null}`
	if got := show(v); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestEncodeRefuses: what does not fit, with its path and without its value.
func TestEncodeRefuses(t *testing.T) {
	order := `{"type":"record","name":"O","fields":[{"name":"id","type":"string"},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"L","fields":[
		{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}},{"name":"extra","type":["null",{"type":"map","values":"int"}]}]}}}]}`
	stamp := `{"type":"long","logicalType":"timestamp-millis"}`
	duration := `{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`
	tests := []struct{ schema, plain, want string }{
		{order, `{`, "read JSON: unexpected EOF"},
		{order, `[]`, "want an object, a O"},
		{order, `{"lines":[]}`, "id: missing, and the schema has no default"},
		{order, `{"id":null,"lines":[]}`, "id: null, and the schema allows none"},
		{order, `{"id":7,"lines":[]}`, "id: want text"},
		{order, `{"id":"a","lines":[],"line":[]}`, "line: O has no such field"},
		{order, `{"id":"a","lines":{}}`, "lines: want a list"},
		{order, `{"id":"a","lines":[{"price":1},{"price":"1.234"}]}`, "lines[1].price: want a decimal of at most 5 digits, 2 of them behind the point"},
		{order, `{"id":"a","lines":[{"price":123456}]}`, "lines[0].price: want a decimal of at most 5 digits, have 8"},
		{order, `{"id":"a","lines":[{"price":"x"}]}`, "lines[0].price: want a decimal of at most 5 digits, 2 of them behind the point"},
		{order, `{"id":"a","lines":[{"price":1e999999999}]}`, "lines[0].price: want a decimal of at most 5 digits, 2 of them behind the point"},
		{order, `{"id":"a","lines":[{"price":true}]}`, "lines[0].price: want decimal as text"},
		{order, `{"id":"a","lines":[{"price":1,"extra":{"k":"v"}}]}`, `lines[0].extra["k"]: want a whole number`},
		{order, `{"id":"a","lines":[{"price":1,"extra":7}]}`, "lines[0].extra: want an object, a map"},
		{`"null"`, `0`, "want null"},
		{`"boolean"`, `1`, "want true or false"},
		{`"int"`, `2147483648`, "a number of more than 32 bits"},
		{`"int"`, `1.5`, "want a whole number of at most 64 bits"},
		{`"int"`, `"1"`, "want a whole number"},
		{`"int"`, `true`, "want a whole number"},
		{`"long"`, `9223372036854775808`, "want a whole number of at most 64 bits"},
		{`"double"`, `1e999`, "a number that a double does not hold"},
		{`"float"`, `1e39`, "a number that a float does not hold"},
		{`"float"`, `"1"`, "want a number"},
		{`"float"`, `[]`, "want a number"},
		{`"bytes"`, `"%"`, "want bytes as base64"},
		{`"bytes"`, `7`, "want bytes as text"},
		{`{"type":"fixed","name":"F","size":3}`, `"YWI="`, "want 3 bytes, have 2"},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, `"7"`, "want a UUID"},
		{`{"type":"fixed","name":"F","size":1,"logicalType":"decimal","precision":2}`, `100`, "want a decimal of at most 2 digits, have 3"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `"C"`, "no symbol of E, which has [A, B]"},
		{`["null","int"]`, `"x"`, "want a whole number"},
		{`["null","int","boolean"]`, `"x"`, "fits no branch of [null, int, boolean]"},
		{`["int","boolean"]`, `null`, "fits no branch of [int, boolean]"},
		{stamp, `"2026-01-15"`, "want a time as RFC 3339, no finer than milliseconds, or the number that the schema stores"},
		{stamp, `"2026-01-15T09:35:20.1234Z"`, "want a time as RFC 3339, no finer than milliseconds, or the number that the schema stores"},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, `"9999-01-01T00:00:00Z"`, "want a time as RFC 3339, or the number that the schema stores"},
		{`{"type":"int","logicalType":"date"}`, `"2026-02-30"`, "want a date as YYYY-MM-DD, or the number that the schema stores"},
		{duration, `"P1Y"`, "want bytes as base64"},
		{duration, `"P1M2"`, "want a duration as P1M2DT3.004S"},
		{duration, `"PT1.0001S"`, "want a duration as P1M2DT3.004S"},
		{duration, `"PT-1S"`, "want a duration as P1M2DT3.004S"},
		{duration, `"P99999999999D"`, "want a duration as P1M2DT3.004S"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"bytes","default":"\u0100"}]}`, `{}`, "a: the schema's default is no text of bytes"},
	}
	for _, test := range tests {
		_, err := mustParse(t, test.schema).EncodeJSON([]byte(test.plain))
		if err == nil || err.Error() != "encode record: "+test.want {
			t.Errorf("%s %s:\n got %v\nwant encode record: %s", test.schema, test.plain, err, test.want)
		}
	}
}

// TestJSONComesBack: what random data decode to is read back from its own JSON as the same value, wherever a union
// does not leave open which branch was meant.
func TestJSONComesBack(t *testing.T) {
	back := 0
	for seed := range 1500 {
		g := newGenerator(uint64(seed))
		s := g.compiled(t)
		if strings.Contains(s.Text, "[{") || strings.Contains(s.Text, `["`) && !strings.Contains(s.Text, `["null",`) || strings.Count(s.Text, ",\"null\"]") > 0 {
			continue
		}
		v, err := s.Decode(&Arena{}, g.datum(nil, s.Root, 6))
		if err != nil {
			continue
		}
		plain, err := v.AppendJSON(nil)
		if err != nil {
			continue
		}
		datum, err := s.EncodeJSON(plain)
		if err != nil {
			if strings.Contains(err.Error(), "want a decimal") { // a writer may exceed its precision; we don't
				continue
			}
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, s.Text, plain)
		}
		again, err := s.Decode(&Arena{}, datum)
		if err != nil || show(again) != string(plain) && !again.Equal(v) {
			t.Fatalf("seed %d: %v\n%s\n%s\n%s", seed, err, s.Text, plain, show(again))
		}
		back++
	}
	if back < 300 {
		t.Errorf("only %d came back", back)
	}
}

// FuzzEncodeJSON: any text is refused, or becomes bytes that decode.
func FuzzEncodeJSON(f *testing.F) {
	var schemas []*Schema
	for _, text := range fuzzSchemas {
		schemas = append(schemas, mustParse(f, text))
	}
	f.Add(0, []byte(`{"order_id":"x"}`))
	f.Add(3, []byte(`{"a":"1e-7"}`))
	f.Add(4, []byte(`"P1DT1S"`))
	f.Fuzz(func(t *testing.T, which int, plain []byte) {
		s := schemas[uint(which)%uint(len(schemas))]
		datum, err := s.EncodeJSON(plain)
		if err != nil {
			return
		}
		if _, err := s.Decode(&Arena{}, datum); err != nil {
			t.Fatalf("%s became %x: %v", plain, datum, err)
		}
	})
}
