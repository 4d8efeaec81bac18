package main

import (
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"strings"

	"github.com/spf13/cobra"

	"brazebridge/deploy"
	"brazebridge/processor/mapping"
)

// Topics to read about, for people who have the program and nothing else.

func newMappingTopic() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "mapping",
		Short:   "The mapping language: rules, paths, expressions, functions",
		Example: "  brazebridge help mapping | less",
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		text, err := documentation(mapping.Source)
		if err != nil {
			text = err.Error()
		}
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), text)
	})
	return cmd
}

func newConfigurationTopic() *cobra.Command {
	return shippedTopic("configuration", "Every setting of the configuration file once, with its default",
		"  brazebridge help configuration > reference.yaml", deploy.Reference)
}

func newSchemaTopic() *cobra.Command {
	return shippedTopic("schema", "The JSON Schema of the configuration file, for editors that complete and check it",
		"  brazebridge help schema > brazebridge.schema.json   # first line of the YAML: # yaml-language-server: $schema=brazebridge.schema.json", deploy.Schema)
}

// shippedTopic shows a file as it is shipped.
func shippedTopic(name, short, example, text string) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Example: example}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		_, _ = fmt.Fprint(cmd.OutOrStdout(), text)
	})
	return cmd
}

// documentation is the comment of a package as text for people, from where the language is described.
func documentation(source string) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", source, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return "", fmt.Errorf("read the documentation: %w", err)
	}
	var p comment.Parser
	printer := comment.Printer{TextWidth: 110}
	text := string(printer.Text(p.Parse(f.Doc.Text())))
	if i := strings.Index(text, "# The language\n"); i >= 0 {
		text = text[i:]
	}
	return text, nil
}
