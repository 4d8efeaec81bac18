package editor

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
)

var update = flag.Bool("update", false, "rewrite the shipped schema")

const (
	configSource = "../../../config"
	shipped      = "../../../deploy/brazebridge.schema.json"
)

// The shipped schema is what the types and their comments say now.
func TestShippedSchemaIsCurrent(t *testing.T) {
	want, err := Generate(configSource)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(shipped, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the types say: go test ./cmd/internal/editor -update", shipped)
	}
}

// Every setting says what it means, and those with a default say it.
func TestEverySettingIsDescribed(t *testing.T) {
	var visit func(path string, s map[string]any)
	n := 0
	visit = func(path string, s map[string]any) {
		for name, p := range mapOf(s["properties"]) {
			prop, at := mapOf(p), path+"."+name
			n++
			if prop["description"] == nil && prop["$ref"] == nil {
				t.Errorf("%s has no description", at)
			}
			visit(at, prop)
			visit(at+".*", mapOf(prop["additionalProperties"]))
		}
	}
	root := load(t)
	visit("", root)
	if n < 70 {
		t.Errorf("only %d settings", n)
	}
	kafka := mapOf(mapOf(mapOf(root["properties"])["kafka"])["properties"])
	if d := mapOf(kafka["session_timeout"])["default"]; d != "45s" {
		t.Errorf("the default of kafka.session_timeout is %v", d)
	}
}

func mapOf(v any) map[string]any { m, _ := v.(map[string]any); return m }

func load(t *testing.T) map[string]any {
	t.Helper()
	text, err := Generate(configSource)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// What the bridge accepts is not marked as wrong: the example, the reference, and the fixtures of the configuration's tests.
func TestGoodFilesPass(t *testing.T) {
	root := load(t)
	files := []string{"../../../deploy/example/brazebridge.yaml", "../../../deploy/reference.yaml"}
	good, err := filepath.Glob(filepath.Join(configSource, "testdata", "*.good.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, good...) {
		if faults := judge(t, root, read(t, file)); len(faults) > 0 {
			t.Errorf("%s: %s", file, strings.Join(faults, "; "))
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What an editor can see without a record's schema is marked.
func TestMistakesAreMarked(t *testing.T) {
	root := load(t)
	text := read(t, "../../../deploy/example/brazebridge.yaml")
	for old, fresh := range map[string]string{
		"group: braze-bridge": "groop: braze-bridge",
		"start: earliest":     "start: yesterday",
		"requests: 3000":      "requests: many",
		"per: 3s":             "per: 3 seconds",
		"user: {external_id: \"${customer_id}\"}": "user: {externalid: \"${customer_id}\"}",
		"when: ${status == \"PLACED\"}":           "wenn: x",
		"- event: searched":                       "- evnt: searched",
		"dead_letter:\n":                          "dead_leter:\n",
	} {
		changed := strings.Replace(text, old, fresh, 1)
		if changed == text {
			t.Errorf("%q is not in the example", old)
		} else if len(judge(t, root, changed)) == 0 {
			t.Errorf("%q is not marked", fresh)
		}
	}
}

// The example names the schema in its first line, as editors look for it.
func TestExampleNamesTheSchema(t *testing.T) {
	first, _, _ := strings.Cut(read(t, "../../../deploy/example/brazebridge.yaml"), "\n")
	m := regexp.MustCompile(`^# yaml-language-server: \$schema=(\S+)$`).FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("the first line is %q", first)
	}
	if _, err := os.Stat(filepath.Join("../../../deploy/example", m[1])); err != nil {
		t.Error(err)
	}
}

// judge is a validator of what Generate uses of JSON Schema.
func judge(t *testing.T, root map[string]any, text string) []string {
	t.Helper()
	doc, _, faults := config.ReadDocument("bridge.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	v := plain(doc)
	return (&validator{root}).value("", root, v)
}

// plain is a document as a validator sees it.
func plain(n *config.Node) any {
	switch n.Kind {
	case config.NodeNull:
		return nil
	case config.NodeBool:
		return n.Text == "true"
	case config.NodeNumber:
		var f float64
		if json.Unmarshal([]byte(n.Text), &f) != nil {
			return 0.0
		}
		return f
	case config.NodeList:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plain(item))
		}
		return list
	case config.NodeMap:
		m := map[string]any{}
		for i := range n.Keys {
			m[n.Keys[i].Name] = plain(n.Keys[i].Value)
		}
		return m
	}
	return n.Text
}

type validator struct{ root map[string]any }

func (j *validator) value(at string, s map[string]any, v any) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, at+" "+fmt.Sprintf(format, args...)) }
	for key, rule := range s {
		switch key {
		case "$ref":
			name := strings.TrimPrefix(rule.(string), "#/definitions/")
			faults = append(faults, j.value(at, mapOf(mapOf(j.root["definitions"])[name]), v)...)
		case "type":
			kinds, isList := rule.([]any)
			if !isList {
				kinds = []any{rule}
			}
			if !slices.ContainsFunc(kinds, func(k any) bool { return isKind(k.(string), v) }) {
				fault("is no %v", rule)
			}
		case "enum":
			if !slices.ContainsFunc(rule.([]any), func(e any) bool { return reflect.DeepEqual(e, v) }) {
				fault("is none of %v", rule)
			}
		case "const":
			if !reflect.DeepEqual(rule, v) {
				fault("is not %v", rule)
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(rule.(string)).MatchString(text) {
				fault("does not match %s", rule)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < rule.(float64) {
				fault("is below %v", rule)
			}
		case "maximum":
			if n, ok := v.(float64); ok && n > rule.(float64) {
				fault("is above %v", rule)
			}
		case "exclusiveMinimum":
			if n, ok := v.(float64); ok && n <= rule.(float64) {
				fault("is not above %v", rule)
			}
		case "minItems", "minProperties":
			if reflect.ValueOf(v).Kind() != reflect.String && v != nil && float64(reflect.ValueOf(v).Len()) < rule.(float64) {
				fault("is too short")
			}
		case "required":
			for _, name := range rule.([]any) {
				if m, ok := v.(map[string]any); ok && m[name.(string)] == nil {
					fault("lacks %v", name)
				}
			}
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				faults = append(faults, j.value(fmt.Sprintf("%s[%d]", at, i), mapOf(rule), e)...)
			}
		case "anyOf":
			if !slices.ContainsFunc(rule.([]any), func(o any) bool { return len(j.value(at, mapOf(o), v)) == 0 }) {
				fault("is none of what it may be")
			}
		case "properties":
			for name, e := range mapOf(v) {
				if p := mapOf(mapOf(rule)[name]); p != nil {
					faults = append(faults, j.value(at+"."+name, p, e)...)
				} else if s["additionalProperties"] == false {
					fault("has an unknown key %s", name)
				}
			}
		case "additionalProperties":
			if other := mapOf(rule); other != nil && s["properties"] == nil {
				for _, name := range slices.Sorted(maps.Keys(mapOf(v))) {
					faults = append(faults, j.value(at+"."+name, other, mapOf(v)[name])...)
				}
			}
		case "description", "default", "$schema", "title", "definitions":
		default:
			fault("the validator does not know %s", key)
		}
	}
	return faults
}

func isKind(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return kind == "null" && v == nil
}
