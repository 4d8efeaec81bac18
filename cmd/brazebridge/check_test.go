package main

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

const (
	shippedConfig  = "../../deploy/example/brazebridge.yaml"
	shippedSchemas = "../../deploy/example/schemas"
)

// checked is what check prints with --output json.
type checked struct {
	OK               *bool
	Faults, Warnings []map[string]any
}

func checkJSON(t *testing.T, con *console) checked {
	t.Helper()
	var c checked
	d := json.NewDecoder(strings.NewReader(con.stdout.String()))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || c.OK == nil || c.Faults == nil || c.Warnings == nil {
		t.Fatalf("%v: stdout is %s; stderr %s", err, con.stdout.String(), con.stderr.String())
	}
	return c
}

// What people see: every fault and warning with its place, its line, a caret and what to do.
func TestCheckGolden(t *testing.T) {
	for name, c := range map[string]struct {
		args string
		code int
	}{
		"faults":       {"--config testdata/check/bad.yaml --schemas testdata/check/schemas", exitFaults},
		"both":         {"--config testdata/check/both.yaml --schemas testdata/check/schemas", exitFaults},
		"good":         {"--config testdata/check/good.yaml --schemas testdata/check/schemas", exitDone},
		"latest":       {"--config testdata/check/good.yaml --schemas testdata/check/versions", exitDone},
		"all_versions": {"--config testdata/check/good.yaml --schemas testdata/check/versions --all-versions", exitFaults},
		"breaking":     {"--config testdata/check/good.yaml --schemas testdata/check/versions --against-file testdata/check/breaking.avsc --topic orders", exitFaults},
		"renamed":      {"--config testdata/check/good.yaml --schemas testdata/check/versions --against-file testdata/check/renamed.avsc --topic orders", exitFaults},
		"offline":      {"--config testdata/check/good.yaml --against-file testdata/check/schemas/orders-value.avsc --topic orders", exitDone},
	} {
		t.Run(name, func(t *testing.T) {
			con := newConsole()
			if code := con.run(append([]string{"check"}, strings.Fields(c.args)...)...); code != c.code || con.stderr.String() != "" {
				t.Errorf("exit code %d, want %d; stderr: %s", code, c.code, con.stderr.String())
			}
			golden(t, filepath.Join("testdata", "check", name+".golden"), con.stdout.String())
		})
	}
}

// What tools see: the same faults, each with every key, its line and column those of the wrong name itself.
func TestCheckJSON(t *testing.T) {
	con := newConsole()
	if code := con.run("check", "--config", "testdata/check/bad.yaml", "--schemas", "testdata/check/schemas", "--output", "json"); code != exitFaults {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	c := checkJSON(t, con)
	if *c.OK || len(c.Warnings) < 2 {
		t.Errorf("ok is %v, the warnings are %v", *c.OK, c.Warnings)
	}
	for _, f := range append(c.Faults, c.Warnings...) {
		for _, key := range []string{"file", "line", "column", "path", "topic", "subject", "version", "message", "hint"} {
			if _, ok := f[key]; !ok {
				t.Errorf("%q is missing from %v", key, f)
			}
		}
	}
	at := slices.IndexFunc(c.Faults, func(f map[string]any) bool { return f["path"] == "topics.orders.send[0].properties.amount" })
	if at < 0 {
		t.Fatalf("the misspelt field is not among %v", c.Faults)
	}
	want := map[string]any{"file": "testdata/check/bad.yaml", "line": 13.0, "column": 21.0, "topic": "orders", "subject": "orders-value", "version": 1.0}
	for key, v := range want {
		if got := c.Faults[at][key]; got != v {
			t.Errorf("%s is %v, want %v", key, got, v)
		}
	}
	if hint, _ := c.Faults[at]["hint"].(string); !strings.Contains(hint, "total") {
		t.Errorf("the hint is %q", hint)
	}
}

// The example is checked as it is shipped, without a single variable set: what a pull request's CI does.
func TestCheckExample(t *testing.T) {
	con := newConsole()
	if code := con.run("check", "--config", shippedConfig, "--schemas", shippedSchemas, "--output", "json"); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	if c := checkJSON(t, con); !*c.OK || len(c.Faults) > 0 {
		t.Errorf("faults: %v", c.Faults)
	}
}

// Faults of the file itself are told in the same form.
func TestCheckConfigurationFaults(t *testing.T) {
	file := writeFile(t, "bad.yaml", "kafka: {brokrs: [a:1]}\ntopics: {}\n")
	con := newConsole()
	if code := con.run("check", "--config", file, "--schemas", shippedSchemas, "--output", "json"); code != exitFaults {
		t.Fatalf("exit code %d", code)
	}
	c := checkJSON(t, con)
	is := func(f map[string]any) bool {
		return f["path"] == "kafka.brokrs" && f["line"] == 1.0 && f["column"] == 9.0
	}
	if len(c.Faults) < 3 || !slices.ContainsFunc(c.Faults, is) {
		t.Errorf("the faults are %v", c.Faults)
	}
}

func TestCheckUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                       `"config" not set`,
		"--config /no/such/file": "/no/such/file",
		"--config testdata/check/good.yaml --schemas /no/such/dir":                                         "/no/such/dir",
		"--config testdata/check/good.yaml --against-file x.avsc":                                          "--against-file needs --topic",
		"--config testdata/check/good.yaml --against-file /no/such.avsc --topic orders":                    "/no/such.avsc",
		"--config testdata/check/good.yaml --schemas testdata/check/schemas --topic ordrs":                 "did you mean orders?",
		"--config testdata/check/good.yaml --schemas testdata/check/schemas --topic zzzzzzzzz":             "(it maps orders)",
		"--config testdata/check/good.yaml --schemas testdata/check/schemas --against testdata/check/good": "did you mean --against-file?",
		"--config " + shippedConfig: "SCHEMA_REGISTRY_URL is not set\n    hint: set it, or take the schemas from a directory: --schemas DIR",
		"bridge.yaml":               `unexpected argument "bridge.yaml": did you mean --config bridge.yaml?`,
		"--config x.yaml orders":    `unexpected argument "orders" (brazebridge check --help`,
	} {
		con := newConsole()
		if code := con.run(append([]string{"check"}, strings.Fields(args)...)...); code != exitUsage {
			t.Errorf("%q: exit code %d, want %d", args, code, exitUsage)
		}
		checkOutput(t, args, con.stderr.String(), want)
		checkOutput(t, args, con.stdout.String(), "-")
	}
}

// fakeRegistry serves a schema registry with the subjects of a directory of schemas: all versions, in order.
func fakeRegistry(t *testing.T, schemas map[string][]string) (url string, ids map[string][]int) {
	t.Helper()
	fake := srfake.NewRegistry()
	server := httptest.NewServer(fake.Handler())
	t.Cleanup(server.Close)
	client, err := sr.NewClient(sr.URLs(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	ids = map[string][]int{}
	for subject, versions := range schemas {
		for _, text := range versions {
			s, err := client.CreateSchema(context.Background(), subject, sr.Schema{Schema: text})
			if err != nil {
				t.Fatal(err)
			}
			ids[subject] = append(ids[subject], s.ID)
		}
	}
	return server.URL, ids
}

// Against a registry as against a directory; and what the registry cannot answer is a failure, not a clean check.
func TestCheckAgainstRegistry(t *testing.T) {
	old, fresh := readFile(t, "testdata/check/versions/orders-value.v1.avsc"), readFile(t, "testdata/check/versions/orders-value.avsc")
	url, _ := fakeRegistry(t, map[string][]string{"orders-value": {old, fresh}})
	file := writeFile(t, "bridge.yaml", strings.Replace(readFile(t, "testdata/check/good.yaml"), "http://localhost:1", url, 1))
	for args, want := range map[string]int{"": exitDone, "--all-versions": exitFaults} {
		con := newConsole()
		code := con.run(append([]string{"check", "--config", file, "--output", "json"}, strings.Fields(args)...)...)
		if code != want {
			t.Fatalf("%q: exit code %d, want %d: %s%s", args, code, want, con.stdout.String(), con.stderr.String())
		}
		if c := checkJSON(t, con); want == exitFaults && (c.Faults[0]["version"] != 1.0 || c.Faults[0]["subject"] != "orders-value") {
			t.Errorf("%q: the faults are %v", args, c.Faults)
		}
	}
	con := newConsole()
	if code := con.run("check", "--config", "testdata/check/good.yaml"); code != exitFaults || con.stderr.String() == "" {
		t.Errorf("with the registry away: exit code %d, stderr %q", code, con.stderr.String())
	}
}

// A pattern is checked against every subject whose topic it claims; subjects named after records, where they are named.
func TestCheckFindsSubjects(t *testing.T) {
	dir := t.TempDir()
	text := readFile(t, "testdata/check/schemas/orders-value.avsc")
	for _, name := range []string{"eu.orders-value", "us.orders-value", "carts-com.shop.Order", "com.shop.Order"} {
		if err := os.WriteFile(filepath.Join(dir, name+".avsc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head, _, _ := strings.Cut(readFile(t, "testdata/check/good.yaml"), "topics:")
	file := writeFile(t, "bridge.yaml", head+`topics:
  us.orders: &rule
    user: {external_id: "${customer}"}
    send: [{event: a, properties: {b: "${missing}"}}]
  ^.*\.orders$: *rule
  carts: {record: com.shop.Order, user: {external_id: "${customer}"}, send: [{event: a}]}
  ^nothing: {user: {external_id: "${customer}"}, send: [{event: a}]}
`)
	con := newConsole()
	if code := con.run("check", "--config", file, "--schemas", dir, "--output", "json"); code != exitFaults {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	c := checkJSON(t, con)
	var subjects []string
	for _, f := range c.Faults {
		subjects = append(subjects, f["subject"].(string))
	}
	slices.Sort(subjects)
	if want := []string{"eu.orders-value", "us.orders-value"}; !slices.Equal(subjects, want) {
		t.Errorf("faults are told for %v, want %v: %v", subjects, want, c.Faults)
	}
	if !slices.ContainsFunc(c.Warnings, func(w map[string]any) bool { return w["topic"] == "^nothing" }) {
		t.Errorf("a pattern that matches nothing is not told: %v", c.Warnings)
	}
}

// A tombstone's mapping is compiled too, and a warning of several schemas is told once.
func TestCheckTombstones(t *testing.T) {
	head, _, _ := strings.Cut(readFile(t, "testdata/check/good.yaml"), "topics:")
	file := writeFile(t, "bridge.yaml", head+`topics:
  orders:
    tombstones: map
    user: {external_id: "${kafka.key}"}
    send: [{event: gone, when: "${record == nil}", properties: {when: "${kafka.timestmp}"}}]
`)
	con := newConsole()
	if code := con.run("check", "--config", file, "--schemas", "testdata/check/versions", "--all-versions", "--output", "json"); code != exitFaults {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	c := checkJSON(t, con)
	for _, f := range c.Faults {
		if f["subject"] == "" {
			t.Errorf("what the schemas' faults say is said again without one: %v", f)
		}
	}
	if len(c.Faults) != 2 { // one for each version
		t.Errorf("%d faults: %v", len(c.Faults), c.Faults)
	}
}
