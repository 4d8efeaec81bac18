package bench

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

const ordersTopic = "shop.orders"

// inTopic tells whether a topic/partition is one of the topic's.
func inTopic(partition, topic string) bool { return strings.HasPrefix(partition, topic+"/") }

// median of what a subject's rounds measured.
func median[T any](rounds []T, of func(T) float64) float64 {
	v := make([]float64, len(rounds))
	for i, r := range rounds {
		v[i] = of(r)
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func speed(r *Result) float64 { return r.RecordsPerSecond }
func cpu(r *Result) float64   { return r.CPUPerMillion }
func peak(r *Result) float64  { return float64(r.PeakBytes) / (1 << 20) }
func fill(r *Result) float64  { return r.ObjectsPerRequest }
func share(v float64) float64 { return v }

// print prints the tables, as Markdown.
func (s *Suite) print(out io.Writer, f *figures) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: a backlog of %d records of %d bytes on average, medians of %d rounds.\n\n",
		machine(), f.around.Records, f.around.Bytes/int64(max(1, f.around.Records)), s.Rounds)
	fmt.Fprintf(&b, "| who, Braze answers after | records/s | CPU s per million records | peak MiB | objects/request |\n|---|---:|---:|---:|---:|\n")
	for _, latency := range latencies {
		for _, who := range []string{byHand, string(Plain), string(Rich)} {
			if r := f.carried[subject{who, latency}]; r != nil {
				fmt.Fprintf(&b, "| %s, %d ms | %.0f | %.2f | %.0f | %.1f |\n", who, latency.Milliseconds(), median(r, speed), median(r, cpu), median(r, peak), median(r, fill))
			}
		}
	}
	if s.Quick {
		b.WriteString("\nEverything was carried. So little says nothing of speed.\n")
		_, err := out.Write(b.Bytes())
		return err
	}
	b.WriteString("\n| | measured | goal | met |\n|---|---:|---:|---|\n")
	for _, g := range s.goals(f) {
		met := "yes"
		if !g.met {
			met = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.name, g.measured, g.goal, met)
	}
	_, err := out.Write(b.Bytes())
	return err
}

// goal is a row of the table of goals.
type goal struct {
	name, measured, goal string
	met                  bool
}

// ratio is the bridge's median relative to the hand-written consumer's in the same rounds.
func (f *figures) ratio(latency time.Duration, of func(*Result) float64) float64 {
	return median(f.carried[subject{string(Plain), latency}], of) / median(f.carried[subject{byHand, latency}], of)
}

func (s *Suite) goals(f *figures) (all []goal) {
	row := func(name string, measured string, goalText string, met bool) {
		all = append(all, goal{name, measured, goalText, met})
	}
	highest := 0.0
	for _, latency := range latencies {
		plain := f.carried[subject{string(Plain), latency}]
		if plain == nil {
			continue
		}
		most, least, ms := 0.5, 1.7, latency.Milliseconds()
		if latency == 0 {
			most, least = 0.4, 2
		}
		highest = max(highest, median(plain, peak))
		v := f.ratio(latency, cpu)
		row(fmt.Sprintf("CPU per record, of the consumer's by hand, at %d ms", ms), fmt.Sprintf("%.2f", v), fmt.Sprintf("≤ %.2f", most), v <= most)
		if latency > isolationLatency {
			v = median(plain, speed)
			row(fmt.Sprintf("records/s at %d ms", ms), fmt.Sprintf("%.0f", v), "≥ 75000", v >= 75000)
			continue
		}
		v = f.ratio(latency, speed)
		row(fmt.Sprintf("records/s, of the consumer's by hand, at %d ms", ms), fmt.Sprintf("%.2f", v), fmt.Sprintf("≥ %.1f", least), v >= least)
	}
	row("peak memory, plain mapping", fmt.Sprintf("%.0f MiB", highest), "≤ 128 MiB", highest <= 128)
	if f.backlog != nil {
		v := peak(f.backlog)
		row(fmt.Sprintf("the same with a backlog of %d", s.Backlog), fmt.Sprintf("%.0f MiB", v), "≤ 128 MiB", v <= 128)
	}
	saturated := f.carried[subject{string(Plain), 0}]
	v := median(saturated, fill)
	row("objects per request of 75 at saturation", fmt.Sprintf("%.1f", v), "≥ 74.5", v >= 74.5)
	v = median(f.carried[subject{string(Rich), 0}], perObject) / median(saturated, perObject)
	row("CPU per object, rich mapping of plain", fmt.Sprintf("%.2f", v), "≤ 1.50", v <= 1.5)
	v = median(saturated, func(r *Result) float64 { return r.StartSeconds })
	row("start to first request, group join included", fmt.Sprintf("%.2f s", v), "≤ 1 s", v <= 1)
	for _, name := range []string{"a hot user", "a hot partition", "a held topic", "a slow workspace"} {
		if shares := f.others[name]; shares != nil {
			v := median(shares, share)
			row("speed of the others beside "+name, fmt.Sprintf("%.0f %%", 100*v), "≥ 90 %", v >= 0.9)
		}
	}
	return append(all, f.paced()...)
}

func perObject(r *Result) float64 { return r.CPUPerObject }

// paced are the rows of what was carried slowly.
func (f *figures) paced() (all []goal) {
	if len(f.limited) > 0 {
		v, tooMany := f.limited[0].used(rateLimit)
		all = append(all, goal{fmt.Sprintf("used of a rate of %d requests/s with a backlog; answers 429", rateLimit),
			fmt.Sprintf("%.1f %%; %d", 100*v, tooMany), "≥ 97 %; 0", v >= 0.97 && tooMany == 0})
	}
	if r := f.streamed[2000]; r != nil {
		all = append(all, goal{"objects per request at 2000 records/s", fmt.Sprintf("%.1f", r.ObjectsPerRequest), "≥ 70", r.ObjectsPerRequest >= 70})
	}
	if r := f.streamed[1000]; r != nil {
		const linger = 100 // ms, the default
		p50, p99 := r.percentile(50), r.percentile(99)
		all = append(all, goal{"append to accepted at 1000 records/s, p50; p99 (linger 100 ms)", fmt.Sprintf("%.0f ms; %.0f ms", p50, p99),
			"≤ 110 ms; ≤ 130 ms", p50 <= linger+10 && p99 <= linger+30})
	}
	return all
}

// machine is what the numbers were taken on.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(text), "model name"); ok {
			name, _, _ := strings.Cut(after, "\n")
			model = strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return fmt.Sprintf("%d cores (%s), %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version())
}
