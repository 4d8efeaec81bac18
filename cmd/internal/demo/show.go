package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fatih/color"
)

// announce says, for a demo that stays, where to look while it runs.
func (d *demonstration) announce() {
	if !d.Serve {
		return
	}
	p := newPage(d.Stderr, false)
	p.heading("Running until Ctrl-C. What to look at:")
	p.row("Braze (fake)", d.stand.braze+"/", "requests, profiles and refused objects as they arrive")
	p.row("readiness", d.bridge.Admin+"/readyz", "what keeps records from moving, if anything")
	p.row("metrics", d.bridge.Admin+"/metrics", "brazebridge_…")
	p.row("Kafka (in-process)", strings.Join(d.stand.kafka.ListenAddrs(), ","), "topics "+strings.Join(topics, ", ")+", "+deadLetterTopic)
	p.row("schema registry", d.stand.registry+"/subjects", "")
	p.line("")
	p.line("Try an outage, then its end, and watch readiness and metrics:")
	p.line(`  curl -X PUT %s/_fake/faults -d '[{"kind":"status","status":503}]'`, d.stand.braze)
	p.line("  curl -X DELETE %s/_fake/faults", d.stand.braze)
	p.line("Or stop sending yourself:")
	p.line("  curl -X POST %s/-/hold", d.bridge.Admin)
	p.line("  curl -X POST %s/-/resume", d.bridge.Admin)
	p.line("")
}

// show prints the result.
func (d *demonstration) show(r *Result) error {
	if d.JSON {
		if err := json.NewEncoder(d.Stdout).Encode(r); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		return nil
	}
	p := newPage(d.Stdout, d.Color)
	p.sums(r)
	p.witnesses(r)
	p.deadLetter(r)
	p.request(d.stand.fake.Requests(200))
	p.next()
	return p.err
}

// page prints for people. The first error is kept and the rest left out.
type page struct {
	w                          io.Writer
	bold, dim, good, bad, name *color.Color
	err                        error
}

func newPage(w io.Writer, colored bool) *page {
	p := &page{w: w, bold: color.New(color.Bold), dim: color.New(color.Faint), good: color.New(color.FgGreen),
		bad: color.New(color.FgRed, color.Bold), name: color.New(color.FgCyan)}
	for _, c := range []*color.Color{p.bold, p.dim, p.good, p.bad, p.name} {
		if colored {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return p
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *page) heading(text string) { p.line("%s", p.bold.Sprint(text)) }

// row is a name, a value and a remark.
func (p *page) row(name, value, remark string) {
	text := "  " + p.name.Sprintf("%-20s", name) + " " + value
	if remark != "" {
		text += "   " + p.dim.Sprint(remark)
	}
	p.line("%s", text)
}

func (p *page) number(name string, n int64, remark string) {
	p.row(name, fmt.Sprintf("%9s", group(n)), remark)
}

func (p *page) sums(r *Result) {
	p.line("")
	p.heading(fmt.Sprintf("%s records from three Kafka topics to Braze in %.1f s, %s records/s",
		group(r.Consumed), r.Seconds, group(int64(float64(r.Consumed)/max(r.Seconds, 0.001)))))
	p.number("consumed", r.Consumed, "")
	each := float64(r.Objects+r.stats.RefusedObjects) / float64(max(r.Requests, 1))
	p.number("delivered", r.Delivered, fmt.Sprintf("as %s objects: %s events, %s purchases, %s attributes",
		group(r.Objects), group(r.stats.Events), group(r.stats.Purchases), group(r.stats.Attributes)))
	p.number("dead-lettered", r.DeadLettered, byReason(r.DeadLetters))
	p.number("filtered", r.Filtered, byReason(r.FilteredBy))
	p.number("in flight", r.InFlight, "")
	p.number("requests", r.Requests, fmt.Sprintf("%.1f objects each, of 75 that fit", each))
	if r.SentTwice > 0 {
		p.number("sent twice", r.SentTwice, "at least once is the promise; without faults it should be exactly once")
	}
}

// witnesses shows the independent counts side by side, and whether they agree.
func (p *page) witnesses(r *Result) {
	columns := []string{generatorWitness, ledgerWitness, brazeWitness, lettersWitness, brokerWitness}
	titles := []string{"generator", "bridge", "Braze", "dead letters", "commits"}
	p.line("")
	p.heading("Counted where it happens, and compared record by record")
	head := fmt.Sprintf("  %-20s", "")
	for _, t := range titles {
		head += fmt.Sprintf(" %13s", t)
	}
	p.line("%s", p.dim.Sprint(head))
	for _, row := range []struct {
		name string
		of   func(count) *int64
	}{
		{"records", func(c count) *int64 { return c.Records }},
		{"delivered", func(c count) *int64 { return c.Delivered }},
		{"dead-lettered", func(c count) *int64 { return c.DeadLettered }},
		{"filtered", func(c count) *int64 { return c.Filtered }},
	} {
		text := "  " + p.name.Sprintf("%-20s", row.name)
		for _, c := range columns {
			cell := ""
			if n := row.of(r.Counted[c]); n != nil {
				cell = group(*n)
			}
			text += fmt.Sprintf(" %13s", cell)
		}
		p.line("%s", strings.TrimRight(text, " "))
	}
	if r.Agree {
		p.line("  %s", p.good.Sprint("✓ they agree: nothing lost, nothing invented"))
		return
	}
	p.line("  %s", p.bad.Sprint("✗ they do not agree:"))
	for _, f := range r.Faults {
		p.line("    %s", f)
	}
}

// deadLetter shows what the bridge adds to a record that it cannot deliver.
func (p *page) deadLetter(r *Result) {
	letter := r.letter.example
	if letter == nil {
		return
	}
	p.line("")
	p.heading("A dead letter in " + deadLetterTopic)
	p.line("  Key, value (%d bytes) and headers are the record's own, byte for byte. The bridge adds:", len(letter.Value))
	for _, h := range letter.Headers {
		if name, ours := strings.CutPrefix(h.Key, "brazebridge."); ours {
			p.line("  %s %s", p.name.Sprintf("%-24s", h.Key), shorten(string(h.Value), 100)+remarks[name].space())
		}
	}
}

type remark string

func (r remark) space() string {
	if r == "" {
		return ""
	}
	return "   (" + string(r) + ")"
}

var remarks = map[string]remark{
	"objects": "what became of each object of the record",
	"status":  "Braze's answer: accepted, but not this object",
}

func (p *page) next() {
	p.line("")
	p.heading("Where to go next")
	p.row("keep it running", "brazebridge demo --serve           ", "with metrics, readiness and the fake Braze's page")
	p.row("read the mapping", "deploy/example/brazebridge.yaml    ", "what this demo ran, as it is shipped")
	p.row("run your own topics", "brazebridge run --config FILE      ", "with brazebridge fake-braze in Braze's place at first")
}

// group writes a number with commas between the thousands.
func group(n int64) string {
	if n < 0 {
		return "-" + group(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// byReason lists counts, the largest first.
func byReason(counts map[string]int64) string {
	reasons := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(reasons, func(a, b string) int { return int(counts[b] - counts[a]) })
	parts := make([]string, len(reasons))
	for i, reason := range reasons {
		parts[i] = group(counts[reason]) + " " + reason
	}
	return strings.Join(parts, ", ")
}

// shorten cuts a text at n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}
