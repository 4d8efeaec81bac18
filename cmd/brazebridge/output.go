package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// output is the form of a result: text for people or json for tools.
type output string

const (
	outputText output = "text"
	outputJSON output = "json"
)

// flag gives a command --output.
func (o *output) flag(cmd *cobra.Command) {
	*o = outputText
	cmd.Flags().VarP(o, "output", "o", "form of the result: text or json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
}

func (o *output) String() string { return string(*o) }

// Type is the kind of value that help shows.
func (o *output) Type() string { return "FORM" }

// Set takes the flag's value.
func (o *output) Set(s string) error {
	switch output(s) {
	case outputText, outputJSON:
		*o = output(s)
		return nil
	}
	return fmt.Errorf("%q is neither text nor json", s)
}

// isTerminal tells whether a person is likely to see what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// isColored tells whether colours may be written (https://no-color.org).
func isColored(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }
