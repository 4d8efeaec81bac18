package mapping_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// author writes a random schema and records of it.
type author struct {
	rnd   *rand.Rand
	names int
	odd   bool     // texts of the lengths and forms that the check's rules ask about
	known []string // records that may be named again: recursion, and a type in two places
}

func (a *author) pick(xs ...string) string { return xs[a.rnd.IntN(len(xs))] }

func (a *author) name() string {
	a.names++
	return fmt.Sprintf("%s%d", a.pick("n", "Type", "count", "item_", "größe"), a.names)
}

var logicals = []string{
	`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, `{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}`,
	`{"type":"int","logicalType":"date"}`, `{"type":"int","logicalType":"time-millis"}`, `{"type":"long","logicalType":"time-micros"}`,
	`{"type":"long","logicalType":"timestamp-millis"}`, `{"type":"long","logicalType":"timestamp-micros"}`, `{"type":"long","logicalType":"timestamp-nanos"}`,
	`{"type":"long","logicalType":"local-timestamp-millis"}`, `{"type":"long","logicalType":"local-timestamp-micros"}`,
	`{"type":"long","logicalType":"local-timestamp-nanos"}`, `{"type":"string","logicalType":"uuid"}`, `{"type":"int","logicalType":"decimal"}`,
}

func (a *author) schema(depth int) string {
	n := 12
	if depth <= 0 {
		n = 5
	}
	switch a.rnd.IntN(n) {
	case 0, 1, 2:
		return `"` + a.pick("null", "boolean", "int", "long", "float", "double", "bytes", "string") + `"`
	case 3:
		return a.pick(logicals...)
	case 4:
		if len(a.known) > 0 && a.rnd.IntN(2) == 0 {
			return `["null","` + a.pick(a.known...) + `"]`
		}
		return a.leaf()
	case 5, 6:
		return a.record(depth)
	case 7:
		return `{"type":"array","items":` + a.schema(depth-1) + `}`
	case 8:
		return `{"type":"map","values":` + a.schema(depth-1) + `}`
	case 9:
		return `["null",` + a.record(depth-1) + `]`
	case 10:
		return `["null",` + a.record(depth-1) + `,` + a.record(depth-1) + `,"string",` + a.leaf() + `,{"type":"array","items":"int"}]`
	}
	return `["` + a.pick("string", "null") + `","` + a.pick("int", "long", "double") + `","boolean"]`
}

// leaf is an enum or a fixed.
func (a *author) leaf() string {
	switch a.rnd.IntN(3) {
	case 0:
		return fmt.Sprintf(`{"type":"enum","name":%q,"symbols":["A","B"]}`, a.name())
	case 1:
		return fmt.Sprintf(`{"type":"fixed","name":%q,"size":12,"logicalType":"duration"}`, a.name())
	}
	return fmt.Sprintf(`{"type":"fixed","name":%q,"size":4,"logicalType":"decimal","precision":9,"scale":3}`, a.name())
}

func (a *author) record(depth int) string {
	name := a.name()
	a.known = append(a.known, name)
	var fields []string
	for range 1 + a.rnd.IntN(4) {
		fields = append(fields, fmt.Sprintf(`{"name":%q,"type":%s}`, a.name(), a.schema(depth-1)))
	}
	return fmt.Sprintf(`{"type":%q,"name":%q,"fields":[%s]}`, a.pick("record", "record", "error"), name, strings.Join(fields, ","))
}

// datum writes any bytes that the schema reads, extremes among them.
func (a *author) datum(dst []byte, t *schema.Type, depth int) []byte {
	number := func(limit uint64) []byte {
		n := a.rnd.Uint64N(limit)
		for ; n >= 0x80; n >>= 7 {
			dst = append(dst, byte(n)|0x80)
		}
		return append(dst, byte(n))
	}
	switch t.Base {
	case schema.Boolean:
		return append(dst, byte(a.rnd.IntN(2)))
	case schema.Int:
		return number([]uint64{3, 1 << 16, 1 << 32}[a.rnd.IntN(3)])
	case schema.Long:
		return number([]uint64{3, 3 << 40, 3 << 40, 3 << 40, 3 << 40, 3 << 40, 1 << 63}[a.rnd.IntN(7)])
	case schema.Float, schema.Double:
		n := 4
		if t.Base == schema.Double {
			n = 8
		}
		for range n {
			dst = append(dst, byte(a.rnd.Uint32()))
		}
	case schema.Bytes, schema.String:
		text := a.pick("", "a", "ü\x00\"\\", "2026-01-01", "550e8400-e29b-41d4-a716-446655440000")
		if a.odd && a.rnd.IntN(3) == 0 {
			text = a.pick(strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("ü", 255), strings.Repeat("\"", 200), "2026-01-01T00:00Z", "2026-01-15T09:35:20.123Z")
		}
		return append(binary.AppendVarint(dst, int64(len(text))), text...)
	case schema.Fixed:
		for range t.Size {
			dst = append(dst, byte(a.rnd.Uint32()))
		}
	case schema.Enum:
		return append(dst, byte(2*a.rnd.IntN(len(t.Symbols))))
	case schema.Record:
		for i := range t.Fields {
			dst = a.datum(dst, t.Fields[i].Type, depth-1)
		}
	case schema.Array, schema.Map:
		n := a.rnd.IntN(3)
		if n > 0 && depth > 0 {
			dst = append(dst, byte(2*n))
			for i := range n {
				if t.Base == schema.Map {
					dst = append(dst, 2, byte('a'+i))
				}
				dst = a.datum(dst, t.Elem, depth-1)
			}
		}
		return append(dst, 0)
	case schema.Union:
		i := a.rnd.IntN(len(t.Branches))
		if depth <= 0 {
			i = 0 // mostly null: recursion ends
		}
		return a.datum(append(dst, byte(2*i)), t.Branches[i], depth-1)
	}
	return dst
}

// TestAnySchemaAndRecord maps random records of random schemas with a mapping that reads every field in every way: no
// panic, valid JSON, and the check reads every object.
func TestAnySchemaAndRecord(t *testing.T) {
	mapped, decoded, refused := 0, 0, 0
	for seed := range uint64(400) {
		a := &author{rnd: rand.New(rand.NewPCG(seed, 5))}
		text := a.record(4)
		s, err := schema.Parse(text)
		if err != nil {
			t.Fatalf("seed %d: %v of %s", seed, err, text)
		}
		p, _, faults := mapping.Compile(everything(s), s)
		if p == nil {
			t.Fatalf("seed %d: %v of %s", seed, faults, text)
		}
		for range 5 {
			v, err := s.Decode(&schema.Arena{}, a.datum(nil, s.Root, 6))
			if err != nil {
				refused++
				continue
			}
			decoded++
			if mapSafely(t, p, v) {
				mapped++
			}
		}
	}
	if decoded < 4*refused || 2*mapped < decoded {
		t.Errorf("%d records mapped of %d decoded, %d refused by the decoder: too few to show anything", mapped, decoded, refused)
	}
}

// TestAnyKey does the same with the record's key: what a mapping takes from it, a record without a key included.
func TestAnyKey(t *testing.T) {
	value := schemaOf(t, `{"type":"record","name":"R","fields":[]}`)
	topic := topicOf(t, "topics:\n  t:\n    key: avro\n    user: {external_id: u}\n    send:\n      - {event: e, properties: {whole: '${kafka.key}', same: '${[kafka.key]}', there: '${kafka.key != nil}'}}\n")
	for seed := range uint64(200) {
		a := &author{rnd: rand.New(rand.NewPCG(seed, 6))}
		key := schemaOf(t, a.schema(3))
		p, _, faults := mapping.CompileWith(topic, value, key)
		if key.Root.Odd != "" {
			continue // a fault of its own
		}
		if p == nil {
			t.Fatalf("seed %d: %v", seed, faults)
		}
		meta := testMeta()
		v, err := key.Decode(&schema.Arena{}, a.datum(nil, key.Root, 5))
		if err != nil {
			continue
		}
		meta.KeyValue = v
		var out mapping.Output
		if _, err := p.NewMapper().Map(&out, decode(t, value, "{}"), meta); err != nil {
			continue
		}
		var object struct {
			Properties struct {
				There bool
				Whole any
				Same  []any
			}
		}
		if err := json.Unmarshal(out.Items[0].JSON, &object); err != nil {
			t.Fatalf("seed %d: %v of %s", seed, err, out.Items[0].JSON)
		}
		if got := object.Properties; got.There == v.IsNull() || (got.Whole == nil) != (len(got.Same) == 0) {
			t.Errorf("seed %d: %s", seed, out.Items[0].JSON)
		}
	}
}
