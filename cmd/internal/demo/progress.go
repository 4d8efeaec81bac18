package demo

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

const (
	lineEvery  = 5 * time.Second // between two lines where there is no bar
	lineShare  = 4               // and a line at each quarter
	barRefresh = 100 * time.Millisecond
)

// progress shows how many records have settled: as a bar on a terminal, as lines elsewhere. It is a writer too, for the
// bridge's log, so that a log line and the bar don't get into each other.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	bar     *progressbar.ProgressBar // nil: lines
	want    int64                    // zero: it goes on for ever
	quarter int64
	last    time.Time
}

// blocks draws with characters that every font has.
var blocks = progressbar.Theme{Saucer: "█", SaucerHead: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}

func newProgress(o Options) *progress {
	p := &progress{w: o.Stderr, want: int64(o.Records), last: time.Now()}
	limit := o.Records
	if o.Serve {
		p.want, limit = 0, -1
	}
	if o.Live {
		p.bar = progressbar.NewOptions(limit,
			progressbar.OptionSetWriter(o.Stderr),
			progressbar.OptionSetDescription("records"),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(barRefresh),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(blocks),
		)
	}
	return p
}

// show tells that settled records of those produced so far are done with.
func (p *progress) show(settled, produced int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Set64(settled) // drawing is all that can fail
		return
	}
	quarter := int64(0)
	if p.want > 0 {
		quarter = settled * lineShare / p.want
	}
	if quarter == p.quarter && time.Since(p.last) < lineEvery {
		return
	}
	p.quarter, p.last = quarter, time.Now()
	if p.want > 0 {
		_, _ = fmt.Fprintf(p.w, "%s of %s records settled\n", group(settled), group(p.want))
	} else {
		_, _ = fmt.Fprintf(p.w, "%s records settled of %s produced\n", group(settled), group(produced))
	}
}

// finish ends the display.
func (p *progress) finish(settled int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Set64(settled)
		_ = p.bar.Finish()
		_ = p.bar.Clear()
	}
}

// Write writes a line of the log above the bar.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	return p.w.Write(line)
}
