package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"brazebridge/cmd/internal/check"
	"brazebridge/cmd/internal/mappingtest"
	"brazebridge/config"
	"brazebridge/schema"
)

func newTestCommand(s *surroundings) *cobra.Command {
	var c testCommand
	cmd := &cobra.Command{
		Use:   "test FILE…",
		Short: "Run your own tests of your mappings",
		Long: `Run tests of mappings: each says a record and the objects that it is to become, or that it is to be filtered or rejected.
The record is written as plain JSON would be: unions untagged, dates as YYYY-MM-DD, times as RFC 3339, decimals as number or
text, bytes as base64. It goes through everything that the bridge would do with it short of sending.

A test compares whole objects: numbers by value, times as instants. --update writes what came out into the tests that
failed, also into those that expect nothing yet; read the change before you commit it.

  config: brazebridge.yaml      # relative to the file of tests
  schemas: schemas              # left out: the configuration's registry
  tests:
    - name: an order from the web
      topic: shop.orders
      record: {order_id: o1, placed_at: "2026-01-31T12:00:00Z", total: 12.30, customer: {id: c1}}
      want:
        - event: {external_id: c1, name: order_placed, time: "2026-01-31T12:00:00Z", properties: {total: 12.30}}
    - name: a guest's order has no user
      topic: shop.orders
      record: {order_id: o2, placed_at: "2026-01-31T12:00:00Z", total: 1, customer: {}}
      rejected: mapping         # or filtered: true

A test may also say subject, version, key, headers, timestamp, partition and offset. Exit codes: 0 all pass, 1 some fail,
2 a file cannot be used.`,
		Example: `  brazebridge test mapping_test.yaml
  brazebridge test tests/*.yaml --output json | jq '.tests[] | select(.ok | not)'
  brazebridge test mapping_test.yaml --update && git diff mapping_test.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return c.run(s, files) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	cmd.Flags().BoolVar(&c.update, "update", false, "write what came out into the tests that fail")
	c.output.flag(cmd)
	return cmd
}

type testCommand struct {
	update bool
	output output

	files []*testedFile
}

// testedFile is a file of tests with what it needs, or what came of it.
type testedFile struct {
	*mappingtest.File
	cfg     *config.Config
	schemas check.Schemas
	results []*mappingtest.Result
}

func (c *testCommand) run(s *surroundings, files []string) error {
	ctx, stop := s.interruptible()
	defer stop()
	var faults config.Faults
	for _, name := range files {
		f, err := openTests(name)
		var some config.Faults
		switch {
		case errors.As(err, &some):
			faults = append(faults, some...)
		case err != nil:
			return err
		}
		c.files = append(c.files, f)
	}
	if len(faults) > 0 {
		return faults // all at once, and nothing has been run
	}
	for _, f := range c.files {
		if err := f.run(ctx); err != nil {
			return failed(err)
		}
	}
	if c.update {
		if err := c.rewrite(ctx, s.stderr); err != nil {
			return failed(err)
		}
	}
	return c.report(s)
}

// openTests reads a file of tests and what it names.
func openTests(name string) (*testedFile, error) {
	f, err := mappingtest.Read(name)
	if err != nil {
		return nil, err
	}
	t := &testedFile{File: f}
	in, err := inspect(f.Config)
	if err != nil {
		return nil, err
	}
	t.cfg = in.Config
	if f.Schemas != "" {
		if t.schemas, err = schema.OpenDir(f.Schemas); err != nil {
			return nil, fmt.Errorf("%s: schemas: %w", name, err)
		}
		return t, nil
	}
	t.schemas, err = schemasOf(in, "")
	return t, err
}

func (f *testedFile) run(ctx context.Context) (err error) {
	f.results, err = f.Run(ctx, f.cfg, f.schemas)
	return err
}

// rewrite brings the expectations up to date, and runs the files that it changed again.
func (c *testCommand) rewrite(ctx context.Context, progress io.Writer) error {
	for _, f := range c.files {
		before, err := os.ReadFile(f.Name)
		if err != nil {
			return fmt.Errorf("update %s: %w", f.Name, err)
		}
		after, err := f.Update(f.results)
		if err != nil {
			return err
		}
		if bytes.Equal(before, after) {
			continue
		}
		if err := replaceFile(f.Name, after); err != nil {
			return fmt.Errorf("update %s: %w", f.Name, err)
		}
		_, _ = fmt.Fprintf(progress, "updated %s\n", f.Name)
		if f.File, err = mappingtest.Read(f.Name); err != nil {
			return fmt.Errorf("read what was written: %w", err)
		}
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file beside the old one and puts it in its place: whoever stops it half-way keeps their tests.
func replaceFile(name string, data []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	fresh := name + ".new"
	if err := os.WriteFile(fresh, data, info.Mode().Perm()); err != nil {
		return err
	}
	if err := os.Rename(fresh, name); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return nil
}

// testResult is a test as --output json shows it.
type testResult struct {
	File    string                   `json:"file"`
	Line    int                      `json:"line"`
	Name    string                   `json:"name"`
	Topic   string                   `json:"topic"`
	OK      bool                     `json:"ok"`
	Outcome string                   `json:"outcome"`
	Reason  string                   `json:"reason"`
	Error   string                   `json:"error"`
	Diff    []mappingtest.Difference `json:"diff"`
}

func (c *testCommand) report(s *surroundings) error {
	bad, all := 0, []testResult{}
	p := newTestPrinter(s.stdout)
	for _, f := range c.files {
		for _, r := range f.results {
			if !r.OK {
				bad++
			}
			if c.output == outputJSON {
				all = append(all, resultOf(f.Name, r))
			} else {
				p.result(f.Name, r)
			}
		}
	}
	if c.output == outputJSON {
		enc := json.NewEncoder(s.stdout)
		enc.SetEscapeHTML(false)
		err := enc.Encode(struct {
			OK    bool         `json:"ok"`
			Tests []testResult `json:"tests"`
		}{bad == 0, all})
		if err != nil {
			return failed(fmt.Errorf("print the result: %w", err))
		}
	} else {
		p.sum(c.files, bad)
	}
	if bad > 0 {
		return &workError{} // they have been printed
	}
	return nil
}

func resultOf(file string, r *mappingtest.Result) testResult {
	t := testResult{
		File: file, Line: r.Test.Pos.Line, Name: r.Test.Name, Topic: r.Test.Topic, OK: r.OK,
		Outcome: r.Outcome, Reason: r.Reason, Error: r.Error, Diff: r.Diff,
	}
	if t.Diff == nil {
		t.Diff = []mappingtest.Difference{}
	}
	if r.Fault != nil {
		t.Error = r.Fault.Error()
	}
	return t
}

// testPrinter shows results to people.
type testPrinter struct {
	w                    io.Writer
	faults               *faultPrinter
	good, bad, want, got *color.Color
}

func newTestPrinter(w io.Writer) *testPrinter {
	p := &testPrinter{w: w, faults: newFaultPrinter(w), good: color.New(color.FgGreen), bad: color.New(color.FgRed, color.Bold),
		want: color.New(color.FgRed), got: color.New(color.FgGreen)}
	p.faults.open = true
	for _, c := range []*color.Color{p.good, p.bad, p.want, p.got} {
		if isColored(w) {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return p
}

func (p *testPrinter) line(format string, args ...any) { _, _ = fmt.Fprintf(p.w, format+"\n", args...) }

func (p *testPrinter) result(file string, r *mappingtest.Result) {
	if r.OK {
		p.line("%s  %s", p.good.Sprint("ok  "), r.Test.Name)
		return
	}
	p.line("%s  %s (%s:%d)", p.bad.Sprint("FAIL"), r.Test.Name, file, r.Test.Pos.Line)
	if r.Fault != nil {
		p.faults.print(config.Faults{r.Fault}, false)
		return
	}
	for _, d := range r.Diff {
		if d.Path != "" {
			p.line("      %s", d.Path)
		}
		if d.Want != "" {
			p.line("      %s", p.want.Sprint("- "+indented(d.Want)))
		}
		if d.Got != "" {
			p.line("      %s", p.got.Sprint("+ "+indented(d.Got)))
		}
	}
}

// indented is JSON that is too long for a line on several.
func indented(text string) string {
	var b bytes.Buffer
	if len(text) > 100 && json.Indent(&b, []byte(text), "        ", "  ") == nil {
		return b.String()
	}
	return strings.ReplaceAll(text, "\n", "\n        ")
}

func (p *testPrinter) sum(files []*testedFile, bad int) {
	n := 0
	for _, f := range files {
		n += len(f.results)
	}
	p.line("")
	if bad == 0 {
		p.line("%s", p.good.Sprintf("%s passed", plural(n, "test")))
		return
	}
	p.line("%s (- wanted, + came out)", p.bad.Sprintf("%d of %s failed", bad, plural(n, "test")))
}
