package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
)

const keySchema = `{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}`

// keyed is a configuration whose user comes from an Avro key, in which a text is replaced, and its directory of schemas.
func keyed(t *testing.T, old, fresh string) (file, dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"orders-value.avsc": readFile(t, filepath.Join(previewSchemas, "orders-value.avsc")), "orders-key.avsc": keySchema,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Replace(readFile(t, previewConfig), `    user: {external_id: "${customer}"}`, "    key: avro\n    user: {external_id: \"${kafka.key.id}\"}", 1)
	return writeFile(t, "bridge.yaml", strings.Replace(text, old, fresh, 1)), dir
}

// What a mapping takes from an Avro key is checked against the key's own schema.
func TestCheckAvroKey(t *testing.T) {
	file, dir := keyed(t, "", "")
	con := newConsole()
	if code := con.run("check", "--config", file, "--schemas", dir); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stdout.String())
	}
	file, dir = keyed(t, "kafka.key.id", "kafka.key.idd")
	con = newConsole()
	if code := con.run("check", "--config", file, "--schemas", dir); code != exitFaults || !strings.Contains(con.stdout.String(), "idd") {
		t.Errorf("exit code %d: %s", code, con.stdout.String())
	}
	if err := os.Remove(filepath.Join(dir, "orders-key.avsc")); err != nil {
		t.Fatal(err)
	}
	con = newConsole()
	if code := con.run("check", "--config", file, "--schemas", dir, "--output", "json"); code != exitFaults {
		t.Errorf("without the key's schema: exit code %d", code)
	}
	if c := checkJSON(t, con); !slices.ContainsFunc(c.Faults, func(f map[string]any) bool { return f["subject"] == "orders-key" }) {
		t.Errorf("the faults are %v", c.Faults)
	}
}

// A test says the key of such a topic as a value.
func TestTestAvroKey(t *testing.T) {
	bridge, dir := keyed(t, "", "")
	file := writeFile(t, "tests.yaml", "config: "+bridge+"\nschemas: "+dir+`
tests:
  - name: the key says who
    topic: orders
    key: {id: 9007199254740993}
    record: {customer: ann, placed_at: "2026-03-01T09:30:00Z", sku: MUG, total: 1, currency: EUR}
    want:
      - event: {external_id: "9007199254740993", name: order_placed, time: 2026-03-01T09:30:00Z, properties: {amount: 1, from: orders/0/0}}
      - attributes: {external_id: "9007199254740993", last_order_at: 2026-03-01T09:30:00Z}
  - name: without a key nobody does
    topic: orders
    record: {customer: ann, placed_at: "2026-03-01T09:30:00Z", sku: MUG, total: 1, currency: EUR}
    rejected: mapping
`)
	con := newConsole()
	if code := con.run("test", file); code != exitDone {
		t.Errorf("exit code %d: %s%s", code, con.stdout.String(), con.stderr.String())
	}
	text := strings.Replace(readFile(t, file), "{id: 9007199254740993}", "{id: x}", 1)
	con = newConsole()
	if code := con.run("test", writeFile(t, "tests.yaml", text)); code != exitFaults || !strings.Contains(con.stdout.String(), "does not fit the schema orders-key") {
		t.Errorf("exit code %d: %s", code, con.stdout.String())
	}
}

// A live record's key is decoded by the schema that it names itself.
func TestPreviewAvroKey(t *testing.T) {
	l := newLive(t)
	bridge, _ := keyed(t, "", "")
	url, ids := fakeRegistry(t, map[string][]string{"orders-key": {keySchema}, "orders-value": {l.schema.Text}})
	live := strings.NewReplacer("localhost:9092", l.client.OptValue(kgo.SeedBrokers).([]string)[0], "http://localhost:1", url)
	if err := os.WriteFile(bridge, []byte(live.Replace(readFile(t, bridge))), 0o600); err != nil {
		t.Fatal(err)
	}
	framed := func(s *schema.Schema, id int, text string) []byte {
		datum, err := s.EncodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), datum...)
	}
	key, err := schema.Parse(keySchema)
	if err != nil {
		t.Fatal(err)
	}
	value := framed(l.schema, ids["orders-value"][0], `{"customer": "ann", "placed_at": 0, "sku": "a", "total": 1, "currency": "EUR"}`)
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: newYear, Key: framed(key, ids["orders-key"][0], `{"id": 42}`), Value: value})
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: newYear, Key: []byte("42"), Value: value})
	con := newConsole()
	if code := con.run("preview", "--config", bridge, "--topic", "orders", "--output", "json"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	p := previewJSON(t, con.stdout.String())
	if got, want := p.outcomes(), []string{"mapped", "rejected undecodable"}; !slices.Equal(got, want) {
		t.Fatalf("the outcomes are %v, want %v", got, want)
	}
	var object struct {
		ExternalID string `json:"external_id"`
	}
	if err := json.Unmarshal(p.records[0].Objects[0].Object, &object); err != nil || object.ExternalID != "42" {
		t.Errorf("%v: the user is %q", err, object.ExternalID)
	}
}
