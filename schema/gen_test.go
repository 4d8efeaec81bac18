package schema

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// generator makes schemas and data at random. It writes the binary form by itself, in every form that the
// specification allows: several blocks, blocks with their size in bytes, numbers longer than they need to be.
type generator struct {
	*rand.Rand
	count int
	names []string // named types that may be referred to
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 7))}
}

func (g *generator) name() string {
	g.count++
	return fmt.Sprintf("T%d", g.count)
}

// schema makes a type of bounded depth.
func (g *generator) schema(depth int) any {
	n := 20
	if depth <= 0 {
		n = 14
	}
	switch g.IntN(n) {
	case 0:
		return "null"
	case 1:
		return "boolean"
	case 2:
		return "int"
	case 3:
		return "long"
	case 4:
		return "float"
	case 5:
		return "double"
	case 6:
		return "bytes"
	case 7, 8:
		return "string"
	case 9, 10:
		return g.logical()
	case 11:
		return g.fixed()
	case 12:
		return g.enum()
	case 13:
		if len(g.names) > 0 {
			return g.names[g.IntN(len(g.names))]
		}
		return "long"
	case 14:
		return object{"type": "array", "items": g.schema(depth - 1)}
	case 15:
		return object{"type": "map", "values": g.schema(depth - 1)}
	case 16:
		return g.union(depth)
	case 17:
		return []any{"null", g.branch(depth)}
	}
	return g.record(depth)
}

func (g *generator) logical() any {
	simple := []string{"date", "time-millis", "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos",
		"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos", "uuid", "decimal", "nonsense"}
	base := []string{"int", "long", "string", "bytes"}
	o := object{"type": base[g.IntN(len(base))], "logicalType": simple[g.IntN(len(simple))]}
	if o["logicalType"] == "decimal" {
		o["precision"], o["scale"] = g.IntN(20), g.IntN(10)-1
	}
	return o
}

func (g *generator) fixed() any {
	o := object{"type": "fixed", "name": g.name(), "size": g.IntN(20)}
	switch g.IntN(4) {
	case 0:
		o["logicalType"], o["precision"], o["scale"] = "decimal", 1+g.IntN(20), g.IntN(4)
	case 1:
		o["logicalType"], o["size"] = "uuid", 16
	case 2:
		o["logicalType"], o["size"] = "duration", 12
	}
	g.names = append(g.names, o["name"].(string))
	return o
}

func (g *generator) enum() any {
	o := object{"type": "enum", "name": g.name()}
	symbols := []any{"A"}
	for i := range g.IntN(5) {
		symbols = append(symbols, fmt.Sprintf("B-%d", i)) // no name that Avro allows, and no reason to refuse it
	}
	o["symbols"] = symbols
	g.names = append(g.names, o["name"].(string))
	return o
}

func (g *generator) record(depth int) any {
	name := g.name()
	o := object{"type": "record", "name": name}
	if g.IntN(3) == 0 {
		o["namespace"] = "a-b.c" // a hyphen
		name = "a-b.c." + name
	}
	fields := []any{}
	for i := range g.IntN(6) {
		fields = append(fields, object{"name": fmt.Sprintf("f%d", i), "type": g.schema(depth - 1), "default": g.IntN(3)})
	}
	if g.IntN(3) == 0 {
		fields = append(fields, object{"name": "again", "type": []any{"null", name}})
	}
	o["fields"] = fields
	if o["namespace"] == nil {
		g.names = append(g.names, name)
	}
	return o
}

// branch is a type that is no union.
func (g *generator) branch(depth int) any {
	for {
		b := g.schema(depth - 1)
		if _, union := b.([]any); !union && b != "null" {
			return b
		}
	}
}

func (g *generator) union(depth int) any {
	var out []any
	for range 1 + g.IntN(4) {
		out = append(out, g.branch(depth))
	}
	if g.IntN(2) == 0 {
		out = append(out, "null")
	}
	return out
}

// compiled makes schemas until one is accepted: a random union may hold a type twice, a name may be out of its namespace.
func (g *generator) compiled(t *testing.T) *Schema {
	t.Helper()
	for {
		g.names = nil
		text, err := json.Marshal(g.schema(4))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := Parse(string(text)); err == nil {
			return s
		}
	}
}

// datum writes a value of the type.
func (g *generator) datum(dst []byte, t *Type, depth int) []byte {
	switch t.Base {
	case Boolean:
		return append(dst, byte(g.IntN(2)))
	case Int:
		return g.varint(dst, int64(int32(g.number())))
	case Long:
		return g.varint(dst, g.number())
	case Float:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(g.NormFloat64())))
	case Double:
		return binary.LittleEndian.AppendUint64(dst, g.Uint64())
	case Bytes, String:
		s := []string{"", "a", "größer", "\u2028<&>\"\\\n", "0123456789012345678901234567890123456789"}[g.IntN(5)]
		return append(g.varint(dst, int64(len(s))), s...)
	case Fixed:
		for range t.Size {
			dst = append(dst, byte(g.Uint32()))
		}
	case Enum:
		return g.varint(dst, int64(g.IntN(len(t.Symbols))))
	case Record:
		for i := range t.Fields {
			dst = g.datum(dst, t.Fields[i].Type, depth-1)
		}
	case Union:
		i := g.IntN(len(t.Branches))
		if depth <= 0 {
			i = max(0, nullBranch(t)) // ends recursive types
		}
		return g.datum(g.varint(dst, int64(i)), t.Branches[i], depth-1)
	case Array, Map:
		return g.blocks(dst, t, depth)
	}
	return dst
}

func nullBranch(t *Type) int {
	for i, b := range t.Branches {
		if b.Kind == Null {
			return i
		}
	}
	return -1
}

func (g *generator) blocks(dst []byte, t *Type, depth int) []byte {
	key := 0
	for range g.IntN(3) {
		if depth <= 0 {
			break
		}
		n := 1 + g.IntN(3)
		var block []byte
		for range n {
			if t.Base == Map {
				k := fmt.Sprintf("k%d", key)
				block = append(g.varint(block, int64(len(k))), k...)
				key++
			}
			block = g.datum(block, t.Elem, depth-1)
		}
		if g.IntN(2) == 0 {
			dst = g.varint(dst, int64(-n))
			dst = g.varint(dst, int64(len(block)))
		} else {
			dst = g.varint(dst, int64(n))
		}
		dst = append(dst, block...)
	}
	return append(dst, 0)
}

func (g *generator) number() int64 {
	return int64(g.Uint64()) >> g.IntN(64)
}

// varint writes a number, at times in more bytes than it needs.
func (g *generator) varint(dst []byte, n int64) []byte {
	dst = binary.AppendVarint(dst, n)
	if n > -64 && n < 64 && g.IntN(20) == 0 {
		dst[len(dst)-1] |= 0x80
		dst = append(dst, 0)
	}
	return dst
}
