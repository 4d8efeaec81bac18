package mappingtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
)

func read(t testing.TB, text string) *File {
	t.Helper()
	f, err := parse("dir/t.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

// Everything that a test can say.
func TestReadEverything(t *testing.T) {
	f := read(t, everything)
	if f.Config != filepath.Join("dir", "b.yaml") || f.Schemas != "/abs/schemas" || len(f.Tests) != 4 {
		t.Fatalf("%+v", f)
	}
	a := f.Tests[0]
	if a.Name != "all" || a.Topic != "orders" || a.Subject != "orders-com.shop.Order" || a.Version != 3 || a.Key.Text != "c-42" || a.Partition != 4 || a.Offset != 1207 ||
		!a.Timestamp.Equal(time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)) || len(a.want.Items) != 3 || a.Pos.Line != 4 || a.Record.Get("a").Text != "1" {
		t.Errorf("%+v", a)
	}
	var headers []string
	for _, h := range a.Headers {
		headers = append(headers, fmt.Sprintf("%s=%s %v", h.Key, h.Value, h.Value == nil))
	}
	if want := []string{"from=web false", "empty= true", "n=7 false"}; !slices.Equal(headers, want) {
		t.Errorf("the headers are %v, want %v", headers, want)
	}
	if b := f.Tests[1]; b.want != nil || b.filtered != "" || b.rejected != "" || !b.Timestamp.Equal(unset) || b.Key != nil || b.Record.Kind != config.NodeNull {
		t.Errorf("%+v", b)
	}
	if f.Tests[2].filtered != "tombstone" || f.Tests[3].rejected != "check" {
		t.Errorf("%+v, %+v", f.Tests[2], f.Tests[3])
	}
}

const everything = `config: b.yaml
schemas: /abs/schemas
tests:
  - name: all
    topic: orders
    subject: orders-com.shop.Order
    version: 3
    key: c-42
    headers: {from: web, empty: null, n: 7}
    timestamp: 2026-01-31T12:00:00+01:00
    partition: 4
    offset: 1207
    record: {a: 1}
    want:
      - event: {name: e}
      - purchase: {}
      - attributes: {}
  - {name: least, topic: orders, record: null}
  - {name: filtered, topic: orders, record: null, filtered: tombstone}
  - {name: rejected, topic: orders, record: null, rejected: check}
`

// faultsOf are the faults of a file, in a form that a table can hold.
func faultsOf(t *testing.T, text string) []string {
	t.Helper()
	_, err := parse("t.yaml", []byte(text))
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v\n%s", err, text)
	}
	var all []string
	for _, f := range faults {
		s := fmt.Sprintf("%d:%d %s: %s", f.Line, f.Column, f.Path, f.Message)
		if f.Hint != "" {
			s += " | " + f.Hint
		}
		all = append(all, s)
	}
	return all
}

// Every fault of a file has its place, its path and, where it helps, what to write.
func TestReadFaults(t *testing.T) {
	for setting, want := range map[string][]string{
		"rekord: 1":                         {"2:50 tests[0].rekord: unknown key | did you mean record?"},
		"zzzzzzzz: 1":                       {"unknown key | known here: filtered, headers, key, name"},
		"filtered: sometimes":               {"2:60 tests[0].filtered: must be true | or one of when, tombstone, other_record"},
		"filtered: false":                   {"must be true"},
		"rejected: nothing":                 {"is no reason that a test can see | one of undecodable, mapping, check"},
		"rejected: rejected":                {"is no reason that a test can see"},
		"offset: -1":                        {"2:58 tests[0].offset: must be a whole number from 0"},
		"offset: 1.5":                       {"must be a whole number from 0"},
		"partition: 2147483648":             {"must be a whole number from 0"},
		"version: [1]":                      {"must be a whole number from 0"},
		`offset: "7"`:                       {"must be a whole number from 0"},
		"timestamp: yesterday":              {"must be a time in RFC 3339 | such as 2026-01-31T12:00:00Z"},
		"timestamp: 2026-01-31":             {"must be a time in RFC 3339"},
		"headers: [a]":                      {"2:59 tests[0].headers: must be a mapping, is a list | write headers: {name: text}"},
		"headers: {a: [b]}":                 {"tests[0].headers.a: must be text, is a list"},
		"subject: {}":                       {"tests[0].subject: must be text, is a mapping"},
		`subject: ""`:                       {"tests[0].subject: is empty"},
		"want: {event: {}}":                 {"tests[0].want: must be a list, is a mapping | write want: and begin each object with - event:, - purchase: or - attributes:"},
		"want: [x]":                         {"tests[0].want[0]: must be one object"},
		"want: [{}]":                        {"tests[0].want[0]: must be one object"},
		"want: [{event: {}, purchase: {}}]": {"tests[0].want[0]: must be one object"},
		"want: [{evnt: {}}]":                {"tests[0].want[0].evnt: an object is an event, a purchase or attributes | did you mean event?"},
		"want: [{event: x}]":                {"tests[0].want[0].event: must be a mapping, is text"},
		"want: [], filtered: true":          {"2:5 tests[0]: want and filtered: a record has one outcome, so say one of them"},
	} {
		got := faultsOf(t, "config: b.yaml\n"+"tests: [{name: a, topic: orders, record: null,   "+setting+"}]\n")
		if len(got) != len(want) || !strings.Contains(got[0], strings.TrimPrefix(want[0], "2:5 ")) {
			t.Errorf("%s: %q, want %q", setting, got, want)
		}
	}
	for text, want := range map[string][]string{
		"tests: [{name: a, topic: b, record: null}]\n": {"1:1 config: is required | write config: brazebridge.yaml, relative to this file"},
		"config: b.yaml\n":              {"1:1 tests: a list of tests is required | write tests: and begin each with - name:"},
		"config: b.yaml\ntests: []\n":   {"a list of tests is required"},
		"config: [b]\ntests: {a: b}\n":  {"1:1 tests: a list of tests is required", "1:9 config: must be text, is a list"},
		"# later\n":                     {"1:1 : the file holds nothing"},
		"- a\n":                         {"1:1 : must be a mapping, is a list"},
		"config: b.yaml\ntests: [7]\n":  {"2:9 tests[0]: must be a mapping, is a number"},
		"config: b.yaml\ntests: [{}]\n": {"tests[0].name: is required", "tests[0].topic: is required", "tests[0].record: is required | null is a record without a value"},
		"config: b.yaml\nshemas: c\ntests: [{name: a, topic: b, record: null}]":                                  {"2:1 shemas: unknown key | did you mean schemas?"},
		"config: b.yaml\ntests:\n  - {name: a, topic: b, record: null}\n  - {name: a, topic: b, record: null}\n": {"4:5 tests[1].name: another test has this name"},
		"config: b.yaml\ntests:\n\t- a\n":                                            {"3:1 : a tab in the indentation"},
		"config: b.yaml\nconfig: c.yaml\ntests: [{name: a, topic: b, record: null}]": {"2:1 config: the key is written twice"},
	} {
		got := faultsOf(t, text)
		ok := len(got) == len(want)
		for i := range want {
			ok = ok && strings.Contains(got[i], want[i])
		}
		if !ok {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestReadFiles(t *testing.T) {
	if _, err := Read("/no/such/file.yaml"); err == nil || !strings.Contains(err.Error(), "read tests: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a directory is read")
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(large); err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Errorf("%v", err)
	}
	f, err := Read("../../../deploy/example/mapping_test.yaml")
	if err != nil || len(f.Tests) < 10 {
		t.Errorf("the example: %v", err)
	}
}

// Whatever a file holds, it is read or its faults are told, each with a line.
func FuzzRead(f *testing.F) {
	f.Add(everything)
	f.Add("config: b\ntests: [{name: a, topic: b, record: {a: &x [*x]}}]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse("t.yaml", []byte(text))
		var faults config.Faults
		switch {
		case err == nil && (file.Config == "" || len(file.Tests) == 0):
			t.Errorf("%+v", file)
		case err != nil && !errors.As(err, &faults):
			t.Errorf("%v", err)
		}
		for _, f := range faults {
			if f.Line < 1 {
				t.Errorf("%v", f)
			}
		}
	})
}
