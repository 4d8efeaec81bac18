package mappingtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/schema"
)

// schemas are by subject, the oldest version first.
type schemas struct {
	all   map[string][]string
	away  bool
	asked map[string]int
}

func (s *schemas) Versions(_ context.Context, subject string) ([]*schema.Schema, error) {
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[subject]++
	if s.away {
		return nil, fmt.Errorf("ask: %w", &schema.UnavailableError{})
	}
	if s.all[subject] == nil {
		return nil, fmt.Errorf("subject %q: %w", subject, schema.ErrUnknownSubject)
	}
	var out []*schema.Schema
	for i, text := range s.all[subject] {
		one, err := schema.Parse(text)
		if err != nil {
			return nil, err
		}
		one.Subject, one.Version = subject, i+1
		out = append(out, one)
	}
	return out, nil
}

func (s *schemas) Latest(ctx context.Context, subject string) (*schema.Schema, error) {
	all, err := s.Versions(ctx, subject)
	if err != nil {
		return nil, err
	}
	return all[len(all)-1], nil
}

const (
	orderText = `{"type": "record", "name": "com.Order", "fields": [{"name": "id", "type": ["null", "string"]}, {"name": "total", "type": "double"}]}`
	oldOrder  = `{"type": "record", "name": "com.Order", "fields": [{"name": "id", "type": "string"}]}`
	topics    = `topics:
  orders:
    user: {external_id: "${id}"}
    send:
      - event: placed
        when: ${total > 0}
        properties: {total: "${total}", key: "${kafka.key}", from: "${kafka.headers[\"from\"]}", at: "${kafka.timestamp}", place: "${kafka.partition}/${kafka.offset}"}
      - attributes: {big: true}
        when: ${total > 100}
  keyed:
    key: avro
    user: {external_id: "${kafka.key.id}"}
    send: [{event: seen}]
  gone:
    tombstones: map
    user: {external_id: "${kafka.key}"}
    send: [{attributes: {here: null}, when: "${record == nil}"}]
`
)

func shop() *schemas {
	return &schemas{all: map[string][]string{
		"orders-value": {oldOrder, orderText}, "orders-com.Other": {`{"type": "record", "name": "com.Other", "fields": []}`},
		"keyed-value": {orderText}, "keyed-key": {`{"type": "record", "name": "K", "fields": [{"name": "id", "type": "long"}]}`}, "gone-value": {orderText},
	}}
}

func configured(t testing.TB) *config.Config {
	t.Helper()
	in := config.InspectBytes("b.yaml", []byte(topics), config.ResolveLenient)
	if in.Config == nil || len(in.Config.Topics) != 3 {
		t.Fatal(in.Faults)
	}
	return in.Config
}

// ran runs a file of tests, whose tests are given.
func ran(t testing.TB, tests string) (*File, []*Result) {
	t.Helper()
	f := read(t, "config: b.yaml\ntests:\n"+tests)
	results, err := f.Run(t.Context(), configured(t), shop())
	if err != nil {
		t.Fatal(err)
	}
	return f, results
}

// told is what a person sees of a result.
func told(r *Result) string {
	if r.OK {
		return "ok"
	}
	if r.Fault != nil {
		return fmt.Sprintf("%d:%d %s: %s | %s", r.Fault.Line, r.Fault.Column, r.Fault.Path, r.Fault.Message, r.Fault.Hint)
	}
	var all []string
	for _, d := range r.Diff {
		all = append(all, fmt.Sprintf("%s -%s +%s", d.Path, d.Want, d.Got))
	}
	return strings.Join(all, "; ")
}

// What a test says of its record is what the mapping sees, and what comes out is held against what it wants.
func TestRun(t *testing.T) {
	const big = `{external_id: ann, name: placed, time: "2020-01-01T00:00:00Z", properties: {total: 101, at: "2020-01-01T01:00:00+01:00", place: 0/0}}`
	for test, want := range map[string]string{
		`topic: orders, record: {id: ann, total: 101}, want: [{event: ` + big + `}, {attributes: {external_id: ann, big: true}}]`:                                                                     "ok",
		`topic: orders, record: {id: ann, total: 101}, want: [{event: ` + big + `}]`:                                                                                                                  `want[1].attributes - +{"external_id":"ann","big":true}`,
		`topic: orders, record: {id: ann, total: 5}, want: [{event: {external_id: ann, name: placed, time: "2020-01-01T00:00:00Z", properties: {total: 6, at: "2020-01-01T00:00:00Z", place: 0/0}}}]`: `want[0].event.properties.total -6 +5`,
		`topic: orders, record: {id: ann, total: 101}, want: [{attributes: {}}, {attributes: {external_id: ann, big: true}}]`:                                                                         `want[0].attributes -{}`,
		`topic: orders, record: {id: ann, total: 5}`:                                    ` -nothing yet: the test says neither want nor filtered nor rejected (--update writes it) +1 object; want[0].event - +{`,
		`topic: orders, record: {id: ann, total: 0}, filtered: true`:                    "ok",
		`topic: orders, record: {id: ann, total: 0}, filtered: when`:                    "ok",
		`topic: orders, record: {id: ann, total: 0}, filtered: tombstone`:               " -filtered: tombstone +filtered: when",
		`topic: orders, record: {id: ann, total: 0}, rejected: mapping`:                 " -rejected: mapping +filtered: when",
		`topic: orders, record: {id: ann, total: 0}, want: [{event: {}}]`:               " -1 object +filtered: when",
		`topic: orders, record: {id: ann, total: 0}, want: []`:                          " -0 objects +filtered: when",
		`topic: orders, record: null, filtered: tombstone`:                              "ok",
		`topic: orders, record: {total: 1}, rejected: mapping`:                          "ok",
		`topic: orders, record: {total: 1}, rejected: check`:                            " -rejected: check +rejected: mapping (b.yaml:3: topics.orders.user: no user",
		`topic: orders, record: {total: 1}, filtered: true`:                             " -filtered: true +rejected: mapping (",
		`topic: orders, version: 1, record: {id: ann}, rejected: mapping`:               "ok",
		`topic: orders, version: 2, record: {id: ann, total: 0}, filtered: when`:        "ok",
		`topic: orders, version: 3, record: {id: ann}`:                                  `3:19 tests[0].topic: subject orders-value has no version 3`,
		`topic: orders, subject: orders-com.Other, record: {}, rejected: schema_misfit`: "ok",
		`topic: orders, subject: none, record: {}`:                                      `tests[0].topic: subject "none": unknown subject`,
		`topic: ordres, record: {}`:                                                     "3:19 tests[0].topic: the configuration does not map this topic | did you mean orders?",
		`topic: zzz, record: {}`:                                                        "tests[0].topic: the configuration does not map this topic | ",
		`topic: orders, record: {id: 7}`:                                                "tests[0].record: does not fit the schema orders-value version 2: encode record: ",
		`topic: orders, key: {a: b}, record: null`:                                      "tests[0].key: must be text, is a mapping | where keys are Avro, the topic says key: avro",
		`topic: keyed, key: {id: 7}, record: {id: a, total: 1}, want: [{event: {external_id: "7", name: seen, time: "2020-01-01T00:00:00Z"}}]`: "ok",
		`topic: keyed, key: {id: x}, record: {id: a, total: 1}`:                                                                                "tests[0].key: does not fit the schema keyed-key: ",
		`topic: keyed, key: null, record: {id: a, total: 1}, rejected: mapping`:                                                                "ok",
		`topic: gone, key: c-1, record: null, want: [{attributes: {external_id: c-1, here: null}}]`:                                            "ok",
		`topic: orders, key: k, headers: {from: web}, timestamp: 2026-01-01T00:00:00Z, partition: 3, offset: 9, record: {id: a, total: 1}, want: [{event: {external_id: a, name: placed, time: "2026-01-01T00:00:00Z", properties: {total: 1, key: k, from: web, at: "2026-01-01T00:00:00Z", place: 3/9}}}]`: "ok",
	} {
		_, results := ran(t, "  - {name: a, "+test+"}\n")
		if got := told(results[0]); !strings.Contains(got, strings.TrimPrefix(want, "3:19 ")) || (want == "ok") != results[0].OK || strings.HasPrefix(want, "3:19") && !strings.HasPrefix(got, "3:") {
			t.Errorf("%s\n gives %s\n want %s", test, got, want)
		}
	}
}

// A subject's latest schema is asked for once for a file, and a registry that is away ends the run.
func TestRunAsksOnce(t *testing.T) {
	f := read(t, "config: b\ntests:\n  - {name: a, topic: orders, record: {id: a, total: 1}}\n  - {name: b, topic: orders, record: null}\n  - {name: c, topic: keyed, key: {id: 1}, record: null}\n  - {name: d, topic: keyed, key: {id: 1}, record: null}\n")
	s := shop()
	if _, err := f.Run(t.Context(), configured(t), s); err != nil || s.asked["orders-value"] != 1 || s.asked["keyed-key"] != 1 {
		t.Errorf("%v, asked %v", err, s.asked)
	}
	for _, test := range []string{"topic: orders", "topic: orders, subject: x", "topic: keyed, key: 1"} {
		f := read(t, "config: b\ntests: [{name: a, record: null, "+test+"}]")
		var away *schema.UnavailableError
		if _, err := f.Run(t.Context(), configured(t), &schemas{away: true}); !errors.As(err, &away) {
			t.Errorf("%s: %v", test, err)
		}
	}
	// The values' schema is there, and that of the keys is not.
	f = read(t, "config: b\ntests: [{name: a, topic: keyed, key: {id: 1}, record: null}]")
	s = shop()
	delete(s.all, "keyed-key")
	results, err := f.Run(t.Context(), configured(t), s)
	if err != nil || !strings.Contains(told(results[0]), "tests[0].key: subject \"keyed-key\": unknown subject | key: avro needs the schema of the keys") {
		t.Errorf("%v, %s", err, told(results[0]))
	}
}
