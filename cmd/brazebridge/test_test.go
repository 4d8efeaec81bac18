package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The example's own tests pass: they are what a reader copies.
func TestTestExample(t *testing.T) {
	con := newConsole()
	if code := con.run("test", "../../deploy/example/mapping_test.yaml"); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	if out := con.stdout.String(); strings.Count(out, "ok  ") < 10 || !strings.Contains(out, "tests passed") {
		t.Errorf("stdout: %s", out)
	}
}

// What people see of a test that fails: where, and what differs.
func TestTestGolden(t *testing.T) {
	for name, code := range map[string]int{"failing": exitFaults, "unfit": exitFaults, "faults": exitUsage} {
		con := newConsole()
		if got := con.run("test", filepath.Join("testdata", "test", name+".yaml")); got != code {
			t.Errorf("%s: exit code %d, want %d: %s", name, got, code, con.stderr.String())
		}
		golden(t, filepath.Join("testdata", "test", name+".golden"), con.stdout.String()+con.stderr.String())
	}
}

func TestTestJSON(t *testing.T) {
	con := newConsole()
	if code := con.run("test", "testdata/test/failing.yaml", "testdata/test/unfit.yaml", "--output", "json"); code != exitFaults {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	var out struct {
		OK    *bool
		Tests []struct {
			File, Name, Outcome, Reason, Error string
			Line                               int
			OK                                 bool
			Diff                               []struct{ Path, Want, Got string }
		}
	}
	if err := json.Unmarshal([]byte(con.stdout.String()), &out); err != nil || out.OK == nil || *out.OK || len(out.Tests) != 11 {
		t.Fatalf("%v: %s", err, con.stdout.String())
	}
	if first := out.Tests[0]; !first.OK || first.Outcome != "mapped" || first.Line != 4 || first.Diff == nil {
		t.Errorf("the first is %+v", first)
	}
	if d := out.Tests[1].Diff; len(d) != 3 || d[2].Path != "want[0].event.properties.amount" || d[2].Want != "19.99" || d[2].Got != "20.00" {
		t.Errorf("the second's differences are %v", d)
	}
	if last := out.Tests[10]; last.OK || last.Outcome != "" || !strings.Contains(last.Error, "carts-value") {
		t.Errorf("the last is %+v", last)
	}
}

// An update makes the tests pass and leaves everything else of the file as it was, comments included.
func TestTestUpdate(t *testing.T) {
	for _, c := range []struct{ name, source string }{
		{"updated", "testdata/test/failing.yaml"},
		{"unchanged", "../../deploy/example/mapping_test.yaml"},
	} {
		text := readFile(t, c.source)
		dir, err := filepath.Abs(filepath.Dir(c.source))
		if err != nil {
			t.Fatal(err)
		}
		// The copy stands elsewhere, so it names its files absolutely; the golden file is as if it did not.
		absolute := strings.NewReplacer("config: ", "config: "+dir+"/", "schemas: ", "schemas: "+dir+"/")
		file := writeFile(t, "tests.yaml", absolute.Replace(text))
		con := newConsole()
		if code := con.run("test", "--update", file); code != exitDone {
			t.Fatalf("%s: exit code %d: %s%s", c.name, code, con.stdout.String(), con.stderr.String())
		}
		got := strings.ReplaceAll(readFile(t, file), dir+"/", "")
		if c.name == "unchanged" {
			if got != text || con.stderr.String() != "" {
				t.Errorf("a file whose tests pass was changed; stderr: %s", con.stderr.String())
			}
			continue
		}
		golden(t, filepath.Join("testdata", "test", c.name+".golden"), got)
		for line := range strings.Lines(text) {
			if i := strings.Index(line, "#"); i >= 0 && !strings.Contains(got, line[i:]) {
				t.Errorf("the comment %q is lost", line[i:])
			}
		}
	}
}

// What cannot be updated where it stands is left alone, and said.
func TestTestUpdateOfFlowStyle(t *testing.T) {
	dir, err := filepath.Abs("testdata/preview")
	if err != nil {
		t.Fatal(err)
	}
	text := "config: " + dir + "/bridge.yaml\nschemas: " + dir + "/schemas\ntests: [{name: a, topic: orders, record: null, rejected: check}]\n"
	file := writeFile(t, "tests.yaml", text)
	con := newConsole()
	if code := con.run("test", "--update", file); code != exitFaults || !strings.Contains(con.stderr.String(), ":3:9: a: its expectation cannot be replaced") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	if got := readFile(t, file); got != text {
		t.Errorf("the file is now\n%s", got)
	}
}

func TestTestUsage(t *testing.T) {
	noConfig := writeFile(t, "no_config.yaml", "config: none.yaml\ntests: [{name: a, topic: b, record: null}]\n")
	for args, want := range map[string]string{
		"":                         "requires at least 1 arg",
		"/no/such/file":            "/no/such/file",
		noConfig:                   "none.yaml",
		"testdata/check/good.yaml": "kafka: unknown key",
	} {
		con := newConsole()
		if code := con.run(append([]string{"test"}, strings.Fields(args)...)...); code != exitUsage {
			t.Errorf("%q: exit code %d, want %d", args, code, exitUsage)
		}
		checkOutput(t, args, con.stderr.String(), want)
	}
}

// Without schemas a file of tests asks the configuration's registry, and finds older versions there.
func TestTestWithRegistry(t *testing.T) {
	old, fresh := readFile(t, "testdata/check/versions/orders-value.v1.avsc"), readFile(t, "testdata/check/versions/orders-value.avsc")
	url, _ := fakeRegistry(t, map[string][]string{"orders-value": {old, fresh}})
	bridge := writeFile(t, "bridge.yaml", strings.Replace(readFile(t, previewConfig), "http://localhost:1", url, 1))
	file := writeFile(t, "tests.yaml", "config: "+bridge+`
tests:
  - name: the latest
    topic: orders
    record: {customer: ann, placed_at: 0, sku: MUG, total: 0, currency: EUR}
    filtered: when
  - name: an older version, which the mapping does not compile against
    topic: orders
    version: 1
    record: {customer: ann, placed_at: 0, currency: EUR}
    rejected: mapping
`)
	con := newConsole()
	if code := con.run("test", file); code != exitDone {
		t.Errorf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	text := strings.Replace(readFile(t, bridge), url, "http://localhost:1", 1)
	if err := os.WriteFile(bridge, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := con.run("test", file); code != exitFaults || !strings.Contains(con.stderr.String(), "connection refused") {
		t.Errorf("with the registry away: exit code %d: %s", code, con.stderr.String())
	}
}
