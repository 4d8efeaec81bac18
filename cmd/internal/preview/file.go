package preview

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	f.json = json.NewDecoder(b)
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
		return fmt.Errorf("read %s: record %d is no JSON: %w", f.Name, f.n, err)
	case string(raw) == "null" && f.writer.Root.Kind == schema.Record:
		rec.Schema = nil // a tombstone
		return nil
	}
	datum, err := f.writer.EncodeJSON(raw)
	if err != nil {
		rec.Reason, rec.Err = sink.Undecodable, fmt.Errorf("%s: record %d does not fit the schema: %w", f.Name, f.n, err)
		return nil
	}
	rec.Datum, rec.Value = datum, datum
	return nil
}
