package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func mustParse(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return s
}

// TestLogicalTypes: what each definition becomes. What is unknown, incomplete or invalid is its base type.
func TestLogicalTypes(t *testing.T) {
	tests := []struct {
		schema string
		want   Kind
	}{
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, Decimal},
		{`{"type":"bytes","logicalType":"decimal","precision":1}`, Decimal},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":9}`, Decimal},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal"}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","scale":2}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":0}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":-3}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":-1}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":"9"}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":9.5}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":"2"}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":null}`, Decimal},
		{`{"type":"bytes","logicalType":"decimal","precision":99999999999999999999}`, Bytes},
		{`{"type":"bytes","logicalType":"decimal","precision":2400}`, Decimal},
		{`{"type":"bytes","logicalType":"decimal","precision":2401}`, Bytes},
		{`{"type":"string","logicalType":"decimal","precision":9,"scale":2}`, String},
		{`{"type":"double","logicalType":"decimal","precision":9,"scale":2}`, Double},
		{`{"type":"fixed","name":"F","size":1,"logicalType":"decimal","precision":2}`, Decimal},
		{`{"type":"fixed","name":"F","size":1,"logicalType":"decimal","precision":3}`, Fixed},
		{`{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":18,"scale":18}`, Decimal},
		{`{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":19}`, Fixed},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":38,"scale":2}`, Decimal},
		{`{"type":"fixed","name":"F","size":0,"logicalType":"decimal","precision":1}`, Fixed},
		{`{"type":"int","logicalType":"date"}`, Date},
		{`{"type":"long","logicalType":"date"}`, Long},
		{`{"type":"string","logicalType":"date"}`, String},
		{`{"type":"int","logicalType":"time-millis"}`, TimeMillis},
		{`{"type":"long","logicalType":"time-millis"}`, Long},
		{`{"type":"long","logicalType":"time-micros"}`, TimeMicros},
		{`{"type":"int","logicalType":"time-micros"}`, Int},
		{`{"type":"long","logicalType":"timestamp-millis"}`, TimestampMillis},
		{`{"type":"int","logicalType":"timestamp-millis"}`, Int},
		{`{"type":"string","logicalType":"timestamp-millis"}`, String},
		{`{"type":"long","logicalType":"timestamp-micros"}`, TimestampMicros},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, TimestampNanos},
		{`{"type":"long","logicalType":"local-timestamp-millis"}`, LocalTimestampMillis},
		{`{"type":"long","logicalType":"local-timestamp-micros"}`, LocalTimestampMicros},
		{`{"type":"long","logicalType":"local-timestamp-nanos"}`, LocalTimestampNanos},
		{`{"type":"string","logicalType":"uuid"}`, UUID},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, UUID},
		{`{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}`, Fixed},
		{`{"type":"bytes","logicalType":"uuid"}`, Bytes},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, Duration},
		{`{"type":"fixed","name":"F","size":11,"logicalType":"duration"}`, Fixed},
		{`{"type":"bytes","logicalType":"duration"}`, Bytes},
		{`{"type":"bytes","logicalType":"big-decimal"}`, Bytes},
		{`{"type":"string","logicalType":"url"}`, String},
		{`{"type":"string","logicalType":7}`, String},
		{`{"type":"string","logicalType":null}`, String},
		{`{"type":"record","name":"R","fields":[],"logicalType":"uuid"}`, Record},
		{`{"type":"array","items":"int","logicalType":"date"}`, Array},
		{`{"type":"enum","name":"E","symbols":["A"],"logicalType":"date"}`, Enum},
		{`{"type":{"type":"long"},"logicalType":"timestamp-millis"}`, TimestampMillis},
		{`{"type":{"type":"long","logicalType":"timestamp-millis"},"logicalType":"timestamp-micros"}`, TimestampMillis},
	}
	for _, test := range tests {
		s := mustParse(t, test.schema)
		if s.Root.Kind != test.want {
			t.Errorf("%s is %s, want %s", test.schema, s.Root.Kind, test.want)
		}
		if s.Text != test.schema {
			t.Errorf("text changed: %s", s.Text)
		}
	}
}

// TestLogicalTypeBesideAField: a logicalType that stands beside a field's name says nothing about its type.
func TestLogicalTypeBesideAField(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"at","type":"long","logicalType":"timestamp-millis"}]}`)
	if k := s.Root.Fields[0].Type.Kind; k != Long {
		t.Errorf("kind %s, want long", k)
	}
}

// TestParseAccepts lists what producers register and readers must take, with the kinds of a record's fields.
func TestParseAccepts(t *testing.T) {
	tests := []struct{ name, schema, want string }{
		{"primitive", `"string"`, "string"},
		{"byte order mark", "\ufeff\"string\"", "string"},
		{"spaces", " \n \"int\" \n", "int"},
		{"object", `{"type":"string","avro.java.string":"String"}`, "string"},
		{"nested object", `{"type":{"type":{"type":"string"}}}`, "string"},
		{"union", `["null","string"]`, "union[null string]"},
		{"union of one", `["string"]`, "union[string]"},
		{"empty union", `[]`, "union[]"},
		{"string and uuid in one union", `["null","string",{"type":"string","logicalType":"uuid"}]`, "union[null string uuid]"},
		{"two decimals in one union", `[{"type":"bytes","logicalType":"decimal","precision":4},{"type":"bytes","logicalType":"decimal","precision":5}]`, "union[decimal decimal]"},
		{"long and timestamp in one union", `["long",{"type":"long","logicalType":"timestamp-millis"}]`, "union[long timestamp-millis]"},
		{"hyphen in a namespace", `{"type":"record","name":"R","namespace":"my-shop.v1","fields":[{"name":"a","type":{"type":"enum","name":"E","symbols":["X"]}},{"name":"b","type":"E"},{"name":"c","type":"my-shop.v1.E"}]}`,
			"record my-shop.v1.R{enum my-shop.v1.E enum my-shop.v1.E enum my-shop.v1.E}"},
		{"hyphen in names", `{"type":"record","name":"my-r","fields":[{"name":"a-b","type":"int"}]}`, "record my-r{int}"},
		{"digit first", `{"type":"record","name":"1r","fields":[{"name":"2","type":"int"}]}`, "record 1r{int}"},
		{"symbols with hyphens", `{"type":"enum","name":"E","symbols":["in-store","on line"]}`, "enum E"},
		{"error", `{"type":"error","name":"R","fields":[]}`, "record R{}"},
		{"full name wins over namespace", `{"type":"record","name":"x.R","namespace":"y","fields":[{"name":"a","type":["null","R"]}]}`, "record x.R{union[null record x.R]}"},
		{"namespace inherited", `{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2}},{"name":"b","type":"x.F"}]}`, "record x.R{fixed x.F fixed x.F}"},
		{"namespace left", `{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":{"type":"fixed","name":"F","namespace":"","size":2}},{"name":"b","type":"F"}]}`, "record x.R{fixed F fixed F}"},
		{"recursive", `{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}`, "record R{union[null record R]}"},
		{"recursive through an array", `{"type":"record","name":"R","fields":[{"name":"all","type":{"type":"array","items":"R"}}]}`, "record R{array record R}"},
		{"name as a type's object", `{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":1}},{"name":"b","type":{"type":"F"}}]}`, "record R{fixed F fixed F}"},
		{"map", `{"type":"map","values":{"type":"array","items":"bytes"}}`, "map array bytes"},
		{"wrong defaults", `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"no"},{"name":"b","type":["string","null"],"default":null}]}`, "record R{int union[string null]}"},
		{"aliases", `{"type":"record","name":"R","namespace":"x","aliases":["Old","y.Older",""],"fields":[{"name":"a","aliases":["b"],"type":"int"}]}`, "record x.R{int}"},
		{"fixed of size 0", `{"type":"fixed","name":"F","size":0}`, "fixed F"},
		{"unknown attributes", `{"type":"record","name":"R","connect.name":"x","fields":[{"name":"a","type":"int","order":"ignore","x":{"type":"nonsense"}}]}`, "record R{int}"},
	}
	for _, test := range tests {
		s, err := Parse(test.schema)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := outline(s.Root, true); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// outline writes a type's structure, one level of records deep.
func outline(t *Type, open bool) string {
	switch t.Kind {
	case Union:
		parts := []string{}
		for _, b := range t.Branches {
			parts = append(parts, outline(b, false))
		}
		return "union[" + strings.Join(parts, " ") + "]"
	case Array, Map:
		return t.Kind.String() + " " + outline(t.Elem, false)
	case Record, Enum, Fixed:
		text := t.Kind.String() + " " + t.Name
		if t.Kind == Record && open {
			parts := []string{}
			for i := range t.Fields {
				parts = append(parts, outline(t.Fields[i].Type, false))
			}
			text += "{" + strings.Join(parts, " ") + "}"
		}
		return text
	}
	return t.Kind.String()
}

func TestParseKeepsWhatMappingsRead(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","namespace":"x","doc":"An order.","aliases":["Old","y.Older"],"fields":[
		{"name":"a","aliases":["b"],"doc":"A field.","type":{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":7,"scale":3}},
		{"name":"e","type":{"type":"enum","name":"E","doc":"States.","symbols":["UP","DOWN"]}}]}`)
	r := s.Root
	if r.Doc != "An order." || !slices.Equal(r.Aliases, []string{"x.Old", "y.Older"}) {
		t.Errorf("record: %q, %q", r.Doc, r.Aliases)
	}
	f := r.Fields[0]
	if f.Doc != "A field." || !slices.Equal(f.Aliases, []string{"b"}) {
		t.Errorf("field: %q, %q", f.Doc, f.Aliases)
	}
	if f.Type.Precision != 7 || f.Type.Scale != 3 || f.Type.Size != 4 || f.Type.Base != Fixed || f.Type.Name != "x.F" {
		t.Errorf("fixed: %+v", f.Type)
	}
	if e := r.Fields[1].Type; e.Doc != "States." || !slices.Equal(e.Symbols, []string{"UP", "DOWN"}) {
		t.Errorf("enum: %+v", e)
	}
}

// TestRecursiveTypesAreOne: a named type is one *Type wherever it is named.
func TestRecursiveTypesAreOne(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","namespace":"n","fields":[{"name":"r","type":["null","R"]},{"name":"m","type":{"type":"map","values":"n.R"}}]}`)
	if s.Root.Fields[0].Type.Branches[1] != s.Root || s.Root.Fields[1].Type.Elem != s.Root {
		t.Error("a recursive type was copied")
	}
}

// TestParseRefuses lists what is no schema, with the exact errors.
func TestParseRefuses(t *testing.T) {
	tests := []struct{ schema, want string }{
		{``, "empty text"},
		{"  \n", "empty text"},
		{`{`, "read JSON: unexpected EOF"},
		{`string`, "read JSON: invalid character 's' looking for beginning of value"},
		{`"string" "int"`, "text goes on after the schema"},
		{`"strin"`, `unknown type "strin"`},
		{`"record"`, `unknown type "record"`},
		{`7`, "a type is neither a name, a union nor an object"},
		{`null`, "a type is neither a name, a union nor an object"},
		{`{}`, "an object has no type"},
		{`{"type":"object","properties":{}}`, `unknown type "object"`},
		{`["string","string"]`, "a union holds string twice"},
		{`["null",["string"]]`, "a union directly inside a union"},
		{`[{"type":"fixed","name":"F","size":1},"F"]`, "a union holds F twice"},
		{`[{"type":"array","items":"int"},{"type":"array","items":"string"}]`, "a union holds array twice"},
		{`{"type":"array"}`, "array without items"},
		{`{"type":"map"}`, "map without values"},
		{`{"type":"array","items":"x"}`, `unknown type "x"`},
		{`{"type":"record","fields":[]}`, "record without a name"},
		{`{"type":"record","name":"R"}`, "record R: no list of fields"},
		{`{"type":"record","name":"R","fields":{}}`, "record R: no list of fields"},
		{`{"type":"record","name":"R","fields":["a"]}`, "record R: field number 1: not an object"},
		{`{"type":"record","name":"R","fields":[{"type":"int"}]}`, "record R: field number 1: no name"},
		{`{"type":"record","name":"R","fields":[{"name":"a"}]}`, "record R: field a: no type"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"Rr"}]}`, `record R: field a: unknown type "Rr"`},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}`, "record R: field a is there twice"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"R","fields":[]}}]}`, "record R: field a: record R is defined twice"},
		{`{"type":"record","name":"int","fields":[]}`, "record bears the name of a primitive, int"},
		{`{"type":"enum","name":"E"}`, "enum E: no list of symbols"},
		{`{"type":"enum","name":"E","symbols":[1]}`, "enum E: a symbol is no text"},
		{`{"type":"enum","name":"E","symbols":["A","A"]}`, "enum E: symbol A is there twice"},
		{`{"type":"enum","symbols":["A"]}`, "enum without a name"},
		{`{"type":"fixed","name":"F"}`, "fixed F: size is no number of bytes"},
		{`{"type":"fixed","name":"F","size":-1}`, "fixed F: size is no number of bytes"},
		{`{"type":"fixed","name":"F","size":"4"}`, "fixed F: size is no number of bytes"},
		{`{"type":"fixed","name":"F","size":1e99}`, "fixed F: size is no number of bytes"},
		{`{"type":"fixed","size":1}`, "fixed without a name"},
	}
	for _, test := range tests {
		_, err := Parse(test.schema)
		if err == nil || err.Error() != "parse schema: "+test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.schema, err, test.want)
		}
	}
}

// TestParseIsBounded: hostile texts cost bounded stack, memory and error text.
func TestParseIsBounded(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"type":"array","items":`, n) + `"int"` + strings.Repeat("}", n)
	}
	if _, err := Parse(nested(maxSchemaDepth)); err != nil {
		t.Errorf("deepest allowed: %v", err)
	}
	for name, text := range map[string]string{
		"deep":      nested(maxSchemaDepth + 1),
		"very deep": nested(100_000),
		"long":      `"` + strings.Repeat("x", maxSchemaText) + `"`,
		"long name": `"` + strings.Repeat("ö", 10_000) + `"`,
		"brackets":  strings.Repeat("[", 1_000_000),
	} {
		_, err := Parse(text)
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("%s: %.400v", name, err)
		}
	}
}

func TestClip(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("x", 120)} {
		if clip(s) != s {
			t.Errorf("%q was cut", s)
		}
	}
	if got := clip(strings.Repeat("ö", 100)); got != strings.Repeat("ö", 60)+"…" {
		t.Errorf("cut inside a character: %q", got)
	}
}

// FuzzParse: any text gives a schema or a bounded error, and a schema that is accepted can decode.
func FuzzParse(f *testing.F) {
	f.Add(`{"type":"record","name":"R","namespace":"a-b","fields":[{"name":"x","type":["null","R",{"type":"map","values":"long"}]}]}`)
	f.Add(`["null","string",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]`)
	f.Add(`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`)
	f.Add(`{"type":"enum","name":"E","symbols":["A"]}`)
	if files, err := filepath.Glob("../deploy/**/*.avsc"); err == nil {
		for _, name := range files {
			if text, err := os.ReadFile(name); err == nil {
				f.Add(string(text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			if len(err.Error()) > 20_000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		var a Arena
		for _, datum := range [][]byte{nil, {0}, {2, 0, 2, 0}, []byte("\x02\x02\x02\x02\x02\x02\x00\x00\x00\x00")} {
			if err := compare(s, &a, datum); err != nil && !strings.Contains(err.Error(), "set up goavro") {
				t.Errorf("%s: %v", text, err)
			}
		}
		_ = fmt.Sprint(s.Root.Kind)
	})
}
