package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/check"
	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/schema"
)

// checkFlags are what check was asked.
type checkFlags struct {
	config, schemas, against, topic string
	allVersions                     bool
	output                          output
}

func newCheckCommand(s *surroundings) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Check the configuration and every mapping against the schemas",
		Long: `Validate the configuration and compile every mapping against the latest schema of its topic's subject: that of the
schema registry, or with --schemas that of a directory. All faults come at once. Nothing is sent, neither Kafka nor Braze
is asked, and a secret that is not set is only a warning: made for a pull request's CI.

With --against-file and --topic, tell whether a schema that is not registered yet would break that topic's mapping.

--schemas DIR holds SUBJECT.avsc for each subject (shop.orders-value.avsc), older versions as SUBJECT.vN.avsc.
Exit codes: 0 no faults (warnings do not count), 1 faults, 2 wrong usage or no such file.`,
		Example: `  brazebridge check --config brazebridge.yaml --schemas schemas/         # offline
  brazebridge check --config brazebridge.yaml --all-versions             # all that the registry has
  brazebridge check --config brazebridge.yaml --against-file order.avsc --topic shop.orders
  brazebridge check --config brazebridge.yaml --schemas schemas/ --output json | jq '.faults[].message'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runCheck(s, &f) },
	}
	configFlag(cmd, &f.config)
	schemasFlag(cmd, &f.schemas)
	cmd.Flags().BoolVar(&f.allVersions, "all-versions", false, "check against every version of each schema, not only the latest")
	cmd.Flags().StringVar(&f.against, "against-file", "", "check only --topic, against the schema in this `FILE.avsc`")
	cmd.Flags().StringVar(&f.topic, "topic", "", "check only the mapping of this `TOPIC`")
	_ = cmd.MarkFlagFilename("against-file", "avsc") // fails only for a flag that is not there
	f.output.flag(cmd)
	return cmd
}

// schemasFlag gives a command --schemas.
func schemasFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "schemas", "", "take schemas from this `DIR` instead of the registry: SUBJECT.avsc, older ones SUBJECT.vN.avsc")
	_ = cmd.MarkFlagDirname("schemas") // fails only for a flag that is not there
}

func runCheck(s *surroundings, f *checkFlags) error {
	if f.against != "" && f.topic == "" {
		return errors.New("--against-file needs --topic: whose mapping is it?")
	}
	ctx, stop := s.interruptible()
	defer stop()
	cfg, warnings, err := config.Load(f.config, config.ResolveLenient)
	var faults config.Faults
	if errors.As(err, &faults) {
		return f.report(s, &check.Result{Faults: faults, Warnings: warnings})
	}
	if err != nil {
		return err
	}
	o := check.Options{Config: cfg, AllVersions: f.allVersions}
	if f.topic != "" {
		if o.Topic, err = topicOf(cfg, f.topic); err != nil {
			return err
		}
	}
	var result *check.Result
	if f.against != "" {
		result, err = f.checkAgainst(ctx, cfg, o.Topic)
	} else {
		if o.Schemas, err = schemasOf(f.config, cfg, f.schemas); err != nil {
			return err
		}
		result, err = check.Run(ctx, o)
		err = failed(err)
	}
	if err != nil {
		return err
	}
	result.Warnings = append(warnings, result.Warnings...)
	result.Warnings.Sort()
	return f.report(s, result)
}

// checkAgainst compiles one mapping against a schema file. What is registered only says which record types the topic
// accepts, and where that cannot be asked a warning says so: a producer's CI may have no way to the registry.
func (f *checkFlags) checkAgainst(ctx context.Context, cfg *config.Config, t *config.Topic) (*check.Result, error) {
	text, err := os.ReadFile(f.against)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	source, away := schemasOf(f.config, cfg, f.schemas)
	if away != nil && f.schemas != "" {
		return nil, away
	}
	var s *schema.Schema
	if dir, isDir := source.(*schema.Dir); isDir {
		s, err = dir.Parse(string(text), filepath.Base(f.against))
	} else {
		s, err = schema.Parse(string(text))
	}
	if err != nil {
		return &check.Result{Topics: 1, Schemas: 1, Faults: config.Faults{{
			File: f.against, Topic: f.topic, Message: "this is no usable schema: " + err.Error(),
			Hint: "other schemas that it refers to are looked for in --schemas DIR",
		}}}, nil
	}
	s.Subject = schema.Subject(f.topic)
	accepts := []string(t.Records)
	if len(accepts) == 0 && away == nil {
		var latest *schema.Schema
		if latest, away = source.Latest(ctx, s.Subject); away == nil {
			accepts = processor.RecordTypes(latest)
		}
	}
	result := check.Against(t, s, accepts)
	if len(accepts) == 0 && away != nil && !errors.Is(away, schema.ErrUnknownSubject) {
		result.Warnings = append(result.Warnings, &config.Fault{
			File: t.Pos.File, Line: t.Pos.Line, Column: t.Pos.Column, Path: "topics." + t.Name, Topic: t.Name, Subject: s.Subject,
			Message: "whether the topic accepts this record type was not checked: the registered schema cannot be asked",
			Hint:    "give --schemas DIR, or name the types: record: " + strings.Join(processor.RecordTypes(s), ", "),
		})
	}
	return result, nil
}

// checkFault is a fault as --output json shows it: every key, always.
type checkFault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Topic   string `json:"topic"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func checkFaults(fs config.Faults) []checkFault {
	out := make([]checkFault, len(fs))
	for i, f := range fs {
		out[i] = checkFault{f.File, f.Line, f.Column, f.Path, f.Topic, f.Subject, f.Version, f.Message, f.Hint}
	}
	return out
}

// report prints the result and returns the error that makes the exit code.
func (f *checkFlags) report(s *surroundings, r *check.Result) error {
	if f.output == outputJSON {
		err := json.NewEncoder(s.stdout).Encode(struct {
			OK       bool         `json:"ok"`
			Faults   []checkFault `json:"faults"`
			Warnings []checkFault `json:"warnings"`
		}{len(r.Faults) == 0, checkFaults(r.Faults), checkFaults(r.Warnings)})
		if err != nil {
			return failed(fmt.Errorf("print the result: %w", err))
		}
	} else {
		f.print(s, r)
	}
	if len(r.Faults) > 0 {
		return &workError{} // they have been printed
	}
	return nil
}

func (f *checkFlags) print(s *surroundings, r *check.Result) {
	p := newFaultPrinter(s.stdout)
	p.print(r.Faults, false)
	p.print(r.Warnings, true)
	if len(r.Faults)+len(r.Warnings) > 0 {
		_, _ = fmt.Fprintln(s.stdout)
	}
	looked := fmt.Sprintf("checked %s against %s", plural(r.Topics, "topic"), plural(r.Schemas, "schema"))
	if r.Topics == 0 {
		looked = "the mappings were not checked: mend the configuration first"
	}
	verdict := "no faults"
	if n := len(r.Faults); n > 0 {
		verdict = plural(n, "fault")
	}
	if n := len(r.Warnings); n > 0 {
		verdict += ", " + plural(n, "warning")
	}
	_, _ = fmt.Fprintf(s.stdout, "%s: %s\n", looked, p.bold.Sprint(verdict))
}

// topicOf is the configuration of a topic that a flag names.
func topicOf(cfg *config.Config, name string) (*config.Topic, error) {
	if t := cfg.Topic(name); t != nil {
		return t, nil
	}
	for _, t := range cfg.Topics {
		if t.Name == name { // a pattern, as it is written
			return t, nil
		}
	}
	names := topicNames(cfg)
	if near := config.DidYouMean(name, names); near != "" {
		return nil, fmt.Errorf("--topic %s: %s does not map it: did you mean %s?", name, cfg.File, near)
	}
	return nil, fmt.Errorf("--topic %s: %s does not map it (it maps %s)", name, cfg.File, strings.Join(names, ", "))
}
