package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const canary = "k3y-Canary"

// traces are the forms that a value could show in.
var traces = []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), "anary", fmt.Sprint([]byte(canary))}

func mustHide(t *testing.T, how, shown string) {
	t.Helper()
	for _, trace := range traces {
		if strings.Contains(shown, trace) {
			t.Errorf("%s shows the secret: %s", how, shown)
		}
	}
}

func TestSecretHidesInEveryFormat(t *testing.T) {
	s := NewSecret(canary)
	exported := struct {
		Key  Secret
		Keys []Secret
		Ptr  *Secret
		Map  map[string]Secret
	}{s, []Secret{s}, &s, map[string]Secret{"a": s}}
	unexported := struct{ key Secret }{s}
	cfg := Default()
	cfg.Braze.APIKey = s
	cfg.Kafka.SASL = &SASL{Password: s}
	cfg.Braze.Workspaces = map[string]*Workspace{"eu": {APIKey: s}}
	for name, value := range map[string]any{"itself": s, "pointer": &s, "exported": exported, "unexported": unexported, "in a list": []any{unexported}, "config": cfg, "config value": *cfg, "workspace": *cfg.Braze.Workspaces["eu"], "sasl": *cfg.Kafka.SASL} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "+#", "# x"[:1]} {
				format := "%" + flags + string(verb)
				mustHide(t, name+" in "+format, fmt.Sprintf(format, value))
			}
		}
		mustHide(t, name+" in Sprint", fmt.Sprint(value))
		asJSON, err := json.Marshal(value)
		if err != nil {
			t.Errorf("marshal %s: %v", name, err)
		}
		mustHide(t, name+" in JSON", string(asJSON))
		asYAML, err := yaml.Marshal(value)
		if err != nil {
			t.Errorf("marshal %s: %v", name, err)
		}
		mustHide(t, name+" in YAML", string(asYAML))
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		mustHide(t, name+" in a log", log.String())
		mustHide(t, name+" in an error", fmt.Errorf("x: %v", value).Error())
	}
	if s.Reveal() != canary {
		t.Errorf("reveals %q", s.Reveal())
	}
}

func TestSecretShowsThreeStars(t *testing.T) {
	s := NewSecret(canary)
	asJSON, _ := json.Marshal(s)
	asText, _ := s.MarshalText()
	asYAML, _ := s.MarshalYAML()
	for how, got := range map[string]string{
		"String": s.String(), "GoString": s.GoString(), "%v": fmt.Sprintf("%v", s), "%x": fmt.Sprintf("%x", s), "JSON": strings.Trim(string(asJSON), `"`),
		"text": string(asText), "YAML": fmt.Sprint(asYAML), "log": s.LogValue().String(), "the zero value": Secret{}.String(),
	} {
		if got != "***" {
			t.Errorf("%s is %q", how, got)
		}
	}
}

func TestSecretIsZero(t *testing.T) {
	for _, c := range []struct {
		secret Secret
		zero   bool
	}{{Secret{}, true}, {NewSecret(""), true}, {NewSecret("x"), false}} {
		if c.secret.IsZero() != c.zero {
			t.Errorf("IsZero of %q is %v", c.secret.Reveal(), !c.zero)
		}
	}
}

func TestSecretReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	put := func(s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("one\n")
	t.Setenv("TEST_KEY", "of env")
	load := func(value string) Secret {
		cfg, _, err := Parse("f.yaml", minimal(t, "api_key: ${env:TEST_KEY}", "api_key: "+value), ResolveAll)
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Braze.APIKey
	}
	s := load("${file:" + file + "}")
	if s.File() != file || s.Reveal() != "one" {
		t.Errorf("file %q, value %q", s.File(), s.Reveal())
	}
	put("two\r\n")
	if got, err := s.Reload(); got != "two" || err != nil || s.Reveal() != "one" {
		t.Errorf("reloaded %q, error %v; the secret itself is %q", got, err, s.Reveal())
	}
	put(canary + strings.Repeat("x", maxValue))
	if got, err := s.Reload(); got != "" || err == nil {
		t.Errorf("reloaded %d bytes of a huge file, error %v", len(got), err)
	} else {
		mustHide(t, "the error", err.Error())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Reload(); got != "" || err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("reloaded %q of a missing file, error %v", got, err)
	}
	for _, value := range []string{"${env:TEST_KEY}", "literal", "'a ${env:TEST_KEY}'"} {
		s := load(value)
		if got, err := s.Reload(); s.File() != "" || got != s.Reveal() || err != nil {
			t.Errorf("%s: file %q, reloaded %q, error %v", value, s.File(), got, err)
		}
	}
	put("two")
	if s := load("Bearer ${file:" + file + "}"); s.File() != "" || s.Reveal() != "Bearer two" {
		t.Errorf("a file within a text: file %q, value %q", s.File(), s.Reveal())
	}
}

// minimal is the smallest good configuration with one text replaced.
func minimal(t *testing.T, old, replacement string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/minimal.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("no %q in the minimal configuration", old)
	}
	return []byte(strings.Replace(string(data), old, replacement, 1))
}

// TestNoFaultShowsASecret puts secrets, in clear and filled in, everywhere in a configuration, and breaks every line of it in
// several ways.
func TestNoFaultShowsASecret(t *testing.T) {
	t.Setenv("CANARY", canary)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.ReplaceAll(`kafka:
  brokers: ["${env:CANARY}:9092"]
  group: ${env:CANARY}
  start: ${env:CANARY}
  session_timeout: ${env:CANARY}
  sasl: {mechanism: "${env:CANARY}", username: u, password: k3y-Canary}
schema_registry:
  url: https://u:k3y-Canary@registry
  basic_auth:
    username: u
    password: k3y-Canary
  bearer_token: "k3y-Canary"
braze:
  endpoint: https://${env:CANARY}@x/y
  api_key: ${file:FILE}
  max_in_flight: ${file:FILE}
  rate: {requests: "${env:CANARY}", per: "${env:CANARY}"}
  workspaces:
    eu: {api_key: k3y-Canary, endpoint: "${env:CANARY}"}
dead_letter: {topic: d, create: "${env:CANARY}"}
admin: {listen: "${env:CANARY}"}
topics:
  a: {workspace: "${env:CANARY}", max_age: "${env:CANARY}", record: "${env:CANARY} x", key: "${env:CANARY}", user: {external_id: x}, send: [{event: x}]}`, "FILE", file), "\n")
	damage := map[string]func(string) string{
		"none":              func(s string) string { return s },
		"a tab":             func(s string) string { return "\t" + s },
		"a colon":           func(s string) string { return s + ": ${x}: y" },
		"a comment":         func(s string) string { return s + " # && ${" },
		"a bracket":         func(s string) string { return s + "}" },
		"an open quote":     func(s string) string { return s + ` "` },
		"an open bracket":   func(s string) string { return strings.TrimRight(s, "}]") },
		"another key":       func(s string) string { return strings.Replace(s, ":", "x:", 1) },
		"a list":            func(s string) string { return strings.Replace(s, ": ", ": - ", 1) },
		"an expression":     func(s string) string { return strings.Replace(s, "k3y", "${k3y: x}", 1) },
		"one space less":    func(s string) string { return strings.TrimPrefix(s, " ") },
		"a tag":             func(s string) string { return strings.Replace(s, ": ", ": !!int ", 1) },
		"an alias":          func(s string) string { return strings.Replace(s, ": ", ": *", 1) },
		"an at sign":        func(s string) string { return strings.Replace(s, ": ", ": @", 1) },
		"a reference":       func(s string) string { return strings.Replace(s, "k3y", "${k3y", 1) },
		"a foreign refer":   func(s string) string { return strings.Replace(s, "k3y-Canary", "${vault:k3y-Canary}", 1) },
		"a second document": func(s string) string { return s + "\n---\n" + s },
	}
	for i := range lines {
		for name, how := range damage {
			changed := append([]string(nil), lines...)
			changed[i] = how(changed[i])
			for _, resolve := range []Resolve{ResolveAll, ResolveLenient} {
				_, warnings, err := Parse("f.yaml", []byte(strings.Join(changed, "\n")), resolve)
				if err == nil {
					t.Errorf("line %d with %s: accepted", i+1, name)
				}
				mustHide(t, fmt.Sprintf("line %d with %s", i+1, name), report(warnings, err))
			}
		}
	}
}
