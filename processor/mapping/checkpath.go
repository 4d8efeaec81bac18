package mapping

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// path recognises a plain path inside an expression and makes it a slot.
func (k *checker) path(p *ast.Node) (typ, bool) {
	segs, ok := k.segments(*p)
	if !ok {
		return typ{}, false
	}
	if t, ok := k.letOrPointer(p, segs); ok {
		return t, true
	}
	r, f := k.c.resolveWith(segs, k.facts)
	if f != nil {
		return k.faultAt(f.off, cmp.Or(k.elementField(segs), f.hint), "%s", f.msg), true
	}
	k.c.noteKey(k.p, k.off+segs[0].off, r)
	ast.Patch(p, &ast.IdentifierNode{Value: k.slot(r)})
	return r.t, true
}

// letOrPointer types a single name that let has brought, or #.
func (k *checker) letOrPointer(p *ast.Node, segs []segment) (typ, bool) {
	if len(segs) != 1 {
		return typ{}, false
	}
	id, ok := (*p).(*ast.IdentifierNode)
	if !ok {
		return typ{}, false
	}
	for i := len(k.lets) - 1; i >= 0; i-- {
		if k.lets[i].name == id.Value {
			t := k.lets[i].t
			if k.facts.has(factKey(segs)) {
				t.opt = false
			}
			return t, true
		}
	}
	return typ{}, false
}

// slot gives the reference a name in the machine's environment; equal paths share one.
func (k *checker) slot(r *ref) string {
	for i, s := range k.slots {
		if s.text == r.text && s.root == r.root && s.n == r.n {
			return slotName(i)
		}
	}
	k.slots = append(k.slots, r)
	return slotName(len(k.slots) - 1)
}

// slotName cannot be written in an expression, so it meets no name of a let.
func slotName(i int) string { return "$" + strconv.Itoa(i) }

// segments reads a chain of members down to a name. ok is false for anything else, and for a let's name with members:
// what let holds is no path of the record.
func (k *checker) segments(n ast.Node) (segs []segment, ok bool) {
	segs, ok = k.chain(n)
	if !ok || segs[0].name[0] == '#' || len(segs) > 1 && k.isLet(segs[0].name) {
		return nil, false
	}
	return segs, true
}

// chain reads a chain of members down to a name or to #, which counts as a name of its own for every predicate.
func (k *checker) chain(n ast.Node) (segs []segment, ok bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []segment{{name: n.Value, off: k.byteOffset(n.Location().From)}}, n.Value != ""
	case *ast.PointerNode:
		return []segment{{name: k.pointerName()}}, n.Name == ""
	case *ast.ChainNode:
		return k.chain(n.Node)
	case *ast.MemberNode:
		base, ok := k.chain(n.Node)
		if !ok || n.Method {
			return nil, false
		}
		seg, ok := k.segmentOf(n.Property)
		return append(base, seg), ok
	}
	return nil, false
}

// pointerName is what # of the innermost predicate is called among the facts: its depth tells it apart, since a fact
// does not outlive the predicate that it holds in.
func (k *checker) pointerName() string { return "#" + strconv.Itoa(len(k.preds)) }

func (k *checker) isLet(name string) bool {
	for i := range k.lets {
		if k.lets[i].name == name {
			return true
		}
	}
	return false
}

// segmentOf reads a constant property: a name, a text in brackets, a number.
func (k *checker) segmentOf(prop ast.Node) (segment, bool) {
	off := k.byteOffset(prop.Location().From)
	switch prop := prop.(type) {
	case *ast.StringNode:
		quoted := off < len(k.src) && strings.IndexByte("\"'`", k.src[off]) >= 0
		return segment{name: prop.Value, quoted: quoted, off: off}, true
	case *ast.IntegerNode:
		return segment{index: prop.Value, isIndex: true, off: off}, true
	case *ast.UnaryNode:
		if i, ok := prop.Node.(*ast.IntegerNode); ok && prop.Operator == "-" {
			return segment{index: -i.Value, isIndex: true, off: off}, true
		}
	}
	return segment{}, false
}

// elementField says how an element's field is written inside a predicate, where the first name of a path, or the one behind
// item, is such a field.
func (k *checker) elementField(segs []segment) string {
	if len(k.preds) == 0 {
		return ""
	}
	if len(segs) > 1 && segs[0].name == "item" {
		segs = segs[1:]
	}
	for _, r := range k.preds[len(k.preds)-1].records() {
		if fieldIndex(r, segs[0].name) >= 0 {
			return "the element's field is ." + pathText(segs)
		}
	}
	return ""
}
