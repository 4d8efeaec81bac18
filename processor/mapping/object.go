package mapping

import (
	"brazebridge/schema"
)

// entry is a key of an object with its value. A nil key splices: the value writes whole entries itself.
type entry struct {
	key  []byte // "name":
	name string
	val  node
	need *site // where set, absence is a fault of the record
	// merged marks entries that are the same for every record and have been joined; they have no key of their own.
	merged bool
}

// objectNode writes an object. Where every value is absent, so is the object, unless it is kept.
type objectNode struct {
	entries []entry
	keep    bool
}

func (n *objectNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '{')
	dst, err := n.appendEntries(m, dst)
	if err != nil {
		return dst[:start], false, err
	}
	if len(dst) == start+1 && !n.keep {
		return dst[:start], false, nil
	}
	return append(dst, '}'), true, nil
}

// appendEntries writes the entries, with commas between them, after what is in dst: an opening brace or entries.
func (n *objectNode) appendEntries(m *Mapper, dst []byte) ([]byte, error) {
	for i := range n.entries {
		e := &n.entries[i]
		mark := len(dst)
		if last := dst[mark-1]; last != '{' && last != ',' {
			dst = append(dst, ',')
		}
		dst = append(dst, e.key...)
		out, ok, err := e.val.appendJSON(m, dst)
		if err != nil {
			return dst[:mark], err
		}
		if !ok {
			if e.need != nil {
				return dst[:mark], e.need.errorf("null or empty where a value is required")
			}
			dst = dst[:mark]
			continue
		}
		if len(out)-m.start > maxOutput {
			return dst[:mark], errOutput
		}
		dst = out
	}
	return dst, nil
}

// listNode writes an array of what is spelled out; what is absent is left out.
type listNode struct{ elems []node }

func (n *listNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '[')
	for _, e := range n.elems {
		out, _, err := appendElement(m, dst, start, e)
		if err != nil {
			return dst[:start], false, err
		}
		dst = out
	}
	return append(dst, ']'), true, nil
}

// appendElement writes one element of an array that begins at start; what is absent is left out.
func appendElement(m *Mapper, dst []byte, start int, e node) ([]byte, bool, error) {
	mark := len(dst)
	if mark > start+1 {
		dst = append(dst, ',')
	}
	out, ok, err := e.appendJSON(m, dst)
	if err != nil || !ok {
		return dst[:mark], false, err
	}
	if len(out)-m.start > maxOutput {
		return dst[:mark], false, errOutput
	}
	m.watchElement(out, len(dst))
	return out, true, nil
}

// loop goes through a list: for_each, with its condition.
type loop struct {
	ref   *ref                         // the list, where it is a part of the record
	list  func(m *Mapper) (any, error) // otherwise
	depth int
	when  *condition
	site  *site
}

// loopElement is what a for_each stands at: a part of the record, or something computed.
type loopElement struct {
	v    schema.Value
	x    any
	isIn bool // v holds it
}

// each calls f for every element that passes the condition. ok is false where the list is null.
func (l *loop) each(m *Mapper, f func() error) (ok bool, err error) {
	if l.ref != nil {
		return l.eachValue(m, m.value(l.ref), f)
	}
	x, err := l.list(m)
	if err != nil {
		return false, l.site.wrap(err)
	}
	if x == nil {
		return false, nil
	}
	list, isList := x.([]any)
	if !isList {
		return false, l.site.wrap(errType)
	}
	for _, e := range list {
		el := loopElement{x: e}
		if a, isAvro := e.(avro); isAvro {
			el = loopElement{v: a.v, isIn: true}
		}
		if err := l.one(m, el, f); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (l *loop) eachValue(m *Mapper, list schema.Value, f func() error) (bool, error) {
	switch list.Kind() {
	case schema.Null:
		return false, nil
	case schema.Array:
	default:
		return false, l.site.wrap(errType)
	}
	for i := range list.Len() {
		if err := l.one(m, loopElement{v: list.Elem(i), isIn: true}, f); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (l *loop) one(m *Mapper, el loopElement, f func() error) error {
	if !m.tick() {
		return l.site.wrap(errSteps)
	}
	m.loops[l.depth] = el
	if l.when != nil {
		pass, err := l.when.holds(m)
		if err != nil || !pass {
			return err
		}
	}
	return f()
}

// loopNode writes an array by going through a list. A null list is absent, an empty one is [].
type loopNode struct {
	loop  *loop
	value node
}

func (n *loopNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '[')
	ok, err := n.loop.each(m, func() error {
		out, _, err := appendElement(m, dst, start, n.value)
		dst = out
		return err
	})
	if err != nil || !ok {
		return dst[:start], false, err
	}
	return append(dst, ']'), true, nil
}

// condition is a compiled `when`.
type condition struct {
	konst  bool // where source and ref are nil
	ref    *ref
	source func(m *Mapper) (any, error)
	site   *site
}

func (c *condition) holds(m *Mapper) (bool, error) {
	if c.ref != nil {
		return m.value(c.ref).Bool(), nil
	}
	if c.source == nil {
		return c.konst, nil
	}
	v, err := c.source(m)
	if err != nil {
		return false, c.site.wrap(err)
	}
	b, ok := v.(bool)
	if !ok {
		return false, c.site.wrap(errType)
	}
	return b, nil
}
