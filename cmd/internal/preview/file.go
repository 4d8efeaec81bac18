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
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
	"brazebridge/sink"
)

// File reads records from a file: plain JSON, one value after the other, or an Avro object container, which brings its own
// schema. A file has no keys, headers and timestamps: the records have none, and the time At.
type File struct {
	Name      string // for errors
	Topic     string
	Partition int32
	At        time.Time
	// Schema says what the JSON means. It is not asked for where the file is a container.
	Schema func() (*schema.Schema, error)
	Limit  int // of records; zero: all

	n      int64
	lines  *lines
	json   *json.Decoder
	writer *schema.Schema
	avro   *schema.Container
}

// Open looks at the file's first bytes. Call it once, before Next.
func (f *File) Open(r io.Reader) error {
	b := bufio.NewReaderSize(r, 1<<16)
	magic, err := b.Peek(len(schema.ContainerMagic))
	if err == nil && bytes.Equal(magic, []byte(schema.ContainerMagic)) {
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
		Record: &kgo.Record{Topic: f.Topic, Partition: f.Partition, Offset: f.n, Timestamp: f.At},
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
	return nil
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
	case string(raw) == "null" && f.writer.Root.Kind == schema.Record:
		rec.Schema = nil // a tombstone
		return nil
	}
	datum, err := f.writer.EncodeJSON(raw)
	if err != nil {
		rec.Reason, rec.Err = sink.Undecodable, fmt.Errorf("%s:%d: %w", f.Name, f.lines.of(f.json.InputOffset()), err)
		return nil
	}
	rec.Datum, rec.Value = datum, datum
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
