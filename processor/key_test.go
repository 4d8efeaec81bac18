package processor

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// shelf is a registry of schemas by id; what it does not hold is unknown, and 66 is no Avro.
type shelf map[int]*schema.Schema

func (s shelf) Schema(_ context.Context, ref schema.Ref) (*schema.Schema, error) {
	if ref.ID == 66 {
		return nil, &schema.NotAvroError{ID: ref.ID, Format: "JSON"}
	}
	if found := s[ref.ID]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%w: %d", schema.ErrUnknownSchema, ref.ID)
}

func (s shelf) Latest(_ context.Context, subject string) (*schema.Schema, error) {
	for _, found := range s {
		if found.Subject == subject {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", schema.ErrUnknownSubject, subject)
}

// framed is a datum behind the prefix of its schema's id.
func framed(id int, datum string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), datum...)
}

const keyConfig = `kafka: {brokers: ["b:1"], group: g}
schema_registry: {url: "https://registry"}
braze: {endpoint: "https://braze", api_key: k}
dead_letter: {topic: letters}
topics:
  t:
    key: avro
    user: [{external_id: "${kafka.key.id}"}, {external_id: nobody}]
    tombstones: map
    send:
      - event: e
        when: ${record == nil || name != ""}
        properties: {name: "${name}", next: "${(kafka.key.id ?? 0) + 1}"}
`

// keyReader is a reader of a topic with Avro keys; what holds the topic lands in holds.
func keyReader(t *testing.T, settings string) (r *reader, tracked func(rec *kgo.Record) *task, holds *string) {
	t.Helper()
	cfg, _, err := config.Parse("bridge.yaml", []byte(keyConfig+settings), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	known := shelf{1: trialSchema(t, personSchema), 2: trialSchema(t, `{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}`),
		3: trialSchema(t, `{"type": "record", "name": "Key", "fields": [{"name": "number", "type": "long"}]}`), 4: trialSchema(t, thingSchema)}
	for id, s := range known {
		s.ID = id
	}
	known[1].Subject, known[2].Subject = "t-value", "t-key"
	l := &lane{limits: sink.Limits{Objects: 75, Bytes: 1 << 20}}
	top := newTopic("t", cfg.Topics[0], l, config.Flood{})
	if err := top.prepare(context.Background(), known); err != nil {
		t.Fatal(err)
	}
	ledger, w := newTestLedger(100)
	account := ledger.open(topicPartition{"t", 0}, w, "")
	holds = new(string)
	r = &reader{
		acct: account, topic: top, registry: known, ledger: ledger, board: newBoard(slog.New(slog.DiscardHandler)),
		misfit: func(_ *topic, _, text string) { *holds = text },
		stop:   context.Background(), checker: sink.NewChecker(sink.CheckOptions{}), mappers: map[*mapping.Program]*mapping.Mapper{},
	}
	next := int64(0)
	return r, func(rec *kgo.Record) *task {
		rec.Topic, rec.Offset, rec.Timestamp = "t", next, epoch
		next++
		ledger.budget.tryReserve(1)
		tasks, bytes := newTasks([]*kgo.Record{rec})
		ledger.budget.polled(1, 1, bytes)
		return ledger.track(account, tasks, 1, -1)[0]
	}, holds
}

// Every way that a record with an Avro key can go.
func TestAvroKeys(t *testing.T) {
	const ann, hat = "\x06ann", "\x06hat"
	byID := []byte{0, 0, 0, 0, 2}
	for _, c := range []struct {
		name, settings string
		rec            kgo.Record
		want           string // part of the object, of the letter, or of what holds
	}{
		{"by its prefix", "", kgo.Record{Key: framed(2, "\x0e"), Value: framed(1, ann)}, `{"external_id":"7","name":"e","time":"1970-01-01T00:00:00Z","properties":{"name":"ann","next":8}}`},
		{"by its header", "", kgo.Record{Key: []byte("\x0e"), Value: framed(1, ann), Headers: []kgo.RecordHeader{{Key: "__key_schema_id", Value: byID}}}, `{"external_id":"7"`},
		{"the value's header is not the key's", "", kgo.Record{Key: framed(2, "\x0e"), Value: []byte(ann), Headers: []kgo.RecordHeader{{Key: "__value_schema_id", Value: []byte{0, 0, 0, 0, 1}}}}, `{"external_id":"7"`},
		{"no key", "", kgo.Record{Value: framed(1, ann)}, `{"external_id":"nobody","name":"e","time":"1970-01-01T00:00:00Z","properties":{"name":"ann","next":1}}`},
		{"a tombstone", "", kgo.Record{Key: framed(2, "\x0e")}, `{"external_id":"7","name":"e","time":"1970-01-01T00:00:00Z","properties":{"next":8}}`},
		{"text", "", kgo.Record{Key: []byte("customer-7"), Value: framed(1, ann)}, "letter undecodable decode 1: decode key: "},
		{"empty", "", kgo.Record{Key: []byte{}, Value: framed(1, ann)}, "letter undecodable decode 1: decode key: "},
		{"cut off", "", kgo.Record{Key: framed(2, ""), Value: framed(1, ann)}, "letter undecodable decode 1: decode key: "},
		{"an unknown id", "", kgo.Record{Key: framed(9, "\x0e"), Value: framed(1, ann)}, "letter unknown_schema decode 1: decode key: "},
		{"a version that breaks the mapping", "", kgo.Record{Key: framed(3, "\x0e"), Value: framed(1, ann)}, `letter mapping map 1: bridge.yaml:8:39: topics.t.user[0].external_id: kafka.key has no field "id"`},
		{"the same, and holds", "    on_incompatible_schema: hold\n", kgo.Record{Key: framed(3, "\x0e"), Value: framed(1, ann)}, "holds bridge.yaml:8:39: topics.t.user[0]"},
		{"no Avro", "", kgo.Record{Key: framed(66, "{}"), Value: framed(1, ann)}, "holds decode key: "},
		{"of a record that the mapping does not accept", "    other_records: filter\n", kgo.Record{Key: []byte("text"), Value: framed(4, hat)}, "settled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, track, holds := keyReader(t, c.settings)
			task := track(&c.rec)
			var out mapping.Output
			goes := r.readOne(task, &out)
			got := "settled"
			switch {
			case task.letter != nil:
				got = fmt.Sprintf("letter %s %s %d: %s", task.letter.Reason, task.letter.Stage, task.letter.SchemaID, task.letter.Error)
			case len(task.items) > 0:
				got = string(task.items[0].JSON)
			case *holds != "":
				got = "holds " + *holds
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if goes != (task.letter != nil || len(task.items) > 0) {
				t.Errorf("goes on: %t, with %s", goes, got)
			}
			if strings.Contains(got, "customer-7") {
				t.Errorf("the letter holds the key: %s", got)
			}
		})
	}
}

// A key's value does not outlive its record: the next one without a key has none.
func TestAvroKeyIsForgotten(t *testing.T) {
	r, track, _ := keyReader(t, "")
	var got []string
	for _, key := range [][]byte{framed(2, "\x0e"), nil, framed(2, "\x10")} {
		task := track(&kgo.Record{Key: key, Value: framed(1, "\x06ann")})
		var out mapping.Output
		if !r.readOne(task, &out) || len(task.items) != 1 {
			t.Fatalf("not mapped: %+v", task.letter)
		}
		got = append(got, string(task.items[0].JSON)[:20])
		if r.meta.KeyValue.IsNull() != (key == nil) {
			t.Errorf("a record with the key %x has the key of another", key)
		}
	}
	want := []string{`{"external_id":"7","`, `{"external_id":"nobo`, `{"external_id":"8","`}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d is of %s, want %s", i, got[i], want[i])
		}
	}
}

// A topic whose key schema is registered nowhere starts with a warning, and one whose key schema breaks the mapping does not.
func TestAvroKeySchemaAtStart(t *testing.T) {
	cfg, _, err := config.Parse("bridge.yaml", []byte(keyConfig), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	person, wrong := trialSchema(t, personSchema), trialSchema(t, `{"type": "record", "name": "Key", "fields": [{"name": "number", "type": "long"}]}`)
	person.Subject, wrong.Subject = "t-value", "t-key"
	var warned []string
	start := func(known shelf) error {
		top := newTopic("t", cfg.Topics[0], nil, config.Flood{})
		top.warn = func(f *config.Fault) { warned = append(warned, f.Message) }
		return top.prepare(context.Background(), known)
	}
	if err := start(shelf{1: person}); err != nil || len(warned) != 1 || !strings.Contains(warned[0], "its schema is not known") {
		t.Errorf("no key schema: %v, warnings %q", err, warned)
	}
	if err := start(shelf{1: person, 2: wrong}); err == nil || !strings.Contains(err.Error(), `kafka.key has no field "id"`) {
		t.Errorf("a key schema that breaks the mapping: %v", err)
	}
}

// A trial takes the key as a datum of its own schema.
func TestTrialWithAvroKey(t *testing.T) {
	cfg, _, err := config.Parse("bridge.yaml", []byte(keyConfig), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	person, key := trialSchema(t, personSchema), trialSchema(t, `{"type": "record", "name": "Key", "fields": [{"name": "id", "type": "long"}]}`)
	trial := NewTrial("t", cfg.Topics[0], person)
	rec := &kgo.Record{Topic: "t", Timestamp: epoch}
	for _, c := range []struct {
		schema *schema.Schema
		datum  string
		want   string
	}{
		{key, "\x0e", `mapped {"external_id":"7"`},
		{nil, "", `mapped {"external_id":"nobody"`},
		{key, "", "rejected undecodable decode"},
	} {
		v := trial.TryKeyed(person, []byte("\x06ann"), c.schema, []byte(c.datum), rec)
		if got := verdictText(v); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %s (%s), want %s", c.datum, got, v.Error, c.want)
		}
	}
}
