package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	Bridge  string // the program, built
	Dir     string // for its configuration; must exist
	Around  Around
	Mapping Mapping
	Latency time.Duration // of Braze's answers
}

// Result is what was measured.
type Result struct {
	Records           int
	RecordsPerSecond  float64 // from the first request's arrival to the last answer
	CPUPerMillion     float64 // seconds of the bridge, user and system, start and end included, per million records
	PeakBytes         int64   // resident memory of the bridge
	Requests          int64
	Objects           int64
	ObjectsPerRequest float64
}

// stall is how long a run may make no progress before it counts as failed.
const stall = time.Minute

var runs atomic.Int64

// Run has the bridge carry all records once. It fails where the bridge stops, or does not commit all of them.
func Run(ctx context.Context, o Options) (*Result, error) {
	id := runs.Add(1)
	group, key := fmt.Sprintf("bench-%d-%d", os.Getpid(), id), keyOf(o.Latency, id)
	text, err := configuration(o, group, key)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(o.Dir, group+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the bridge's configuration: %w", err)
	}
	b, err := start(o.Bridge, file)
	if err != nil {
		return nil, err
	}
	carried := b.await(ctx, o.Around, group)
	usage, err := b.stop()
	if err := errors.Join(carried, err); err != nil {
		return nil, err
	}
	s, err := seenBy(ctx, o.Around.Braze, key)
	if err != nil {
		return nil, err
	}
	n := float64(o.Around.Records)
	return &Result{
		Records: o.Around.Records, RecordsPerSecond: n / s.Seconds,
		CPUPerMillion: usage.cpu.Seconds() / n * 1e6, PeakBytes: usage.peak,
		Requests: s.Requests, Objects: s.Objects, ObjectsPerRequest: float64(s.Objects) / float64(max(1, s.Requests)),
	}, nil
}

// bridge is the running program.
type bridge struct {
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
	err   error // of the process; once ended
}

func start(program, file string) (*bridge, error) {
	b := &bridge{cmd: exec.Command(program, "run", "--config", file), ended: make(chan struct{})}
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
func (b *bridge) await(ctx context.Context, a Around, group string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(a.Brokers...))
	if err != nil {
		return fmt.Errorf("connect to the fake Kafka: %w", err)
	}
	defer client.Close()
	adm := kadm.NewClient(client)
	tick := time.NewTicker(100 * time.Millisecond) // the committed offset ends the wait, it measures nothing
	defer tick.Stop()
	best, since := int64(-1), time.Now()
	for {
		n, err := committed(ctx, adm, group)
		switch {
		case err != nil:
			return err
		case n >= int64(a.Records):
			return nil
		case n > best:
			best, since = n, time.Now()
		case time.Since(since) > stall:
			return fmt.Errorf("%d of %d records are committed, and none in the last %s", n, a.Records, stall)
		}
		select {
		case <-tick.C:
		case <-b.ended:
			return fmt.Errorf("the bridge ended by itself: %w", b.err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// committed is how many records the group has committed. The topics begin at offset zero.
func committed(ctx context.Context, adm *kadm.Client, group string) (n int64, err error) {
	offsets, err := adm.FetchOffsets(ctx, group)
	if errors.Is(err, kerr.GroupIDNotFound) { // the bridge has not joined yet
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("fetch the group's offsets: %w", err)
	}
	for _, topic := range demo.Topics() {
		for _, o := range offsets[topic] {
			n += max(0, o.At)
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
