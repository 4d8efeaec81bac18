package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// sections are the parts of a configuration that a block may leave out.
var sections = map[string]string{
	"kafka":           "kafka: {brokers: [\"b:1\"], group: g}\n",
	"schema_registry": "schema_registry: {url: \"https://registry\"}\n",
	"braze":           "braze: {endpoint: \"https://braze\", api_key: k}\n",
	"dead_letter":     "dead_letter: {topic: letters}\n",
	"topics":          "topics: {t: {user: {external_id: x}, send: [{event: e}]}}\n",
}

// completed is a block with the sections that it leaves out.
func completed(block string) string {
	for name, text := range sections {
		if !regexp.MustCompile(`(?m)^` + name + `:`).MatchString(block) {
			block += text
		}
	}
	return block
}

func exampleSchemas(t *testing.T) *schema.Dir {
	t.Helper()
	dir, err := schema.OpenDir(filepath.Join(repository, "deploy/example/schemas"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func latestOf(t *testing.T, dir *schema.Dir, topic string) *schema.Schema {
	t.Helper()
	s, err := dir.Latest(t.Context(), schema.Subject(topic))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every configuration in the README is one: it loads, and what maps a topic of the example compiles against its schema.
func TestReadmeConfigurations(t *testing.T) {
	dir := exampleSchemas(t)
	compiled := 0
	for _, block := range fenced(t, "yaml") {
		if strings.Contains(block, "\ntests:\n") {
			continue // see TestReadmeOwnTopic
		}
		cfg, _, err := config.Parse("README.md", []byte(completed(block)), config.ResolveLenient)
		if err != nil {
			t.Errorf("%v\nin\n%s", err, block)
			continue
		}
		for _, topic := range cfg.Topics {
			s, err := dir.Latest(context.Background(), schema.Subject(topic.Name))
			if err != nil {
				continue // a topic of the reader's own
			}
			compiled++
			if _, _, faults := mapping.Compile(topic, s); len(faults) > 0 {
				t.Errorf("%v\nin\n%s", faults, block)
			}
		}
	}
	if compiled == 0 {
		t.Error("no mapping of the README was compiled")
	}
}

// The topic of one's own: what the README's producer writes becomes what the README's configuration and test say.
func TestReadmeOwnTopic(t *testing.T) {
	shell := strings.Join(fenced(t, "sh"), "\n")
	text := regexp.MustCompile(`value\.schema='([^']+)'`).FindStringSubmatch(shell)
	record := regexp.MustCompile(`<<'END'\n(.+)\nEND`).FindStringSubmatch(shell)
	if text == nil || record == nil {
		t.Fatal("the README shows no record of an own topic")
	}
	s, err := exampleSchemas(t).Parse(text[1], "README.md")
	if err != nil {
		t.Fatal(err)
	}
	own := blockWith(t, "yaml", "brokers: [kafka:19092]")
	got := string(mapOne(t, parse(t, own).Topic("shop.returns"), s, record[1]))
	if !strings.Contains(got, `"external_id":"c-42"`) || !strings.Contains(got, `"reason":"too small"`) {
		t.Errorf("the record becomes %s", got)
	}

	dir := t.TempDir()
	for name, content := range map[string]string{
		"my-bridge.yaml": own, "my-bridge_test.yaml": blockWith(t, "yaml", "\ntests:\n"), "schemas/shop.returns-value.avsc": text[1],
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"check", "--config", filepath.Join(dir, "my-bridge.yaml"), "--schemas", filepath.Join(dir, "schemas")},
		{"test", filepath.Join(dir, "my-bridge_test.yaml")},
	} {
		if c := newConsole(); c.run(args...) != 0 {
			t.Errorf("%v\n%s%s", args, c.stdout.String(), c.stderr.String())
		}
	}
}

// blockWith is the README's block of a language that holds a text.
func blockWith(t *testing.T, language, text string) string {
	t.Helper()
	for _, block := range fenced(t, language) {
		if strings.Contains(block, text) {
			return block
		}
	}
	t.Fatalf("the README has no block of %s with %q", language, text)
	return ""
}

// mapOne is the one object that a mapping makes of a record in plain JSON.
func mapOne(t *testing.T, topic *config.Topic, s *schema.Schema, plain string) []byte {
	t.Helper()
	program, _, faults := mapping.Compile(topic, s)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	datum, err := s.EncodeJSON([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	var arena schema.Arena
	value, err := s.Decode(&arena, datum)
	if err != nil {
		t.Fatal(err)
	}
	var out mapping.Output
	meta := mapping.Meta{Topic: topic.Name, Timestamp: time.Unix(0, 0)}
	if n, err := program.NewMapper().Map(&out, value, &meta); err != nil || n != 1 {
		t.Fatalf("%d objects, %v", n, err)
	}
	return out.Items[0].JSON
}

// Each value of the README's table becomes what the table says.
func TestReadmeValues(t *testing.T) {
	s := latestOf(t, exampleSchemas(t), "shop.orders")
	record := blockWith(t, "json", "placed_at")
	rows := table(t, "| Written | Sent |")
	if len(rows) < 10 {
		t.Fatalf("the table has %d rows: is it still read?", len(rows))
	}
	for _, row := range rows {
		written := code(row[0])[0]
		want := ""
		if found := code(row[1]); len(found) > 0 {
			want = found[0]
		}
		topic := "topics: {shop.orders: {user: {external_id: x}, send: [{event: e, properties: {v: '" + written + "'}}]}}\n"
		var object struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
		if err := json.Unmarshal(mapOne(t, parse(t, completed(topic)).Topic("shop.orders"), s, record), &object); err != nil {
			t.Fatal(err)
		}
		if got := string(object.Properties["v"]); got != want {
			t.Errorf("%s becomes %s, the README says %s", written, got, want)
		}
	}
}

// Each answer of the README's table has the class that it says, and may hide a success only where it says so.
func TestReadmeAnswers(t *testing.T) {
	items := []sink.Item{
		{Kind: sink.Event, JSON: []byte(`{"external_id":"a","name":"e","time":"2026-01-01T00:00:00Z"}`)},
		{Kind: sink.Event, JSON: []byte(`{"external_id":"b","name":"e","time":"2026-01-01T00:00:00Z"}`)},
	}
	tried := 0
	for _, row := range table(t, "| Answer | Class | The records of the request |") {
		var body string
		var statuses []int
		for _, found := range code(row[0]) {
			if status, err := jsonInt(found); err == nil {
				statuses = append(statuses, status)
			} else {
				body = found
			}
		}
		for _, status := range statuses {
			tried++
			braze := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			}))
			client, err := sink.NewClient(sink.ClientOptions{Endpoint: braze.URL, Key: func(bool) (string, error) { return "k", nil }})
			if err != nil {
				t.Fatal(err)
			}
			request := sink.NewRequest(nil, items)
			answer := client.Send(t.Context(), &request)
			braze.Close()
			if want := code(row[1])[0]; answer.Class.String() != want {
				t.Errorf("%d %s is %s, the README says %s", status, body, answer.Class, want)
			}
			if twice := strings.Contains(row[2], "may arrive twice"); answer.Ambiguous != twice {
				t.Errorf("%d %s: ambiguous is %v, the README says %v", status, body, answer.Ambiguous, twice)
			}
			if named := bytes.Count([]byte(body), []byte(`"index":`)); named != len(answer.Errors) {
				t.Errorf("%d %s names %d objects", status, body, len(answer.Errors))
			}
		}
	}
	if tried < 20 {
		t.Fatalf("%d answers were tried: is the table still read?", tried)
	}
}

func jsonInt(text string) (n int, err error) {
	err = json.Unmarshal([]byte(text), &n)
	return n, err
}
