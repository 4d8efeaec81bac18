package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
)

// console is the world around a command: what it has printed, and the signals that reach it.
type console struct {
	stdout, stderr buffer
	signals        chan os.Signal
}

func newConsole() *console { return &console{signals: make(chan os.Signal, 2)} }

func (c *console) surroundings() *surroundings {
	return &surroundings{stdout: &c.stdout, stderr: &c.stderr, signals: c.signals}
}

func (c *console) run(args ...string) int { return run(args, c.surroundings()) }

// buffer can be read while it is written, and tells of a line that a test waits for.
type buffer struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wants []want
}

type want struct {
	pattern *regexp.Regexp
	found   chan []string
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	for i := 0; i < len(b.wants); i++ {
		if m := b.wants[i].pattern.FindStringSubmatch(b.text.String()); m != nil {
			b.wants[i].found <- m
			b.wants = append(b.wants[:i], b.wants[i+1:]...)
			i--
		}
	}
	return n, err
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await sends the submatches once the pattern has been printed. Ask before it is.
func (b *buffer) await(pattern string) <-chan []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := want{regexp.MustCompile(pattern), make(chan []string, 1)}
	b.wants = append(b.wants, w)
	return w.found
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodes(t *testing.T) {
	bad := writeFile(t, "bad.yaml", "kafka: {brokrs: [a:1]}\ntopics: {}\n")
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string // contained; "-" means empty
	}{
		{"", exitDone, "Available Commands", "-"},
		{"--help", exitDone, "Examples:", "-"},
		{"--version", exitDone, "brazebridge ", "-"},
		{"version", exitDone, "brazebridge ", "-"},
		{"version --output json", exitDone, `"version":`, "-"},
		{"completion bash", exitDone, "bash completion", "-"},
		{"demmo", exitUsage, "-", `unknown command "demmo": did you mean "demo"?`},
		{"xyz", exitUsage, "-", `unknown command "xyz" (brazebridge --help`},
		{"version extra", exitUsage, "-", `unknown command "extra"`},
		{"version --output yaml", exitUsage, "-", `"yaml" is neither text nor json`},
		{"--nonsense", exitUsage, "-", "unknown flag: --nonsense"},
		{"demo --recrods 5", exitUsage, "-", "did you mean --records?"},
		{"demo --records none", exitUsage, "-", "invalid argument"},
		{"demo --records 0", exitUsage, "-", "--records 0: at least one"},
		{"demo --rate -1", exitUsage, "-", "--rate -1: must not be negative"},
		{"run", exitUsage, "-", `"config" not set`},
		{"run --config /does/not/exist.yaml", exitUsage, "-", "/does/not/exist.yaml"},
		{"run --config " + bad, exitUsage, "-", bad + ":1:9: kafka.brokrs: "},
		{"fake-braze --counting both", exitUsage, "-", "--counting both"},
		{"fake-braze --rate 3000", exitUsage, "-", "--rate 3000: write requests and a time"},
		{"fake-braze --rate-headers iso", exitUsage, "-", "--rate-headers iso"},
		{"fake-braze --latency -1s", exitUsage, "-", "must not be negative"},
		{"fake-braze --listen nowhere", exitUsage, "-", "--listen nowhere"},
	} {
		con := newConsole()
		code := con.run(strings.Fields(c.args)...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d; stderr: %s", c.args, code, c.code, con.stderr.String())
		}
		checkOutput(t, c.args+": stdout", con.stdout.String(), c.stdout)
		checkOutput(t, c.args+": stderr", con.stderr.String(), c.stderr)
	}
}

func checkOutput(t *testing.T, what, got, want string) {
	t.Helper()
	if want == "-" && got != "" || want != "-" && !strings.Contains(got, want) {
		t.Errorf("%s is %q, want %q in it", what, got, want)
	}
}

// A command without an example is a command that nobody dares to use.
func TestEveryCommandHasAnExample(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Example == "" || cmd.Short == "" {
			t.Errorf("%s has no example or no summary", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(newConsole().surroundings()))
}

// All faults of a configuration come at once, each on a line of its own with its place.
func TestAllConfigurationFaultsAtOnce(t *testing.T) {
	file := writeFile(t, "bridge.yaml", `kafka:
  brokers: [localhost:9092]
  group: g
  begin: earliest
braze:
  endpoint: https://rest.iad-01.braze.com
  api_key: k
  counting: sometimes
`)
	con := newConsole()
	if code := con.run("run", "--config", file); code != exitUsage {
		t.Fatalf("exit code %d", code)
	}
	for _, want := range []string{":4:3: kafka.begin: ", ":8:13: braze.counting: ", "topics"} {
		if !strings.Contains(con.stderr.String(), want) {
			t.Errorf("%q is missing from\n%s", want, con.stderr.String())
		}
	}
	if con.stdout.String() != "" {
		t.Errorf("stdout: %s", con.stdout.String())
	}
}
