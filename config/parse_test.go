package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBytesThatAreNoText(t *testing.T) {
	for data, want := range map[string]string{
		"a: \xff\n":                "f.yaml:1:4: the file is not UTF-8 here",
		"# é\na: \"\xc3\"\n":       "f.yaml:2:5: the file is not UTF-8 here",
		"a: \xc3":                  "f.yaml:1:4: the file is not UTF-8 here",
		"a: 1\rb: 2\n":             "f.yaml:1:5: a carriage return without a line feed",
		"a: \x00\n":                "f.yaml:1:4: a control character that YAML does not allow",
		"\ufeff":                   "f.yaml:1:1: the file holds no configuration",
		"---\n...\n":               "f.yaml:1:1: the file holds no configuration",
		"just text":                "f.yaml:1:1: must be a mapping, is text",
		"[]":                       "f.yaml:1:1: must be a mapping, is a list",
		"~":                        "f.yaml:1:1: YAML reads ~ as no value",
		"{":                        "f.yaml:1:1: could not find flow mapping end token '}'",
		"a: @x":                    "f.yaml:1:4: '@' is a reserved character",
		strings.Repeat("[", 100):   "f.yaml:1:65: nested more than 64 levels deep",
		strings.Repeat("- ", 100):  "f.yaml:1:129: nested more than 64 levels deep",
		strings.Repeat("a\n", 1e5): "",
		"a: " + strings.Repeat("{b: ", 63) + "x" + strings.Repeat("}", 63): "f.yaml:1:1: a: unknown key",
	} {
		_, _, err := Parse("f.yaml", []byte(data), ResolveAll)
		faults, _ := err.(Faults)
		if len(faults) == 0 || want != "" && !slices.ContainsFunc(faults, func(f *Fault) bool { return f.Error() == want }) {
			t.Errorf("%.40q: %v, want %s", data, err, want)
		}
	}
}

// TestTheSameUnderEveryLineEnding: a byte order mark and CRLF change neither a value nor a place.
func TestTheSameUnderEveryLineEnding(t *testing.T) {
	fixtureEnv(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cfg, warnings, err := Parse(file, data, ResolveAll)
		crlf := "\ufeff" + strings.ReplaceAll(string(data), "\n", "\r\n")
		cfg2, warnings2, err2 := Parse(file, []byte(crlf), ResolveAll)
		equal(t, file, report(warnings2, err2), report(warnings, err))
		equal(t, file, cfg2, cfg)
	}
}

func TestLoadSaysWhyAFileCannotBeRead(t *testing.T) {
	_, _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), ResolveAll)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "read configuration: ") {
		t.Errorf("error %v", err)
	}
	if _, _, err := Load(t.TempDir(), ResolveAll); err == nil {
		t.Error("a directory is accepted")
	}
}

func TestFaultsAreInTheOrderOfTheFileAndBounded(t *testing.T) {
	_, _, err := Parse("f.yaml", []byte("kafka:\n"+keys(300, "  ")), ResolveAll)
	faults, _ := err.(Faults)
	if len(faults) != maxFaults+1 || !strings.Contains(faults[maxFaults].Message, "more than 200 faults") {
		t.Errorf("%d faults, the last is %v", len(faults), faults[len(faults)-1])
	}
	for i := range len(faults) - 1 {
		if a, b := faults[i], faults[i+1]; a.Line > b.Line || a.Line == b.Line && a.Column > b.Column {
			t.Errorf("%v stands before %v", a, b)
		}
	}
}

func TestFaultError(t *testing.T) {
	for want, f := range map[string]*Fault{
		"f:1:2: a.b: m": {File: "f", Line: 1, Column: 2, Path: "a.b", Message: "m", Hint: "h"},
		"f: m":          {File: "f", Message: "m"},
		"a: m":          {Path: "a", Message: "m"},
	} {
		if f.Error() != want {
			t.Errorf("%q, want %q", f.Error(), want)
		}
	}
	if got := (Faults{{Message: "a"}, {Message: "b"}}).Error(); got != "a\nb" {
		t.Errorf("%q", got)
	}
}

func TestTopicExactNameFirstThenPatternsInOrder(t *testing.T) {
	c := &Config{Topics: []*Topic{{Name: "^shop", Pattern: true}, {Name: `^shop\.orders$`, Pattern: true}, {Name: "shop.orders"}, {Name: "^(", Pattern: true}}}
	for name, want := range map[string]*Topic{"shop.orders": c.Topics[2], "shop.carts": c.Topics[0], "shoporders": c.Topics[0], "myshop": nil, "": nil} {
		if got := c.Topic(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if c.Topics[2].Matches("shop_orders") || !c.Topics[1].Matches("shop.orders") || c.Topics[1].Matches("shop.orders2") || c.Topics[3].Matches("(") {
		t.Error("Matches")
	}
}

// TestValidateWithoutAFile: what a program has made or changed is checked as a file's values are.
func TestValidateWithoutAFile(t *testing.T) {
	c := mustParse(t, minimal(t, "group: braze-bridge", "group: g"))
	c.Braze.Workspaces = map[string]*Workspace{"eu": {Endpoint: "http://x/", APIKey: NewSecret("k")}}
	warnings, err := c.Validate()
	faults, _ := err.(Faults)
	paths := make([]string, len(faults))
	for i, f := range faults {
		paths[i] = f.Path
	}
	equal(t, "paths", paths, []string{
		"braze.workspaces.eu.objects_per_request", "braze.workspaces.eu.counting", "braze.workspaces.eu.bytes_per_request", "braze.workspaces.eu.rate.requests",
		"braze.workspaces.eu.rate.per", "braze.workspaces.eu.max_in_flight", "braze.workspaces.eu.linger", "braze.workspaces.eu.timeout", "braze.workspaces.eu.max_wait",
	})
	equal(t, "warnings", len(warnings), 1)
	equal(t, "endpoint", c.Braze.Workspaces["eu"].Endpoint, "http://x")
	c.Braze.Workspaces = nil
	if warnings, err := c.Validate(); err != nil || len(warnings) > 0 {
		t.Errorf("error %v, warnings %v", err, warnings)
	}
	_, err = Default().Validate()
	faults, _ = err.(Faults)
	equal(t, "faults of Default", len(faults), 7)
}

func TestNodeAtWithoutPlaces(t *testing.T) {
	n := &Node{Kind: NodeString, Text: "aé日b", Pos: Pos{"f", 3, 5}}
	for offset, column := range map[int]int{-1: 5, 0: 5, 1: 6, 3: 7, 6: 8, 7: 9, 99: 9} {
		if got := n.At(offset); got != (Pos{"f", 3, column}) {
			t.Errorf("At(%d) is %v, want column %d", offset, got, column)
		}
	}
}

func TestNodeKindString(t *testing.T) {
	for k := NodeNull; k <= NodeMap; k++ {
		if k.String() == "" || k.String() == "unknown" {
			t.Errorf("kind %d is %q", k, k)
		}
	}
}
