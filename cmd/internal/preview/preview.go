package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/schema"
	"brazebridge/sink"
)

// Record is one record to be tried: its place, key, headers and timestamp, and the datum with its schema, or why there
// is none.
type Record struct {
	*kgo.Record
	Schema *schema.Schema // nil: a tombstone
	Datum  []byte
	// Key is the schema of the key, and KeyDatum the key without its framing, where the topic says that keys are Avro.
	Key      *schema.Schema
	KeyDatum []byte
	Reason   sink.Reason // set where Err is
	Err      error
}

// Source gives the records, one after the other, and io.EOF behind the last.
type Source interface {
	Next(ctx context.Context) (*Record, error)
}

// Options are what a preview is made of.
type Options struct {
	Topic  string // its name in Kafka
	Config *config.Topic
	Latest *schema.Schema // of the topic's subject; nil: none
	Limits sink.Limits
	Now    time.Time // what max_age is measured against; zero: nothing is too old
	Source Source
	Show   Show
}

// Show prints what a preview finds.
type Show interface {
	Record(*Shown) error
	Request(body []byte, number, of, objects int) error
	Summary(*Summary) error
}

// Shown is one record with what would become of it. It is valid until the next one.
type Shown struct {
	*Record
	processor.Verdict
}

// The outcomes of a record.
const (
	Mapped   = "mapped"
	Filtered = "filtered"
	Rejected = "rejected"
)

// Outcome is Mapped, Filtered or Rejected. A record that would hold its topic counts as rejected.
func (s *Shown) Outcome() string {
	switch {
	case s.Filtered != "":
		return Filtered
	case s.Verdict.Reason != "" || s.Holds != "":
		return Rejected
	}
	return Mapped
}

// Why is the reason of an outcome that is not Mapped, from the closed sets of the filtered and dead-lettered records, or
// that of a hold.
func (s *Shown) Why() string {
	switch {
	case s.Filtered != "":
		return s.Filtered
	case s.Holds != "":
		return s.Holds
	}
	return string(s.Verdict.Reason)
}

// refusal is why an object would be refused; empty where it would not.
func (s *Shown) refusal(item int) string {
	for _, r := range s.Refusals {
		if r.Item == item {
			return r.Rule + ": " + r.Text
		}
	}
	return ""
}

// Summary counts what was shown.
type Summary struct {
	Records    int `json:"records"`
	Objects    int `json:"objects"` // that would be sent
	Requests   int `json:"requests"`
	DataPoints int `json:"data_points"`

	Mapped   int `json:"mapped"`
	Filtered int `json:"filtered"`
	Rejected int `json:"rejected"`

	NotRepeatSafe int `json:"not_repeat_safe"` // of Objects, those that change a value by an amount
}

// Run shows all records of the source. The error is that of the source, or of the printing.
func Run(ctx context.Context, o Options) (*Summary, error) {
	trial := processor.NewTrial(o.Topic, o.Config, o.Latest)
	var sum Summary
	var sent [][]sink.Item
	for {
		rec, err := o.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &sum, err
		}
		shown := o.try(trial, rec)
		sum.Records++
		switch shown.Outcome() {
		case Mapped:
			sum.Mapped++
			sent = append(sent, shown.Items)
		case Filtered:
			sum.Filtered++
		case Rejected:
			sum.Rejected++
		}
		if err := o.Show.Record(shown); err != nil {
			return &sum, fmt.Errorf("print a record: %w", err)
		}
	}
	return &sum, o.finish(&sum, sent)
}

func (o *Options) try(trial *processor.Trial, rec *Record) *Shown {
	if rec.Err != nil {
		return &Shown{Record: rec, Verdict: processor.Refused(rec.Reason, rec.Err)}
	}
	shown := &Shown{Record: rec, Verdict: trial.TryKeyed(rec.Schema, rec.Datum, rec.Key, rec.KeyDatum, rec.Record)}
	if age := o.Config.MaxAge.D(); age > 0 && !o.Now.IsZero() && shown.Outcome() == Mapped && o.Now.Sub(rec.Timestamp) > age {
		shown.Filtered = "expired"
	}
	return shown
}

// finish shows the requests and the sums.
func (o *Options) finish(sum *Summary, sent [][]sink.Item) error {
	requests := processor.Requests(o.Limits, sent)
	sum.Requests = len(requests)
	for i, items := range requests {
		r := sink.NewRequest(nil, items)
		sum.Objects += r.Len()
		for _, item := range items {
			sum.DataPoints += DataPoints(item)
			if repeat(&item) != "" {
				sum.NotRepeatSafe++
			}
		}
		if err := o.Show.Request(r.Body, i+1, len(requests), r.Len()); err != nil {
			return fmt.Errorf("print a request: %w", err)
		}
	}
	if err := o.Show.Summary(sum); err != nil {
		return fmt.Errorf("print the summary: %w", err)
	}
	return nil
}
