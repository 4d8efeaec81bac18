package mapping_test

import (
	"encoding/json"
	"testing"
	"time"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// rest completes a file that holds only topics; it stands behind them, so that their lines keep their numbers.
const rest = `
kafka: {brokers: ["localhost:9092"], group: g}
schema_registry: {url: "http://localhost:8081"}
braze: {endpoint: "https://rest.iad-01.braze.com", api_key: k}
dead_letter: {topic: dead}
`

// topicOf reads the first topic of a configuration of topics.
func topicOf(t testing.TB, yaml string) *config.Topic {
	t.Helper()
	cfg, _, err := config.Parse("bridge.yaml", []byte(yaml+rest), config.ResolveLenient)
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	return cfg.Topics[0]
}

func schemaOf(t testing.TB, avsc string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(avsc)
	if err != nil {
		t.Fatalf("schema: %v", err)
	}
	return s
}

// compiled compiles a topic that must have no faults.
func compiled(t testing.TB, yaml string, s *schema.Schema) *mapping.Program {
	t.Helper()
	p, _, faults := mapping.Compile(topicOf(t, yaml), s)
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	return p
}

// decode makes a record of plain JSON.
func decode(t testing.TB, s *schema.Schema, plain string) schema.Value {
	t.Helper()
	datum, err := s.EncodeJSON([]byte(plain))
	if err != nil {
		t.Fatalf("encode record: %v", err)
	}
	v, err := s.Decode(&schema.Arena{}, datum)
	if err != nil {
		t.Fatalf("decode record: %v", err)
	}
	return v
}

func testMeta() *mapping.Meta {
	return &mapping.Meta{
		Topic: "shop.orders", Partition: 3, Offset: 42, Timestamp: time.Date(2026, 1, 15, 9, 35, 20, 123e6, time.UTC),
		Key: []byte("key-1"), Headers: []mapping.Header{{Key: "trace", Value: []byte("t-1")}, {Key: "empty"}},
	}
}

// object is one object that came out.
type object struct {
	Kind   string          `json:"kind"`
	Object json.RawMessage `json:"object"`

	Refused string `json:"-"` // by the check
}

// run maps one record and returns its objects, or the error's text.
func run(t testing.TB, p *mapping.Program, v schema.Value) ([]object, error) {
	t.Helper()
	return runWith(t, p, v, testMeta())
}

func runWith(t testing.TB, p *mapping.Program, v schema.Value, meta *mapping.Meta) ([]object, error) {
	t.Helper()
	var out mapping.Output
	n, err := p.NewMapper().Map(&out, v, meta)
	if err != nil {
		if n != 0 || len(out.Items) != 0 || len(out.Buf) != 0 {
			t.Errorf("a fault leaves %d objects, %d items and %d bytes behind", n, len(out.Items), len(out.Buf))
		}
		return nil, err
	}
	if n != len(out.Items) {
		t.Errorf("Map returned %d for %d items", n, len(out.Items))
	}
	objs := []object{}
	for _, it := range out.Items {
		if !json.Valid(it.JSON) {
			t.Fatalf("not valid JSON: %s", it.JSON)
		}
		objs = append(objs, object{Kind: it.Kind.String(), Object: json.RawMessage(it.JSON)})
	}
	_, refusals := sink.NewChecker(sink.CheckOptions{}).Check(out.Items)
	for _, r := range refusals {
		objs[r.Item].Refused = r.Rule + ": " + r.Text
	}
	return objs, nil
}
