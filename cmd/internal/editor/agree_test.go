package editor

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
)

// The configuration's own bad examples are marked, except where only the bridge can know better; and nothing is marked that
// the bridge would not refuse.
func TestBadFilesAreMarked(t *testing.T) {
	root := load(t)
	files, err := filepath.Glob(filepath.Join(configSource, "testdata", "*.bad.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	unseen := []string{"loop.bad.yaml", "workspaces_only.bad.yaml"} // a name that matches another, a key that nobody inherits
	judged := 0
	for _, file := range files {
		text := read(t, file)
		if _, _, faults := config.ReadDocument(file, []byte(text)); len(faults) > 0 {
			continue // YAML's own
		}
		judged++
		marks := judge(t, root, text)
		if (len(marks) == 0) != slices.Contains(unseen, filepath.Base(file)) {
			t.Errorf("%s: the marks are %v", file, marks)
		}
		in := config.InspectBytes(file, []byte(text), config.ResolveLenient)
		for _, m := range marks {
			if at := placeOf(m); !slices.ContainsFunc(in.Faults, func(f *config.Fault) bool { return near(f.Path, at) }) {
				t.Errorf("%s: %s is marked, and the bridge takes it: %v", file, m, in.Faults)
			}
		}
	}
	if judged < 7 {
		t.Errorf("only %d files were judged", judged)
	}
}

// placeOf is the path that a mark is about: with the key, where one is unknown or missing.
func placeOf(mark string) string {
	path, what, _ := strings.Cut(strings.TrimPrefix(mark, "."), " ")
	for _, words := range []string{"has an unknown key ", "lacks "} {
		if key, ok := strings.CutPrefix(what, words); ok {
			path = strings.TrimPrefix(path+"."+key, ".")
		}
	}
	return path
}

// near tells whether a fault is of the marked value, of one inside it, or of one around it.
func near(fault, mark string) bool {
	return fault == mark || strings.HasPrefix(fault, mark+".") || strings.HasPrefix(fault, mark+"[") || strings.HasPrefix(mark, fault+".")
}

const whole = `kafka: {brokers: ["k:1"], group: g}
schema_registry: {url: "http://r"}
braze: {endpoint: "https://b", api_key: k%s}
dead_letter: {topic: d%s}
delivery: {%s}
topics: {t: {user: {external_id: x}, send: [{event: e}]}}
`

// The bounds in the schema are those that the bridge checks: at each bound both accept, and beyond it both refuse.
func TestBoundsAgree(t *testing.T) {
	root := load(t)
	written := map[string]func(n string) string{
		"Workspace.ObjectsPerRequest": func(n string) string { return fmt.Sprintf(whole, ", objects_per_request: "+n, "", "") },
		"Workspace.MaxInFlight":       func(n string) string { return fmt.Sprintf(whole, ", max_in_flight: "+n, "", "") },
		"Rate.Requests":               func(n string) string { return fmt.Sprintf(whole, ", rate: {requests: "+n+"}", "", "") },
		"Delivery.ResendWindow":       func(n string) string { return fmt.Sprintf(whole, "", "", "resend_window: "+n) },
		"Delivery.InFlightRecords":    func(n string) string { return fmt.Sprintf(whole, "", "", "in_flight_records: "+n) },
		"Flood.Of":                    func(n string) string { return fmt.Sprintf(whole, "", "", "flood: {at_least: 1, of: "+n+"}") },
		"Flood.AtLeast":               func(n string) string { return fmt.Sprintf(whole, "", "", "flood: {of: 1000000, at_least: "+n+"}") },
		"DeadLetterCreate.Partitions": func(n string) string { return fmt.Sprintf(whole, "", ", create: {partitions: "+n+"}", "") },
		"DeadLetterCreate.Replicas":   func(n string) string { return fmt.Sprintf(whole, "", ", create: {replicas: "+n+"}", "") },
	}
	agree := func(text string, want bool) {
		t.Helper()
		in := config.InspectBytes("b.yaml", []byte(text), config.ResolveLenient)
		if marks := judge(t, root, text); (len(marks) == 0) != want || (len(in.Faults) == 0) != want {
			t.Errorf("marks %v, faults %v, wanted accepted: %v\n%s", marks, in.Faults, want, text)
		}
	}
	for path, b := range bounds {
		write := written[path]
		if write == nil {
			t.Errorf("%s is not tried", path)
			continue
		}
		agree(write(fmt.Sprint(b[0])), true)
		agree(write(fmt.Sprint(b[1])), true)
		agree(write(fmt.Sprint(b[0]-1)), false)
		agree(write(fmt.Sprint(b[1]+1)), false)
	}
	for share, want := range map[string]bool{"0": false, "0.001": true, "1": true, "1.01": false, "-1": false} {
		agree(fmt.Sprintf(whole, "", "", "flood: {share: "+share+"}"), want)
	}
}

// What the schema requires is what the bridge requires.
func TestRequiredAgrees(t *testing.T) {
	root := load(t)
	good := fmt.Sprintf(whole, "", "", "")
	good = strings.Replace(good, "group: g}", "group: g, sasl: {mechanism: PLAIN, username: u, password: p}, tls: {}}", 1)
	good = strings.Replace(good, `url: "http://r"}`, `url: "http://r", basic_auth: {username: u}}`, 1)
	if marks := judge(t, root, good); len(marks) > 0 {
		t.Fatal(marks)
	}
	parts := map[string]string{ // how each is written
		"Kafka.brokers": `brokers: ["k:1"], `, "Kafka.group": "group: g, ", "SASL.mechanism": "mechanism: PLAIN, ", "SASL.username": "username: u, ", "SASL.password": ", password: p",
		"SchemaRegistry.url": `url: "http://r", `, "BasicAuth.username": "username: u}", "DeadLetter.topic": "topic: d",
	}
	for section, names := range required {
		for _, name := range names {
			part := parts[section+"."+name]
			missing := strings.Replace(good, part, strings.Repeat("}", strings.Count(part, "}")), 1)
			if part == "" || missing == good {
				t.Errorf("%s.%s is not tried", section, name)
				continue
			}
			in := config.InspectBytes("b.yaml", []byte(missing), config.ResolveLenient)
			lacks := func(m string) bool { return strings.HasSuffix(m, "lacks "+name) }
			isRequired := func(f *config.Fault) bool { return strings.HasSuffix(f.Path, "."+name) && f.Message == "is required" }
			if marks := judge(t, root, missing); !slices.ContainsFunc(marks, lacks) || !slices.ContainsFunc(in.Faults, isRequired) {
				t.Errorf("%s.%s: marks %v, faults %v\n%s", section, name, marks, in.Faults, missing)
			}
		}
	}
}

// The keys of a rule are those that the compiler knows.
func TestRuleKeysAgree(t *testing.T) {
	known := map[string]bool{}
	for _, kind := range []string{"event: e", "purchase: p", "attributes: {}"} {
		in := config.InspectBytes("b.yaml", []byte("topics: {t: {user: {external_id: x}, send: [{"+kind+", zzzzzz: 1}]}}"), config.ResolveLenient)
		_, _, faults := mapping.Compile(in.Config.Topics[0], nil)
		i := slices.IndexFunc(faults, func(f *config.Fault) bool { return strings.HasPrefix(f.Message, `unknown key "zzzzzz"`) })
		if i < 0 {
			t.Fatalf("%s: %v", kind, faults)
		}
		list, ok := strings.CutPrefix(faults[i].Hint, "known: ")
		if !ok {
			t.Fatalf("%s: %s", kind, faults[i].Hint)
		}
		for _, name := range strings.FieldsFunc(strings.ReplaceAll(list, " and ", ", "), func(r rune) bool { return r == ',' || r == ' ' }) {
			known[name] = true
		}
	}
	shown := mapOf(mapOf(mapOf(load(t)["definitions"])["rule"])["properties"])
	for name := range known {
		if shown[name] == nil {
			t.Errorf("the compiler knows %s, the schema does not", name)
		}
	}
	for name := range shown {
		if !known[name] {
			t.Errorf("the schema knows %s, the compiler does not", name)
		}
	}
	if len(known) < 12 {
		t.Errorf("only %d keys: %v", len(known), known)
	}
}
