package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Suite measures everything there is a goal for.
type Suite struct {
	Records int    // in the backlog
	Rounds  int    // of which the median counts; what is compared is measured in turn, so that the machine's moods hit it alike
	Quick   bool   // only what shows that all is carried, once
	Backlog int    // of one more run, for its memory alone; zero: none
	Bridge  string // the program, built
	Dir     string // for configurations; must exist

	Self     string // a program that passes its arguments to Beside
	Progress io.Writer
}

// latencies of Braze's answers.
var latencies = []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond}

const (
	isolationLatency = 20 * time.Millisecond // a hot user is held up by it: one request at a time
	slowLatency      = 2 * time.Second
	rateLimit        = 200 // requests per second
	streamSeconds    = 8
)

// figures are the results of what was measured, of each round one.
type figures struct {
	around   Around
	carried  map[subject][]*Result
	others   map[string][]float64 // records per second of what is not disturbed, relative to the run without the disturbance
	limited  []*Result
	streamed map[int]*Result // by rate
	backlog  *Result
}

// subject is what carries a backlog, and how fast Braze answers.
type subject struct {
	who     string
	latency time.Duration
}

// What is started beside the bridge, by the first argument.
const (
	asAround   = "around"
	asConsumer = "consumer"
)

// Beside runs one of the programs that a suite starts beside the bridge, if the arguments say that this process is one.
func Beside(ctx context.Context, args []string) (is bool, err error) {
	if len(args) != 2 {
		return false, nil
	}
	switch args[0] {
	case asAround:
		var load Load
		if err := json.Unmarshal([]byte(args[1]), &load); err != nil {
			return true, fmt.Errorf("read a load: %w", err)
		}
		return true, Serve(ctx, load, os.Stdin, os.Stdout)
	case asConsumer:
		return true, Consume(ctx, args[1])
	}
	return false, nil
}

const byHand = "by hand"

// Run measures, and prints the tables. It fails where something is not carried, never for being slow.
func (s *Suite) Run(ctx context.Context, out io.Writer) error {
	f := &figures{carried: map[subject][]*Result{}, others: map[string][]float64{}, streamed: map[int]*Result{}}
	a, end, err := s.around(ctx, Load{Records: s.Records})
	if err != nil {
		return err
	}
	defer end()
	f.around = a
	steps := []func(context.Context, *figures) error{s.carry, s.disturb, s.limit, s.stream, s.long}
	if s.Quick {
		steps = []func(context.Context, *figures) error{s.carry, s.disturb}
	}
	for _, step := range steps {
		if err := step(ctx, f); err != nil {
			return err
		}
	}
	return s.print(out, f)
}

// around starts the process around the bridge, until end is called.
func (s *Suite) around(ctx context.Context, load Load) (a Around, end func(), err error) {
	text, err := json.Marshal(load)
	if err != nil {
		return a, nil, fmt.Errorf("write a load: %w", err)
	}
	cmd := exec.CommandContext(ctx, s.Self, asAround, string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return a, nil, fmt.Errorf("start what is around the bridge: %w", err)
	}
	outPipe, err := cmd.StdoutPipe()
	if err != nil {
		return a, nil, fmt.Errorf("start what is around the bridge: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return a, nil, fmt.Errorf("start what is around the bridge: %w", err)
	}
	end = func() {
		_ = in.Close()
		_ = cmd.Wait() // it has no more to say
	}
	line, err := bufio.NewReader(outPipe).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		end()
		return a, nil, fmt.Errorf("start what is around the bridge: %w", err)
	}
	return a, end, nil
}

func (s *Suite) options(a Around) Options {
	return Options{Bridge: s.Bridge, Dir: s.Dir, Around: a, Mapping: Plain}
}

// measured runs, and checks that what arrived is what was to arrive.
func (s *Suite) measured(ctx context.Context, name string, o Options, objects int64) (*Result, error) {
	r, err := Run(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if objects >= 0 && r.Objects != objects {
		return nil, fmt.Errorf("%s: Braze took %d objects, not %d", name, r.Objects, objects)
	}
	_, _ = fmt.Fprintf(s.Progress, "%-32s %8.0f records/s %6.2f CPU s/M %4d MiB %5.1f objects/request\n",
		name, r.RecordsPerSecond, r.CPUPerMillion, r.PeakBytes>>20, r.ObjectsPerRequest)
	return r, nil
}

// carry has the backlog carried by each in turn.
func (s *Suite) carry(ctx context.Context, f *figures) error {
	for range s.Rounds {
		for _, latency := range latencies {
			for _, who := range []string{byHand, string(Plain), string(Rich)} {
				o, objects := s.options(f.around), int64(f.around.Records)
				o.Braze.Latency = latency
				switch who {
				case byHand:
					o.Consumer = []string{s.Self, asConsumer}
				case string(Rich):
					o.Mapping, objects = Rich, f.around.Objects
				}
				r, err := s.measured(ctx, fmt.Sprintf("%s, %s", who, latency), o, objects)
				if err != nil {
					return err
				}
				k := subject{who, latency}
				f.carried[k] = append(f.carried[k], r)
			}
			if s.Quick {
				break
			}
		}
	}
	return nil
}

// disturb compares the speed of the others while something is hot, held or slow with theirs while nothing is. It takes a
// longer backlog: until what is slow has had to give back what it holds of the bounds, the others feel it.
func (s *Suite) disturb(ctx context.Context, f *figures) error {
	hot := map[Hot]Around{}
	records := s.Records
	if !s.Quick {
		records *= 4
	}
	for _, h := range []Hot{"", HotUser, HotPartition} {
		a, end, err := s.around(ctx, Load{Records: records, Hot: h})
		if err != nil {
			return err
		}
		defer end()
		hot[h] = a
	}
	hotPartition := hotTopic + "/0"
	for range s.Rounds {
		for _, d := range []struct {
			name, without string
			change        func(o *Options, on bool)
		}{
			{"a hot user", hotPartition, func(o *Options, on bool) {
				if on {
					o.Around = hot[HotUser]
				}
			}},
			{"a hot partition", hotPartition, func(o *Options, on bool) {
				if on {
					o.Around = hot[HotPartition]
				}
			}},
			{"a held topic", ordersTopic, func(o *Options, on bool) {
				if on {
					o.Hold = ordersTopic
				}
			}},
			{"a slow workspace", ordersTopic, func(o *Options, on bool) {
				slow := Braze{Latency: isolationLatency}
				if on {
					slow.Latency = slowLatency
				}
				o.Slow = &slow
			}},
		} {
			var speed [2]float64
			for i, on := range []bool{false, true} {
				o := s.options(hot[""])
				o.Mapping, o.Braze, o.Without = Traced, Braze{Latency: isolationLatency, Traced: true}, d.without
				d.change(&o, on)
				name := d.name
				if !on {
					name = "without " + name
				}
				r, err := s.measured(ctx, name, o, -1)
				if err != nil {
					return err
				}
				speed[i] = float64(r.Records) / (time.Duration(r.lastOf(d.without) - r.Seen.First)).Seconds()
			}
			f.others[d.name] = append(f.others[d.name], speed[1]/speed[0])
		}
	}
	return nil
}

// limit has the backlog carried within a rate, by Braze's own count.
func (s *Suite) limit(ctx context.Context, f *figures) error {
	o := s.options(f.around)
	o.Rate, o.Braze.Rate = rateLimit, rateLimit
	r, err := s.measured(ctx, fmt.Sprintf("at most %d requests/s", rateLimit), o, int64(f.around.Records))
	f.limited = append(f.limited, r)
	return err
}

// stream has records carried as they come.
func (s *Suite) stream(ctx context.Context, f *figures) error {
	for _, rate := range []int{1000, 2000} {
		a, end, err := s.around(ctx, Load{})
		if err != nil {
			return err
		}
		o := s.options(a)
		o.Mapping, o.Braze.Traced, o.Stream = Traced, true, Stream{Records: streamSeconds * rate, Rate: rate}
		f.streamed[rate], err = s.measured(ctx, fmt.Sprintf("a stream of %d records/s", rate), o, int64(o.Stream.Records))
		end()
		if err != nil {
			return err
		}
	}
	return nil
}

// long has a long backlog carried.
func (s *Suite) long(ctx context.Context, f *figures) error {
	if s.Backlog == 0 {
		return nil
	}
	a, end, err := s.around(ctx, Load{Records: s.Backlog})
	if err != nil {
		return err
	}
	defer end()
	f.backlog, err = s.measured(ctx, fmt.Sprintf("%d records", s.Backlog), s.options(a), int64(s.Backlog))
	return err
}

// lastOf is when the last record was accepted of those that are not in the topic or topic/partition left out.
func (r *Result) lastOf(without string) (last int64) {
	for name, p := range r.Seen.Partition {
		if name != without && !inTopic(name, without) {
			last = max(last, p.Last)
		}
	}
	return last
}

// used is the share of a rate that was used, and how often Braze answered 429, in the whole seconds between the first and
// the last.
func (r *Result) used(rate int) (share float64, tooMany int) {
	from := r.Seen.First + int64(time.Second)
	seconds := max(1, (r.Seen.Last-int64(time.Second)-from)/int64(time.Second))
	within := func(times []int64) (n int) {
		for _, at := range times {
			if from <= at && at < from+seconds*int64(time.Second) {
				n++
			}
		}
		return n
	}
	return float64(within(r.Seen.Accepted)) / float64(seconds) / float64(rate), within(r.Seen.TooMany)
}

// percentile of the delays, in milliseconds.
func (r *Result) percentile(p int) float64 {
	d := slices.Sorted(slices.Values(r.Seen.Delays))
	if len(d) == 0 {
		return 0
	}
	return d[min(len(d)-1, len(d)*p/100)]
}
