package preview

import (
	"encoding/json"
	"strings"
	"testing"

	"brazebridge/schema"
)

const oddSchema = `{"type": "record", "name": "Odd", "fields": [
  {"name": "f", "type": "float"}, {"name": "d", "type": ["null", "double"]}, {"name": "list", "type": {"type": "array", "items": "double"}},
  {"name": "map", "type": {"type": "map", "values": {"type": "record", "name": "In", "fields": [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "s", "type": "string"}]}}}]}`

// What no JSON can hold is shown all the same, beside everything else of the record; and where it can, the preview may be
// given what it has shown.
func TestRecordJSON(t *testing.T) {
	s, err := schema.Parse(oddSchema)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`{"f": 1.5, "d": null, "list": [], "map": {}}`:                                      `{"f":1.5,"d":null,"list":[],"map":{}}`,
		`{"f": "NaN", "d": "Infinity", "list": [1, "-Infinity", 2], "map": {}}`:             `{"f":"NaN","d":"Infinity","list":[1,"-Infinity",2],"map":{}}`,
		`{"f": 0, "d": 0, "list": [], "map": {"a\"b": {"at": 253402300800000, "s": "<>"}}}`: `{"f":0,"d":0,"list":[],"map":{"a\"b":{"at":253402300800000,"s":"<>"}}}`,
	} {
		datum, err := s.EncodeJSON([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		var arena schema.Arena
		v, err := s.Decode(&arena, datum)
		if err != nil {
			t.Fatal(err)
		}
		got := recordJSON(v)
		if string(got) != want || !json.Valid(got) {
			t.Errorf("%s is shown as %s, want %s", in, got, want)
		}
		if again, err := s.EncodeJSON(got); err != nil || string(again) != string(datum) {
			t.Errorf("%s does not come to the same datum: %v", got, err)
		}
	}
}

// Bytes that are no UTF-8 are replaced, in texts and in the keys of maps.
func TestRecordJSONOfBadText(t *testing.T) {
	s, err := schema.Parse(`{"type": "map", "values": "string"}`)
	if err != nil {
		t.Fatal(err)
	}
	datum := []byte{2, 4, 'k', 0xff, 4, 'v', 0xfe, 0}
	var arena schema.Arena
	v, err := s.Decode(&arena, datum)
	if err != nil {
		t.Skip("the decoder refuses such text")
	}
	if got := string(recordJSON(v)); !json.Valid([]byte(got)) || strings.Count(got, "\ufffd") != 2 || got != "{\"k\ufffd\":\"v\ufffd\"}" {
		t.Errorf("shown as %q", got)
	}
	if got := recordJSON(schema.Value{}); string(got) != "null" {
		t.Errorf("no value is shown as %s", got)
	}
}
