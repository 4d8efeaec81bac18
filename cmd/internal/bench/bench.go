package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/cmd/internal/demo"
)

// Options say what to measure.
type Options struct {
	Bridge   string   // the program, built
	Consumer []string // the command line of the hand-written consumer, which is measured instead where it is set
	Dir      string   // for configurations; must exist
	Around   Around
	Mapping  Mapping
	Braze    Braze
	Rate     int    // requests per second that the bridge may send; zero: all that it can
	Slow     *Braze // a workspace of its own for the orders; nil: none
	Stream   Stream // to be produced once the bridge is there
	Hold     string // a topic that is held from the start
	Without  string // a topic, or topic/partition, that is not waited for
}

// Stream is records that are produced at a rate, while they are carried.
type Stream struct{ Records, Rate int }

// Result is what was measured.
type Result struct {
	Records           int
	RecordsPerSecond  float64 // from the first request's arrival to the last answer
	CPUPerMillion     float64 // seconds of the bridge, user and system, start and end included, per million records
	CPUPerObject      float64 // likewise, microseconds
	PeakBytes         int64   // resident memory of the bridge
	Requests          int64
	Objects           int64
	ObjectsPerRequest float64
	StartSeconds      float64 // from the start of the process to the first request's arrival
	Seen              seen
}

// stall is how long a run may make no progress before it counts as failed.
const stall = time.Minute

var runs atomic.Int64

// Run has the bridge carry the records once. It fails where the bridge stops, or does not carry all of them.
func Run(ctx context.Context, o Options) (*Result, error) {
	id := runs.Add(1)
	r := &running{o: o, group: fmt.Sprintf("bench-%d-%d", os.Getpid(), id), key: o.Braze.key(id)}
	if o.Slow != nil {
		r.slowKey = o.Slow.key(id)
	}
	began := time.Now()
	b, err := r.start()
	if err != nil {
		return nil, err
	}
	carried := r.carry(ctx, b)
	usage, err := b.stop()
	if err := errors.Join(carried, err); err != nil {
		return nil, err
	}
	s, err := seenBy(ctx, o.Around.Braze, r.key)
	if err != nil {
		return nil, err
	}
	n := float64(r.records())
	return &Result{
		Records: r.records(), RecordsPerSecond: n / s.seconds(), StartSeconds: time.Unix(0, s.First).Sub(began).Seconds(), Seen: s,
		CPUPerMillion: usage.cpu.Seconds() / n * 1e6, CPUPerObject: usage.cpu.Seconds() / float64(max(1, s.Objects)) * 1e6,
		PeakBytes: usage.peak,
		Requests:  s.Requests, Objects: s.Objects, ObjectsPerRequest: float64(s.Objects) / float64(max(1, s.Requests)),
	}, nil
}

// running is one run.
type running struct {
	o                   Options
	group, key, slowKey string
	admin               string // address; empty: the consumer has none
}

// records is how many are waited for.
func (r *running) records() int {
	n := r.o.Stream.Records
	for topic, counts := range r.o.Around.Counts {
		for i, c := range counts {
			if !r.left(topic, fmt.Sprintf("%s/%d", topic, i)) {
				n += c
			}
		}
	}
	return n
}

// left tells that a partition is not waited for.
func (r *running) left(topic, partition string) bool {
	return r.o.Without != "" && (r.o.Without == topic || r.o.Without == partition)
}

// start starts what is measured.
func (r *running) start() (*bridge, error) {
	if r.o.Consumer != nil {
		order, err := json.Marshal(order{Around: r.o.Around, Group: r.group, Key: r.key})
		if err != nil {
			return nil, fmt.Errorf("write the consumer's order: %w", err)
		}
		return start(append(slices.Clone(r.o.Consumer), string(order)))
	}
	var err error
	if r.admin, err = freeAddress(); err != nil {
		return nil, err
	}
	text, err := r.configuration()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.o.Dir, r.group+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the bridge's configuration: %w", err)
	}
	return start([]string{r.o.Bridge, "run", "--config", file})
}

// freeAddress is one that nobody listens on at the moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// carry has the records carried, and returns when all have been.
func (r *running) carry(ctx context.Context, b *bridge) error {
	if r.o.Hold != "" {
		if err := r.ask(ctx, b, http.MethodPost, "/-/hold?topic="+r.o.Hold); err != nil {
			return err
		}
	}
	if r.o.Stream.Records > 0 {
		if err := r.ask(ctx, b, http.MethodGet, "/readyz"); err != nil {
			return err
		}
		if err := r.stream(ctx); err != nil {
			return err
		}
	}
	if r.o.Without != "" {
		return r.awaitOthers(ctx, b)
	}
	return r.await(ctx, b)
}

// ask asks the bridge's admin listener until the answer is 200: it may not listen yet.
func (r *running) ask(ctx context.Context, b *bridge, method, path string) error {
	return b.until(ctx, 5*time.Millisecond, func() (bool, error) {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+r.admin+path, nil)
		if err != nil {
			return false, fmt.Errorf("ask the bridge: %w", err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, nil //nolint:nilerror // it is asked again
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK, nil
	})
}

// stream returns when the stream has been produced.
func (r *running) stream(ctx context.Context) error {
	url := fmt.Sprintf("%s/stream?n=%d&rate=%d", r.o.Around.Braze, r.o.Stream.Records, r.o.Stream.Rate)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return fmt.Errorf("produce a stream: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("produce a stream: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("produce a stream: %s", resp.Status)
	}
	return nil
}

// bridge is the running program.
type bridge struct {
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
	err   error // of the process; once ended
}

func start(command []string) (*bridge, error) {
	b := &bridge{cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = &b.said, &b.said
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bridge: %w", err)
	}
	go func() {
		b.err = b.cmd.Wait()
		close(b.ended)
	}()
	return b, nil
}

// await returns when the group has committed everything.
func (r *running) await(ctx context.Context, b *bridge) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(r.o.Around.Brokers...))
	if err != nil {
		return fmt.Errorf("connect to the fake Kafka: %w", err)
	}
	defer client.Close()
	adm := kadm.NewClient(client)
	return b.progress(ctx, r.records(), func() (int, error) { return committed(ctx, adm, r.group) })
}

// awaitOthers returns when Braze has accepted a record of each offset of the partitions that are waited for.
func (r *running) awaitOthers(ctx context.Context, b *bridge) error {
	return b.progress(ctx, r.records(), func() (int, error) {
		s, err := seenBy(ctx, r.o.Around.Braze, r.key)
		n := 0
		for name, p := range s.Partition {
			if topic, _, _ := strings.Cut(name, "/"); !r.left(topic, name) {
				n += p.Records
			}
		}
		return n, err
	})
}

// progress returns when so many records are through.
func (b *bridge) progress(ctx context.Context, want int, through func() (int, error)) error {
	best, since := -1, time.Now()
	return b.until(ctx, 100*time.Millisecond, func() (bool, error) { // what ends the wait measures nothing
		n, err := through()
		switch {
		case err != nil:
			return false, err
		case n > best:
			best, since = n, time.Now()
		case time.Since(since) > stall:
			return false, fmt.Errorf("%d of %d records are through, and none in the last %s", n, want, stall)
		}
		return n >= want, nil
	})
}

// until asks again and again until it is so, or fails, or the bridge has ended.
func (b *bridge) until(ctx context.Context, every time.Duration, so func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if done, err := so(); done || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-b.ended:
			return errors.New("the bridge ended by itself")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// committed is how many records the group has committed. The topics begin at offset zero.
func committed(ctx context.Context, adm *kadm.Client, group string) (n int, err error) {
	offsets, err := adm.FetchOffsets(ctx, group)
	if errors.Is(err, kerr.GroupIDNotFound) { // the bridge has not joined yet
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("fetch the group's offsets: %w", err)
	}
	for _, topic := range demo.Topics() {
		for _, o := range offsets[topic] {
			n += int(max(0, o.At))
		}
	}
	return n, nil
}

// usage is what the process took.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes
}

// stop ends the bridge and says what it took.
func (b *bridge) stop() (usage, error) {
	_ = b.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
	select {
	case <-b.ended:
	case <-time.After(stall):
		_ = b.cmd.Process.Kill() // likewise
		<-b.ended
	}
	if b.err != nil {
		return usage{}, fmt.Errorf("run the bridge: %w: %s", b.err, bytes.TrimSpace(b.said.Bytes()))
	}
	s := b.cmd.ProcessState
	u := usage{cpu: s.UserTime() + s.SystemTime()}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes, where others count kilobytes
			u.peak <<= 10
		}
	}
	return u, nil
}

// seenBy is what the Braze of a key has seen.
func seenBy(ctx context.Context, braze, key string) (s seen, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, braze+"/seen", nil)
	if err != nil {
		return s, fmt.Errorf("ask the fake Braze: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, fmt.Errorf("ask the fake Braze: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return s, fmt.Errorf("ask the fake Braze: %w", err)
	}
	return s, nil
}
