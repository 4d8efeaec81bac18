package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/fatih/color"

	"brazebridge/config"
)

// faultPrinter writes faults for people: the place, what is wrong, the line with a caret, what to do.
type faultPrinter struct {
	w                    io.Writer
	bold, bad, warn, dim *color.Color
	sources              map[string][]string // lines of the files that faults are in
	in                   *config.Inspection  // of the configuration that the faults are in; nil: they are in other files
	open                 bool                // these files hold no secrets: every line may be shown
}

func newFaultPrinter(w io.Writer) *faultPrinter {
	p := &faultPrinter{
		w: w, bold: color.New(color.Bold), bad: color.New(color.FgRed, color.Bold), warn: color.New(color.FgYellow, color.Bold),
		dim: color.New(color.Faint), sources: map[string][]string{},
	}
	for _, c := range []*color.Color{p.bold, p.bad, p.warn, p.dim} {
		if isColored(w) {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return p
}

// print writes faults, or warnings.
func (p *faultPrinter) print(fs config.Faults, warnings bool) {
	label := ""
	if warnings {
		label = p.warn.Sprint("warning: ")
	}
	for _, f := range fs {
		where, what := "", label+f.Error()
		if f.Line > 0 {
			where = fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
			what = label + strings.TrimPrefix(f.Error(), where)
		}
		if f.Subject != "" && !strings.Contains(f.Message, f.Subject) {
			what += p.dim.Sprintf(" (%s)", subjectOf(f))
		}
		_, _ = fmt.Fprintln(p.w, p.bold.Sprint(where)+what)
		for _, line := range p.excerpt(f) {
			if strings.TrimSpace(line) == "^" {
				line = strings.Replace(line, "^", p.bad.Sprint("^"), 1)
			}
			_, _ = fmt.Fprintln(p.w, "    "+line)
		}
		if f.Hint != "" {
			_, _ = fmt.Fprintln(p.w, "    hint: "+f.Hint)
		}
	}
}

func subjectOf(f *config.Fault) string {
	if f.Version > 0 {
		return fmt.Sprintf("%s version %d", f.Subject, f.Version)
	}
	return f.Subject
}

// excerpt is the fault's own, or its line of the file with a caret.
func (p *faultPrinter) excerpt(f *config.Fault) []string {
	if f.Excerpt != "" {
		return strings.Split(strings.TrimRight(f.Excerpt, "\n"), "\n")
	}
	if f.Line == 0 {
		return nil
	}
	text := p.lineOf(f)
	if text == "" {
		return nil
	}
	line := []rune(strings.TrimRight(strings.ReplaceAll(text, "\t", " "), "\r"))
	at := f.Column - 1
	if at > len(line) || len(line) > 400 {
		return nil
	}
	indent := slices.IndexFunc(line, func(r rune) bool { return r != ' ' })
	indent = min(max(indent, 0), at)
	return []string{string(line[indent:]), strings.Repeat(" ", at-indent) + "^"}
}

// lineOf is the line of a fault; empty where it is not known, or not to be shown.
func (p *faultPrinter) lineOf(f *config.Fault) string {
	if p.in != nil {
		return p.in.Line(f)
	}
	if !p.open {
		return ""
	}
	lines, read := p.sources[f.File]
	if !read {
		if data, err := os.ReadFile(f.File); err == nil && len(data) <= config.MaxFile {
			lines = strings.Split(string(data), "\n")
		}
		p.sources[f.File] = lines
	}
	if f.Line > len(lines) {
		return ""
	}
	return lines[f.Line-1]
}

// plural counts things: 1 fault, 2 faults.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
