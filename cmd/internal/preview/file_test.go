package preview

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
)

// fileOf is a file of orders, ready to be opened.
func fileOf(t testing.TB, change func(*File)) *File {
	t.Helper()
	f := &File{
		Name: "in.jsonl", Topic: "orders", Given: Given{Timestamp: at},
		Schema:    func() (*schema.Schema, error) { return parsed(t, ordersSchema), nil },
		KeySchema: func() (*schema.Schema, error) { return parsed(t, keySchemaText), nil },
	}
	if change != nil {
		change(f)
	}
	return f
}

// readAll reads a file to its end, or to its error.
func readAll(t testing.TB, f *File, text string) ([]*Record, error) {
	t.Helper()
	if err := f.Open(strings.NewReader(text)); err != nil {
		return nil, err
	}
	var all []*Record
	for {
		rec, err := f.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
}

// described is a record in a line: place, key, headers, time, and what it holds.
func described(r *Record) string {
	var headers []string
	for _, h := range r.Headers {
		headers = append(headers, fmt.Sprintf("%s=%s", h.Key, h.Value))
	}
	what := "a value"
	switch {
	case r.Err != nil:
		what = r.Err.Error()
	case r.Schema == nil:
		what = "a tombstone"
	}
	return fmt.Sprintf("%d@%d key=%q [%s] %s: %s", r.Partition, r.Offset, r.Record.Key, strings.Join(headers, " "), r.Timestamp.UTC().Format(time.RFC3339), what)
}

const someOrder = `{"customer": "ann", "total": 1}`

// A plain record has what is given for all of them.
func TestPlainRecords(t *testing.T) {
	f := fileOf(t, func(f *File) {
		f.Given.Key, f.Given.Partition, f.Given.Headers = []byte(`"k"`), 3, []kgo.RecordHeader{{Key: "from", Value: []byte("web")}}
	})
	all, err := readAll(t, f, someOrder+"\n\n  null\n{\"customer\":\n 7, \"total\": 1}"+someOrder)
	if err != nil {
		t.Fatal(err)
	}
	const beside = ` key="k" [from=web] 2026-03-01T09:30:00Z: `
	want := []string{"3@0" + beside + "a value", "3@1" + beside + "a tombstone", "3@2" + beside + "in.jsonl:5: ", "3@3" + beside + "a value"}
	for i, r := range all {
		if got := described(r); len(all) != len(want) || !strings.HasPrefix(got, want[i]) {
			t.Errorf("record %d is %s, want %s", i, got, want[i])
		}
	}
}

// An envelope says what its record is beside its value, and what it does not say is as given for all.
func TestEnvelopes(t *testing.T) {
	for text, want := range map[string]string{
		`{"record": ` + someOrder + `}`:                                                            `0@0 key="given" [a=b] 2026-03-01T09:30:00Z: a value`,
		`{"record": null}`:                                                                         `0@0 key="given" [a=b] 2026-03-01T09:30:00Z: a tombstone`,
		`{"key": "c-1", "record": ` + someOrder + `}`:                                              `0@0 key="c-1" [a=b] 2026-03-01T09:30:00Z: a value`,
		`{"key": "é\"\u0041", "record": null}`:                                                     `0@0 key="é\"A" [a=b] 2026-03-01T09:30:00Z: a tombstone`,
		`{"key": 42, "record": null}`:                                                              `0@0 key="42" [a=b] 2026-03-01T09:30:00Z: a tombstone`,
		`{"key": null, "headers": {}, "record": null}`:                                             `0@0 key="" [] 2026-03-01T09:30:00Z: a tombstone`,
		`{"headers": {"x": "1", "y": null, "x": "2"}, "record": null}`:                             `0@0 key="given" [x=1 y= x=2] 2026-03-01T09:30:00Z: a tombstone`,
		`{"timestamp": "2026-01-31T12:00:00+02:00", "partition": 5, "offset": 77, "record": null}`: `5@77 key="given" [a=b] 2026-01-31T10:00:00Z: a tombstone`,
		`{"key": {"id": 1}, "record": null}`:                                                       `0@0 key="" [a=b] 2026-03-01T09:30:00Z: in.jsonl:1: the key must be text; where keys are Avro, the topic says key: avro`,
		`{"record": {"customer": 7}}`:                                                              `0@0 key="given" [a=b] 2026-03-01T09:30:00Z: in.jsonl:1: `,
	} {
		f := fileOf(t, func(f *File) {
			f.Envelopes, f.Given.Key, f.Given.Headers = true, []byte(`"given"`), []kgo.RecordHeader{{Key: "a", Value: []byte("b")}}
		})
		all, err := readAll(t, f, text)
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %d records, %v", text, len(all), err)
			continue
		}
		if got := described(all[0]); !strings.HasPrefix(got, want) || want[len(want)-1] != ' ' && got != want {
			t.Errorf("%s\n is %s\nwant %s", text, got, want)
		}
	}
}

// What is no envelope ends the preview: it says at which line, and what an envelope is.
func TestBadEnvelopes(t *testing.T) {
	for text, want := range map[string]string{
		someOrder:                                `this is no envelope: unknown field "customer"; an envelope is {"key": …`,
		`{}`:                                     `an envelope needs "record"; null is a tombstone`,
		`[]`:                                     `an envelope is {"key": …`,
		`7`:                                      `an envelope is {"key": …`,
		`{"headers": ["a"], "record": null}`:     `headers are an object of texts`,
		`{"headers": {"a": 7}, "record": null}`:  `the header "a" is no text`,
		`{"headers": {"a": {}}, "record": null}`: `the header "a" is no text`,
		`{"timestamp": 7, "record": null}`:       `an envelope is`,
		`{"timestamp": "soon", "record": null}`:  `an envelope is`,
		`{"partition": -1, "record": null}`:      `partition and offset begin at 0`,
		`{"partition": "p", "record": null}`:     `partition is no int32`,
		`{"offset": 1.5, "record": null}`:        `offset is no int64`,
		`{"record": `:                            `this is no JSON`,
	} {
		_, err := readAll(t, fileOf(t, func(f *File) { f.Envelopes = true }), "\n"+text)
		if err == nil || !strings.HasPrefix(err.Error(), "in.jsonl:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Where keys are Avro, a key is JSON of its own schema, which is asked for once, and not without a key.
func TestAvroKeys(t *testing.T) {
	asked := 0
	avro := func(f *File) {
		f.Envelopes, f.AvroKeys = true, true
		keys := f.KeySchema
		f.KeySchema = func() (*schema.Schema, error) { asked++; return keys() }
	}
	if _, err := readAll(t, fileOf(t, avro), `{"record": null}{"key": null, "record": null}`); err != nil || asked != 0 {
		t.Errorf("without a key: %v, asked %d times", err, asked)
	}
	all, err := readAll(t, fileOf(t, avro), `{"key": {"id": 3}, "record": null}{"key": {"id": "x"}, "record": null}{"key": {"id": 4}, "record": `+someOrder+`}`)
	if err != nil || len(all) != 3 || asked != 1 {
		t.Fatalf("%d records, %v, asked %d times", len(all), err, asked)
	}
	if r := all[0]; r.Key == nil || string(r.KeyDatum) != "\x06" || string(r.Record.Key) != "\x06" || r.Err != nil {
		t.Errorf("the first key is %v, %q", r.Key, r.KeyDatum)
	}
	if r := all[1]; r.Err == nil || !strings.HasPrefix(r.Err.Error(), "in.jsonl:1: key: ") || r.Reason != "undecodable" || strings.Contains(r.Err.Error(), `"x"`) {
		t.Errorf("the second is %v (%s)", r.Err, r.Reason)
	}
	if r := all[2]; r.Schema == nil || string(r.KeyDatum) != "\x08" {
		t.Errorf("the third is %v, %q", r.Schema, r.KeyDatum)
	}
	away := errors.New("no such subject")
	_, err = readAll(t, fileOf(t, func(f *File) {
		avro(f)
		f.KeySchema = func() (*schema.Schema, error) { return nil, away }
	}), `{"key": 1, "record": null}`)
	if !errors.Is(err, away) {
		t.Errorf("without a schema of the keys: %v", err)
	}
}

// container is an Avro object container of orders.
func container(t *testing.T, n int) string {
	t.Helper()
	var out bytes.Buffer
	w, err := goavro.NewOCFWriter(goavro.OCFConfig{W: &out, Schema: `{"type": "record", "name": "Order", "namespace": "com.shop", "fields": [{"name": "customer", "type": "string"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Append([]any{map[string]any{"customer": fmt.Sprint("c", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// A container brings its own schema: none is asked for. Keys and headers are given for all of its records.
func TestContainer(t *testing.T) {
	none := func(f *File) {
		f.Schema = func() (*schema.Schema, error) { return nil, errors.New("asked") }
		f.Given.Key = []byte(`"k"`)
	}
	all, err := readAll(t, fileOf(t, none), container(t, 3))
	if err != nil || len(all) != 3 {
		t.Fatalf("%d records, %v", len(all), err)
	}
	for i, r := range all {
		if want := fmt.Sprintf(`0@%d key="k" [] 2026-03-01T09:30:00Z: a value`, i); described(r) != want || !slices.Equal(r.Datum, fmt.Appendf(nil, "\x04c%d", i)) {
			t.Errorf("%s, %q", described(r), r.Datum)
		}
	}
	limited := func(f *File) { none(f); f.Limit = 2 }
	if all, err := readAll(t, fileOf(t, limited), container(t, 3)); err != nil || len(all) != 2 {
		t.Errorf("with a limit: %d records, %v", len(all), err)
	}
	if _, err := readAll(t, fileOf(t, func(f *File) { none(f); f.Envelopes = true }), container(t, 1)); err == nil || !strings.Contains(err.Error(), "an Avro container holds no envelopes") {
		t.Errorf("with envelopes: %v", err)
	}
	for _, damaged := range []string{container(t, 3)[:60], container(t, 3)[:len(container(t, 3))-3]} {
		if _, err := readAll(t, fileOf(t, none), damaged); err == nil || !strings.Contains(err.Error(), "in.jsonl") {
			t.Errorf("a damaged container: %v", err)
		}
	}
}

type broken struct{}

var errDisk = errors.New("disk")

func (broken) Read([]byte) (int, error) { return 0, errDisk }

// What cannot be read is told by the file's name; an interrupted preview ends.
func TestUnreadable(t *testing.T) {
	if err := fileOf(t, nil).Open(broken{}); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "in.jsonl") {
		t.Errorf("%v", err)
	}
	if all, err := readAll(t, fileOf(t, nil), ""); err != nil || len(all) > 0 {
		t.Errorf("of an empty file: %v, %v", all, err)
	}
	if _, err := readAll(t, fileOf(t, nil), someOrder+"\n"+someOrder+",\n"); err == nil || !strings.HasPrefix(err.Error(), "in.jsonl:2: this is no JSON") {
		t.Errorf("a comma between records: %v", err)
	}
	away := errors.New("away")
	if _, err := readAll(t, fileOf(t, func(f *File) { f.Schema = func() (*schema.Schema, error) { return nil, away } }), someOrder); !errors.Is(err, away) {
		t.Errorf("without a schema: %v", err)
	}
}

// Whatever a file holds, reading it ends and never panics; what is no record is told with its line.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{someOrder, `{"record": null, "key": {"id": 1}, "headers": {"a": "b"}}`, "null", "Obj\x01", "[", `{"key":`, "\x00"} {
		f.Add(seed, true, true)
		f.Add(seed, false, false)
	}
	f.Fuzz(func(t *testing.T, text string, envelopes, avroKeys bool) {
		all, err := readAll(t, fileOf(t, func(f *File) { f.Envelopes, f.AvroKeys, f.Limit = envelopes, avroKeys, 50 }), text)
		if err != nil && !strings.Contains(err.Error(), "in.jsonl") {
			t.Errorf("%v", err)
		}
		for _, r := range all {
			if r.Err == nil && r.Schema != nil && r.Datum == nil || r.Err != nil && r.Reason == "" {
				t.Errorf("a record is %+v", r)
			}
		}
	})
}
