package integration_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// What deploy/compose.yaml runs once, in Kafka's own image: the topics exist afterwards, the registry holds the example's
// schemas as they stand in their files, and a second run changes nothing.
func TestComposePreparesTopicsAndSchemas(t *testing.T) {
	t.Parallel()
	s := needSuite(t)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	deploy, err := filepath.Abs("../deploy")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(deploy, "example", "schemas", "*.avsc"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find the example's schemas: %v, %d files", err, len(files))
	}
	copied := []testcontainers.ContainerFile{{HostFilePath: filepath.Join(deploy, "prepare"), ContainerFilePath: "/tmp/prepare", FileMode: 0o755}}
	for _, file := range files {
		copied = append(copied, testcontainers.ContainerFile{
			HostFilePath: file, ContainerFilePath: "/tmp/" + filepath.Base(file), FileMode: 0o644,
		})
	}
	topics := []string{"compose.first", "compose.second"}

	for range 2 {
		c, err := testcontainers.Run(t.Context(), s.kafka.image,
			testcontainers.WithEnv(map[string]string{
				"BOOTSTRAP": s.kafka.address("HOST"),
				"REGISTRY":  strings.TrimPrefix(registry.URL(), "http://"),
				"SCHEMAS":   "/tmp",
				"TOPICS":    strings.Join(topics, " "),
			}),
			testcontainers.WithCmd("bash", "/tmp/prepare"),
			testcontainers.WithFiles(copied...),
			// The broker and the registry listen to this machine alone.
			testcontainers.WithHostConfigModifier(func(host *container.HostConfig) { host.NetworkMode = "host" }),
			testcontainers.WithWaitStrategyAndDeadline(2*time.Minute, wait.ForExit()),
		)
		testcontainers.CleanupContainer(t, c)
		if err != nil {
			t.Fatalf("run deploy/prepare: %v", err)
		}
		state, err := c.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if state.ExitCode != 0 {
			t.Fatalf("deploy/prepare ended with %d, want 0:\n%s", state.ExitCode, containerLog(t, c))
		}
	}

	for _, file := range files {
		subject := strings.TrimSuffix(filepath.Base(file), ".avsc")
		registered, ok := registry.GetSchema(subject, 1)
		if !ok {
			t.Errorf("subject %s is not registered", subject)
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parseJSON(t, want), parseJSON(t, []byte(registered.Schema.Schema))); diff != "" {
			t.Errorf("schema of %s (-file +registered):\n%s", subject, diff)
		}
		if _, ok := registry.GetSchema(subject, 2); ok {
			t.Errorf("subject %s has a second version: the second run was not the same as the first", subject)
		}
	}
	there, err := s.kafka.admin.ListTopics(t.Context(), topics...)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range topics {
		if !there.Has(topic) || there[topic].Err != nil {
			t.Errorf("topic %s was not created: %v", topic, there[topic].Err)
		}
	}
}

func parseJSON(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("read JSON: %v", err)
	}
	return value
}

func containerLog(t *testing.T, c testcontainers.Container) string {
	t.Helper()
	log, err := c.Logs(t.Context())
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
