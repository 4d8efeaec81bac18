package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What init writes for the example's topics passes check as it is written, and is what it was.
func TestInitPassesCheck(t *testing.T) {
	con := newConsole()
	if code := con.run("init", "--topic", "shop.orders,shop.carts", "--topic", "shop.behaviour", "--schemas", shippedSchemas); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	golden(t, filepath.Join("testdata", "init", "example.golden"), con.stdout.String())
	file := writeFile(t, "brazebridge.yaml", con.stdout.String())
	check := newConsole()
	if code := check.run("check", "--config", file, "--schemas", shippedSchemas); code != exitDone {
		t.Errorf("check: exit code %d: %s", code, check.stdout.String())
	}
}

// Keys with a schema of their own are read by it, and what is written passes check all the same.
func TestInitAvroKey(t *testing.T) {
	_, dir := keyed(t, "", "")
	con := newConsole()
	if code := con.run("init", "--topic", "orders", "--schemas", dir); code != exitDone || !strings.Contains(con.stdout.String(), "    key: avro   # subject orders-key version 1\n") {
		t.Fatalf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	check := newConsole()
	if code := check.run("check", "--config", writeFile(t, "b.yaml", con.stdout.String()), "--schemas", dir); code != exitDone {
		t.Errorf("check: exit code %d: %s", code, check.stdout.String())
	}
	// A schema of keys that cannot be used is none: they can be read as text.
	if err := os.WriteFile(filepath.Join(dir, "orders-key.avsc"), []byte(`{"type": "rekord"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	con = newConsole()
	if code := con.run("init", "--topic", "orders", "--schemas", dir); code != exitDone || strings.Contains(con.stdout.String(), "key: avro") {
		t.Errorf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
}

// From a registry the URL is written, but not its password; from a configuration its registry is asked.
func TestInitFromRegistry(t *testing.T) {
	fresh := readFile(t, "testdata/check/versions/orders-value.avsc")
	url, _ := fakeRegistry(t, map[string][]string{"orders-value": {fresh}})
	con := newConsole()
	withPassword := strings.Replace(url, "http://", "http://me:sesame@", 1)
	if code := con.run("init", "--topic", "orders", "--registry", withPassword); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	if out := con.stdout.String(); !strings.Contains(out, `url: "`+url+`"`) || strings.Contains(out, "sesame") || !strings.Contains(out, "\n  orders:") {
		t.Errorf("stdout: %s", out)
	}
	file := writeFile(t, "bridge.yaml", strings.Replace(readFile(t, "testdata/check/good.yaml"), "http://localhost:1", url, 1))
	again := newConsole()
	if code := again.run("init", "--topic", "orders", "--config", file); code != exitDone || !strings.Contains(again.stdout.String(), "SCHEMA_REGISTRY_URL") {
		t.Errorf("exit code %d: %s%s", code, again.stdout.String(), again.stderr.String())
	}
}

func TestInitUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--schemas testdata/check/schemas", exitUsage, `"topic" not set`},
		{"--topic orders", exitUsage, "at least one of the flags in the group [config registry schemas] is required"},
		{"--topic orders --schemas a --registry b", exitUsage, "none of the others can be"},
		{"--topic orders --registry me:sesame@nowhere", exitUsage, "--registry: write a URL"},
		{"--topic orders --registry http://localhost:1", exitFaults, "connection refused"},
		{"--topic ordres,nothing --schemas testdata/check/schemas", exitFaults, "topic ordres: there is no schema ordres-value: did you mean orders?"},
		{"--topic nothing --schemas testdata/check/schemas", exitFaults, "topic nothing: there is no schema nothing-value"},
	} {
		con := newConsole()
		code := con.run(append([]string{"init"}, strings.Fields(c.args)...)...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d", c.args, code, c.code)
		}
		checkOutput(t, c.args, con.stderr.String(), c.want)
		checkOutput(t, c.args, con.stdout.String(), "-")
		if strings.Contains(con.stderr.String(), "sesame") {
			t.Errorf("%q tells the password: %s", c.args, con.stderr.String())
		}
	}
}

// The flags that other people's scripts use, with their defaults.
func TestMappingFlagsStay(t *testing.T) {
	flags := map[string]map[string]string{
		"check": {"config": "", "schemas": "", "all-versions": "false", "against-file": "", "topic": "", "output": "text"},
		"preview": {"config": "", "topic": "", "partition": "-1", "offset": "earliest", "limit": "0", "input": "", "schemas": "",
			"output": "text"},
		"test": {"update": "false", "output": "text"},
		"init": {"topic": "[]", "config": "", "registry": "", "schemas": ""},
	}
	root := newRoot(newConsole().surroundings())
	for name, want := range flags {
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		for flag, def := range want {
			f := cmd.Flags().Lookup(flag)
			if f == nil {
				t.Errorf("%s --%s is gone", name, flag)
			} else if f.DefValue != def || f.Usage == "" {
				t.Errorf("%s --%s: default %q, want %q; usage %q", name, flag, f.DefValue, def, f.Usage)
			}
		}
	}
}

// A line that could hold a password is not shown, whatever is wrong with it; one of a mapping is.
func TestFaultsShowNoSecretLines(t *testing.T) {
	text := strings.Replace(readFile(t, "testdata/check/good.yaml"), `{endpoint: "https://rest.iad-01.braze.com", api_key: "${env:NO_SUCH_VARIABLE}"}`,
		`{endpoint: "https://rest.iad-01.braze.com", api_key: sesame, rat: 1}`, 1)
	file := writeFile(t, "bridge.yaml", text)
	con := newConsole()
	if code := con.run("check", "--config", file, "--schemas", "testdata/check/schemas"); code != exitFaults {
		t.Fatalf("exit code %d", code)
	}
	if out := con.stdout.String(); strings.Contains(out, "sesame") || !strings.Contains(out, "braze.rat") {
		t.Errorf("stdout: %s", out)
	}
	// A whole configuration in one line, and a secret that shares its line with a mapping only.
	for _, text := range []string{
		`{"kafka": {"brokers": ["k:1"], "group": "g"}, "schema_registry": {"url": "http://r"}, "braze": {"endpoint": "https://b", "api_key": "sesame"}, "dead_letter": {"topic": "d"}, "topics": {"orders": {"usr": 1, "send": [{"evnt": "x", "event": "y"}]}}}`,
		"{\"kafka\": {\"brokers\": [\"k:1\"], \"group\": \"g\"}, \"braze\": {\"api_key\":\n\"sesame\"}, \"topics\": {\"orders\": {\"usr\": 1, \"send\": [{\"evnt\": \"x\", \"event\": \"y\"}]}}}",
	} {
		con := newConsole()
		con.run("check", "--config", writeFile(t, "one.yaml", text), "--schemas", "testdata/check/schemas")
		if out := con.stdout.String(); strings.Contains(out, "sesame") || !strings.Contains(out, "topics.orders.usr") || !strings.Contains(out, `unknown key "evnt"`) {
			t.Errorf("stdout: %s", out)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text, ", rat: 1", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := newConsole().run("check", "--config", file, "--schemas", "testdata/check/schemas"); code != exitDone {
		t.Errorf("exit code %d", code)
	}
}
