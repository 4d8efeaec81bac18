package mappingtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"brazebridge/config"
)

// Update returns the file with the expectations of the tests that failed made what came out, and everything else as it
// is, comments included. Where single values differ, they alone are replaced; otherwise the test's expectation is written
// anew, and comments inside it are lost. The error is config.Faults: tests whose expectation cannot be replaced where it
// stands, because it does not begin on a line of its own.
func (f *File) Update(results []*Result) ([]byte, error) {
	d := &draft{lines: strings.Split(string(f.text), "\n")}
	var faults config.Faults
	for i, r := range results {
		if r.OK || r.Fault != nil {
			continue
		}
		if edits, ok := d.values(r); ok {
			d.edits = append(d.edits, edits...)
			continue
		}
		end := f.end
		if i+1 < len(f.Tests) {
			end = f.Tests[i+1].Pos.Line
		}
		e, ok := d.expectation(r, end)
		if !ok {
			faults = append(faults, &config.Fault{
				File: f.Name, Line: r.Test.Pos.Line, Column: r.Test.Pos.Column, Path: r.Test.Name,
				Message: "its expectation cannot be replaced where it stands", Hint: "write each key of the test on a line of its own",
			})
			continue
		}
		d.edits = append(d.edits, e)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return []byte(d.text()), nil
}

// draft is the file's lines and what is to be done to them.
type draft struct {
	lines []string
	edits []edit
}

// edit replaces a stretch of text: from a place to before another.
type edit struct {
	line, column       int // from zero; column in bytes
	endLine, endColumn int
	text               string
}

// text carries the edits out, the last one first, so that the places of the others stay.
func (d *draft) text() string {
	slices.SortFunc(d.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(b.line, a.line), cmp.Compare(b.column, a.column)) })
	lines := slices.Clone(d.lines)
	for _, e := range d.edits {
		after, rest := "", lines[min(e.endLine+1, len(lines)):]
		if e.endLine < len(lines) {
			after = lines[e.endLine][e.endColumn:]
		}
		changed := strings.Split(lines[e.line][:e.column]+e.text+after, "\n")
		lines = slices.Concat(lines[:e.line], changed, rest)
	}
	return strings.Join(lines, "\n")
}

// values replaces single scalars, if nothing else differs and each stands on one line.
func (d *draft) values(r *Result) ([]edit, bool) {
	var edits []edit
	for _, diff := range r.Diff {
		if diff.node == nil || isNested(diff.node.Kind) || isNested(diff.got.kind) {
			return nil, false
		}
		e, ok := d.scalar(diff.node)
		if !ok {
			return nil, false
		}
		e.text = scalarYAML(diff.got)
		edits = append(edits, e)
	}
	return edits, len(edits) > 0
}

func isNested(k config.NodeKind) bool { return k == config.NodeMap || k == config.NodeList }

// scalar is where a scalar stands in the source, if that is plain to see.
func (d *draft) scalar(n *config.Node) (edit, bool) {
	line := n.Pos.Line - 1
	if line < 0 || line >= len(d.lines) {
		return edit{}, false
	}
	runes := []rune(d.lines[line])
	if n.Pos.Column-1 > len(runes) {
		return edit{}, false
	}
	from := len(string(runes[:n.Pos.Column-1]))
	rest := d.lines[line][from:]
	e := edit{line: line, column: from, endLine: line}
	switch {
	case n.Text == "":
		return e, false
	case strings.HasPrefix(rest, n.Text):
		e.endColumn = from + len(n.Text)
	case strings.HasPrefix(rest, `"`+n.Text+`"`), strings.HasPrefix(rest, `'`+n.Text+`'`):
		e.endColumn = from + len(n.Text) + 2
	default:
		return e, false
	}
	return e, true
}

// expectation replaces the lines of want, filtered or rejected, or adds them at the test's end. end is the line behind the test.
func (d *draft) expectation(r *Result, end int) (edit, bool) {
	keys := r.Test.node.Keys
	for i := range keys {
		k := &keys[i]
		before, own := d.ownLine(k.Pos)
		if !own {
			return edit{}, false
		}
		if i+1 < len(keys) && k.Pos.Line == keys[i+1].Pos.Line {
			return edit{}, false
		}
		if !slices.Contains([]string{"want", "filtered", "rejected"}, k.Name) {
			continue
		}
		if i+1 < len(keys) {
			end = keys[i+1].Pos.Line
		}
		last := d.last(k.Pos.Line-1, end-1)
		return edit{
			line: k.Pos.Line - 1, column: len(before), endLine: last, endColumn: len(d.lines[last]),
			text: strings.Join(r.expectationYAML(len([]rune(before))), "\n"),
		}, true
	}
	column := keys[0].Pos.Column - 1
	last := d.last(keys[len(keys)-1].Pos.Line-1, end-1)
	indent := strings.Repeat(" ", column)
	return edit{
		line: last, column: len(d.lines[last]), endLine: last, endColumn: len(d.lines[last]),
		text: "\n" + indent + strings.Join(r.expectationYAML(column), "\n"),
	}, true
}

// ownLine tells whether nothing but the dash of a list stands in front of a key, and returns that.
func (d *draft) ownLine(at config.Pos) (before string, ok bool) {
	before = string([]rune(d.lines[at.Line-1])[:at.Column-1])
	return before, strings.Trim(before, " -") == ""
}

// last is the last line before end that is neither empty nor a comment, which belong to what comes behind.
func (d *draft) last(first, end int) int {
	last := min(end, len(d.lines)) - 1
	for last > first {
		if text := strings.TrimSpace(d.lines[last]); text != "" && !strings.HasPrefix(text, "#") {
			break
		}
		last--
	}
	return last
}

// expectationYAML is what came out as lines of YAML; all but the first are indented by the column of the key.
func (r *Result) expectationYAML(column int) []string {
	switch r.Outcome {
	case "filtered":
		return []string{"filtered: true"}
	case "rejected":
		return []string{"rejected: " + r.Reason}
	}
	lines := []string{"want:"}
	for _, o := range r.objects {
		lines = append(lines, "  - "+o.kind+":")
		lines = appendYAML(lines, o.v, 6)
	}
	indent := strings.Repeat(" ", column)
	for i := 1; i < len(lines); i++ {
		lines[i] = indent + lines[i]
	}
	return lines
}

// appendYAML writes an object's or array's entries as lines of block style.
func appendYAML(lines []string, v *value, indent int) []string {
	space := strings.Repeat(" ", indent)
	for i, item := range v.items {
		head := space + "-"
		if v.kind == config.NodeMap {
			head = space + textYAML(v.keys[i]) + ":"
		}
		if !isNested(item.kind) || len(item.items) == 0 {
			lines = append(lines, head+" "+scalarYAML(item))
			continue
		}
		if v.kind == config.NodeMap {
			lines = appendYAML(append(lines, head), item, indent+2)
			continue
		}
		// The first entry of what stands in a list shares the line of the dash.
		at := len(lines)
		lines = appendYAML(lines, item, indent+2)
		lines[at] = head + lines[at][len(head):]
	}
	return lines
}

// scalarYAML is a scalar, or an empty object or array.
func scalarYAML(v *value) string {
	switch v.kind {
	case config.NodeString:
		return textYAML(v.text)
	case config.NodeNumber:
		return numberYAML(v.text)
	}
	return v.json()
}

// numberYAML is a number that every reader of YAML takes for one: some want a point and a sign where there is an exponent.
func numberYAML(s string) string {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s
	}
	mantissa, exponent := s[:i], s[i+1:]
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if !strings.HasPrefix(exponent, "-") && !strings.HasPrefix(exponent, "+") {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}

// textYAML is text without quotes where no reader of YAML could take it for anything else, otherwise in double quotes.
func textYAML(s string) string {
	plain := s != "" && len(s) < 200
	for i, r := range s {
		isLetter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r > 0xa0 && r < 0x2000
		plain = plain && (isLetter || i > 0 && (r >= '0' && r <= '9' || strings.ContainsRune(" ./-+@", r)))
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		plain = false
	}
	if plain && strings.TrimSpace(s) == s {
		return s
	}
	var quoted strings.Builder
	for _, r := range string(appendText(nil, s)) {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&quoted, `\u%04x`, r) // JSON allows them as they are, YAML does not
		} else {
			quoted.WriteRune(r)
		}
	}
	return quoted.String()
}
