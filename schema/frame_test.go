package schema

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const guidBytes = "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00"
const guidText = "123e4567-e89b-12d3-a456-426614174000"

func TestFrame(t *testing.T) {
	guid := [16]byte([]byte(guidBytes))
	tests := []struct {
		name, value string
		header      []byte
		ref         Ref
		datum       string
		fault       string // part of the error
	}{
		{name: "prefix", value: "\x00\x00\x00\x01\x02abc", ref: Ref{ID: 258}, datum: "abc"},
		{name: "empty datum", value: "\x00\x00\x00\x00\x07", ref: Ref{ID: 7}, datum: ""},
		{name: "largest id", value: "\x00\x7f\xff\xff\xffx", ref: Ref{ID: 1<<31 - 1}, datum: "x"},
		{name: "prefix with GUID", value: "\x01" + guidBytes + "abc", ref: Ref{GUID: guid}, datum: "abc"},
		{name: "header with GUID", value: "abc", header: []byte("\x01" + guidBytes), ref: Ref{GUID: guid}, datum: "abc"},
		{name: "header with id", value: "abc", header: []byte("\x00\x00\x00\x00\x1e"), ref: Ref{ID: 30}, datum: "abc"},
		{name: "header wins over what looks like a prefix", value: "\x00\x00\x00\x00\x07\x02", header: []byte("\x01" + guidBytes), ref: Ref{GUID: guid}, datum: "\x00\x00\x00\x00\x07\x02"},
		{name: "header, null branch", value: "\x00", header: []byte("\x01" + guidBytes), ref: Ref{GUID: guid}, datum: "\x00"},
		{name: "header, empty datum", value: "", header: []byte("\x00\x00\x00\x00\x1e"), ref: Ref{ID: 30}, datum: ""},
		{name: "header with Protobuf's indexes", value: "abc", header: []byte("\x01" + guidBytes + "\x02\x00"), ref: Ref{GUID: guid}, datum: "abc"},
		{name: "empty header is none", value: "\x00\x00\x00\x00\x07x", header: []byte{}, ref: Ref{ID: 7}, datum: "x"},
		{name: "empty value", value: "", fault: "the value is empty"},
		{name: "one byte", value: "\x00", fault: "the value of 1 bytes ends within the schema id"},
		{name: "four bytes", value: "\x00\x00\x00\x01", fault: "the value of 4 bytes ends within the schema id"},
		{name: "cut GUID", value: "\x01" + guidBytes[:15], fault: "the value of 16 bytes ends within the schema id"},
		{name: "id 0", value: "\x00\x00\x00\x00\x00abc", fault: "the value holds schema id 0, which no registry gives"},
		{name: "negative id", value: "\x00\xff\xff\xff\xffabc", fault: "the value holds schema id -1, which no registry gives"},
		{name: "bare Avro", value: "\x0csecret\x02", fault: "the value does not begin with a schema id (first byte 0x0c, not 0x00): is the producer"},
		{name: "JSON", value: `{"secret":1}`, fault: "first byte 0x7b"},
		{name: "bare GUID in the header", value: "\x00\x00\x00\x00\x07x", header: []byte(guidBytes), fault: "the schema id header does not begin with a schema id"},
		{name: "text in the header", value: "\x00\x00\x00\x00\x07x", header: []byte(guidText), fault: "the schema id header does not begin with a schema id (first byte 0x31"},
		{name: "short header", value: "\x00\x00\x00\x00\x07x", header: []byte("\x00\x07"), fault: "the schema id header of 2 bytes ends within the schema id"},
		{name: "header with id 0", value: "x", header: []byte("\x00\x00\x00\x00\x00"), fault: "the schema id header holds schema id 0"},
	}
	for _, test := range tests {
		ref, datum, err := Frame([]byte(test.value), test.header)
		if test.fault != "" {
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil || ref != test.ref || string(datum) != test.datum {
			t.Errorf("%s: %v, %q, %v", test.name, ref, datum, err)
		}
	}
	if _, _, err := Frame(nil, nil); !errors.Is(err, ErrUndecodable) {
		t.Errorf("a null value: %v", err)
	}
}

func TestRefString(t *testing.T) {
	if got := (Ref{ID: 12}).String(); got != "12" {
		t.Error(got)
	}
	if got := (Ref{GUID: [16]byte([]byte(guidBytes))}).String(); got != guidText {
		t.Error(got)
	}
}

func TestSubject(t *testing.T) {
	if Subject("shop.orders") != "shop.orders-value" {
		t.Error(Subject("shop.orders"))
	}
}

// FuzzFrame: any bytes give a schema that can be named and a part of the value, or a bounded error.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x07x"), []byte(nil))
	f.Add([]byte("\x00"), []byte("\x01"+guidBytes))
	f.Fuzz(func(t *testing.T, value, header []byte) {
		ref, datum, err := Frame(value, header)
		switch {
		case err != nil:
			if !errors.Is(err, ErrUndecodable) || len(err.Error()) > 300 {
				t.Fatal(err)
			}
		case ref.ID < 0 || ref.String() == "":
			t.Fatalf("%v", ref)
		case len(header) > 0 && !bytes.Equal(datum, value):
			t.Fatal("a header's datum is the whole value")
		case !bytes.HasSuffix(value, datum):
			t.Fatal("the datum is no end of the value")
		}
	})
}

// fuzzSchemas are what FuzzDecode reads its bytes as.
var fuzzSchemas = []string{
	orderSchema,
	`{"type":"record","name":"R","fields":[{"name":"a","type":["null","R",{"type":"array","items":"R"},{"type":"map","values":"R"}]},{"name":"b","type":"null"}]}`,
	`{"type":"array","items":{"type":"record","name":"E","fields":[]}}`,
	`{"type":"map","values":{"type":"bytes","logicalType":"decimal","precision":30,"scale":7}}`,
	`[{"type":"fixed","name":"F","size":12,"logicalType":"duration"},"string",{"type":"string","logicalType":"uuid"},"double","float",{"type":"int","logicalType":"date"}]`,
}

// FuzzDecode: any bytes give a Value whose JSON is valid or refused, or a bounded error; goavro agrees.
func FuzzDecode(f *testing.F) {
	var schemas []*Schema
	for _, text := range fuzzSchemas {
		schemas = append(schemas, mustParse(f, text))
	}
	f.Add(0, orderDatum(f, schemas[0], 3))
	f.Add(1, []byte("\x02\x02\x04\x02\x00\x00"))
	f.Add(2, []byte("\x80\x80\x80\x20\x00"))
	f.Add(3, []byte("\x02\x02k\x02\xff\x00"))
	f.Add(4, []byte("\x02\x02k"))
	f.Fuzz(func(t *testing.T, which int, datum []byte) {
		s := schemas[uint(which)%uint(len(schemas))]
		var a Arena
		if err := compare(s, &a, datum); err != nil {
			t.Fatal(err)
		}
		a.Reset()
		v, err := s.Decode(&a, datum)
		if err != nil {
			if len(err.Error()) > 3000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		checkJSON(t, v)
	})
}
