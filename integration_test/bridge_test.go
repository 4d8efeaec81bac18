package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// sessionTimeout is after how long without a heartbeat the broker gives a dead bridge's partitions to another.
const sessionTimeout = 3 * time.Second

// settings are what differs between the bridges of the tests; the rest of the configuration is the same for all.
type settings struct {
	Brokers string
	Kafka   string // further lines of the section kafka, as YAML in one line each
	Group   string

	SessionTimeout time.Duration // zero: left out
	DrainTimeout   time.Duration

	Registry     string
	Braze        string
	DeadLetter   string // the topic's name
	Create       string // of dead_letter.create
	ResendWindow int
	Linger       string
	Admin        string
	Topics       string // the section topics

	Env []string // further variables of the process
}

var configuration = template.Must(template.New("brazebridge.yaml").Parse(`
kafka:
  brokers: ["{{.Brokers}}"]
  group: {{.Group}}
{{if .SessionTimeout}}  session_timeout: {{.SessionTimeout}}
{{end -}}
{{.Kafka}}
schema_registry:
  url: {{.Registry}}
braze:
  endpoint: {{.Braze}}
  api_key: test-key
  rate: {requests: 100000, per: 1s}
  linger: {{.Linger}}
  timeout: 5s
dead_letter:
  topic: {{.DeadLetter}}
  create: {{.Create}}
delivery:
  resend_window: {{.ResendWindow}}
  drain_timeout: {{.DrainTimeout}}
admin:
  listen: {{.Admin}}
log: {level: debug, format: text}
topics:
{{.Topics}}
`))

// bridge is one running process of the built binary.
type bridge struct {
	t     testing.TB
	name  string
	admin string
	cmd   *exec.Cmd
	log   *logBuffer
	ended chan struct{} // closed when the process has ended
	err   error         // of the process; read it after ended
	// given says that the test itself ended the process, so that its end is no surprise.
	given bool
}

// writeConfiguration writes the configuration into a file and returns both.
func writeConfiguration(t testing.TB, s settings) (file, text string) {
	t.Helper()
	var b bytes.Buffer
	if err := configuration.Execute(&b, s); err != nil {
		t.Fatalf("write the configuration: %v", err)
	}
	file = filepath.Join(t.TempDir(), "brazebridge.yaml")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatalf("write the configuration: %v", err)
	}
	return file, b.String()
}

// runCommand runs another command of the binary than run, and returns its exit status and all that it wrote.
func runCommand(t testing.TB, binary string, s settings, arguments ...string) (code int, out string) {
	t.Helper()
	s.Admin = "127.0.0.1:0"
	file, _ := writeConfiguration(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(arguments, "--config", file)...)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %v: %v", arguments, err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// startBridge writes the configuration into a file and runs the binary with it. The process is killed when the test ends, and
// its log is shown if the test failed.
func startBridge(t testing.TB, binary, name string, s settings) *bridge {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	s.Admin = fmt.Sprintf("127.0.0.1:%d", port)
	file, text := writeConfiguration(t, s)
	b := &bridge{t: t, name: name, admin: "http://" + s.Admin, log: &logBuffer{}, ended: make(chan struct{})}
	b.cmd = exec.Command(binary, "run", "--config", file)
	b.cmd.Env = append(os.Environ(), s.Env...)
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	if err := b.cmd.Start(); err != nil {
		t.Fatalf("start the bridge: %v", err)
	}
	go func() {
		b.err = b.cmd.Wait()
		close(b.ended)
	}()
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			t.Logf("configuration of bridge %s:\n%s", name, text)
			t.Logf("log of bridge %s, its end:\n%s", name, b.log.tail(120))
		}
	})
	return b
}

// gone says why waiting for something from this bridge is pointless: the process ended although nobody ended it.
func (b *bridge) gone() string {
	if b.given {
		return ""
	}
	select {
	case <-b.ended:
		return fmt.Sprintf("bridge %s ended by itself: %v", b.name, b.err)
	default:
		return ""
	}
}

// kill ends the process as a power cut would, and returns when it is gone.
func (b *bridge) kill() {
	b.given = true
	if err := b.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Errorf("kill bridge %s: %v", b.name, err)
	}
	<-b.ended
}

// terminate asks the process to stop, as every service manager does.
func (b *bridge) terminate() {
	b.t.Helper()
	b.given = true
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.t.Fatalf("terminate bridge %s: %v", b.name, err)
	}
}

// stop terminates the process and expects it to end well.
func (b *bridge) stop() {
	b.t.Helper()
	b.terminate()
	b.waitForEnd(patience)
	if b.err != nil {
		b.t.Fatalf("bridge %s after SIGTERM: %v, want exit status 0", b.name, b.err)
	}
}

// waitForEnd returns when the process has ended, by itself or because it was asked to.
func (b *bridge) waitForEnd(within time.Duration) {
	b.t.Helper()
	select {
	case <-b.ended:
	case <-time.After(within):
		b.t.Fatalf("bridge %s has not ended within %s", b.name, within)
	}
}

// waitReady returns when the bridge says that it is ready.
func (b *bridge) waitReady() {
	b.t.Helper()
	until(b.t, patience, "bridge "+b.name+" ready", func() (bool, string) {
		status, body := b.get("/readyz")
		return status == http.StatusOK, fmt.Sprintf("%d %s", status, body)
	}, b.gone)
}

// get asks the admin listener. The status is zero where it does not answer.
func (b *bridge) get(path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.admin+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(content)
}

// logBuffer keeps what a process writes. Safe for concurrent use.
type logBuffer struct {
	mu    sync.Mutex
	bytes []byte
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes = append(l.bytes, p...)
	return len(p), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.bytes)
}

// tail is the last lines of the log.
func (l *logBuffer) tail(lines int) string {
	all := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
