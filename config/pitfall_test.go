package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pitfalls are what people write who know what they mean, and what YAML makes of it. The hint tells what to write.
var pitfalls = []struct {
	setting    string // written into the file as it stands
	fault      string // contained in the one fault, behind its place; empty: none
	column     int
	hint       string // contained
	continuing bool   // the rest of the file is checked all the same
}{
	{`braze: {endpoint: "https://x.braze.com", api_key: ${env:TEST_KEY}}`, "braze.api_key: this expression needs quotes around it", 51, "put quotes around the whole value", true},
	{`braze: {api_key: ${file:/no/such/file}}`, "braze.api_key: this expression needs quotes around it", 18, "put quotes around the whole value", true},
	{`kafka: {group: ${env:TEST_ENV}}`, "kafka.group: this expression needs quotes around it", 16, `write: kafka: {group: '${env:TEST_ENV}'}`, true},
	{`kafka: {brokers: kafka:9092}`, "kafka.brokers: must be a list, is text", 18, "[kafka:9092]", true},
	{`kafka: {brokers: [kafka:9092,other:9092]}`, "", 0, "", true},
	{`delivery: {drain_timeout: 25}`, `"25" is no duration`, 27, "", true},
	{`delivery: {drain_timeout: -5s}`, `"-5s" is no duration`, 27, "", true},
	{`delivery: {drain_timeout: 1:30}`, `"1:30" is no duration`, 27, "", true},
	{`delivery: {in_flight_bytes: 32Mi}`, `"32Mi" is no size`, 29, "", true},
	{`delivery: {in_flight_bytes: -1}`, `"-1" is no size`, 29, "", true},
	{`delivery: {resend_window: 010}`, `"010" is no whole number in decimal digits`, 27, "YAML may read it as 8", true},
	{`delivery: {resend_window: -5}`, "must be between 1 and 10000000, is -5", 27, "", true},
	{`delivery: {resend_window: 99999999999999999999}`, "is too large a number", 27, "", true},
	{`delivery: {resend_window: 1e3}`, "is no whole number", 27, "write 1000", true},
	{`delivery: {resend_window: yes}`, "is no whole number", 27, "", true},
	{`delivery: {flood: {share: 50%}}`, `"50%" is no number`, 27, "such as 0.5", true},
	{`delivery: {resend_windw: 5}`, "delivery.resend_windw: unknown key", 12, "did you mean resend_window?", true},
	{`log: {level: WARN}`, `"WARN" is not one of`, 14, "did you mean warn?", true},
	{`log:`, "log: has no value", 5, "leave the key out", true},
	{`log: [level]`, "log: must be a mapping, is a list", 6, "without dashes", true},
	{`admin: {listen: 9464}`, `"9464" is not host:port`, 17, "127.0.0.1:9464", true},
	{`kafka: {group: !!binary aGVsbG8=}`, "a tag (!) has no meaning here", 16, "quote a value that begins with !", true},
	{`kafka: {client_id: *x}`, "this alias (*) names no anchor", 20, "quote a value that begins with *", true},
	{"kafka:\n  client_id: &x", "kafka.client_id: this anchor (&) stands for no value", 14, "quote a value that begins with &", true},
	{"kafka:\n  client_id: | x", "", 14, "begins with | or > needs quotes", false},
	{"kafka:\n  client_id: @x", "reserved character", 14, "needs quotes", false},
	{"kafka:\n  client_id: `x`", "reserved character", 14, "needs quotes", false},
	{"kafka:\n  client_id: ? x", "", 14, "begins with `? ` needs quotes", false},
	{"kafka:\n  client_id: - x", "", 14, "begins with `- ` needs quotes", false},
	{"kafka:\n  client_id: \"x", "could not find end character", 14, `close the quote`, false},
	{"kafka:\n  client_id: 'it's'", "", 18, "a single quote inside single quotes is doubled", false},
	{"kafka:\n  client_id: a: b", "kafka.client_id: this value needs quotes", 14, "write: client_id: 'a: b'", true},
	{"kafka:\n  client_id: a #b", "kafka.client_id: the text ends here", 16, "write: client_id: 'a #b'", true},
	{"kafka:\n\tclient_id: a", "a tab in the indentation", 1, "replace the tab by spaces", false},
	{"kafka:\n  client_id: a\n   group: b", "mapping value is not allowed", 14, "the line below is indented", false},
	{"braze:\n  api_key: {{ .Values.key }}", "could not find flow map content", 13, "{{ }} belongs to a template", false},
	{"braze:\n  api_key: ${env:KEY:-x}", "braze.api_key: this ${env:…} is no reference to a variable", 12, "a reference has no default", true},
	{"? [a]\n: b", "", 1, "write KEY: VALUE", false},
}

// TestPitfalls: each is told at its line and column, with what to write instead; and where the reader can go on it does.
func TestPitfalls(t *testing.T) {
	fixtureEnv(t)
	for _, p := range pitfalls {
		in := InspectBytes("f.yaml", []byte("# one\n"+p.setting+"\nlog2: {}\n"), ResolveLenient)
		isFault := func(f *Fault) bool {
			return strings.Contains(strings.TrimPrefix(f.Error(), fmt.Sprintf("f.yaml:%d:%d: ", f.Line, f.Column)), p.fault) &&
				f.Column == p.column && strings.Contains(f.Hint, p.hint) && f.Line >= 2
		}
		if (p.fault != "" || p.hint != "") && !slices.ContainsFunc(in.Faults, isFault) {
			t.Errorf("%s: %q at column %d (%s) is not among\n%s", p.setting, p.fault, p.column, p.hint, report(nil, in.Err()))
		}
		if p.fault == "" && p.hint == "" && slices.ContainsFunc(in.Faults, func(f *Fault) bool { return f.Line == 2 && f.Column > 1 }) {
			t.Errorf("%s: %v", p.setting, in.Faults)
		}
		after := slices.ContainsFunc(in.Faults, func(f *Fault) bool { return f.Path == "log2" })
		if after != p.continuing {
			t.Errorf("%s: the rest of the file was read: %v, want %v", p.setting, after, p.continuing)
		}
	}
}

// TestShellReferences: what fills in a variable elsewhere is taken as it stands, which is told and not shown.
func TestShellReferences(t *testing.T) {
	for text, want := range map[string]int{"$KEY": 1, "$(KEY)": 1, "$env:KEY": 1, "$key": 0, "pa$$WORD": 0, "$KEY-x": 0, "${env:TEST_KEY}": 0, "$1": 0} {
		fixtureEnv(t)
		in := InspectBytes("f.yaml", minimal(t, "${env:TEST_KEY}", text), ResolveAll)
		if len(in.Faults) > 0 || len(in.Warnings) != want || want == 1 && (in.Warnings[0].Path != "braze.api_key" || strings.Contains(in.Warnings[0].Error(), "KEY") || in.Warnings[0].Line != 8) {
			t.Errorf("%s: %v, %v", text, in.Faults, in.Warnings)
		}
		if got := in.Config.Braze.APIKey.Reveal(); want == 1 && got != text {
			t.Errorf("%s has become %s", text, got)
		}
	}
}

// TestNoSecretOfTheLineAboveIsShown: what a key of the line above belongs to is no less a secret.
func TestNoSecretOfTheLineAboveIsShown(t *testing.T) {
	for _, yaml := range []string{
		"braze: {api_key:\n  k3y-Canary, endpoint: ${env:TEST_ENV}}\n",
		"braze: {'api_key':\n\n  k3y-Canary, endpoint: ${env:TEST_ENV}}\n",
		"braze:\n  api_key:\n    k3y-Canary: ${env:TEST_ENV}\n",
		"{braze: {api_key:\n# a comment\nk3y-Canary}, topics: {t: {x: 1}}}\n",
		"braze:\n  api_key: &a\n    k3y-Canary #b\n",
		"{\"braze\": {\"api_key\":\n\"k3y-Canary\"}, \"topics\": {\"t\": {\"x\": ${y}}}}",
	} {
		in := InspectBytes("f.yaml", []byte(yaml), ResolveLenient)
		shown := report(in.Warnings, in.Err())
		for _, f := range in.Faults {
			shown += in.Line(f)
		}
		mustHide(t, yaml, shown)
		if len(in.Faults) == 0 {
			t.Errorf("%s: accepted", yaml)
		}
	}
}

// TestLine: only lines of mappings are shown.
func TestLine(t *testing.T) {
	in := InspectBytes("f.yaml", []byte("kafka: {brokrs: []}\ntopics:\n  t: {usr: 1}\n"), ResolveLenient)
	var shown []string
	for _, f := range in.Faults {
		if line := in.Line(f); line != "" {
			shown = append(shown, f.Path+line)
		}
	}
	equal(t, "lines", shown, []string{"topics.t.user  t: {usr: 1}", "topics.t.send  t: {usr: 1}", "topics.t.usr  t: {usr: 1}"})
}

// TestWhatIsNoMappingIsToldOnce: where nothing is set, that everything is missing says nothing.
func TestWhatIsNoMappingIsToldOnce(t *testing.T) {
	for _, data := range []string{"- a\n- b\n", "text", "12", "~", "true", "", "# only a comment\n"} {
		in := InspectBytes("f.yaml", []byte(data), ResolveLenient)
		if len(in.Faults) != 1 || in.Config != nil {
			t.Errorf("%q: %v", data, in.Faults)
		}
	}
}

// TestReferencesToFiles: a file's one line break is not the value's; a directory and a missing file are told, and an empty
// value where one is needed.
func TestReferencesToFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"lf": "k\n", "crlf": "k\r\n", "two": "k\n\n", "empty": "", "break": "\n", "yaml": "a: b # c\n- d"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"lf": "k", "crlf": "k", "two": "k\n", "yaml": "a: b # c\n- d"} {
		cfg, _, err := Parse("f.yaml", minimal(t, "${env:TEST_KEY}", "${file:"+filepath.Join(dir, name)+"}"), ResolveAll)
		if err != nil || cfg.Braze.APIKey.Reveal() != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "empty"): "8:12: braze.api_key: is empty",
		filepath.Join(dir, "break"): "8:12: braze.api_key: is empty",
		filepath.Join(dir, "none"):  "8:12: braze.api_key: read file " + filepath.Join(dir, "none") + ": no such file or directory",
		dir:                         "8:12: braze.api_key: read file " + dir + ": is a directory",
	} {
		_, _, err := Parse("f.yaml", minimal(t, "${env:TEST_KEY}", "${file:"+path+"}"), ResolveAll)
		if err == nil || err.Error() != "f.yaml:"+want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
