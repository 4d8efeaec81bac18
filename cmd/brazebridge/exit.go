package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"brazebridge/config"
)

// The exit codes, for scripts to rely on.
const (
	exitDone   = 0
	exitFaults = 1 // the work found faults, or failed
	exitUsage  = 2 // usage or configuration error, nothing touched
)

// workError marks an error of the work itself; any other is one of usage or configuration. A nil cause: the command has
// said already what there is to say.
type workError struct{ cause error }

func (e *workError) Error() string {
	if e.cause == nil {
		return "faults were found"
	}
	return e.cause.Error()
}

func (e *workError) Unwrap() error { return e.cause }

// failed marks err, if it is one, as an error of the work.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &workError{err}
}

// report tells an error on stderr and returns the exit code.
func (s *surroundings) report(err error) int {
	if err == nil {
		return exitDone
	}
	var work *workError
	isWork := errors.As(err, &work)
	if !isWork || work.cause != nil {
		printError(s.stderr, err)
	}
	if isWork {
		return exitFaults
	}
	return exitUsage
}

// printError writes faults one by one, each with its excerpt and hint, and any other error as a line.
func printError(w io.Writer, err error) {
	var faults config.Faults
	if !errors.As(err, &faults) {
		_, _ = fmt.Fprintf(w, "brazebridge: %v\n", err)
		return
	}
	for _, f := range faults {
		printFault(w, f)
	}
}

func printFault(w io.Writer, f *config.Fault) {
	_, _ = fmt.Fprintln(w, f.Error())
	if f.Excerpt != "" {
		for line := range strings.SplitSeq(strings.TrimRight(f.Excerpt, "\n"), "\n") {
			_, _ = fmt.Fprintln(w, "    "+line)
		}
	}
	if f.Hint != "" {
		_, _ = fmt.Fprintln(w, "    hint: "+f.Hint)
	}
}

// suggestFlag adds to an unknown flag's error the one that looks like it.
func suggestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%w (%s --help shows an example)", err, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := config.DidYouMean(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, near)
	}
	return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
}
