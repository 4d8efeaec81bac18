package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/cmd/internal/check"
	"brazebridge/cmd/internal/preview"
	"brazebridge/config"
	"brazebridge/schema"
)

// givenFlags say what the records of a file are beside their values.
type givenFlags struct {
	key, timestamp string
	headers        []string
	envelope       bool

	set func(name string) bool
}

func (g *givenFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&g.envelope, "envelope", false, `the JSON of --input holds envelopes: {"key", "headers", "timestamp", "partition", "offset", "record"}`)
	flags.StringVar(&g.key, "key", "", "the `KEY` of the records of --input: text, or with key: avro JSON")
	flags.StringArrayVar(&g.headers, "header", nil, "a header of the records of --input, `NAME=VALUE`; repeatable")
	flags.StringVar(&g.timestamp, "timestamp", "", "the `TIME` of the records of --input, such as 2026-01-31T12:00:00Z (default now)")
	g.set = flags.Changed
}

// used is the first of the flags that was given; empty: none.
func (g *givenFlags) used() string {
	for _, name := range []string{"envelope", "key", "header", "timestamp"} {
		if g.set(name) {
			return "--" + name
		}
	}
	return ""
}

// read takes the flags for a topic, whose keys may be Avro.
func (g *givenFlags) read(avroKeys bool) (preview.Given, error) {
	given := preview.Given{Timestamp: time.Now()}
	if g.set("timestamp") {
		at, err := time.Parse(time.RFC3339, g.timestamp)
		if err != nil {
			return given, fmt.Errorf("--timestamp %s: write a time such as 2026-01-31T12:00:00Z", g.timestamp)
		}
		given.Timestamp = at
	}
	for _, h := range g.headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok {
			return given, fmt.Errorf("--header %s: write NAME=VALUE", h)
		}
		given.Headers = append(given.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	switch {
	case !g.set("key"):
	case !avroKeys:
		given.Key, _ = json.Marshal(g.key) // every text has one
	case !json.Valid([]byte(g.key)):
		return given, errors.New("--key: this topic's keys are Avro, so write one as JSON of their schema")
	default:
		given.Key = json.RawMessage(g.key)
	}
	return given, nil
}

// file reads records from --input.
func (f *previewFlags) file(ctx context.Context, in *config.Inspection, t *config.Topic) (preview.Source, *schema.Schema, func() error, error) {
	avroKeys := t.Key == config.KeyAvro
	given, err := f.given.read(avroKeys)
	if err != nil {
		return nil, nil, nil, err
	}
	given.Partition = max(f.partition, 0)
	input, end := os.Stdin, func() error { return nil }
	if f.input != "-" {
		if input, err = os.Open(f.input); err != nil {
			return nil, nil, nil, fmt.Errorf("read --input: %w", err)
		}
		end = input.Close
	}
	var latest *schema.Schema
	src := &preview.File{
		Name: f.input, Topic: f.topic, Given: given, Envelopes: f.given.envelope, AvroKeys: avroKeys, Limit: f.limit,
		Schema: func() (s *schema.Schema, err error) {
			latest, err = f.latestOf(ctx, in, schema.Subject(f.topic))
			return latest, err
		},
		KeySchema: func() (*schema.Schema, error) { return f.latestOf(ctx, in, f.topic+"-key") },
	}
	if err := src.Open(input); err != nil {
		return nil, nil, nil, errors.Join(err, end())
	}
	if latest == nil && f.schemas != "" { // a container: which record types the topic accepts, as far as that is at hand
		latest, _ = f.latestOf(ctx, in, schema.Subject(f.topic))
	}
	return src, latest, end, nil
}

// latestOf looks a subject up where the schemas come from.
func (f *previewFlags) latestOf(ctx context.Context, in *config.Inspection, subject string) (*schema.Schema, error) {
	schemas, err := schemasOf(in, f.schemas)
	if err != nil {
		return nil, err
	}
	s, err := schemas.Latest(ctx, subject)
	if err != nil {
		return nil, failed(fmt.Errorf("look up the schema: %w", err))
	}
	return s, nil
}

// writers finds the schema that a record was written with. Only the registry knows it by the id in the record: a directory
// stands in with its latest schema, where the registry cannot be asked.
func (f *previewFlags) writers(ctx context.Context, in *config.Inspection, schemas check.Schemas, notes io.Writer) func(context.Context, schema.Ref, bool) (*schema.Schema, error) {
	registry, live := schemas.(*schema.Registry)
	var away error
	if !live {
		if away = needed(in.Config.File, "schema_registry"); away == nil {
			registry, away = registryOf(in)
		}
	}
	told := false
	return func(_ context.Context, ref schema.Ref, isKey bool) (*schema.Schema, error) {
		if away == nil {
			s, err := registry.Schema(ctx, ref)
			var unavailable *schema.UnavailableError
			if live || !errors.As(err, &unavailable) || ctx.Err() != nil {
				return s, err
			}
			away = err // asked once: each look-up may take its time
		}
		if !told {
			told = true
			_, _ = fmt.Fprintf(notes, "the registry cannot be asked (%s): records are decoded with the latest schema of --schemas, not with their own\n", firstLine(away))
		}
		subject := schema.Subject(f.topic)
		if isKey {
			subject = f.topic + "-key"
		}
		return schemas.Latest(ctx, subject)
	}
}
