package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fatih/color"

	"brazebridge/sink"
)

// Text shows a preview to people.
type Text struct {
	w                           io.Writer
	bold, dim, good, bad, quiet *color.Color
	err                         error
}

// NewText writes to w, in colours if they are wanted.
func NewText(w io.Writer, colored bool) *Text {
	t := &Text{w: w, bold: color.New(color.Bold), dim: color.New(color.Faint), good: color.New(color.FgGreen, color.Bold),
		bad: color.New(color.FgRed, color.Bold), quiet: color.New(color.FgYellow)}
	for _, c := range []*color.Color{t.bold, t.dim, t.good, t.bad, t.quiet} {
		if colored {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return t
}

func (t *Text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// filteredTexts say what the reasons to filter mean.
var filteredTexts = map[string]string{
	"when":         "no rule applies: every `when` is false, or there is nothing to send",
	"tombstone":    "the record has no value, and tombstones: filter passes it over",
	"other_record": "its record type is not one that this mapping accepts, and other_records: filter passes it over",
	"expired":      "it is older than max_age",
}

// Record shows a record and what becomes of it.
func (t *Text) Record(s *Shown) error {
	at := t.bold.Sprintf("%s/%d@%d", s.Topic, s.Partition, s.Offset)
	when := t.dim.Sprint(s.Timestamp.UTC().Format(time.RFC3339))
	switch s.Outcome() {
	case Mapped:
		t.line("%s %s %s", at, when, t.good.Sprint("mapped to "+count(len(s.Items), "object")))
	case Filtered:
		t.line("%s %s %s: %s", at, when, t.quiet.Sprintf("filtered (%s)", s.Why()), filteredTexts[s.Why()])
	default:
		what := "rejected"
		if s.Holds != "" {
			what = "holds the topic"
		}
		t.line("%s %s %s: %s", at, when, t.bad.Sprintf("%s (%s)", what, s.Why()), s.Error)
	}
	if s.Schema != nil && s.Verdict.Reason != sink.Undecodable {
		t.value("record", recordJSON(s.Verdict.Value), t.dim)
	}
	for i, item := range s.Items {
		if s.Filtered != "" {
			break // too old: the objects are not sent
		}
		t.value(item.Kind.String(), item.JSON, nil)
		if text := s.refusal(i); text != "" {
			t.line("    %s", t.bad.Sprint("refused: "+text))
		}
		if effect := repeat(&item); effect != "" {
			t.line("    %s", t.quiet.Sprint("not repeat-safe: "+repeatTexts[effect]))
		}
	}
	t.line("")
	return t.err
}

// count counts things: 1 object, 2 objects.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// value shows JSON under a label.
func (t *Text) value(label string, raw []byte, c *color.Color) {
	var b bytes.Buffer
	if json.Indent(&b, raw, "    ", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	text := b.String()
	if c != nil {
		lines := strings.Split(text, "\n")
		for i := range lines {
			lines[i] = c.Sprint(lines[i])
		}
		text = strings.Join(lines, "\n")
	}
	t.line("  %s\n    %s", t.bold.Sprint(label), text)
}

// Request shows a request's body.
func (t *Text) Request(body []byte, number, of, n int) error {
	t.line("%s", t.bold.Sprintf("request %d of %d: %s, %s", number, of, count(n, "object"), count(len(body), "byte")))
	var b bytes.Buffer
	if json.Indent(&b, body, "  ", "  ") != nil {
		b.Reset()
		b.Write(body)
	}
	t.line("  %s\n", b.String())
	return t.err
}

// Summary shows the sums.
func (t *Text) Summary(s *Summary) error {
	t.line("%s", t.bold.Sprintf("%s: %d mapped, %d filtered, %d rejected", count(s.Records, "record"), s.Mapped, s.Filtered, s.Rejected))
	t.line("%s in %s, at a cost of %s; nothing was sent", count(s.Objects, "object"), count(s.Requests, "request"), count(s.DataPoints, "data point"))
	if s.NotRepeatSafe > 0 {
		t.line("%s", t.quiet.Sprintf("%s not repeat-safe: twice is wrong there, not only double", count(s.NotRepeatSafe, "object")))
	}
	return t.err
}
