package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tenantTopics is a configuration whose mapping takes something from an Avro key.
const tenantTopics = `
topics:
  orders:
    key: avro
    user: {external_id: "${kafka.key.customer}"}
    time: ${placed_at}
    send:
      - event: order_placed
        properties: {amount: "${total}", tenant: "${kafka.key.tenant}"}
`

func tenantKey(fields ...string) string {
	var all []string
	for _, f := range fields {
		all = append(all, `{"name": "`+f+`", "type": "string"}`)
	}
	return `{"type": "record", "name": "Key", "namespace": "com.shop", "fields": [` + strings.Join(all, ", ") + `]}`
}

// A key's schema that is not registered yet is asked about as that of a value is.
func TestCheckAgainstKeyFile(t *testing.T) {
	head, _, _ := strings.Cut(readFile(t, "testdata/check/good.yaml"), "topics:")
	file := writeFile(t, "bridge.yaml", head+tenantTopics)
	const value = "testdata/check/schemas/orders-value.avsc"
	good, bad := writeFile(t, "key.avsc", tenantKey("customer", "tenant")), writeFile(t, "key2.avsc", tenantKey("customr", "tenant"))
	noSchema := writeFile(t, "key3.avsc", `{"type": "rekord"}`)
	both := t.TempDir()
	for name, text := range map[string]string{"orders-value.avsc": readFile(t, value), "orders-key.avsc": tenantKey("customer")} {
		if err := os.WriteFile(filepath.Join(both, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args    string
		code    int
		fault   string // in the message of the one fault; empty: none
		subject string // its subject
		warning string // in a warning; empty: none about keys
	}{
		{"--against-file " + value + " --against-key-file " + good, exitDone, "", "", ""},
		{"--against-file " + value + " --against-key-file " + bad, exitFaults, "customer", "", ""},
		{"--against-file " + value, exitDone, "", "", "registered schema cannot be asked"},
		{"--against-file " + value + " --schemas testdata/check/schemas", exitDone, "", "", "its schema is not known"},
		{"--against-file " + value + " --schemas " + both, exitFaults, "tenant", "", ""},
		{"--against-key-file " + good + " --schemas " + both, exitDone, "", "", ""},
		{"--against-key-file " + bad + " --schemas testdata/check/schemas", exitFaults, "customer", "", ""},
		{"--against-file " + value + " --against-key-file " + noSchema, exitFaults, "no usable schema", "", ""},
	} {
		con := newConsole()
		code := con.run(append([]string{"check", "--config", file, "--topic", "orders", "--output", "json"}, strings.Fields(c.args)...)...)
		if code != c.code {
			t.Fatalf("%s: exit code %d, want %d: %s%s", c.args, code, c.code, con.stdout.String(), con.stderr.String())
		}
		got := checkJSON(t, con)
		has := func(text string) func(map[string]any) bool {
			return func(f map[string]any) bool { return strings.Contains(f["message"].(string), text) }
		}
		if c.fault == "" && len(got.Faults) > 0 || c.fault != "" && (len(got.Faults) != 1 || !has(c.fault)(got.Faults[0])) {
			t.Errorf("%s: faults %v, want %q", c.args, got.Faults, c.fault)
		}
		if c.warning != "" && !slices.ContainsFunc(got.Warnings, has(c.warning)) || c.warning == "" && slices.ContainsFunc(got.Warnings, has("taken from")) || c.warning == "" && slices.ContainsFunc(got.Warnings, has("takes from")) {
			t.Errorf("%s: warnings %v, want %q", c.args, got.Warnings, c.warning)
		}
	}
}

func TestCheckAgainstUsage(t *testing.T) {
	const base = "check --config testdata/check/good.yaml "
	for args, want := range map[string]string{
		"--against-key-file x.avsc":                                                        "--against-key-file needs --topic",
		"--against-file x.avsc --topic orders --all-versions":                              "[against-file all-versions] were all set",
		"--against-key-file x.avsc --topic orders --all-versions":                          "[against-key-file all-versions] were all set",
		"--against-key-file /no/such.avsc --topic orders --schemas testdata/check/schemas": "exit 0",
		"--against-key-file x.avsc --topic orders":                                         "look up the schema of orders, which --against-file would be instead",
		"--against-file testdata/check/breaking.avsc --topic orders --schemas /no/such":    "/no/such",
	} {
		con := newConsole()
		code := con.run(strings.Fields(base + args)...)
		if want == "exit 0" {
			// The mapping reads no Avro key: that the file was not used is said, not passed over.
			if code != exitDone || !strings.Contains(con.stdout.String(), "--against-key-file was not used") {
				t.Errorf("%s: exit code %d: %s%s", args, code, con.stdout.String(), con.stderr.String())
			}
			continue
		}
		if code == exitDone || !strings.Contains(con.stderr.String(), want) {
			t.Errorf("%s: exit code %d, stderr %s, want %q", args, code, con.stderr.String(), want)
		}
	}
}

// Faults of the file and of its mappings are told together; where the mappings cannot be looked at, the file's are told
// all the same, and why.
func TestCheckFaultsOfFileAndRegistry(t *testing.T) {
	text := strings.Replace(readFile(t, "testdata/check/good.yaml"), "group: g", "groop: g", 1)
	for args, want := range map[string]string{
		"":                                "the mappings were not checked: ",
		"--topic nothing":                 "--topic nothing",
		"--schemas /no/such/dir":          "/no/such/dir",
		"--against-file x --topic orders": "x: no such file",
	} {
		con := newConsole()
		code := con.run(append([]string{"check", "--output", "json", "--config", writeFile(t, "b.yaml", text)}, strings.Fields(args)...)...)
		if code != exitFaults || con.stderr.String() != "" {
			t.Fatalf("%q: exit code %d: %s", args, code, con.stderr.String())
		}
		c := checkJSON(t, con)
		said := func(w map[string]any) bool { return strings.Contains(w["message"].(string), want) }
		if len(c.Faults) != 2 || !slices.ContainsFunc(c.Warnings, said) {
			t.Errorf("%q: faults %v, warnings %v", args, c.Faults, c.Warnings)
		}
	}
}

// A file that a setting names and that is not here is told where nothing else is wrong: it may be there where the bridge runs.
func TestCheckWarnsOfFilesThatRunNeeds(t *testing.T) {
	text := strings.Replace(readFile(t, "testdata/check/good.yaml"), "group: g}", "group: g, tls: {ca_file: /no/such/ca.pem}}", 1)
	con := newConsole()
	if code := con.run("check", "--output", "json", "--schemas", "testdata/check/schemas", "--config", writeFile(t, "b.yaml", text)); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	is := func(w map[string]any) bool {
		return w["path"] == "kafka.tls.ca_file" && w["line"] == 1.0 && w["column"] == 63.0
	}
	if c := checkJSON(t, con); !slices.ContainsFunc(c.Warnings, is) {
		t.Errorf("the warnings are %v", c.Warnings)
	}
	// A variable that is not set is told once, not again as a missing file.
	text = strings.Replace(text, "/no/such/ca.pem", `"${env:NO_SUCH_VARIABLE}"`, 1)
	con = newConsole()
	con.run("check", "--output", "json", "--schemas", "testdata/check/schemas", "--config", writeFile(t, "b.yaml", text))
	n := 0
	for _, w := range checkJSON(t, con).Warnings {
		if strings.HasPrefix(w["path"].(string), "kafka.tls") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d warnings of kafka.tls: %s", n, con.stdout.String())
	}
}
