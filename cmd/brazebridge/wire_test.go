package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
)

const goodConfig = `kafka: {brokers: ["127.0.0.1:1"], group: g}
schema_registry: {url: "http://127.0.0.1:1"}
braze: {endpoint: "http://127.0.0.1:1", api_key: k}
dead_letter: {topic: letters}
topics: {t: {user: {external_id: "${id}"}, send: [{event: e}]}}
admin: {listen: "127.0.0.1:0"}
`

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, _, err := config.Parse("b.yaml", []byte(text), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Wiring connects to nothing: it succeeds where nobody listens.
func TestWireConnectsToNothing(t *testing.T) {
	b, err := wire(parse(t, goodConfig), quiet)
	if err != nil {
		t.Fatal(err)
	}
	b.close()
}

// Everything that is wrong beyond the file itself comes at once.
func TestWireFaults(t *testing.T) {
	cfg := parse(t, goodConfig)
	const missing = "/does/not/exist.pem"
	cfg.Kafka.TLS = &config.TLS{CAFile: missing}
	cfg.SchemaRegistry.TLS = &config.TLS{CertFile: missing, KeyFile: missing}
	cfg.Braze.TLS = &config.TLS{CAFile: missing}
	cfg.Braze.Workspaces = map[string]*config.Workspace{"eu": {Endpoint: "ftp://x", APIKey: config.NewSecret("k")}}
	_, err := wire(cfg, quiet)
	var found config.Faults
	if !errors.As(err, &found) {
		t.Fatalf("%v", err)
	}
	var paths []string
	for _, f := range found {
		paths = append(paths, f.Path)
		if f.File != "b.yaml" {
			t.Errorf("%s names no file", f)
		}
	}
	want := "kafka.tls.ca_file schema_registry.tls.cert_file braze.tls.ca_file braze.workspaces.eu.endpoint"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("faults of %s, want %s", got, want)
	}
}

func TestAPIKeyIsReadAgainWhenRefused(t *testing.T) {
	file := writeFile(t, "key", "old\n")
	k := newAPIKey(secretFile(t, file))
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	get := func(refresh bool, want string) {
		t.Helper()
		if got, err := k.get(refresh); got != want || err != nil {
			t.Errorf("key %q, %v, want %q", got, err, want)
		}
	}
	get(false, "old")
	write("new\n")
	get(false, "old")
	get(true, "new")
	get(false, "new")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := k.get(true); err == nil || strings.Contains(err.Error(), "new") {
		t.Errorf("a key file that is gone: %v", err)
	}
	get(false, "new")
}

func TestLetterTopic(t *testing.T) {
	node := func(text string) *config.Node { return &config.Node{Kind: config.NodeString, Text: text} }
	r := &kgo.Record{Topic: "shop.orders", Partition: 3, Offset: 7, Timestamp: time.Unix(0, 0), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}}
	for text, want := range map[string]string{
		"letters":                         "letters",
		`${kafka.topic + ".dead-letter"}`: "shop.orders.dead-letter",
		"${kafka.topic}.dead-letter":      "shop.orders.dead-letter",
	} {
		found := &faults{}
		f := letterTopic(node(text), found)
		if err := found.err(); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f(r); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	found := &faults{}
	if letterTopic(node("${kafka.tropic}"), found); len(found.list) == 0 {
		t.Error("a name that does not exist is no fault")
	}
}

func TestMeta(t *testing.T) {
	at := time.Unix(5, 0)
	m := meta(&kgo.Record{Topic: "t", Partition: 1, Offset: 2, Timestamp: at, Key: []byte("k"), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}})
	if m.Topic != "t" || m.Partition != 1 || m.Offset != 2 || !m.Timestamp.Equal(at) || string(m.Key) != "k" || len(m.Headers) != 1 || m.Headers[0].Key != "h" || string(m.Headers[0].Value) != "v" {
		t.Errorf("%+v", m)
	}
}

func TestLeastMemoryIsAboveTheBounds(t *testing.T) {
	for _, bytes := range []config.Bytes{0, 1 << 20, 32 << 20, 1 << 30} {
		cfg := &config.Config{Delivery: config.Delivery{InFlightBytes: bytes}}
		if got := leastMemory(cfg); got < int64(bytes)+idleMemory {
			t.Errorf("%d bytes in flight: a limit of %d would be under the live heap", bytes, got)
		}
	}
}
