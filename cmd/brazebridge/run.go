package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"

	"brazebridge/config"
	"brazebridge/processor"
	"brazebridge/sink"
)

func newRunCommand(s *surroundings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Run the bridge",
		Long: `Run the bridge until SIGTERM or SIGINT. Then it takes no more records, finishes what is under way (for at most
delivery.drain_timeout) and commits. A second signal stops it at once, with exit code 1; what was not settled is sent
again by the next one.

Kafka, the schema registry or Braze may be unreachable: the bridge keeps trying, and /readyz of the admin listener says
what it waits for.`,
		Example: `  brazebridge run --config brazebridge.yaml
  BRAZE_API_KEY=… brazebridge run --config brazebridge.yaml    # fills in ${env:BRAZE_API_KEY}`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runBridge(s, file) },
	}
	configFlag(cmd, &file)
	return cmd
}

// configFlag gives a command --config, which it then needs.
func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "the configuration `FILE`")
	_ = cmd.MarkFlagRequired("config")                        // fails only for a flag that is not there
	_ = cmd.MarkFlagFilename("config", "yaml", "yml", "json") // likewise
	cmd.Args = noFile
}

// noFile refuses arguments, with the flag that one was meant for.
func noFile(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if ext := filepath.Ext(args[0]); ext == ".yaml" || ext == ".yml" {
		return fmt.Errorf("unexpected argument %q: did you mean --config %s?", args[0], args[0])
	}
	return fmt.Errorf("unexpected argument %q (%s --help shows an example)", args[0], cmd.CommandPath())
}

func runBridge(s *surroundings, file string) error {
	in, err := config.Inspect(file, config.ResolveAll)
	if err != nil {
		return err
	}
	if err := in.Err(); err != nil {
		return err
	}
	cfg := in.Config
	log := newLogger(s.stderr, cfg.Log)
	for _, w := range in.Warnings {
		log.Warn(w.Message, "at", fmt.Sprintf("%s:%d:%d", w.File, w.Line, w.Column), "path", w.Path, "hint", w.Hint)
	}
	collectEarly()
	limitMemory(cfg, memlimit.FromCgroup, log)
	b, err := wire(cfg, in.Places, log)
	if err != nil {
		return err
	}
	defer b.close()
	admin, err := listenAdmin(cfg.Admin.Listen, adminHandler(b.inspected()))
	if err != nil {
		return listenFault(cfg, in.Places, err)
	}
	defer admin.close()

	build := thisBuild()
	log.Info("starting", "version", build.Version, "commit", build.Commit, "config", cfg.File, "topics", topicNames(cfg), "admin", admin.url)
	err = supervise(s.signals, cfg.Delivery.DrainTimeout.D(), log, b.processor.Run)
	var noPlace *processor.LetterTopicError
	if errors.As(err, &noPlace) {
		return letterTopicFault(cfg, noPlace.Err)
	}
	if err != nil {
		log.Error("stopped", "error", err)
		return &workError{} // said already, in the log's own format
	}
	log.Info("stopped")
	return nil
}

// letterTopicFault says that there is no place for dead letters: nothing was read before it was looked for.
func letterTopicFault(cfg *config.Config, err error) error {
	at := cfg.DeadLetter.Topic.Pos
	f := &config.Fault{File: cfg.File, Line: at.Line, Column: at.Column, Path: "dead_letter.topic", Message: err.Error()}
	if errors.Is(err, sink.ErrTopicMissing) {
		f.Hint = "create the topic, or have it created: dead_letter.create: {partitions: 6, replicas: 3, retention: 14d}"
	} else if cfg.DeadLetter.Create != nil {
		f.Hint = "give the bridge the right to create it, or create it, or change dead_letter.create"
	}
	return config.Faults{f}
}

// listenFault says what is wrong with admin.listen.
func listenFault(cfg *config.Config, places config.Places, err error) error {
	const path = "admin.listen"
	at := places.Of(path)
	f := &config.Fault{File: cfg.File, Line: at.Line, Column: at.Column, Path: path, Message: fmt.Sprintf("listen on %q: %v", cfg.Admin.Listen, cause(err)),
		Hint: "write host:port, such as 127.0.0.1:9464"}
	if errors.Is(err, syscall.EADDRINUSE) {
		f.Hint = "another process listens there, perhaps another bridge: choose another port"
	}
	return config.Faults{f}
}

// cause is a network error without the address that it repeats.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	var address *net.AddrError
	if errors.As(err, &address) {
		return errors.New(address.Err)
	}
	return err
}

func topicNames(cfg *config.Config) []string {
	names := make([]string, len(cfg.Topics))
	for i, t := range cfg.Topics {
		names[i] = t.Name
	}
	return names
}
