package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// Two: a second signal must not be lost while the first is being looked at.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(os.Args[1:], &surroundings{stdout: os.Stdout, stderr: os.Stderr, signals: signals}))
}

// surroundings are what a command has of the world outside, so that tests can be that world.
type surroundings struct {
	stdout, stderr io.Writer
	signals        <-chan os.Signal
}

// run is the whole program: it returns the exit code.
func run(args []string, s *surroundings) int {
	root := newRoot(s)
	root.SetArgs(args)
	return s.report(root.Execute())
}

func newRoot(s *surroundings) *cobra.Command {
	root := &cobra.Command{
		Use:   "brazebridge",
		Short: "Carry records from Kafka to Braze",
		Long: `brazebridge consumes Avro-encoded purchase, cart and behaviour events from Kafka, maps them by configuration to Braze
objects, and writes them with batched POST /users/track. Offsets are committed only for records that Braze has accepted
or that lie safely in a dead-letter topic.

Results go to stdout, logs and progress to stderr. Exit codes: 0 done; 1 the work found faults, or a second signal cut
it short; 2 usage or configuration error, nothing touched.`,
		Example: `  brazebridge demo                               # see it work, with nothing installed
  brazebridge run --config brazebridge.yaml      # the service
  brazebridge fake-braze --listen :8080          # a Braze to try it against`,
		Version:       thisBuild().String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
		Args: unknownCommand,
	}
	root.SetVersionTemplate("brazebridge {{.Version}}\n")
	root.SetOut(s.stdout)
	root.SetErr(s.stderr)
	root.SetFlagErrorFunc(suggestFlag)
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		newRunCommand(s),
		newDemoCommand(s),
		newFakeBrazeCommand(s),
		newInitCommand(s),
		newCheckCommand(s),
		newPreviewCommand(s),
		newTestCommand(s),
		newAuditCommand(s),
		newVersionCommand(s),
		newMappingTopic(),
		newConfigurationTopic(),
		newSchemaTopic(),
	)
	return root
}

// unknownCommand refuses a word that is no command, with those that look like it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += fmt.Sprintf(": did you mean %q?", near[0])
	}
	return fmt.Errorf("%s (brazebridge --help lists the commands)", text)
}
