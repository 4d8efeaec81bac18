package config

import (
	"slices"
	"strings"
	"testing"
)

// TestMisplaced: a key that stands in the wrong section is told where it belongs, before any name that looks like it.
func TestMisplaced(t *testing.T) {
	for yaml, want := range map[string]string{
		"brokers: [k:1]":                               "it belongs into kafka",
		"group: g":                                     "it belongs into kafka",
		"api_key: k":                                   "it belongs into braze",
		"kafka: {endpoint: x}":                         "it belongs into braze",
		"kafka: {log: {}}":                             "it belongs to the beginning of a line, beside the other sections",
		"kafka: {url: x}":                              "it belongs into schema_registry",
		"braze: {drain_timeout: 1s}":                   "it belongs into delivery",
		"delivery: {share: 1}":                         "it belongs into delivery.flood",
		"schema_registry: {username: u}":               "it belongs into kafka.sasl or schema_registry.basic_auth",
		"kafka: {ca_file: c}":                          "it belongs into kafka.tls or schema_registry.tls or braze.tls",
		"user: {email: x}":                             "it belongs into topics.TOPIC",
		"topics: {t: {event: e}}":                      "it belongs into an entry of topics.TOPIC.send",
		"topics: {t: {properties: {a: b}}}":            "it belongs into an entry of topics.TOPIC.send",
		"topics: {t: {linger: 5s}}":                    "it belongs into braze",
		"kafka: {brokrs: [k:1]}":                       "did you mean brokers?",
		"kafak: {}":                                    "did you mean kafka?",
		"braze: {workspaces: {eu: {shared_rate: {}}}}": "it belongs into braze",
		"kafka: {requests: 5}":                         "it belongs into braze.rate or braze.shared_rate",
	} {
		in := InspectBytes("f.yaml", []byte(yaml), ResolveLenient)
		is := func(f *Fault) bool { return f.Message == "unknown key" && f.Hint == want }
		if !slices.ContainsFunc(in.Faults, is) {
			t.Errorf("%s: %q is not among\n%s", yaml, want, report(nil, in.Err()))
		}
	}
}

// TestEveryKeyHasItsSection: the index knows every setting of the reference file, where that sets it.
func TestEveryKeyHasItsSection(t *testing.T) {
	cfg := fixture(t, "../deploy/reference.yaml")
	n := 0
	for path := range cfg.Places {
		i := strings.LastIndexByte(path, '.')
		if i < 0 || strings.HasPrefix(path, "topics.") || strings.Contains(path, "[") || strings.HasPrefix(path, "braze.workspaces.") {
			continue
		}
		n++
		if !slices.Contains(sectionsOf()[path[i+1:]], path[:i]) {
			t.Errorf("%s is not known as a key of %s", path[i+1:], path[:i])
		}
	}
	if n < 50 {
		t.Errorf("only %d settings", n)
	}
}

func fixture(t *testing.T, file string) *Inspection {
	t.Helper()
	in, err := Inspect(file, ResolveLenient)
	if err != nil || in.Config == nil {
		t.Fatal(err)
	}
	return in
}
