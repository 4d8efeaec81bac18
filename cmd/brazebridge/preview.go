package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/preview"
	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// previewFlags are what preview was asked.
type previewFlags struct {
	config, topic, offset, input, schemas string
	partition                             int32
	limit                                 int
	output                                output
	given                                 givenFlags
}

// liveLimit is how many records of a live topic are shown by default: what a person reads.
const liveLimit = 10

func newPreviewCommand(s *surroundings) *cobra.Command {
	var f previewFlags
	cmd := &cobra.Command{
		Use:   "preview --config FILE --topic T",
		Short: "Show what would be sent to Braze, and send nothing",
		Long: `Show for records of a topic what the bridge would make of them: the decoded record, the objects it becomes, or why it is
filtered or refused, with every check that Braze would apply; then the bodies of the requests, and the data points that
they would cost. Nothing is sent, no group is joined, no offset is committed.

The records come from the live topic, as far as it reaches now, or with --input from a file: plain JSON, a record a line,
or an Avro object container file, which brings its own schema. In JSON, unions are untagged, dates are YYYY-MM-DD and times
RFC 3339 (or either the number that the schema stores), decimals numbers or text, bytes base64; null is a tombstone.

What a mapping takes from a record's key, headers or timestamp comes from --key, --header and --timestamp, the same for all
records of the file, or with --envelope from around each record of a JSON file, in the form of a test of a mapping:
  {"key": "c-42", "headers": {"source": "web"}, "timestamp": "2026-01-31T12:00:00Z", "partition": 0, "offset": 7, "record": {…}}
Only record is needed. Where the topic says key: avro, a key is JSON of its own schema.

Of a live topic, each record is decoded with the schema that it was written with, which the registry has. With --schemas,
where the registry does not answer, it is decoded with the directory's latest; then a line on stderr says so.

Records show personal data: mind where the output goes.`,
		Example: `  brazebridge preview --config brazebridge.yaml --topic shop.orders                        # the first ten
  brazebridge preview --config brazebridge.yaml --topic shop.orders --offset latest --limit 3
  brazebridge preview --config brazebridge.yaml --topic shop.orders --partition 4 --offset 1207 --limit 1
  brazebridge preview --config brazebridge.yaml --topic shop.orders --input orders.jsonl --schemas schemas/
  brazebridge preview --config brazebridge.yaml --topic shop.orders --input orders.jsonl --key c-42 --header source=web
  brazebridge preview --config brazebridge.yaml --topic shop.orders --input envelopes.jsonl --envelope
  brazebridge preview --config brazebridge.yaml --topic shop.orders --input orders.avro --output json | tail -1`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runPreview(s, &f) },
	}
	configFlag(cmd, &f.config)
	flags := cmd.Flags()
	flags.StringVarP(&f.topic, "topic", "t", "", "the Kafka `TOPIC`")
	_ = cmd.MarkFlagRequired("topic") // fails only for a flag that is not there
	flags.Int32VarP(&f.partition, "partition", "p", -1, "read only this `PARTITION` (default all)")
	flags.StringVar(&f.offset, "offset", "earliest", "where to begin: earliest, latest (the last --limit records) or a `NUMBER`")
	flags.IntVarP(&f.limit, "limit", "n", 0, "show at most so many `RECORDS` (default 10 of a live topic, all of a file)")
	flags.StringVar(&f.input, "input", "", "read records from this `FILE` instead of Kafka: JSON lines or an Avro container; - is stdin")
	completeTopics(cmd, &f.config)
	f.given.flags(cmd)
	schemasFlag(cmd, &f.schemas)
	f.output.flag(cmd)
	return cmd
}

func runPreview(s *surroundings, f *previewFlags) error {
	offset, err := f.check()
	if err != nil {
		return err
	}
	in, err := inspect(f.config)
	if err != nil {
		return err
	}
	t, err := topicOf(in.Config, f.topic)
	if err != nil {
		return err
	}
	ctx, stop := s.interruptible()
	defer stop()
	o := preview.Options{Topic: f.topic, Config: t, Limits: limitsOf(in.Config, t), Show: f.show(s)}
	var end func() error
	if f.input != "" {
		o.Source, o.Latest, end, err = f.file(ctx, in, t)
	} else {
		o.Now = time.Now()
		o.Source, o.Latest, end, err = f.live(ctx, s, in, t, offset)
	}
	if err != nil {
		return err
	}
	explain(s.stderr, in, t, o.Latest)
	_, err = preview.Run(ctx, o)
	return failed(errors.Join(err, end()))
}

// explain tells at once what each record would be refused for, with what to do about it, where the mapping does not compile
// against the latest schema.
func explain(w io.Writer, in *config.Inspection, t *config.Topic, latest *schema.Schema) {
	if latest == nil {
		return
	}
	_, _, wrong := mapping.Compile(t, latest)
	if len(wrong) == 0 {
		return
	}
	p := newFaultPrinter(w)
	p.in = in
	p.print(wrong, false)
	_, _ = fmt.Fprintf(w, "the mapping does not compile against %s version %d: its records are refused\n\n", latest.Subject, latest.Version)
}

func (f *previewFlags) check() (offset int64, err error) {
	if f.limit < 0 {
		return 0, fmt.Errorf("--limit %d: must not be negative", f.limit)
	}
	if flag := f.given.used(); flag != "" && f.input == "" {
		return 0, fmt.Errorf("%s needs --input: the records of a topic have their own", flag)
	}
	if f.partition < -1 {
		return 0, fmt.Errorf("--partition %d: must not be negative", f.partition)
	}
	switch f.offset {
	case "earliest":
		return preview.Earliest, nil
	case "latest":
		return preview.Latest, nil
	}
	offset, err = strconv.ParseInt(f.offset, 10, 64)
	if err != nil || offset < 0 {
		return 0, fmt.Errorf("--offset %s: write earliest, latest or a number", f.offset)
	}
	return offset, nil
}

func (f *previewFlags) show(s *surroundings) preview.Show {
	if f.output == outputJSON {
		return preview.NewJSON(s.stdout)
	}
	return preview.NewText(s.stdout, isColored(s.stdout))
}

// limitsOf are those of the topic's workspace.
func limitsOf(cfg *config.Config, t *config.Topic) sink.Limits {
	w := cfg.Workspace(t.Workspace)
	if w == nil {
		w = &cfg.Braze.Workspace
	}
	return sink.Limits{Objects: w.ObjectsPerRequest, PerArray: w.Counting == config.CountingPerArray, Bytes: int(w.BytesPerRequest)}
}

// live reads records from Kafka.
func (f *previewFlags) live(ctx context.Context, s *surroundings, in *config.Inspection, t *config.Topic, offset int64) (preview.Source, *schema.Schema, func() error, error) {
	if err := needed(f.config, "kafka"); err != nil {
		return nil, nil, nil, err
	}
	found := newFaults(in)
	opts := kafkaOpts(&in.Config.Kafka, found)
	if err := found.err(); err != nil {
		return nil, nil, nil, err
	}
	schemas, err := schemasOf(in, f.schemas)
	if err != nil {
		return nil, nil, nil, err
	}
	latest, err := schemas.Latest(ctx, schema.Subject(f.topic))
	if err != nil && !errors.Is(err, schema.ErrUnknownSubject) {
		return nil, nil, nil, failed(fmt.Errorf("look up the schema of %s: %w", f.topic, err))
	}
	src := &preview.Live{
		Kafka: opts, Topic: f.topic, Partition: f.partition, Offset: offset, Limit: f.limit,
		AvroKeys: t.Key == config.KeyAvro, SchemaOf: f.writers(ctx, in, schemas, s.stderr),
	}
	if src.Limit == 0 {
		src.Limit = liveLimit
	}
	if err := src.Read(ctx); err != nil {
		return nil, nil, nil, failed(err)
	}
	return src, latest, func() error { return nil }, nil
}
