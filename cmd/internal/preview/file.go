package preview

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
	"brazebridge/sink"
)

// File reads records from a file: plain JSON, one value after the other, or an Avro object container, which brings its own
// schema. What a record is beside its value comes from Given, or in JSON from an envelope around each record.
type File struct {
	Name  string // for errors
	Topic string
	// Given is what each record is beside its value, where its envelope does not say.
	Given Given
	// Envelopes tells that each JSON value is an envelope: {"key", "headers", "timestamp", "partition", "offset", "record"}.
	Envelopes bool
	// AvroKeys tells that keys are JSON of their own schema, rather than text.
	AvroKeys bool
	// Schema says what the JSON means, and KeySchema what the keys mean. Neither is asked for where nothing needs it.
	Schema, KeySchema func() (*schema.Schema, error)
	Limit             int // of records; zero: all

	n      int64
	lines  *lines
	json   *json.Decoder
	writer *schema.Schema
	key    *schema.Schema
	avro   *schema.Container
}

// Open looks at the file's first bytes. Call it once, before Next.
func (f *File) Open(r io.Reader) error {
	b := bufio.NewReaderSize(r, 1<<16)
	magic, err := b.Peek(len(schema.ContainerMagic))
	if err == nil && bytes.Equal(magic, []byte(schema.ContainerMagic)) {
		if f.Envelopes {
			return fmt.Errorf("read %s: an Avro container holds no envelopes", f.Name)
		}
		f.avro, err = schema.OpenContainer(b)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name, err)
		}
		f.writer = f.avro.Schema()
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	if f.writer, err = f.Schema(); err != nil {
		return err
	}
	f.lines = &lines{r: b}
	f.json = json.NewDecoder(f.lines)
	f.json.UseNumber()
	return nil
}

// Next returns the next record of the file.
func (f *File) Next(ctx context.Context) (*Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.Limit > 0 && f.n >= int64(f.Limit) {
		return nil, io.EOF
	}
	rec := &Record{
		Record: &kgo.Record{Topic: f.Topic, Partition: f.Given.Partition, Offset: f.n, Timestamp: f.Given.Timestamp, Headers: f.Given.Headers},
		Schema: f.writer,
	}
	f.n++
	if f.avro != nil {
		return rec, f.nextAvro(rec)
	}
	return rec, f.nextJSON(rec)
}

func (f *File) nextAvro(rec *Record) error {
	datum, err := f.avro.Next()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("read %s: record %d: %w", f.Name, f.n, err)
	}
	rec.Datum, rec.Value = datum, datum
	return f.giveKey(rec, f.Given.Key)
}

func (f *File) nextJSON(rec *Record) error {
	var raw json.RawMessage
	err := f.json.Decode(&raw)
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		at := f.lines.at
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = syntax.Offset
		}
		return fmt.Errorf("%s:%d: this is no JSON: %w", f.Name, f.lines.of(at), err)
	}
	key := f.Given.Key
	if f.Envelopes {
		e, err := openEnvelope(raw)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.Name, f.line(), err)
		}
		e.address(rec.Record)
		if raw = e.Record; e.Key != nil {
			key = e.Key
		}
	}
	if err := f.giveKey(rec, key); err != nil || rec.Err != nil {
		return err
	}
	if string(raw) == "null" && f.writer.Root.Kind == schema.Record {
		rec.Schema = nil // a tombstone
		return nil
	}
	datum, err := f.writer.EncodeJSON(raw)
	if err != nil {
		f.unfit(rec, err)
		return nil
	}
	rec.Datum, rec.Value = datum, datum
	return nil
}

// line is where the value ends that was read last.
func (f *File) line() int { return f.lines.of(f.json.InputOffset()) }

// unfit notes that a record does not fit its schema.
func (f *File) unfit(rec *Record, err error) {
	rec.Reason, rec.Err = sink.Undecodable, err
	if f.json != nil {
		rec.Err = fmt.Errorf("%s:%d: %w", f.Name, f.line(), err)
	}
}

// giveKey gives a record its key: the text as it stands, or what it is by the schema of the keys.
func (f *File) giveKey(rec *Record, key json.RawMessage) error {
	if key == nil || string(key) == "null" {
		return nil
	}
	if !f.AvroKeys {
		text, err := keyText(key)
		if err != nil {
			f.unfit(rec, err)
		}
		rec.Record.Key = text
		return nil
	}
	if f.key == nil {
		var err error
		if f.key, err = f.KeySchema(); err != nil {
			return err
		}
	}
	datum, err := f.key.EncodeJSON(key)
	if err != nil {
		f.unfit(rec, fmt.Errorf("key: %w", err))
		return nil
	}
	rec.Key, rec.KeyDatum, rec.Record.Key = f.key, datum, datum
	return nil
}

// lines notes where the lines of what is read end.
type lines struct {
	r    io.Reader
	at   int64
	ends []int64
}

// Read reads on.
func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.at+int64(i))
		}
	}
	l.at += int64(n)
	return n, err
}

// of is the number of the line that holds the byte before an offset.
func (l *lines) of(offset int64) int {
	return 1 + sort.Search(len(l.ends), func(i int) bool { return l.ends[i] >= offset })
}
