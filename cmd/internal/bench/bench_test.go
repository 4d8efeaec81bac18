package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// aroundEnv makes this program the process around the bridge; its value is the number of records.
const aroundEnv = "BRAZEBRIDGE_BENCH_AROUND"

var records = flag.Int("records", 200_000, "records that the benchmark of the whole path carries")

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(aroundEnv)); err == nil {
		if err := Serve(context.Background(), n, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	os.Exit(code)
}

// around starts the process around the bridge.
func around(tb testing.TB, n int) Around {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), aroundEnv+"="+strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		tb.Fatal(err)
	}
	var a Around
	if err := json.Unmarshal(line, &a); err != nil {
		tb.Fatal(err)
	}
	return a
}

// built is the bridge, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "brazebridge-bench")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "brazebridge")
	if out, err := exec.Command("go", "build", "-o", program, "brazebridge/cmd/brazebridge").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

func options(tb testing.TB, a Around) Options {
	tb.Helper()
	program, err := built()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(program)) })
	return Options{Bridge: program, Dir: tb.TempDir(), Around: a}
}

// BenchmarkWholePath: go test -bench=WholePath -benchtime=1x ./cmd/internal/bench
func BenchmarkWholePath(b *testing.B) {
	a := around(b, *records)
	o := options(b, a)
	b.Logf("%d records of %d bytes on average", a.Records, a.Bytes/int64(max(1, a.Records)))
	for _, o.Mapping = range []Mapping{Plain, Rich} {
		for _, o.Latency = range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond} {
			b.Run(fmt.Sprintf("%s/%s", o.Mapping, o.Latency), func(b *testing.B) { measure(b, o) })
		}
	}
}

func measure(b *testing.B, o Options) {
	var sum Result
	for range b.N {
		r, err := Run(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		sum.RecordsPerSecond += r.RecordsPerSecond
		sum.CPUPerMillion += r.CPUPerMillion
		sum.ObjectsPerRequest += r.ObjectsPerRequest
		sum.PeakBytes = max(sum.PeakBytes, r.PeakBytes)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(sum.RecordsPerSecond/n, "records/s")
	b.ReportMetric(sum.CPUPerMillion/n, "CPU-s/Mrecords")
	b.ReportMetric(float64(sum.PeakBytes)/(1<<20), "peak-MiB")
	b.ReportMetric(sum.ObjectsPerRequest/n, "objects/request")
}
