package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/check"
	"brazebridge/config"
)

// checkFlags are what check was asked.
type checkFlags struct {
	config, schemas, topic string
	against, againstKey    string
	allVersions            bool
	output                 output
}

func newCheckCommand(s *surroundings) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Check the configuration and every mapping against the schemas",
		Long: `Validate the configuration and compile every mapping against the latest schema of its topic's subject: that of the
schema registry, or with --schemas that of a directory. All faults come at once. Nothing is sent, neither Kafka nor Braze
is asked, and a secret that is not set is only a warning: made for a pull request's CI.

With --against-file and --topic, tell whether a schema that is not registered yet would break that topic's mapping; with
--against-key-file, a schema of its keys. Where only one is given, the other is the registered one, or that of --schemas.

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
	cmd.Flags().StringVar(&f.againstKey, "against-key-file", "", "check only --topic, with keys of the schema in this `FILE.avsc`")
	cmd.Flags().StringVar(&f.topic, "topic", "", "check only the mapping of this `TOPIC`")
	cmd.MarkFlagsMutuallyExclusive("all-versions", "against-file")
	cmd.MarkFlagsMutuallyExclusive("all-versions", "against-key-file")
	_ = cmd.MarkFlagFilename("against-file", "avsc")     // fails only for a flag that is not there
	_ = cmd.MarkFlagFilename("against-key-file", "avsc") // likewise
	completeTopics(cmd, &f.config)
	f.output.flag(cmd)
	return cmd
}

// completeTopics lets a shell complete --topic with those that the configuration maps.
func completeTopics(cmd *cobra.Command, file *string) {
	_ = cmd.RegisterFlagCompletionFunc("topic", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		in, err := config.Inspect(*file, config.ResolveLenient)
		if err != nil || in.Config == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return topicNames(in.Config), cobra.ShellCompDirectiveNoFileComp
	}) // fails only for a flag that is not there
}

// schemasFlag gives a command --schemas.
func schemasFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "schemas", "", "take schemas from this `DIR` instead of the registry: SUBJECT.avsc, older ones SUBJECT.vN.avsc")
	_ = cmd.MarkFlagDirname("schemas") // fails only for a flag that is not there
}

func runCheck(s *surroundings, f *checkFlags) error {
	if flag := f.candidate(); flag != "" && f.topic == "" {
		return fmt.Errorf("%s needs --topic: whose mapping is it?", flag)
	}
	ctx, stop := s.interruptible()
	defer stop()
	in, err := config.Inspect(f.config, config.ResolveLenient)
	if err != nil {
		return err
	}
	result := &check.Result{}
	if in.Config != nil {
		result, err = f.mappings(ctx, in)
	}
	switch {
	case err == nil:
	case len(in.Faults) == 0:
		return err
	default: // what is wrong with the file is told all the same
		result = &check.Result{Warnings: config.Faults{{File: f.config, Message: "the mappings were not checked: " + firstLine(err)}}}
	}
	result.Faults = append(in.Faults, result.Faults...)
	result.Warnings = slices.Concat(in.Warnings, unusable(in), result.Warnings)
	result.Faults.Sort()
	result.Warnings.Sort()
	return f.report(s, in, result)
}

// candidate is the flag that asks about a schema that is not registered yet, if one does.
func (f *checkFlags) candidate() string {
	switch {
	case f.against != "":
		return "--against-file"
	case f.againstKey != "":
		return "--against-key-file"
	}
	return ""
}

// mappings compiles what there is to compile.
func (f *checkFlags) mappings(ctx context.Context, in *config.Inspection) (*check.Result, error) {
	o := check.Options{Config: in.Config, AllVersions: f.allVersions}
	if len(in.Faults) > 0 {
		o.File = in
	}
	var err error
	if f.topic != "" {
		if o.Topic, err = topicOf(in.Config, f.topic); err != nil {
			return nil, err
		}
	}
	if f.candidate() != "" {
		return f.compileCandidate(ctx, in, o)
	}
	if o.Schemas, err = schemasOf(in, f.schemas); err != nil {
		return nil, err
	}
	result, err := check.Run(ctx, o)
	return result, failed(err)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
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
func (f *checkFlags) report(s *surroundings, in *config.Inspection, r *check.Result) error {
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
		f.print(s, in, r)
	}
	if len(r.Faults) > 0 {
		return &workError{} // they have been printed
	}
	return nil
}

func (f *checkFlags) print(s *surroundings, in *config.Inspection, r *check.Result) {
	p := newFaultPrinter(s.stdout)
	p.in = in
	p.print(r.Faults, false)
	p.print(r.Warnings, true)
	if len(r.Faults)+len(r.Warnings) > 0 {
		_, _ = fmt.Fprintln(s.stdout)
	}
	looked := fmt.Sprintf("checked %s against %s", plural(r.Topics, "topic"), plural(r.Schemas, "schema"))
	switch {
	case r.Topics == 0:
		looked = "the mappings were not checked: mend the configuration first"
	case r.Skipped > 0:
		looked += fmt.Sprintf(", %s not: mend the configuration first", plural(r.Skipped, "topic"))
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
