package processor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// trialTopic is a topic t with these settings besides a mapping of the field name.
func trialTopic(t *testing.T, settings string) *config.Topic {
	t.Helper()
	text := `kafka: {brokers: ["b:1"], group: g}
schema_registry: {url: "https://registry"}
braze: {endpoint: "https://braze", api_key: k}
dead_letter: {topic: letters}
topics:
  t:
    user: {external_id: "${kafka.key}"}
    send: [{event: e, when: '${record == nil || name != "quiet"}', properties: {name: "${name}"}}]
` + settings
	cfg, _, err := config.Parse("bridge.yaml", []byte(text), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Topics[0]
}

func trialSchema(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	personSchema = `{"type": "record", "name": "com.Person", "fields": [{"name": "name", "type": "string"}]}`
	olderSchema  = `{"type": "record", "name": "com.Person", "fields": [{"name": "called", "type": "string"}]}`
	thingSchema  = `{"type": "record", "name": "com.Thing", "fields": [{"name": "name", "type": "string"}]}`
	eitherSchema = `[` + personSchema + `, ` + thingSchema + `]`
)

// Every way that a record can go, each with the reason that the processor would give.
func TestTrialVerdicts(t *testing.T) {
	for _, c := range []struct{ settings, schema, json, want string }{
		{"", personSchema, `{"name": "ann"}`, `mapped {"external_id":"k","name":"e","time":"1970-01-01T00:00:00Z","properties":{"name":"ann"}}`},
		{"", personSchema, `{"name": "quiet"}`, "filtered when"},
		{"", "", "", "filtered tombstone"},
		{"    tombstones: map\n", "", "", `mapped {"external_id":"k","name":"e","time":"1970-01-01T00:00:00Z"}`},
		{"", thingSchema, `{"name": "hat"}`, "holds schema_misfit"},
		{"    other_records: filter\n", thingSchema, `{"name": "hat"}`, "filtered other_record"},
		{"    record: com.Thing\n", thingSchema, `{"name": "hat"}`, `mapped {"external_id":"k","name":"e","time":"1970-01-01T00:00:00Z","properties":{"name":"hat"}}`},
		{"", eitherSchema, `{"com.Thing": {"name": "hat"}}`, "holds schema_misfit"},
		{"", olderSchema, `{"called": "ann"}`, "rejected mapping map"},
		{"    on_incompatible_schema: hold\n", olderSchema, `{"called": "ann"}`, "holds incompatible_schema"},
		{"", personSchema, "garbage", "rejected undecodable decode"},
	} {
		trial := NewTrial("t", trialTopic(t, c.settings), trialSchema(t, personSchema))
		var s *schema.Schema
		var datum []byte
		if c.schema != "" {
			s = trialSchema(t, c.schema)
			var err error
			if datum, err = s.EncodeJSON([]byte(c.json)); err != nil {
				datum = []byte{0xff}
			}
		}
		v := trial.Try(s, datum, &kgo.Record{Topic: "t", Key: []byte("k"), Timestamp: epoch})
		if got := verdictText(v); got != c.want {
			t.Errorf("%s%s: %s, want %s (%s)", c.settings, c.json, got, c.want, v.Error)
		}
	}
}

var epoch = time.Unix(0, 0)

func verdictText(v Verdict) string {
	switch {
	case v.Filtered != "":
		return "filtered " + v.Filtered
	case v.Holds != "":
		return "holds " + v.Holds
	case v.Reason != "":
		return fmt.Sprintf("rejected %s %s", v.Reason, v.Stage)
	}
	var all []string
	for _, item := range v.Items {
		all = append(all, string(item.JSON))
	}
	return "mapped " + strings.Join(all, " ")
}

// Schemas that come from files have no ids: each is nevertheless mapped by a program of its own.
func TestTrialTellsSchemasApart(t *testing.T) {
	trial := NewTrial("t", trialTopic(t, ""), trialSchema(t, personSchema))
	person, older := trialSchema(t, personSchema), trialSchema(t, olderSchema)
	rec := &kgo.Record{Topic: "t", Key: []byte("k"), Timestamp: epoch}
	for range 2 {
		if v := trial.Try(person, []byte("\x06ann"), rec); len(v.Items) != 1 {
			t.Errorf("the first schema: %s", verdictText(v))
		}
		if v := trial.Try(older, []byte("\x06ann"), rec); v.Reason != sink.MappingFault {
			t.Errorf("the second schema: %s", verdictText(v))
		}
	}
}

// What is laid out is every object once; within the limits; a record's objects in one request, unless it is too large for
// one; a user's records in order; and no request with two attribute objects of one user.
func TestRequestsKeepTheRules(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		l := sink.Limits{Objects: 1 + rnd.IntN(6), PerArray: rnd.IntN(3) == 0, Bytes: 60 + rnd.IntN(300)}
		var records [][]sink.Item
		n := 0
		for range rnd.IntN(20) {
			var items []sink.Item
			user := uint64(1 + rnd.IntN(4))
			for range 1 + rnd.IntN(4) {
				items = append(items, sink.Item{Kind: sink.Kind(rnd.IntN(3)), User: user, JSON: fmt.Appendf(nil, `{"n":%d}`, n)})
				n++
			}
			records = append(records, items)
		}
		checkRequests(t, l, records, Requests(l, records))
	}
}

func checkRequests(t *testing.T, l sink.Limits, records, requests [][]sink.Item) {
	t.Helper()
	request := map[string]int{} // of an object
	last := map[uint64]int{}    // a user's latest request
	for i, items := range requests {
		attributes := map[uint64]bool{}
		if !l.Fits(sink.Size{}.Plus(items)) && len(items) > 1 {
			t.Errorf("request %d is beyond the limits", i)
		}
		for _, item := range items {
			if _, twice := request[string(item.JSON)]; twice {
				t.Errorf("object %s is sent twice", item.JSON)
			}
			request[string(item.JSON)] = i
			if item.Kind == sink.Attributes && attributes[item.User] {
				t.Errorf("request %d has two attribute objects of a user", i)
			}
			attributes[item.User] = attributes[item.User] || item.Kind == sink.Attributes
		}
	}
	for _, items := range records {
		var used []int
		for _, item := range items {
			i, sent := request[string(item.JSON)]
			if !sent {
				t.Fatalf("object %s is not sent", item.JSON)
			}
			if i < last[item.User] {
				t.Errorf("object %s is sent before an earlier one of its user", item.JSON)
			}
			last[item.User] = max(last[item.User], i)
			used = append(used, i)
		}
		used = slices.Compact(used)
		if l.Fits(sink.Size{}.Plus(items)) && len(used) > 1 && !twoAttributes(items) {
			t.Errorf("a record that fits one request is in %v", used)
		}
	}
}

func twoAttributes(items []sink.Item) bool {
	n := 0
	for _, item := range items {
		if item.Kind == sink.Attributes {
			n++
		}
	}
	return n > 1
}

// Requests are as full as they can be: a later record of another user joins a request past one that has to wait.
func TestRequestsFill(t *testing.T) {
	item := func(user uint64, kind sink.Kind) []sink.Item {
		return []sink.Item{{Kind: kind, User: user, JSON: fmt.Appendf(nil, `{"u":%d}`, user)}}
	}
	records := [][]sink.Item{item(1, sink.Attributes), item(1, sink.Attributes), item(1, sink.Event), item(2, sink.Attributes)}
	requests := Requests(sink.Limits{Objects: 75}, records)
	if len(requests) != 2 || len(requests[0]) != 2 || len(requests[1]) != 2 || requests[0][1].User != 2 {
		t.Errorf("the requests are %v", requests)
	}
}
