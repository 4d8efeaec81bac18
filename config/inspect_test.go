package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func mustInspect(t *testing.T, data string) *Inspection {
	t.Helper()
	in := InspectBytes("f.yaml", []byte(data), ResolveLenient)
	if in.Config == nil {
		t.Fatalf("nothing was decoded: %v", in.Faults)
	}
	return in
}

// TestInspectReturnsWhatCouldBeDecoded: a fault in one section costs none of the others.
func TestInspectReturnsWhatCouldBeDecoded(t *testing.T) {
	in := mustInspect(t, `kafka: {brokers: [kafka], grup: g, session_timeout: soon}
braze: 7
topics:
  a: {user: {email: x}, max_age: long, send: [{event: one}]}
  b: {user: {email: x}, send: [{event: two}]}
`)
	c := in.Config
	if len(in.Faults) < 5 || len(c.Topics) != 2 || c.Topics[1].Send.Items[0].Get("event").Text != "two" || c.Kafka.Brokers[0] != "kafka" {
		t.Errorf("%d faults, topics %v, brokers %v", len(in.Faults), c.Topics, c.Kafka.Brokers)
	}
	equal(t, "session_timeout", c.Kafka.SessionTimeout, Default().Kafka.SessionTimeout)
	if _, _, err := Parse("f.yaml", []byte("kafka: 7"), ResolveAll); err == nil {
		t.Error("Parse accepts what Inspect finds faults in")
	}
	if in := InspectBytes("f.yaml", []byte("{"), ResolveAll); in.Config != nil || len(in.Faults) == 0 || in.Err() == nil {
		t.Errorf("of what is no YAML there is %v, with %v", in.Config, in.Faults)
	}
	if _, err := Inspect(filepath.Join(t.TempDir(), "none"), ResolveAll); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a missing file: %v", err)
	}
}

// TestInspectAgreesWithLoad: both find the same in every fixture, and only Load refuses.
func TestInspectAgreesWithLoad(t *testing.T) {
	fixtureEnv(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		in, err := Inspect(file, ResolveAll)
		if err != nil {
			t.Fatal(err)
		}
		cfg, warnings, err := Load(file, ResolveAll)
		equal(t, file, report(in.Warnings, in.Err()), report(warnings, err))
		if (cfg == nil) != (len(in.Faults) > 0) {
			t.Errorf("%s: Load returns %v beside %d faults", file, cfg, len(in.Faults))
		}
		if cfg != nil {
			equal(t, file, in.Config, cfg)
		}
	}
}

// TestPlaces: a setting stands where its value does, an inherited one where it is inherited from, one that is not written
// in its section.
func TestPlaces(t *testing.T) {
	in := mustInspect(t, `kafka:
  brokers:
    - kafka:9092
    - other:9092
  tls:
    ca_file: /ca.pem
braze:
  endpoint: https://rest.iad-01.braze.com
  workspaces:
    eu:
      tls: {cert_file: /c.pem}
    us: {}
topics:
  shop.orders:
    key: avro
`)
	for path, want := range map[string][2]int{
		"kafka.brokers":                      {3, 5},
		"kafka.brokers[1]":                   {4, 7},
		"kafka.brokers[7]":                   {3, 5},
		"kafka.tls.ca_file":                  {6, 14},
		"kafka.tls.key_file":                 {6, 5},
		"kafka.group":                        {2, 3},
		"braze.endpoint":                     {8, 13},
		"braze.workspaces.eu.endpoint":       {8, 13},
		"braze.workspaces.eu.tls.cert_file":  {11, 24},
		"braze.workspaces.eu.tls.ca_file":    {11, 12},
		"braze.workspaces.us.tls.ca_file":    {12, 9},
		"braze.workspaces.no.such.workspace": {10, 5},
		"topics.shop.orders.key":             {15, 10},
		"topics.shop.orders.start":           {15, 5},
		"admin.listen":                       {1, 1},
		"":                                   {1, 1},
	} {
		if at := in.Places.Of(path); at.File != "f.yaml" || [2]int{at.Line, at.Column} != want {
			t.Errorf("%s is at %v, want %v", path, at, want)
		}
	}
	if at := Places(nil).Of("kafka.tls.ca_file"); at != (Pos{}) {
		t.Errorf("without places it is at %v", at)
	}
}

// TestPlacesOfTheReference: every setting of the reference file has a place of its own, in whose line its name or value is.
func TestPlacesOfTheReference(t *testing.T) {
	const file = "../deploy/reference.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := InspectBytes(file, text, ResolveLenient)
	if in.Config == nil || len(in.Places) < 80 {
		t.Fatalf("%d places, faults %v", len(in.Places), in.Faults)
	}
	lines := strings.Split(string(text), "\n")
	for path := range in.Places {
		at := in.Places.Of(path)
		if at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len([]rune(lines[at.Line-1]))+1 {
			t.Errorf("%s is at %v", path, at)
		}
	}
}

// TestIsMapped: a topic is left alone where compiling it would only repeat what its own faults say.
func TestIsMapped(t *testing.T) {
	for yaml, want := range map[string]bool{
		"{user: {email: x}, send: [{event: e}]}":                         true,
		"{send: [{event: e}]}":                                           true,
		"{user: 7, send: [{event: e}]}":                                  true,
		"{user: {email: x}, max_age: 3 weeks, send: [{event: e}]}":       true,
		"{user: {email: x}, sned: [{event: e}]}":                         false,
		"{user: {email: x}, send: {event: e}}":                           false,
		"{user: {email: x}, send: []}":                                   false,
		"{user: {email: x}, send: [e, {event: e}]}":                      true,
		"{user: {email: x}, key: avor, send: [{event: e}]}":              false,
		"{user: {email: x}, record: [a b], send: [{event: e}]}":          false,
		"{user: {email: x}, tombstones: no, send: [{event: e}]}":         false,
		"{user: {email: x}, set: [a], send: [{event: e}]}":               false,
		"{user: {email: x}, set: {a: *none}, send: [{event: e}]}":        false,
		"{user: {email: x}, set: {a: {b: [*none]}}, send: [{event: e}]}": false,
		"{user: {email: x}, send: [{event: e, properties: {a: *none}}]}": true,
		"{user: {email: x}, send: [{event: e}], unknown: 1}":             true,
		"7": false,
		"{user: {email: x}, set: {a: {b: c}}, send: [{event: e}], workspace: z}": true,
	} {
		in := mustInspect(t, "topics:\n  t.u: "+yaml+"\n  t: {user: {email: x}, send: [{event: e}]}\n")
		if got := in.IsMapped(in.Config.Topics[0]); got != want {
			t.Errorf("%s: %v, want %v; faults %v", yaml, got, want, in.Faults)
		}
		if !in.IsMapped(in.Config.Topics[1]) {
			t.Errorf("%s: the other topic is not mapped", yaml)
		}
	}
	if in := mustInspect(t, "topics: {'bad name': {user: {email: x}, send: [{event: e}]}}"); in.IsMapped(in.Config.Topics[0]) {
		t.Error("a topic that cannot exist is mapped")
	}
}

// TestSaid: what follows from a fault of the file is told by that.
func TestSaid(t *testing.T) {
	in := mustInspect(t, `topics:
  t:
    user: {email: x}
    send:
      - event: e
        properties: {a: *none, b: "${x}"}
      - event: ${x ? "a" : "b"}
        properties: {c: "${x}"}
`)
	if !slices.ContainsFunc(in.Faults, func(f *Fault) bool { return f.repaired && f.Line == 7 }) {
		t.Fatalf("the missing quotes are not among %v", in.Faults)
	}
	for _, c := range []struct {
		path         string
		line, column int
		want         bool
	}{
		{"topics.t.send[0].properties.a", 6, 25, true},
		{"topics.t.send[0].properties.a.deeper", 6, 40, true},
		{"topics.t.send[0].properties.ab", 6, 40, false},
		{"topics.t.send[0].properties.b", 6, 35, false},
		{"topics.t.send[0].properties", 6, 21, false},
		{"topics.t.send[1].event", 7, 20, true},
		{"topics.t.send[1].other", 7, 90, true},
		{"topics.t.send[1].properties.c", 8, 30, false},
	} {
		if got := in.Said(&Fault{Path: c.path, Line: c.line, Column: c.column}); got != c.want {
			t.Errorf("%s at %d:%d: %v, want %v", c.path, c.line, c.column, got, c.want)
		}
	}
}
