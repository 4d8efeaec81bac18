package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/cmd/internal/audit"
	"brazebridge/config"
)

// auditFlags are what audit was asked.
type auditFlags struct {
	config, topic string
	letters       []string
	count, expire bool
	output        output
}

func newAuditCommand(s *surroundings) *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit --config FILE",
		Short: "Check that every record that was committed has an outcome, and every letter its place",
		Long: `Check for each partition that the accounts close: the bridge's commits carry how many records were delivered,
dead-lettered and filtered since it first read the partition. These counts are held against the offsets and against the
letters in the dead-letter topic, each source record counted once. Nothing is changed and no group is joined; the bridge
may run meanwhile.

Offsets only bound the records, where compaction or transactions leave holes. --count reads the topics as well and
compares records with outcomes: exact as far as retention has left them. It reads everything that is there.

Start to end are offsets; skipped are those that retention took before they were read; waiting is what has no outcome yet.
A commit that another program or an older version made is shown as such, and is no fault. A letter that is missing is one,
also if the retention of the dead-letter topic has deleted it: --letters-expire takes that for the reason where it can be.

Exit codes: 0 the accounts close, 1 they do not, or Kafka could not be asked, 2 wrong usage.`,
		Example: `  brazebridge audit --config brazebridge.yaml
  brazebridge audit --config brazebridge.yaml --topic shop.orders --count
  brazebridge audit --config brazebridge.yaml --letters-expire           # every night
  brazebridge audit --config brazebridge.yaml --output json | jq '.partitions[] | select(.ok | not)'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runAudit(s, &f) },
	}
	configFlag(cmd, &f.config)
	flags := cmd.Flags()
	flags.StringVarP(&f.topic, "topic", "t", "", "audit only this `TOPIC`")
	flags.BoolVar(&f.count, "count", false, "also read the topics, and compare records")
	flags.BoolVar(&f.expire, "letters-expire", false, "letters that may have been deleted with the beginning of their topic are not missing")
	flags.StringArrayVar(&f.letters, "letters", nil, "look for letters in this `TOPIC` too, where its name depends on the record; repeatable")
	f.output.flag(cmd)
	return cmd
}

func runAudit(s *surroundings, f *auditFlags) error {
	in, err := inspect(f.config)
	if err != nil {
		return err
	}
	o, err := f.options(in)
	if err != nil {
		return err
	}
	ctx, stop := s.interruptible()
	defer stop()
	r, err := audit.Run(ctx, *o)
	switch {
	case errors.Is(err, audit.ErrLettersUnknown):
		return fmt.Errorf("%w: name those that there are with --letters", err)
	case err == nil:
		return f.report(s, r)
	case errors.Is(ctx.Err(), context.Canceled):
		return failed(errors.New("interrupted"))
	}
	return failed(fmt.Errorf("audit: %w", err))
}

// options are what the configuration says of topics, group, letters and brokers.
func (f *auditFlags) options(in *config.Inspection) (*audit.Options, error) {
	if err := needed(f.config, "kafka", "dead_letter"); err != nil {
		return nil, err
	}
	cfg := in.Config
	found := newFaults(in)
	reach := kafkaOpts(&cfg.Kafka, found)
	lettersOf, _ := letterTopic(cfg, found)
	if err := found.err(); err != nil {
		return nil, err
	}
	o := &audit.Options{
		Kafka: reach, Group: cfg.Kafka.Group, Letters: f.letters, Count: f.count, LettersExpire: f.expire,
		LettersOf: func(topic string, partition int32) string {
			return lettersOf(&kgo.Record{Topic: topic, Partition: partition})
		},
	}
	if f.topic != "" {
		t, err := topicOf(cfg, f.topic)
		if err != nil {
			return nil, err
		}
		if t.Pattern && t.Name == f.topic { // as it is written
			o.Matches = func(topic string) bool { return cfg.Topic(topic) == t }
		} else {
			o.Topics = []string{f.topic}
		}
		return o, nil
	}
	for _, t := range cfg.Topics {
		if !t.Pattern {
			o.Topics = append(o.Topics, t.Name)
		} else {
			o.Matches = func(topic string) bool { return cfg.Topic(topic) != nil }
		}
	}
	return o, nil
}

// report prints the result and returns the error that makes the exit code.
func (f *auditFlags) report(s *surroundings, r *audit.Result) error {
	for _, topic := range r.Missing {
		_, _ = fmt.Fprintf(s.stderr, "warning: topic %s does not exist\n", topic)
	}
	var err error
	if f.output == outputJSON {
		err = json.NewEncoder(s.stdout).Encode(r)
	} else {
		err = r.Text(s.stdout, isColored(s.stdout))
	}
	if err != nil {
		return failed(fmt.Errorf("print the result: %w", err))
	}
	if !r.OK {
		return &workError{} // the result says why
	}
	return nil
}
