package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"brazebridge/config"
)

// Who has the program and nothing else can read about the language: all of it, and nothing about the package around it.
func TestHelpMapping(t *testing.T) {
	con := newConsole()
	if code := con.run("help", "mapping"); code != exitDone || con.stderr.String() != "" {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	text := con.stdout.String()
	if !strings.HasPrefix(text, "# The language\n") || strings.Contains(text, "Package mapping") {
		t.Errorf("it begins with %.60q", text)
	}
	for _, want := range []string{"# Rules", "# Names and paths", "# What becomes of nulls", "# Expressions", "# Functions", "sha256(s)", "minorUnits(", "for_each: ${items}", "# Tombstones"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for line := range strings.Lines(text) {
		if len([]rune(line)) > 140 || regexp.MustCompile(`^//`).MatchString(line) {
			t.Errorf("no line for people: %s", line)
		}
	}
}

// The schema for editors is the shipped one, and JSON.
func TestHelpSchema(t *testing.T) {
	con := newConsole()
	code := con.run("help", "schema")
	if text := con.stdout.String(); code != exitDone || !json.Valid([]byte(text)) || text != readFile(t, "../../deploy/brazebridge.schema.json") {
		t.Errorf("exit code %d: %.100s", code, text)
	}
}

// The reference of the configuration is one that the bridge itself accepts.
func TestHelpConfiguration(t *testing.T) {
	con := newConsole()
	if code := con.run("help", "configuration"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	if _, _, err := config.Parse("reference.yaml", []byte(con.stdout.String()), config.ResolveLenient); err != nil {
		t.Error(err)
	}
}
