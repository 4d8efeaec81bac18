package integration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// defaultImage is what runs where KAFKA_IMAGE names nothing else.
const defaultImage = "apache/kafka:4.4.0"

func TestMain(m *testing.M) {
	tclog.SetDefault(quiet{})
	code := m.Run()
	if err := closeSuite(); err != nil {
		fmt.Fprintln(os.Stderr, "integration_test:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// quiet drops testcontainers' own progress lines: what matters of a container that does not start is in the error.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// suite is what all tests share: starting a broker costs seconds, building the binary too.
type suite struct {
	dir    string // of the binary and the certificates
	binary string
	kafka  *broker
}

var (
	// shared is set by the first test that needs it; the others wait for it.
	shared     *suite
	sharedOnce sync.Once
	errShared  error
)

// needSuite returns the suite, or skips the test where there is no Docker. REQUIRE_DOCKER=1 turns the skip into a failure,
// so that a machine that is meant to run these tests can never pass without having run them.
func needSuite(t *testing.T) *suite {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short was given, and this test starts a real Kafka")
	}
	sharedOnce.Do(func() { shared, errShared = openSuite() })
	var none *noDockerError
	switch {
	case errors.As(errShared, &none) && os.Getenv("REQUIRE_DOCKER") != "1":
		t.Skipf("skipped: this test runs the built bridge against a real Kafka in a container, and %v. "+
			"Start Docker to run it; REQUIRE_DOCKER=1 makes its absence a failure.", errShared)
	case errShared != nil:
		t.Fatalf("prepare the container tests: %v", errShared)
	}
	return shared
}

// noDockerError is why no container can run on this machine.
type noDockerError struct{ err error }

func (e *noDockerError) Error() string { return e.err.Error() }
func (e *noDockerError) Unwrap() error { return e.err }

func openSuite() (*suite, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	image := os.Getenv("KAFKA_IMAGE")
	if image == "" {
		image = defaultImage
	}
	if err := needImage(ctx, image); err != nil {
		return nil, &noDockerError{err}
	}
	dir, err := os.MkdirTemp("", "brazebridge-integration-")
	if err != nil {
		return nil, fmt.Errorf("make the suite's folder: %w", err)
	}
	s := &suite{dir: dir}
	// Set before anything can fail: closeSuite then removes what was made until then.
	shared = s
	if s.binary, err = buildBinary(ctx, dir); err != nil {
		return s, err
	}
	certs, err := newCertificates(dir)
	if err != nil {
		return s, err
	}
	s.kafka, err = startBroker(ctx, image, certs, nil)
	return s, err
}

// closeSuite removes the broker and the suite's folder. There may be no reaper, so nothing else would.
func closeSuite() error {
	if shared == nil {
		return nil
	}
	var err error
	if shared.kafka != nil {
		err = shared.kafka.terminate()
	}
	return errors.Join(err, os.RemoveAll(shared.dir))
}

// needImage says why no container of the image can be started, or nil. It pulls the image where it is missing.
func needImage(ctx context.Context, image string) (err error) {
	defer func() {
		// Looking for the engine's address panics where there is none.
		if p := recover(); p != nil {
			err = fmt.Errorf("no Docker engine was found: %v", p)
		}
	}()
	cli, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return fmt.Errorf("no Docker engine answers: %w", err)
	}
	if _, err := cli.ImageInspect(ctx, image); err == nil {
		return nil
	}
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return fmt.Errorf("no Docker engine answers: %w", err)
	}
	if err := provider.PullImage(ctx, image); err != nil {
		return fmt.Errorf("the image %s is not here and cannot be pulled (KAFKA_IMAGE names another): %w", image, err)
	}
	return nil
}

// buildBinary builds the bridge as its users get it.
func buildBinary(ctx context.Context, dir string) (string, error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	if err := touchSources(root); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "brazebridge")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/brazebridge")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the bridge: %w\n%s", err, out)
	}
	return binary, nil
}

// touchSources opens every source file of the module. The go command remembers which files a test opened and runs it again
// when one of them changed; without this it would show the result of an older binary, since the package imports little of it.
func touchSources(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look through the sources: %w", err)
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("open a source: %w", err)
		}
		_, err = io.CopyN(io.Discard, file, 1)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, file.Close())
	})
}
