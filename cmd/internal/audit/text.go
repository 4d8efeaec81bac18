package audit

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// columns of the table, after the topic.
var columns = []struct {
	head string
	of   func(*Partition) int64
	sum  bool // makes sense over all partitions
}{
	{"PARTITION", func(p *Partition) int64 { return int64(p.Partition) }, false},
	{"START", func(p *Partition) int64 { return p.Start }, false},
	{"COMMITTED", func(p *Partition) int64 { return p.Committed }, false},
	{"END", func(p *Partition) int64 { return p.End }, false},
	{"DELIVERED", func(p *Partition) int64 { return p.Delivered }, true},
	{"DEAD-LETTERED", func(p *Partition) int64 { return p.DeadLettered }, true},
	{"LETTERS", func(p *Partition) int64 { return p.Letters }, true},
	{"FILTERED", func(p *Partition) int64 { return p.Filtered }, true},
	{"SKIPPED", func(p *Partition) int64 { return p.Skipped }, true},
	{"WAITING", func(p *Partition) int64 { return p.Waiting }, true},
}

// Text shows the result to people: a table, what is to be said of single partitions, and the verdict.
func (r *Result) Text(w io.Writer, colored bool) error {
	t := &text{w: w, bold: color.New(color.Bold), dim: color.New(color.Faint), good: color.New(color.FgGreen, color.Bold), bad: color.New(color.FgRed, color.Bold)}
	for _, c := range []*color.Color{t.bold, t.dim, t.good, t.bad} {
		if colored {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	t.table(r.Partitions)
	t.notes(r.Partitions)
	t.verdict(r)
	return t.err
}

type text struct {
	w                    io.Writer
	bold, dim, good, bad *color.Color
	err                  error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// mark is the last cell of a row.
func (t *text) mark(ok bool) string {
	if ok {
		return t.good.Sprint("ok")
	}
	return t.bad.Sprint("FAULT")
}

func (t *text) table(parts []*Partition) {
	head := []string{"TOPIC"}
	for _, c := range columns {
		head = append(head, c.head)
	}
	rows := [][]string{head}
	topic := ""
	for _, p := range parts {
		name := p.Topic
		if name == topic {
			name = "" // once is enough
		}
		topic = p.Topic
		rows = append(rows, row(name, p))
	}
	if len(parts) > 1 {
		rows = append(rows, total(parts))
	}
	widths := make([]int, len(head))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, r := range rows {
		line := aligned(r, widths)
		switch {
		case i == 0:
			t.line("%s", t.bold.Sprint(line))
		case i <= len(parts):
			t.line("%s  %s", line, t.mark(parts[i-1].OK))
		default:
			t.line("%s", t.dim.Sprint(line))
		}
	}
}

func row(name string, p *Partition) []string {
	cells := []string{name}
	for _, c := range columns {
		if n := c.of(p); n >= 0 {
			cells = append(cells, number(n))
		} else {
			cells = append(cells, "-")
		}
	}
	return cells
}

func total(parts []*Partition) []string {
	cells := []string{"all"}
	for _, c := range columns {
		cell := ""
		if c.sum {
			n := int64(0)
			for _, p := range parts {
				n += c.of(p)
			}
			cell = number(n)
		}
		cells = append(cells, cell)
	}
	return cells
}

// aligned is a row with the name to the left and the numbers to the right.
func aligned(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i == 0 {
			b.WriteString(cell + pad)
		} else {
			b.WriteString("  " + pad + cell)
		}
	}
	return b.String()
}

func (t *text) notes(parts []*Partition) {
	first := true
	for _, p := range parts {
		for _, n := range p.Notes {
			if first {
				t.line("")
				first = false
			}
			at := fmt.Sprintf("%s/%d:", p.Topic, p.Partition)
			if p.OK {
				t.line("%s %s", t.dim.Sprint(at), n)
			} else {
				t.line("%s %s", t.bad.Sprint(at), n)
			}
		}
	}
}

func (t *text) verdict(r *Result) {
	faults := int64(0)
	for _, p := range r.Partitions {
		if !p.OK {
			faults++
		}
	}
	t.line("")
	if of := count(int64(len(r.Partitions)), "partition"); faults > 0 {
		t.line("%s", t.bad.Sprintf("%s of %s: the account does not close", number(faults), of))
	} else {
		t.line("%s: %s", of, t.good.Sprint("the accounts close"))
	}
}
