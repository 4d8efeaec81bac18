package preview

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// orders is what most tests preview: its mapping uses everything that a record is beside its value.
const (
	ordersSchema = `{"type": "record", "name": "Order", "namespace": "com.shop", "fields": [
  {"name": "customer", "type": ["null", "string"], "default": null},
  {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
  {"name": "weight", "type": "double", "default": 1}]}`
	keySchemaText = `{"type": "record", "name": "Key", "namespace": "com.shop", "fields": [{"name": "id", "type": "long"}]}`
	ordersTopic   = `  orders:
    user: {external_id: "${customer}"}
    send:
      - event: placed
        when: ${total > 0}
        properties: {total: "${total}", key: "${kafka.key}", from: "${kafka.headers[\"from\"]}", at: "${kafka.timestamp}", place: "${kafka.topic}/${kafka.partition}/${kafka.offset}"}
      - purchase: a-mug
        when: ${total > 100}
        price: ${total}
        currency: EUR
`
)

func parsed(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s.Subject, s.Version = "orders-value", 1
	return s
}

func topicOf(t testing.TB, yaml string) *config.Topic {
	t.Helper()
	in := config.InspectBytes("bridge.yaml", []byte("topics:\n"+yaml), config.ResolveLenient)
	if in.Config == nil || len(in.Config.Topics) == 0 {
		t.Fatal(in.Faults)
	}
	return in.Config.Topics[0]
}

// records are a source.
type records struct {
	all []*Record
	err error // behind the last; nil: io.EOF
}

func (r *records) Next(context.Context) (*Record, error) {
	if len(r.all) == 0 {
		if r.err != nil {
			return nil, r.err
		}
		return nil, io.EOF
	}
	first := r.all[0]
	r.all = r.all[1:]
	return first, nil
}

var at = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// order is a record of orders; json is what it says.
func order(t testing.TB, offset int64, json string) *Record {
	t.Helper()
	s := parsed(t, ordersSchema)
	rec := &Record{Record: &kgo.Record{Topic: "orders", Partition: 2, Offset: offset, Timestamp: at}}
	if json == "null" {
		return rec
	}
	datum, err := s.EncodeJSON([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	rec.Schema, rec.Datum, rec.Value = s, datum, datum
	return rec
}

func optionsOf(t testing.TB, source Source, show Show) Options {
	t.Helper()
	return Options{
		Topic: "orders", Config: topicOf(t, ordersTopic), Latest: parsed(t, ordersSchema),
		Limits: sink.Limits{Objects: 3, Bytes: 1 << 20}, Source: source, Show: show,
	}
}

// notes are a show that writes down what it was shown.
type notes struct {
	records  []string
	objects  int
	requests []string
	summary  *Summary
	refuse   string // the call that fails
}

var errRefused = errors.New("no more paper")

func (n *notes) fails(call string) error {
	if n.refuse == call {
		return errRefused
	}
	return nil
}

func (n *notes) Record(s *Shown) error {
	n.records = append(n.records, strings.TrimSpace(s.Outcome()+" "+s.Why()))
	n.objects += len(s.Items)
	return n.fails("record")
}

func (n *notes) Request(body []byte, _, _, _ int) error {
	n.requests = append(n.requests, string(body))
	return n.fails("request")
}

func (n *notes) Summary(s *Summary) error {
	n.summary = s
	return n.fails("summary")
}
