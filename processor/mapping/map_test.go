package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// event is a topic with one event that has one property.
func event(expr string) string {
	return "topics:\n  t:\n    user: {external_id: u}\n    send:\n      - event: e\n        properties:\n          x: " + expr + "\n"
}

const numbers = `{"type":"record","name":"R","fields":[{"name":"i","type":"long"},{"name":"d","type":"double"},{"name":"s","type":"string"},
 {"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"day","type":{"type":"int","logicalType":"date"}},
 {"name":"any","type":["null","int","string",{"type":"array","items":"int"}],"default":null},
 {"name":"xs","type":{"type":"array","items":"int"}},{"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}`

// TestFaultsOfARecord holds what can go wrong with a record: the text names the place and no value.
func TestFaultsOfARecord(t *testing.T) {
	const secret = "s3cret-value"
	base := map[string]string{"i": "1", "d": "1.5", "s": `"` + secret + `"`, "t": "0", "day": "0", "any": "null", "xs": "[1,2]", "dec": `"1.00"`}
	tests := []struct{ name, expr, field, value, want string }{
		{"overflow of +", "${i + 1}", "i", "9223372036854775807", "integer overflow"},
		{"overflow of -", "${-2 - i}", "i", "9223372036854775807", "integer overflow"},
		{"overflow of *", "${i * i}", "i", "4294967296", "integer overflow"},
		{"overflow of sign", "${-i}", "i", "-9223372036854775808", "integer overflow"},
		{"division by zero", "${7 / i}", "i", "0", "division by zero"},
		{"division of a decimal by zero", "${dec / i}", "i", "0", "division by zero"},
		{"modulo by zero", "${7 % i}", "i", "0", "division by zero"},
		{"infinity", "${d * d}", "d", "1e300", "not a number or infinite: JSON has no such number"},
		{"year 10000", "${t + duration(\"24h\")}", "t", "253402300799999", "a year outside 0 to 9999"},
		{"year 10000 of the record", "${t}", "t", "253402300800000", "a time outside the years 0 to 9999"},
		{"before the year 0", "${t}", "t", "-62167219200001", "a time outside the years 0 to 9999"},
		{"year 10000 compared", "${t > kafka.timestamp}", "t", "253402300800000", "a time outside the years 0 to 9999"},
		{"no number", "${int(s)}", "", "", "the text is no number"},
		{"no decimal", "${decimal(s)}", "", "", "the text is no number"},
		{"no time", "${time(s)}", "", "", "the text is no time in the wanted form"},
		{"no date", "${date(s)}", "", "", "the text is no time in the wanted form"},
		{"no zone", "${formatTime(t, \"15:04\", s)}", "", "", "unknown time zone"},
		{"no duration", "${t + duration(s)}", "", "", "the text is no duration"},
		{"no JSON", "${fromJSON(s)}", "", "", "the text is no JSON"},
		{"epoch beyond year 9999", "${fromSeconds(i)}", "i", "9223372036854775807", "a time outside what can be written"},
		{"wrong type of a union", "${any + 1}", "any", `{"array":[1]}`, "a value of this type cannot be used here"},
		{"float too large for an integer", "${int(d)}", "d", "1e30", "integer overflow"},
	}
	s := schemaOf(t, numbers)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expr := tt.expr
			if strings.Contains(expr, "any +") {
				expr = "${(any ?? 0) + 1}"
			}
			p := compiled(t, event("'"+expr+"'"), s)
			var fields []string
			for k, v := range base {
				if k == tt.field {
					v = tt.value
				}
				fields = append(fields, fmt.Sprintf("%q:%s", k, v))
			}
			_, err := run(t, p, decode(t, s, "{"+strings.Join(fields, ",")+"}"))
			var e *mapping.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Text != tt.want || e.Where != "bridge.yaml:7: topics.t.send[0].properties.x" {
				t.Errorf("got %q at %q, want %q", e.Text, e.Where, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds a value: %v", err)
			}
		})
	}
}

// TestBounds holds that a mapping cannot run away.
func TestBounds(t *testing.T) {
	list := strings.Repeat("1,", 4999) + "1"
	tests := []struct{ name, yaml, want string }{
		{"nested predicates", event("'${count(xs, any(xs, # > 2))}'"), "too many steps for one record"},
		{"three deep", event("'${count(xs, count(xs, any(xs, # > 2)) > 0)}'"), "too many steps for one record"},
		{"text that doubles", event("'${" + doubling(40) + "}'"), "text grows beyond 1 MiB"},
		{"objects", "topics:\n  t:\n    user: {external_id: u}\n    send:\n      - {event: a, for_each: \"${xs}\"}\n      - {event: b, for_each: \"${xs}\"}\n      - {event: c, for_each: \"${xs}\"}\n", "more than 10000 objects from one record"},
		{"output", event("{for_each: \"${xs}\", value: {for_each: \"${xs}\", value: \"" + strings.Repeat("x", 2000) + "\"}}"), "the record's objects grow beyond 16 MiB"},
		{"nested for_each", event("{for_each: \"${xs}\", value: {for_each: \"${xs}\", when: \"${i > 5}\", value: 1}}"), "too many steps for one record"},
	}
	s := schemaOf(t, numbers)
	v := decode(t, s, `{"i":1,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[`+list+`],"dec":"1.00"}`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := run(t, compiled(t, tt.yaml, s), v)
			var e *mapping.Error
			if !errors.As(err, &e) || e.Text != tt.want {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func doubling(n int) string {
	var b strings.Builder
	b.WriteString("let x0 = s; ")
	for i := range n {
		fmt.Fprintf(&b, "let x%d = x%d + x%d; ", i+1, i, i)
	}
	fmt.Fprintf(&b, "len(x%d)", n)
	return b.String()
}

// TestMapperAfterFault holds that a fault leaves nothing behind in the mapper.
func TestMapperAfterFault(t *testing.T) {
	s := schemaOf(t, numbers)
	p := compiled(t, event("${7 / i}"), s)
	m := p.NewMapper()
	var out mapping.Output
	rec := func(i int) schema.Value {
		return decode(t, s, fmt.Sprintf(`{"i":%d,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[],"dec":"1.00"}`, i))
	}
	for _, i := range []int{7, 0, 1} {
		n, err := m.Map(&out, rec(i), testMeta())
		if (err != nil) != (i == 0) || (n == 1) != (i != 0) {
			t.Fatalf("i = %d: %d objects, %v", i, n, err)
		}
	}
	if len(out.Items) != 2 {
		t.Fatalf("%d items, want the 2 of the good records", len(out.Items))
	}
	for i, want := range []string{`"x":1}`, `"x":7}`} {
		if !strings.Contains(string(out.Items[i].JSON), want) {
			t.Errorf("item %d is %s, want %s in it", i, out.Items[i].JSON, want)
		}
	}
}

// TestItemsOutliveGrowth holds that an item's bytes stay when Buf grows under later ones.
func TestItemsOutliveGrowth(t *testing.T) {
	s := schemaOf(t, numbers)
	p := compiled(t, event("${i}"), s)
	m := p.NewMapper()
	var out mapping.Output
	for i := range 200 {
		v := decode(t, s, fmt.Sprintf(`{"i":%d,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[],"dec":"1.00"}`, i))
		if _, err := m.Map(&out, v, testMeta()); err != nil {
			t.Fatal(err)
		}
	}
	for i, it := range out.Items {
		if want := fmt.Sprintf(`"properties":{"x":%d}}`, i); !strings.HasSuffix(string(it.JSON), want) {
			t.Fatalf("item %d is %s, want it to end in %s", i, it.JSON, want)
		}
	}
}

// TestProgramIsShared runs one program in several mappers at once, for the race detector.
func TestProgramIsShared(t *testing.T) {
	s := schemaOf(t, readFile(t, "testdata/bad.avsc"))
	p := compiled(t, strings.ReplaceAll(pathsOnly, "seq: ${seq}", "seq: ${seq + len(items)}"), s)
	v := decode(t, s, orderRecord)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			m := p.NewMapper()
			var out mapping.Output
			for range 100 {
				if _, err := m.Map(&out, v, testMeta()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestTombstone holds that a record without a value makes objects of those rules only that ask for it.
func TestTombstone(t *testing.T) {
	topic := topicOf(t, `topics:
  t:
    tombstones: map
    user: {external_id: "${kafka.key}"}
    set: {twice: "${i * 2}"}
    send:
      - event: changed
        properties: {i: "${i}", twice: "${twice}"}
      - attributes: {status: null, was: "${s}"}
        when: ${record == nil}
      - event: both
        when: ${record == nil || i > 1}
        properties: {i: "${i ?? 0}"}
`)
	p, warnings, faults := mapping.Compile(topic, nil)
	if len(faults) > 0 || len(warnings) > 0 {
		t.Fatalf("faults %v, warnings %v", faults, warnings)
	}
	objs, err := run(t, p, schema.Value{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objs {
		got = append(got, o.Kind+" "+string(o.Object))
	}
	want := `attributes {"external_id":"key-1","status":null}
event {"external_id":"key-1","name":"both","time":"2026-01-15T09:35:20.123Z","properties":{"i":0}}`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	s := schemaOf(t, numbers)
	p, _, faults = mapping.Compile(topic, s)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	objs, err = run(t, p, decode(t, s, `{"i":5,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[],"dec":"1.00"}`))
	if err != nil || len(objs) != 2 {
		t.Errorf("a record makes %d objects (%v), want those of the first and the last rule", len(objs), err)
	}
}

func node(text string) *config.Node {
	return &config.Node{Kind: config.NodeString, Text: text, Pos: config.Pos{File: "bridge.yaml", Line: 9, Column: 10}}
}

func TestTopicName(t *testing.T) {
	for text, want := range map[string]string{
		"dead":                                "dead",
		`${kafka.topic + ".dead-letter"}`:     "shop.orders.dead-letter",
		"${kafka.topic}.${kafka.partition}":   "shop.orders.3",
		`${kafka.headers["trace"] ?? "none"}`: "t-1",
	} {
		name, faults := mapping.CompileTopicName(node(text))
		if len(faults) > 0 {
			t.Errorf("%s: %v", text, faults)
			continue
		}
		got, err := name.For(testMeta())
		if err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", text, got, err, want)
		}
		if static, ok := name.Static(); ok != (text == "dead") || ok && static != want {
			t.Errorf("%s: Static is %q, %v", text, static, ok)
		}
	}
	for text, want := range map[string]string{
		"${order_id}":         `bridge.yaml:9:12: dead_letter.topic: "order_id" is not known here: only kafka.* is`,
		"${kafka.topc}":       `bridge.yaml:9:18: dead_letter.topic: kafka has no "topc"`,
		"":                    `bridge.yaml:9:10: dead_letter.topic: a topic is needed`,
		"${kafka.offset / 2}": `bridge.yaml:9:12: dead_letter.topic: a topic's name cannot be a float`,
	} {
		name, faults := mapping.CompileTopicName(node(text))
		if name != nil || len(faults) != 1 || faults[0].Error() != want {
			t.Errorf("%q: %v, want %s", text, faults, want)
		}
	}
	name, faults := mapping.CompileTopicName(node(`${kafka.headers["empty"]}`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, err := name.For(testMeta()); err == nil {
		t.Error("a name that comes out null is no error")
	}
}

// TestNoUser covers a topic that the configuration's own check would refuse first.
func TestNoUser(t *testing.T) {
	topic := topicOf(t, "topics:\n  t:\n    user: {external_id: u}\n    send: [{event: x}, {event: y}, {event: z, user: {email: e}}]\n")
	topic.User = nil
	_, _, faults := mapping.Compile(topic, schemaOf(t, numbers))
	want := "bridge.yaml:4:12: topics.t.send[0]: no user: neither the topic nor the rule says whom the object is about"
	if len(faults) != 1 || faults[0].Error() != want {
		t.Errorf("got %v, want %s", faults, want)
	}
}

// TestMetadataFaults holds that what Kafka carries is checked like what the record holds.
func TestMetadataFaults(t *testing.T) {
	s := schemaOf(t, numbers)
	v := decode(t, s, `{"i":1,"d":1,"s":"x","t":0,"day":0,"any":null,"xs":[],"dec":"1.00"}`)
	tests := []struct {
		name, expr string
		change     func(m *mapping.Meta)
		want       string // the property, or the error
	}{
		{"key that is no text", "${kafka.key}", func(m *mapping.Meta) { m.Key = []byte{0xff} }, "text is not valid UTF-8"},
		{"key that is no text, in an expression", "${upper(kafka.key ?? \"\")}", func(m *mapping.Meta) { m.Key = []byte{'a', 0xff, 'b'} }, "text is not valid UTF-8"},
		{"no key", "${kafka.key}", func(m *mapping.Meta) { m.Key = nil }, ""},
		{"empty key", "${kafka.key}", func(m *mapping.Meta) { m.Key = []byte{} }, `{"x":""}`},
		{"no key in text", "<${kafka.key}>", func(m *mapping.Meta) { m.Key = nil }, ""},
		{"the last of several headers", `${kafka.headers["trace"]}`, func(m *mapping.Meta) {
			m.Headers = append(m.Headers, mapping.Header{Key: "trace", Value: []byte("t-2")})
		}, `{"x":"t-2"}`},
		{"a header with quotes", `${kafka.headers["trace"]}`, func(m *mapping.Meta) { m.Headers[0].Value = []byte(`a"b`) }, `{"x":"a\"b"}`},
		{"a timestamp beyond JSON's times", "${kafka.timestamp}", func(m *mapping.Meta) { m.Timestamp = m.Timestamp.AddDate(9000, 0, 0) }, "a year outside 0 to 9999"},
	}
	for _, tt := range tests {
		yaml := strings.Replace(event("'"+tt.expr+"'"), "    send:", "    time: 2026-01-01\n    send:", 1)
		p := compiled(t, yaml, s)
		meta := testMeta()
		tt.change(meta)
		var out mapping.Output
		_, err := p.NewMapper().Map(&out, v, meta)
		got := ""
		var e *mapping.Error
		if errors.As(err, &e) {
			got = e.Text
		} else if i := strings.Index(string(out.Buf), `"properties":`); i >= 0 {
			got = strings.TrimSuffix(string(out.Buf[i+len(`"properties":`):]), "}")
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
