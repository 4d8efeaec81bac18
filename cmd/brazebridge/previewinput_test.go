package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
)

// beside is a configuration whose mapping takes something from everything that a record is beside its value.
func beside(t *testing.T, key string) string {
	t.Helper()
	head, _, _ := strings.Cut(readFile(t, previewConfig), "topics:")
	return writeFile(t, "bridge.yaml", head+`topics:
  orders:
    key: `+key+`
    tombstones: map
    user: {external_id: "${kafka.key}"}
    send:
      - event: seen
        when: ${record != nil || record == nil} # a rule that says nothing of record makes no object of a tombstone
        properties: {from: "${kafka.headers[\"from\"]}", at: "${kafka.timestamp}", place: "${kafka.partition}/${kafka.offset}"}
`)
}

// What a mapping takes from key, headers and timestamp can be said for a file, for all its records and for each.
func TestPreviewBeside(t *testing.T) {
	const order = `{"customer": "ann", "placed_at": 0, "sku": "a", "total": 1, "currency": "EUR"}`
	dir := t.TempDir()
	for name, text := range map[string]string{"orders-value.avsc": readFile(t, filepath.Join(previewSchemas, "orders-value.avsc")), "orders-key.avsc": `"long"`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, keys, input, args, want string }{
		{"flags", "text", order, "--key c-1 --header from=web --header x=a=b --timestamp 2026-01-31T12:00:00Z --partition 4",
			`{"external_id":"c-1","name":"seen","time":"2026-01-31T12:00:00Z","properties":{"from":"web","at":"2026-01-31T12:00:00Z","place":"4/0"}}`},
		{"an envelope", "text", `{"key": "c-2", "headers": {"from": "app"}, "timestamp": "2026-01-31T12:00:00Z", "partition": 2, "offset": 9, "record": ` + order + `}`, "--envelope",
			`{"external_id":"c-2","name":"seen","time":"2026-01-31T12:00:00Z","properties":{"from":"app","at":"2026-01-31T12:00:00Z","place":"2/9"}}`},
		{"a tombstone", "text", `{"key": "c-3", "record": null}`, "--envelope --timestamp 2026-01-31T12:00:00Z --header from=db",
			`{"external_id":"c-3","name":"seen","time":"2026-01-31T12:00:00Z","properties":{"from":"db","at":"2026-01-31T12:00:00Z","place":"0/0"}}`},
		{"an Avro key", "avro", `{"key": 77, "record": ` + order + `}`, "--envelope --timestamp 2026-01-31T12:00:00Z",
			`{"external_id":"77","name":"seen","time":"2026-01-31T12:00:00Z","properties":{"at":"2026-01-31T12:00:00Z","place":"0/0"}}`},
		{"an Avro key for all", "avro", order, "--key 78 --timestamp 2026-01-31T12:00:00Z",
			`{"external_id":"78","name":"seen","time":"2026-01-31T12:00:00Z","properties":{"at":"2026-01-31T12:00:00Z","place":"0/0"}}`},
	} {
		con := newConsole()
		args := append([]string{"preview", "--config", beside(t, c.keys), "--schemas", dir, "--topic", "orders", "--output", "json", "--input", writeFile(t, "in.jsonl", c.input)}, strings.Fields(c.args)...)
		if code := con.run(args...); code != exitDone {
			t.Errorf("%s: exit code %d: %s", c.name, code, con.stderr.String())
			continue
		}
		p := previewJSON(t, con.stdout.String())
		if len(p.records) != 1 || len(p.records[0].Objects) != 1 || string(p.records[0].Objects[0].Object) != c.want {
			t.Errorf("%s: %s, want %s", c.name, con.stdout.String(), c.want)
		}
	}
}

func TestPreviewBesideUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--key k":                          "--key needs --input",
		"--header a=b":                     "--header needs --input",
		"--timestamp x":                    "--timestamp needs --input",
		"--envelope":                       "--envelope needs --input",
		"--input x.jsonl --timestamp noon": "--timestamp noon: write a time such as 2026-01-31T12:00:00Z",
		"--input x.jsonl --header from":    "--header from: write NAME=VALUE",
		"--input x.jsonl --key c-1":        "--key: this topic's keys are Avro",
		"--input /no/such.jsonl --key 1":   "/no/such.jsonl",
	} {
		con := newConsole()
		code := con.run(append([]string{"preview", "--config", beside(t, "avro"), "--topic", "orders"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(con.stderr.String(), want) {
			t.Errorf("%s: exit code %d: %s, want %s", args, code, con.stderr.String(), want)
		}
	}
}

// With a directory of schemas, a live record is decoded with its own schema all the same, which the registry has; where it
// cannot be asked, the directory's stands in and that is said.
func TestPreviewLiveWithDirectory(t *testing.T) {
	l := newLive(t)
	l.produce(t, 0, 0, "ann")
	// The directory's latest has a field more, in front: by it, the record would be cut off.
	dir := t.TempDir()
	text := strings.Replace(l.schema.Text, `"fields": [`, `"fields": [{"name": "tenant", "type": "string"},`, 1)
	if _, err := schema.Parse(text); err != nil || text == l.schema.Text {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.WriteFile(filepath.Join(dir, "orders-value.avsc"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"preview", "--config", l.config, "--schemas", dir, "--topic", "orders", "--output", "json"}
	con := newConsole()
	if code := con.run(args...); code != exitDone || con.stderr.String() != "" {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	if p := previewJSON(t, con.stdout.String()); len(p.records) != 1 || *p.records[0].Outcome != "mapped" {
		t.Errorf("%s", con.stdout.String())
	}
	// The same with a registry that is away.
	head, rest, _ := strings.Cut(readFile(t, l.config), "schema_registry:")
	_, rest, _ = strings.Cut(rest, "\n")
	args[2] = writeFile(t, "away.yaml", head+"schema_registry: {url: \"http://127.0.0.1:1\"}\n"+rest)
	for range 2 { // two records, and one line
		l.put(t, &kgo.Record{Topic: "orders", Value: binary.BigEndian.AppendUint32([]byte{0}, uint32(l.ids[0]))})
	}
	con = newConsole()
	if code := con.run(args...); code != exitDone || strings.Count(con.stderr.String(), "\n") != 1 || !strings.Contains(con.stderr.String(), "decoded with the latest schema of --schemas") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	if p := previewJSON(t, con.stdout.String()); len(p.records) != 3 || *p.records[0].Outcome != "rejected" {
		t.Errorf("%s", con.stdout.String())
	}
}
