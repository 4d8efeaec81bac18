package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// placed holds wrong names, wrong_1 and so on, in every way that YAML has to write a text.
const placed = `topics:
  orders:
    user: {external_id: '${wrong_1}'}
    time: "\u0024{ placed_at ?? wrong_2 }"
    set:
      a: ${total > 1 && wrong_3 == 2}
      b: &anchor
        - "text ${sku} with two \"holes\": ${upper(wrong_4)}"
    send:
      - event: >-
          folded ${sku}
          and ${wrong_5}
        when: |-
          ${total > 1
            && wrong_6 == 1}
        properties:
          plain: ${trim(currency) + lower(wrong_7)}
          'quoted ''key''': '${"it''s" + wrong_8}'
          über: "ü ${sku} ü ${wrong_9}"
          list: [1, "${sku}", "${map([1, 2], wrong_10)}"]
          alias: *anchor
      - {event: e, properties: {a: {b: [{c: "${wrong_11}"}]}}}
      - purchase: ${sku}
        price: ${total}
        currency: EUR
        quantity: plain text of
          two lines ${wrong_12}
`

var wrongName = regexp.MustCompile(`wrong_\d+`)

// Line and column are those of the wrong name itself, wherever it stands and however its text is written: in the JSON, in
// what people see, and with CRLF, a byte order mark and deeper indentation.
func TestPlacesOfNames(t *testing.T) {
	head, _, _ := strings.Cut(readFile(t, "testdata/check/good.yaml"), "topics:")
	for name, text := range map[string]string{
		"plain": head + placed,
		"crlf":  strings.ReplaceAll(head+placed, "\n", "\r\n"),
		"bom":   "\ufeff" + head + placed,
		"late":  strings.Repeat("# a line\n", 300) + head + placed,
	} {
		con := newConsole()
		con.run("check", "--config", writeFile(t, "b.yaml", text), "--schemas", "testdata/check/schemas", "--output", "json")
		lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
		var found []string
		for _, f := range checkJSON(t, con).Faults {
			message, _ := f["message"].(string)
			wrong := wrongName.FindString(message)
			if wrong == "" {
				t.Errorf("%s: %v is about something else", name, f)
				continue
			}
			found = append(found, wrong)
			line, column := int(f["line"].(float64)), int(f["column"].(float64))
			if at := []rune(lines[line-1]); column > len(at) || !strings.HasPrefix(string(at[column-1:]), wrong) {
				t.Errorf("%s: %s is said to be at %d:%d: %q", name, wrong, line, column, lines[line-1])
			}
		}
		slices.Sort(found)
		if found = slices.Compact(found); len(found) != 12 {
			t.Errorf("%s: only %v were found", name, found)
		}
	}
}

// every holds that an object has these keys, all of them and no others.
func every(t *testing.T, what string, object map[string]any, keys ...string) {
	t.Helper()
	var has []string
	for k := range object {
		has = append(has, k)
	}
	slices.Sort(has)
	slices.Sort(keys)
	if !slices.Equal(has, keys) {
		t.Errorf("%s has %v, want %v", what, has, keys)
	}
}

// The shapes of what tools read: every key that is promised, in every object.
func TestShapesOfJSON(t *testing.T) {
	output := func(args ...string) map[string]any {
		t.Helper()
		con := newConsole()
		con.run(append(args, "--output", "json")...)
		var out map[string]any
		d := json.NewDecoder(strings.NewReader(con.stdout.String()))
		if err := d.Decode(&out); err != nil || d.More() {
			t.Fatalf("%v: %v: %s%s", args, err, con.stdout.String(), con.stderr.String())
		}
		return out
	}
	list := func(v any) []map[string]any {
		t.Helper()
		var out []map[string]any
		for _, e := range v.([]any) {
			out = append(out, e.(map[string]any))
		}
		return out
	}
	for _, file := range []string{"testdata/check/bad.yaml", "testdata/check/both.yaml", "testdata/check/good.yaml"} {
		check := output("check", "--config", file, "--schemas", "testdata/check/schemas")
		every(t, "check", check, "ok", "faults", "warnings")
		if faults := list(check["faults"]); check["ok"] != (len(faults) == 0) {
			t.Errorf("%s: ok is %v with %d faults", file, check["ok"], len(faults))
		}
		for _, f := range slices.Concat(list(check["faults"]), list(check["warnings"])) {
			every(t, "a fault of check", f, "file", "line", "column", "path", "topic", "subject", "version", "message", "hint")
			if _, isNumber := f["line"].(float64); !isNumber || f["file"] == "" || f["message"] == "" {
				t.Errorf("a fault is %v", f)
			}
		}
	}
	test := output("test", "testdata/test/failing.yaml", "testdata/test/unfit.yaml")
	every(t, "test", test, "ok", "tests")
	for _, one := range list(test["tests"]) {
		every(t, "a test", one, "file", "line", "name", "topic", "ok", "outcome", "reason", "error", "diff")
		for _, d := range list(one["diff"]) {
			every(t, "a difference", d, "path", "want", "got")
		}
	}
	every(t, "version", output("version"), "version", "commit", "go")
}

// What a shell completes: forms of output, and the topics of the configuration that was named before.
func TestCompletion(t *testing.T) {
	for args, want := range map[string]string{
		"check --output ": "text\njson\n:4",
		"preview --config testdata/check/good.yaml --topic ": "orders\n:4",
		"check --config testdata/check/both.yaml --topic ":   "orders\nunreadable\n:4",
		"check --config /no/such/file --topic ":              ":4",
		"test ":                                              "yaml\nyml\n:8",
		"check --schemas ":                                   ":16",
	} {
		con := newConsole()
		list := strings.Split(args, " ")
		con.run(append([]string{"__complete"}, list...)...)
		if got := con.stdout.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s completes to %q, want %q", args, got, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		con := newConsole()
		if code := con.run("completion", shell); code != exitDone || !strings.Contains(con.stdout.String(), "brazebridge") {
			t.Errorf("completion %s: exit code %d", shell, code)
		}
	}
}

// What a script is told by the exit code alone: 1 where the work found something, 2 where nothing was begun.
func TestExitCodesOfCommands(t *testing.T) {
	bad := writeFile(t, "bad.yaml", "kafka: 7\n")
	failing := writeFile(t, "failing.jsonl", "{\n")
	empty, err := os.MkdirTemp(t.TempDir(), "empty")
	if err != nil {
		t.Fatal(err)
	}
	good := "--config testdata/check/good.yaml --schemas testdata/check/schemas"
	for args, want := range map[string]int{
		"check " + good: 0,
		"check --config testdata/check/bad.yaml --schemas testdata/check/schemas": 1,
		"check --config " + bad:                                      1,
		"check --config " + bad + " --nonsense":                      2,
		"check --config /no/such":                                    2,
		"check " + good + " extra":                                   2,
		"check --config testdata/check/good.yaml --schemas " + empty: 1,
		"preview " + good + " --topic orders --input " + failing:     1,
		"preview --config " + bad + " --topic orders":                2,
		"preview " + good:                                            2,
		"test testdata/test/failing.yaml":                            1,
		"test testdata/test/faults.yaml":                             2,
		"test ../../deploy/example/mapping_test.yaml":                0,
		"init --topic orders --schemas testdata/check/schemas":       0,
		"init --topic ordres --schemas testdata/check/schemas":       1,
		"init --topic orders --schemas /no/such":                     2,
		"run --config " + bad:                                        2,
		"help mapping":                                               0,
	} {
		con := newConsole()
		if got := con.run(strings.Fields(args)...); got != want {
			t.Errorf("%s: exit code %d, want %d: %s", args, got, want, fmt.Sprint(con.stdout.String(), con.stderr.String()))
		}
	}
}
