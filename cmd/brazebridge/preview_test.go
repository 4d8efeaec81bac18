package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/schema"
)

const (
	previewConfig  = "testdata/preview/bridge.yaml"
	previewSchemas = "testdata/preview/schemas"
	previewInput   = "testdata/preview/orders.jsonl"
)

// readAt is when a file was read, which is the time of its records.
var readAt = regexp.MustCompile(`@(\d+) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// What people see of a file: every outcome with its reason, then the requests and what they cost.
func TestPreviewGolden(t *testing.T) {
	con := newConsole()
	if code := con.run("preview", "--config", previewConfig, "--schemas", previewSchemas, "--topic", "orders", "--input", previewInput); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	golden(t, filepath.Join("testdata", "preview", "text.golden"), readAt.ReplaceAllString(con.stdout.String(), "@$1 NOW"))
}

// What tools see, line by line.
func TestPreviewJSONGolden(t *testing.T) {
	con := newConsole()
	if code := con.run("preview", "--config", previewConfig, "--schemas", previewSchemas, "--topic", "orders", "--input", previewInput, "--output", "json"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	golden(t, filepath.Join("testdata", "preview", "json.golden"), con.stdout.String())
}

// previewed is what preview prints with --output json, taken apart.
type previewed struct {
	records  []previewedRecord
	requests []json.RawMessage
	summary  map[string]int
}

type previewedRecord struct {
	Topic                  string
	Partition              *int32
	Offset                 *int64
	Outcome, Reason, Error *string
	Record                 json.RawMessage
	Objects                []struct {
		Kind   string
		Object json.RawMessage

		NotRepeatSafe string `json:"not_repeat_safe"`
	}
}

func previewJSON(t *testing.T, text string) previewed {
	t.Helper()
	var p previewed
	for line := range strings.Lines(text) {
		var one struct {
			Request json.RawMessage
			Summary map[string]int
			previewedRecord
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch {
		case one.Request != nil:
			p.requests = append(p.requests, one.Request)
		case one.Summary != nil:
			p.summary = one.Summary
		default:
			if one.Partition == nil || one.Offset == nil || one.Outcome == nil || one.Reason == nil || one.Error == nil || one.Objects == nil {
				t.Fatalf("a key is missing: %s", line)
			}
			p.records = append(p.records, one.previewedRecord)
		}
	}
	return p
}

func (p previewed) outcomes() []string {
	var all []string
	for _, r := range p.records {
		all = append(all, strings.Trim(*r.Outcome+" "+*r.Reason, " "))
	}
	return all
}

// A container file brings its own schema, and comes to the same as the JSON that it was made of.
func TestPreviewContainer(t *testing.T) {
	text := readFile(t, filepath.Join(previewSchemas, "orders-value.avsc"))
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var file, plain bytes.Buffer
	w, err := goavro.NewOCFWriter(goavro.OCFConfig{W: &file, Schema: text, CompressionName: "deflate"})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(readFile(t, previewInput)) {
		datum, err := s.EncodeJSON([]byte(line))
		if err != nil {
			continue // the tombstone, the empty line and what does not fit
		}
		plain.WriteString(line)
		native, _, err := w.Codec().NativeFromBinary(datum)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append([]any{native}); err != nil {
			t.Fatal(err)
		}
	}
	var outs []string
	for _, input := range []string{writeFile(t, "orders.avro", file.String()), writeFile(t, "orders.jsonl", plain.String())} {
		con := newConsole()
		if code := con.run("preview", "--config", previewConfig, "--schemas", previewSchemas, "--topic", "orders", "--input", input, "--output", "json"); code != exitDone {
			t.Fatalf("exit code %d: %s", code, con.stderr.String())
		}
		outs = append(outs, con.stdout.String())
	}
	if n := len(previewJSON(t, outs[0]).records); outs[0] != outs[1] || n != 6 {
		t.Errorf("%d records; the container's\n%s, the JSON's\n%s", n, outs[0], outs[1])
	}
	// Without --schemas, and with a registry that is away: nothing but the file is needed.
	con := newConsole()
	input := writeFile(t, "orders.avro", file.String())
	if code := con.run("preview", "--config", previewConfig, "--topic", "orders", "--input", input, "--output", "json", "--limit", "2"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	if p := previewJSON(t, con.stdout.String()); len(p.records) != 2 || p.summary["records"] != 2 {
		t.Errorf("%d records with --limit 2", len(p.records))
	}
}

func TestPreviewUsage(t *testing.T) {
	base := "--config " + previewConfig + " --topic orders "
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--config " + previewConfig, exitUsage, `"topic" not set`},
		{"--config " + previewConfig + " --topic ordes --input " + previewInput, exitUsage, "did you mean orders?"},
		{base + "--input /no/such/file", exitUsage, "/no/such/file"},
		{base + "--schemas /no/such/dir --input " + previewInput, exitUsage, "/no/such/dir"},
		{base + "--offset soon", exitUsage, "--offset soon: write earliest, latest or a number"},
		{base + "--offset -5", exitUsage, "--offset -5"},
		{base + "--limit -1", exitUsage, "--limit -1"},
		{base + "--partition -2", exitUsage, "--partition -2"},
		{base + "--input " + previewInput, exitFaults, "connection refused"},
		{base + "--schemas testdata/help --input " + previewInput, exitFaults, "unknown subject"},
		{"--config " + shippedConfig + " --topic shop.orders", exitUsage, "KAFKA_BROKER is not set"},
		{base + "--schemas " + previewSchemas + " --input " + writeFile(t, "bad.jsonl", "null\n\n{\"a\": ]\n"), exitFaults, "bad.jsonl:3: this is no JSON"},
	} {
		con := newConsole()
		code := con.run(append([]string{"preview"}, strings.Fields(c.args)...)...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d", c.args, code, c.code)
		}
		checkOutput(t, c.args, con.stderr.String(), c.want)
	}
}

// live is a topic of three partitions in a fake Kafka, with its schema in a fake registry.
type live struct {
	client *kgo.Client
	config string
	ids    []int
	schema *schema.Schema
}

func newLive(t *testing.T) *live {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	text := readFile(t, filepath.Join(previewSchemas, "orders-value.avsc"))
	url, ids := fakeRegistry(t, map[string][]string{"orders-value": {text}})
	l := &live{ids: ids["orders-value"]}
	if l.schema, err = schema.Parse(text); err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer("localhost:9092", cluster.ListenAddrs()[0], "http://localhost:1", url)
	l.config = writeFile(t, "bridge.yaml", replace.Replace(readFile(t, previewConfig)))
	l.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	return l
}

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// produce writes an order at a second of the year.
func (l *live) produce(t *testing.T, partition int32, second int, customer string) {
	t.Helper()
	datum, err := l.schema.EncodeJSON(fmt.Appendf(nil, `{"customer": %q, "placed_at": 0, "sku": "a", "total": 1, "currency": "EUR"}`, customer))
	if err != nil {
		t.Fatal(err)
	}
	value := binary.BigEndian.AppendUint32([]byte{0}, uint32(l.ids[0]))
	l.put(t, &kgo.Record{Topic: "orders", Partition: partition, Timestamp: newYear.Add(time.Duration(second) * time.Second), Value: append(value, datum...)})
}

func (l *live) put(t *testing.T, r *kgo.Record) {
	t.Helper()
	if err := l.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// A live topic is read where it was asked for, in the order of time, and no further than it reaches. Nothing joins a group.
func TestPreviewLive(t *testing.T) {
	l := newLive(t)
	for i := range 12 {
		l.produce(t, int32(i%3), i, fmt.Sprint("c", i))
	}
	for _, c := range []struct{ args, want string }{
		{"", "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9"},
		{"--limit 20", "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11"},
		{"--limit 3", "c0 c1 c2"},
		{"--offset latest --limit 3", "c9 c10 c11"},
		{"--partition 1 --offset earliest", "c1 c4 c7 c10"},
		{"--partition 1 --offset latest --limit 2", "c7 c10"},
		{"--partition 2 --offset 3", "c11"},
		{"--offset 2 --limit 4", "c6 c7 c8 c9"},
		{"--partition 0 --offset 99", ""},
	} {
		con := newConsole()
		args := append([]string{"preview", "--config", l.config, "--topic", "orders", "--output", "json"}, strings.Fields(c.args)...)
		if code := con.run(args...); code != exitDone {
			t.Fatalf("%q: exit code %d: %s", c.args, code, con.stderr.String())
		}
		p := previewJSON(t, con.stdout.String())
		var got []string
		for _, r := range p.records {
			var rec struct{ Customer string }
			if err := json.Unmarshal(r.Record, &rec); err != nil {
				t.Fatal(err)
			}
			got = append(got, rec.Customer)
		}
		if strings.Join(got, " ") != c.want || p.summary["records"] != len(got) {
			t.Errorf("%q: %v, want %s; %v", c.args, got, c.want, p.summary)
		}
	}
	if con := newConsole(); con.run("preview", "--config", l.config, "--topic", "orders", "--partition", "7") != exitFaults {
		t.Error("a partition that is not there is no fault")
	}
}

// What is no record of ours is shown with the reason that its dead letter would have.
func TestPreviewLiveOddRecords(t *testing.T) {
	l := newLive(t)
	at := func(n int) time.Time { return newYear.Add(time.Duration(n) * time.Second) }
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: at(0), Value: []byte("{}")})
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: at(1), Value: []byte{0, 0, 0, 0x30, 0x39, 2}})
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: at(2), Value: binary.BigEndian.AppendUint32([]byte{0}, uint32(l.ids[0]))})
	l.put(t, &kgo.Record{Topic: "orders", Timestamp: at(3), Key: []byte("k")})
	l.produce(t, 0, 4, "ann")
	con := newConsole()
	if code := con.run("preview", "--config", l.config, "--topic", "orders", "--output", "json"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	want := []string{"rejected undecodable", "rejected unknown_schema", "rejected undecodable", "filtered tombstone", "mapped"}
	if got := previewJSON(t, con.stdout.String()).outcomes(); !slices.Equal(got, want) {
		t.Errorf("the outcomes are %v, want %v", got, want)
	}
}

// What is older than max_age when it would be sent is filtered; a file's records have no age.
func TestPreviewMaxAge(t *testing.T) {
	l := newLive(t)
	text := strings.Replace(readFile(t, l.config), "  orders:\n", "  orders:\n    max_age: 1h\n", 1)
	if err := os.WriteFile(l.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l.produce(t, 0, 0, "ann")
	l.produce(t, 0, int(time.Since(newYear).Seconds()), "bob")
	con := newConsole()
	con.run("preview", "--config", l.config, "--topic", "orders", "--output", "json")
	if got, want := previewJSON(t, con.stdout.String()).outcomes(), []string{"filtered expired", "mapped"}; !slices.Equal(got, want) {
		t.Errorf("the outcomes are %v, want %v", got, want)
	}
}

// Kafka or a topic that is not there is a failure of the work, and is said.
func TestPreviewWithoutKafka(t *testing.T) {
	l := newLive(t)
	text := strings.Replace(readFile(t, l.config), "  orders:\n", "  ordinary:\n", 1)
	file := writeFile(t, "bridge.yaml", text)
	con := newConsole()
	if code := con.run("preview", "--config", file, "--topic", "ordinary"); code != exitFaults || !strings.Contains(con.stderr.String(), "topic ordinary") {
		t.Errorf("exit code %d, stderr %q", code, con.stderr.String())
	}
}

// A mapping that does not compile is told once, with what to write instead, before the records that it refuses.
func TestPreviewExplainsFaults(t *testing.T) {
	file := writeFile(t, "b.yaml", strings.Replace(readFile(t, previewConfig), "${customer}", "${custmer}", 1))
	con := newConsole()
	if code := con.run("preview", "--config", file, "--schemas", previewSchemas, "--topic", "orders", "--input", previewInput, "--output", "json"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	if text := con.stderr.String(); strings.Count(text, "hint: did you mean customer?") != 1 || !strings.Contains(text, "does not compile against orders-value version 1") {
		t.Errorf("stderr: %s", text)
	}
	if p := previewJSON(t, con.stdout.String()); len(p.records) != 8 || *p.records[0].Reason != "mapping" {
		t.Errorf("%v", p.outcomes())
	}
}

// A container that ends within a block is a fault, not an end; what came before it is shown.
func TestPreviewDamagedContainer(t *testing.T) {
	s, err := schema.Parse(readFile(t, filepath.Join(previewSchemas, "orders-value.avsc")))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := goavro.NewOCFWriter(goavro.OCFConfig{W: &file, Schema: s.Text})
	if err != nil {
		t.Fatal(err)
	}
	datum, err := s.EncodeJSON([]byte(`{"customer": "ann", "placed_at": 0, "sku": "a", "total": 1, "currency": "EUR"}`))
	if err != nil {
		t.Fatal(err)
	}
	native, _, err := w.Codec().NativeFromBinary(datum)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Append([]any{native}); err != nil {
			t.Fatal(err)
		}
	}
	con := newConsole()
	input := writeFile(t, "orders.avro", file.String()[:file.Len()-3])
	code := con.run("preview", "--config", previewConfig, "--topic", "orders", "--input", input, "--output", "json")
	if code != exitFaults || !strings.Contains(con.stderr.String(), "orders.avro: record 2") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	if n := len(previewJSON(t, con.stdout.String()).records); n != 1 {
		t.Errorf("%d records are shown, want 1", n)
	}
}
