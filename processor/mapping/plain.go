package mapping

import (
	"slices"

	"brazebridge/schema"
	"brazebridge/sink"
)

// propertiesNode writes an object's properties and vouches for them (sink.Item.Plain) where nothing in the record speaks against it.
type propertiesNode struct{ obj *objectNode }

func (n *propertiesNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	m.doubt = false
	out, ok, err := n.obj.appendJSON(m, dst)
	if ok && !m.doubt && err == nil {
		m.plain = sink.Part{From: uint32(len(dst)), To: uint32(len(out))}
	}
	return out, ok, err
}

// vouch makes the properties among the entries vouch for themselves, if all that the mapping and the schema alone decide is plain.
func (r *rule) vouch() {
	for i := range r.obj.entries {
		e := &r.obj.entries[i]
		if props, ok := e.val.(*objectNode); ok && e.name == "properties" && isPlain(r.kind, props) {
			e.val = &propertiesNode{props}
		}
	}
}

// isPlain has the check itself look at the properties with every name and constant, and a number for whatever a record decides.
// A record can only leave some of it out, or put in what the mapper looks at: texts, lists, and what is copied whole.
func isPlain(kind sink.Kind, props *objectNode) bool {
	if !plainNode(props, 1) {
		return false
	}
	json := append(slices.Clone(frames[kind]), sample(nil, props)...)
	checker := sink.NewChecker(sink.CheckOptions{})
	_, refusals := checker.Check([]sink.Item{{Kind: kind, JSON: append(json, '}')}})
	plain := len(refusals) == 0
	checker.TakeCounted(func(string, int64) { plain = false })
	return plain
}

// frames are objects that want nothing but properties.
var frames = map[sink.Kind][]byte{
	sink.Event:    []byte(`{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":`),
	sink.Purchase: []byte(`{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"2026-01-01T00:00:00Z","properties":`),
}

// plainNode reports whether what the node writes is plain, as far as it can be told without a record. depth is that of the objects
// and lists around it.
func plainNode(n node, depth int) bool {
	if depth > sink.PlainDepth {
		return false
	}
	switch n := n.(type) {
	case *objectNode:
		return !slices.ContainsFunc(n.entries, func(e entry) bool { return !plainNode(e.val, depth+1) })
	case *listNode:
		return !slices.ContainsFunc(n.elems, func(e node) bool { return !plainNode(e, depth+1) })
	case *loopNode:
		return plainNode(n.value, depth+1)
	case *pathNode:
		types := n.ref.t.types()
		tall := func(t *schema.Type) bool { return depth+heights{}.of(t) > sink.PlainDepth }
		return len(types) > 0 && !slices.ContainsFunc(types, tall)
	case *constNode, absentNode, *textNode, *metaNode, *quotedNode, *anyNode: // what anyNode writes that is no single value raises a doubt
		return true
	}
	return false
}

// heights are how deep the values of types nest; of a recursive type, deeper than is plain.
type heights map[*schema.Type]int

func (h heights) of(t *schema.Type) int {
	if t == nil {
		return 0
	}
	if most, known := h[t]; known {
		return most
	}
	h[t] = sink.PlainDepth + 1 // what finds it still so holds itself
	most := 0
	switch t.Kind {
	case schema.Record:
		for i := range t.Fields {
			most = max(most, h.of(t.Fields[i].Type))
		}
		most++
	case schema.Array, schema.Map:
		most = h.of(t.Elem) + 1
	case schema.Union:
		for _, b := range t.Branches {
			most = max(most, h.of(b))
		}
	}
	h[t] = most
	return most
}

// sample writes a node with everything that could be there.
func sample(dst []byte, n node) []byte {
	switch n := n.(type) {
	case *objectNode:
		dst = append(dst, '{')
		for i := range n.entries {
			if _, absent := n.entries[i].val.(absentNode); !absent {
				dst = append(sample(append(dst, n.entries[i].key...), n.entries[i].val), ',')
			}
		}
		return closed(dst, '}')
	case *listNode:
		dst = append(dst, '[')
		for _, e := range n.elems {
			if _, absent := e.(absentNode); !absent {
				dst = append(sample(dst, e), ',')
			}
		}
		return closed(dst, ']')
	case *loopNode:
		return append(sample(append(dst, '['), n.value), ']')
	case *constNode:
		return append(dst, n.json...)
	}
	return append(dst, '0')
}

// closed puts the bracket where the last comma stands, or behind the one that opens.
func closed(dst []byte, bracket byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst = dst[:last]
	}
	return append(dst, bracket)
}

// watch looks at a single value that was written from mark on. A longer one is the check's to judge.
func (m *Mapper) watch(out []byte, mark int) {
	if len(out)-mark > sink.PlainText+len(`""`) {
		m.doubt = true
	}
}

// watchElement looks at an element of a list: a text there could be a time.
func (m *Mapper) watchElement(out []byte, mark int) {
	if len(out)-mark >= sink.PlainElement+len(`""`) && out[mark] == '"' {
		m.doubt = true
	}
}
