package schema

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// These tests go the whole way, from a record's bytes and headers through a registry over HTTP to JSON, for faults
// that people met in the field with other bridges.

// framed puts Confluent's prefix before a datum.
func framed(id int, datum string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), datum...)
}

// read decodes a record as the data path does.
func read(t *testing.T, r *Registry, value, header []byte) (string, error) {
	t.Helper()
	ref, datum, err := Frame(value, header)
	if err != nil {
		return "", err
	}
	s, err := r.Schema(t.Context(), ref)
	if err != nil {
		return "", err
	}
	v, err := s.Decode(&Arena{}, datum)
	if err != nil {
		return "", err
	}
	return show(v), nil
}

func fieldRegistry(t *testing.T) (*Registry, *srfake.Registry) {
	t.Helper()
	fake := srfake.New()
	t.Cleanup(fake.Close)
	r, err := NewRegistry(Options{URLs: []string{fake.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	return r, fake
}

// TestSchemaIDInTheHeader: newer serializers name the schema by GUID in a header and leave the value unframed. A topic
// may hold both kinds, and a bare datum may begin like a prefix.
func TestSchemaIDInTheHeader(t *testing.T) {
	f := newFakeSite()
	const text = `["null",{"type":"record","name":"P","fields":[{"name":"a","type":"string"}]}]`
	f.on("/schemas/ids/7", 200, doc(document{Schema: text}))
	f.on("/schemas/guids/"+guidText, 200, doc(document{Schema: text}))
	f.on("/schemas/ids/8", 200, doc(document{Schema: `{"type":"array","items":"int"}`}))
	f.on("/schemas/ids/9", 200, doc(document{Schema: `{"type":"record","name":"Z","fields":[{"name":"n","type":"long"},{"name":"m","type":"long"},{"name":"s","type":"bytes"}]}`}))
	r := newTestRegistry(t, f)
	byGUID, byID := []byte("\x01"+guidBytes), func(id byte) []byte { return []byte{0, 0, 0, 0, id} }
	for _, test := range []struct {
		name          string
		value, header []byte
		want          string
	}{
		{"prefix", framed(7, "\x02\x02x"), nil, `{"a":"x"}`},
		{"header", []byte("\x02\x02x"), byGUID, `{"a":"x"}`},
		{"header, null branch", []byte("\x00"), byGUID, `null`},
		{"header with id", []byte("\x02\x02x"), byID(7), `{"a":"x"}`},
		{"header, empty array", []byte("\x00"), byID(8), `[]`},
		{"header, a datum like a prefix", []byte("\x00\x00\x08\x00\x00\x00\x00"), byID(9), `{"n":0,"m":0,"s":"AAAAAA=="}`},
		{"prefix with GUID", []byte("\x01" + guidBytes + "\x02\x02x"), nil, `{"a":"x"}`},
	} {
		if got, err := read(t, r, test.value, test.header); err != nil || got != test.want {
			t.Errorf("%s: %s, %v, want %s", test.name, got, err, test.want)
		}
	}
	if _, err := read(t, r, framed(7, "\x02\x02x"), byGUID); !errors.Is(err, ErrUndecodable) {
		t.Errorf("a framed value beside a header is no bare datum: %v", err)
	}
}

// TestSeveralRecordTypes: a union of records under one id, by references, and one type per id.
func TestSeveralRecordTypes(t *testing.T) {
	r, fake := fieldRegistry(t)
	record := func(full, field string) string {
		return `{"type":"record","name":"` + full + `","fields":[{"name":"` + field + `","type":"string"}]}`
	}
	register := func(subject, text string, refs ...sr.SchemaReference) int {
		id, _, err := fake.RegisterSchema(subject, sr.Schema{Schema: text, References: refs})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	purchase := register("x.Purchase", record("x.Purchase", "p"))
	pageview := register("y.Purchase", record("y.Purchase", "q"))
	all := register("all-value", `["x.Purchase","y.Purchase"]`,
		sr.SchemaReference{Name: "x.Purchase", Subject: "x.Purchase", Version: 1},
		sr.SchemaReference{Name: "y.Purchase", Subject: "y.Purchase", Version: 1})
	for _, test := range []struct {
		value []byte
		want  string
	}{
		{framed(all, "\x00\x02a"), `{"p":"a"}`},
		{framed(all, "\x02\x02b"), `{"q":"b"}`},
		{framed(purchase, "\x02c"), `{"p":"c"}`},
		{framed(pageview, "\x02d"), `{"q":"d"}`},
	} {
		if got, err := read(t, r, test.value, nil); err != nil || got != test.want {
			t.Errorf("%x: %s, %v, want %s", test.value, got, err, test.want)
		}
	}
	s, err := r.Latest(t.Context(), "all-value")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Decode(&Arena{}, []byte("\x02\x02b"))
	if err != nil || v.Type().Name != "y.Purchase" {
		t.Errorf("the branch is known by its full name: %v, %v", v, err)
	}
}

// TestSoftlyDeletedReference: what a schema refers to stays readable after its subject was deleted.
func TestSoftlyDeletedReference(t *testing.T) {
	f := newFakeSite()
	f.on("/subjects/money/versions/1", 404, `{"error_code":40402,"message":"Version 1 not found."}`)
	place(f, "money", 1, money)
	f.on("/schemas/ids/7", 200, doc(document{Schema: `{"type":"array","items":"common.Money"}`, References: []reference{{"common.Money", "money", 1}}}))
	if got, err := read(t, newTestRegistry(t, f), framed(7, "\x02\x02\x41\x00\x00"), nil); err != nil || got != `[{"amount":0.65,"unit":"EUR"}]` {
		t.Errorf("%s, %v", got, err)
	}
}

// TestOneOddFieldHurtsNobody: a decimal with a scale beyond its precision is bytes, and the rest of the record is read.
func TestOneOddFieldHurtsNobody(t *testing.T) {
	r, fake := fieldRegistry(t)
	id, _, err := fake.RegisterSchema("o-value", sr.Schema{Schema: `{"type":"record","name":"O","namespace":"my-shop","fields":[
		{"name":"id","type":"string"},
		{"name":"odd","type":{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}},
		{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
		{"name":"ref","type":["null","string",{"type":"string","logicalType":"uuid"}],"default":null},
		{"name":"when","type":"long","default":"never"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, r, framed(id, "\x02a\x02\x41\x02\x41\x04\x02u\x02"), nil)
	if err != nil || got != `{"id":"a","odd":"QQ==","total":0.65,"ref":"u","when":1}` {
		t.Errorf("%s, %v", got, err)
	}
}

// TestShortValues: nothing, too little for an id, and an id without a datum.
func TestShortValues(t *testing.T) {
	r, fake := fieldRegistry(t)
	id, _, err := fake.RegisterSchema("s-value", sr.Schema{Schema: `"string"`})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if _, err := read(t, r, framed(id, "")[:n], nil); !errors.Is(err, ErrUndecodable) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := read(t, r, framed(id, ""), nil); !errors.Is(err, ErrUndecodable) {
		t.Errorf("no datum: %v", err)
	}
	if _, err := read(t, r, []byte{}, []byte("\x00\x00\x00\x00\x01")); !errors.Is(err, ErrUndecodable) {
		t.Errorf("no datum beside a header: %v", err)
	}
}

// TestOtherFormats: Protobuf and JSON Schema under an Avro topic are told apart from bad bytes, whatever follows the
// id, and Avro beside them is read.
func TestOtherFormats(t *testing.T) {
	r, fake := fieldRegistry(t)
	fake.SeedSchema("p-value", 1, 30, sr.Schema{Schema: `syntax = "proto3"; message M {}`, Type: sr.TypeProtobuf})
	fake.SeedSchema("j-value", 1, 31, sr.Schema{Schema: `{"type":"object"}`, Type: sr.TypeJSON})
	fake.SeedSchema("a-value", 1, 32, sr.Schema{Schema: `"int"`})
	for _, test := range []struct {
		value []byte
		want  string
	}{
		{framed(30, "\x00\x08\x01"), "schema 30 is PROTOBUF, this topic expects Avro"},
		{framed(30, "\x02\x00\x08\x01"), "schema 30 is PROTOBUF, this topic expects Avro"},
		{framed(31, `{"a":1}`), "schema 31 is JSON, this topic expects Avro"},
	} {
		_, err := read(t, r, test.value, nil)
		var format *NotAvroError
		if !errors.As(err, &format) || err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	if got, err := read(t, r, framed(32, "\x02"), nil); err != nil || got != "1" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := read(t, r, []byte("\x02"), nil); !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), "is the producer using a plain Avro") {
		t.Errorf("no frame: %v", err)
	}
}

// TestPricesAsFloats: 19.99 stays 19.99, and a long beyond 2^53 keeps its digits.
func TestPricesAsFloats(t *testing.T) {
	r, fake := fieldRegistry(t)
	id, _, err := fake.RegisterSchema("f-value", sr.Schema{Schema: `{"type":"record","name":"F","fields":[{"name":"price","type":"float"},{"name":"n","type":"long"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, r, framed(id, "\x85\xeb\x9f\x41\x82\x80\x80\x80\x80\x80\x80\x20"), nil)
	if err != nil || got != `{"price":19.99,"n":9007199254740993}` {
		t.Errorf("%s, %v", got, err)
	}
	v, err := mustParse(t, `"float"`).Decode(&Arena{}, []byte("\x85\xeb\x9f\x41"))
	if err != nil || v.Float() != 19.99 {
		t.Errorf("%v, %v", v.Float(), err)
	}
}

// TestVersionsOverHTTP reads a subject's history as check does.
func TestVersionsOverHTTP(t *testing.T) {
	r, fake := fieldRegistry(t)
	const subject = "shop/new orders+1-value"
	for _, text := range []string{
		`{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","int"],"default":null}]}`,
	} {
		if _, _, err := fake.RegisterSchema(subject, sr.Schema{Schema: text}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.Versions(t.Context(), subject)
	if err != nil || len(all) != 2 || len(all[0].Root.Fields) != 1 || len(all[1].Root.Fields) != 2 || all[1].Version != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	latest, err := r.Latest(t.Context(), subject)
	if err != nil || latest.ID != all[1].ID || latest.Version != 2 || latest.Subject != subject {
		t.Fatalf("%+v, %v", latest, err)
	}
	if _, err := r.Latest(t.Context(), "none"); !errors.Is(err, ErrUnknownSubject) {
		t.Error(err)
	}
	if _, err := r.Schema(t.Context(), Ref{ID: 999}); !errors.Is(err, ErrUnknownSchema) {
		t.Error(err)
	}
}
