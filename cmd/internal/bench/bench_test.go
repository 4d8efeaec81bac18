package bench

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"brazebridge/cmd/internal/demo"
	"brazebridge/config"
)

var records = flag.Int("records", 200_000, "records that the benchmark of the whole path carries")

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if is, err := Beside(ctx, os.Args[1:]); is {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	stop()
	dir, err := os.MkdirTemp("", "brazebridge-bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "brazebridge")
	code := m.Run()
	_ = os.RemoveAll(dir) // what is left is the system's to clear
	os.Exit(code)
}

// program is where the bridge is built.
var program string

// around starts the process around the bridge.
func around(tb testing.TB, load Load) Around {
	tb.Helper()
	a, end, err := suiteOf(tb).around(context.Background(), load)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(end)
	return a
}

// suiteOf has this test program be the other processes.
func suiteOf(tb testing.TB) *Suite {
	tb.Helper()
	return &Suite{Self: os.Args[0], Dir: tb.TempDir(), Progress: tb.Output()}
}

// build builds the bridge, once.
var build = sync.OnceValue(func() error {
	if out, err := exec.Command("go", "build", "-o", program, "brazebridge/cmd/brazebridge").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

func options(tb testing.TB, a Around) Options {
	tb.Helper()
	if err := build(); err != nil {
		tb.Fatal(err)
	}
	return Options{Bridge: program, Dir: tb.TempDir(), Around: a}
}

// BenchmarkWholePath: go test -bench=WholePath -benchtime=1x ./cmd/internal/bench
func BenchmarkWholePath(b *testing.B) {
	a := around(b, Load{Records: *records})
	o := options(b, a)
	b.Logf("%d records of %d bytes on average", a.Records, a.Bytes/int64(max(1, a.Records)))
	for _, o.Mapping = range []Mapping{Plain, Rich} {
		for _, o.Braze.Latency = range latencies {
			b.Run(fmt.Sprintf("%s/%s", o.Mapping, o.Braze.Latency), func(b *testing.B) { measure(b, o) })
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

// A few thousand records are carried whole: with the plain mapping each becomes one object, and what the bench reports is
// what the fake Braze saw.
func TestRunCarriesEveryRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the bridge")
	}
	a := around(t, Load{Records: 3000})
	if mean := a.Bytes / int64(a.Records); mean < 350 || mean > 450 {
		t.Errorf("records have %d bytes on average, want about 400", mean)
	}
	o := options(t, a)
	for _, o.Mapping = range []Mapping{Plain, Rich} {
		r, err := Run(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", o.Mapping, err)
		}
		if want := map[Mapping]int64{Plain: int64(a.Records), Rich: a.Objects}[o.Mapping]; r.Objects != want {
			t.Errorf("%s: %d objects of %d records, want %d", o.Mapping, r.Objects, a.Records, want)
		}
		if r.Objects == 0 || r.Requests < r.Objects/75 || r.ObjectsPerRequest > 75 || r.RecordsPerSecond <= 0 || r.CPUPerMillion <= 0 || r.PeakBytes < 10<<20 {
			t.Errorf("%s: %+v", o.Mapping, *r)
		}
	}
}

// A run that comes to nothing is an error that says what the bridge said.
func TestRunSaysWhyTheBridgeEnded(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the bridge")
	}
	o := options(t, Around{Brokers: []string{"127.0.0.1:1"}, Registry: "no address", Braze: "http://127.0.0.1:1", Records: 1})
	o.Mapping = Plain
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	started, err := (&running{o: o, group: "group", key: "key"}).start()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-started.ended:
	case <-ctx.Done():
		t.Error("the bridge runs with an address that is none")
	}
	if _, err := started.stop(); err == nil || !strings.Contains(err.Error(), "schema_registry.url") {
		t.Errorf("stop: %v, want what the bridge said of schema_registry.url", err)
	}
}

// Every mapping is one that the bridge takes, against the schemas that the records are written with.
func TestConfigurations(t *testing.T) {
	for _, m := range []Mapping{Plain, Traced, Rich} {
		r := &running{o: Options{Mapping: m, Slow: &Braze{}, Around: Around{
			Brokers: []string{"127.0.0.1:9092", "127.0.0.1:9093"}, Registry: "http://127.0.0.1:8081", Braze: "http://127.0.0.1:8080",
		}}, group: "group", key: Braze{Latency: 20 * time.Millisecond}.key(3), slowKey: "slow", admin: "127.0.0.1:0"}
		text, err := r.configuration()
		if err != nil {
			t.Fatal(err)
		}
		cfg, _, err := config.Parse(string(m), []byte(text), config.ResolveAll)
		if err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		if n := len(cfg.Topics); n != len(demo.Topics()) {
			t.Errorf("%s maps %d topics", m, n)
		}
		if got := cfg.Braze.APIKey.Reveal(); got != "20ms/0/false/3" {
			t.Errorf("%s: key %q", m, got)
		}
		if w := cfg.Braze.Workspaces["orders"]; w == nil || cfg.Topic(ordersTopic).Workspace != "orders" {
			t.Errorf("%s: the orders have no workspace of their own", m)
		}
	}
	if _, err := (&running{o: Options{Mapping: "other"}}).configuration(); err == nil {
		t.Error("made a configuration of a mapping that there is none of")
	}
}

// track posts a request as a bridge would, and returns the status.
func track(t *testing.T, url, key, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/users/track", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestBrazesAreTold(t *testing.T) {
	b := &brazes{runs: map[string]*run{}}
	srv := httptest.NewServer(b)
	defer srv.Close()
	const body = `{"events":[{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z"},{"external_id":"v","name":"n","time":"2026-01-01T00:00:00Z"}]}`
	for key, want := range map[string]int{"0s/0/false/1": http.StatusCreated, "0s/0/true/2": http.StatusCreated, "soon/0/false/1": http.StatusUnauthorized, "0s/1": http.StatusUnauthorized} {
		if got := track(t, srv.URL, key, body); got != want {
			t.Errorf("key %s: status %d, want %d", key, got, want)
		}
	}
	track(t, srv.URL, "0s/0/true/2", body)
	for key, want := range map[string]int64{"0s/0/false/1": 1, "0s/0/true/2": 2} {
		s, err := seenBy(t.Context(), srv.URL, key)
		if err != nil {
			t.Fatal(err)
		}
		if s.Requests != want || s.Objects != 2*want || s.seconds() <= 0 {
			t.Errorf("key %s: saw %+v, want %d requests of two objects", key, s, want)
		}
	}
}
