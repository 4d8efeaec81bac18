package mapping

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// checker types one expression against the schema and rewrites its tree for the expression machine: paths become
// slots that are filled before a run, and whatever the machine would compute otherwise than the language promises
// (decimals, overflow, dates, nulls) becomes a call of a function of ours.
type checker struct {
	c      *compiler
	p      place
	off    int // of the expression in the place's text
	src    string
	slots  []*ref
	lets   []binding
	preds  []typ // the elements that # stands for, innermost last
	facts  facts
	rounds bool // floats have been computed with
	failed bool
	nested bool // a predicate lies within a predicate
	counts bool // steps are paid for
}

// binding is a name that let brings.
type binding struct {
	name string
	t    typ
}

// fault reports something wrong at a node. The type it returns fits everywhere, so that one mistake is told once.
func (k *checker) fault(n ast.Node, hint, format string, args ...any) typ {
	return k.faultAt(k.byteOffset(n.Location().From), hint, format, args...)
}

func (k *checker) faultAt(off int, hint, format string, args ...any) typ {
	k.failed = true
	k.c.report(k.p, k.off+off, fmt.Sprintf(format, args...), hint)
	return typ{class: cAny}
}

// byteOffset turns the parser's count of characters into bytes.
func (k *checker) byteOffset(runes int) int {
	n := 0
	for i := range k.src {
		if n == runes {
			return i
		}
		n++
	}
	return len(k.src)
}

// visit types a node and rewrites it in place.
func (k *checker) visit(p *ast.Node) typ {
	t := k.node(p)
	if !t.opt {
		setGoType(*p, t)
	}
	return t
}

// setGoType tells the machine's compiler what is always there, so that it takes its faster instructions.
func setGoType(n ast.Node, t typ) {
	switch t.class {
	case cBool:
		n.SetType(reflect.TypeFor[bool]())
	case cInt:
		n.SetType(reflect.TypeFor[int]())
	case cText, cEnum:
		n.SetType(reflect.TypeFor[string]())
	}
}

func (k *checker) node(p *ast.Node) typ {
	if t, ok := k.path(p); ok {
		return t
	}
	switch n := (*p).(type) {
	case *ast.NilNode:
		return typ{class: cNil, opt: true}
	case *ast.BoolNode:
		return typ{class: cBool}
	case *ast.IntegerNode:
		return typ{class: cInt}
	case *ast.FloatNode:
		return typ{class: cFloat}
	case *ast.StringNode:
		if i := strings.Index(n.Value, "${"); i >= 0 {
			k.c.warn(k.p, k.off+k.byteOffset(n.Location().From), "a text inside an expression has no holes: this is sent as it stands", `write the text outside, "…${a}…", or join it: "…" + string(a)`)
		}
		return typ{class: cText}
	case *ast.UnaryNode:
		return k.unary(p, n)
	case *ast.BinaryNode:
		return k.binary(p, n)
	case *ast.ChainNode:
		*p = n.Node
		return k.visit(p)
	case *ast.MemberNode:
		return k.member(p, n)
	case *ast.SliceNode:
		return k.slice(p, n)
	case *ast.ConditionalNode:
		return k.conditional(n)
	case *ast.BuiltinNode:
		return k.builtin(p, n)
	case *ast.CallNode:
		return k.call(p, n)
	case *ast.PointerNode:
		return k.pointer(n)
	case *ast.VariableDeclaratorNode:
		return k.let(n)
	case *ast.SequenceNode:
		return k.fault(n, "write one expression", "several expressions in one")
	case *ast.ArrayNode:
		return k.array(n)
	case *ast.MapNode:
		return k.mapLiteral(n)
	case *ast.BytesNode:
		return k.fault(n, `write text: "…"`, "byte literals are not part of the language")
	}
	return k.fault(*p, "write it with names, operators and the functions of the language", "this expression is not part of the language")
}

func (k *checker) pointer(n *ast.PointerNode) typ {
	if n.Name == "index" {
		return typ{class: cInt}
	}
	if n.Name != "" || len(k.preds) == 0 {
		return k.fault(n, "use #, .field or #index inside a predicate", "#%s is not known here", n.Name)
	}
	t := k.preds[len(k.preds)-1]
	if k.facts.has("." + k.pointerName()) {
		t.opt = false
	}
	return t
}

func (k *checker) let(n *ast.VariableDeclaratorNode) typ {
	t := k.visit(&n.Value)
	k.lets = append(k.lets, binding{n.Name, t})
	out := k.visit(&n.Expr)
	k.lets = k.lets[:len(k.lets)-1]
	return out
}

// conditional types cond ? a : b; each arm knows what the condition proves about nulls.
func (k *checker) conditional(n *ast.ConditionalNode) typ {
	whenTrue, whenFalse := k.proves(n.Cond, true), k.proves(n.Cond, false)
	k.boolean(&n.Cond, "the condition")
	undo := k.facts.assume(whenTrue)
	a := k.visit(&n.Exp1)
	undo()
	undo = k.facts.assume(whenFalse)
	b := k.visit(&n.Exp2)
	undo()
	k.alignNumbers(&n.Exp1, a, &n.Exp2, b)
	return joined(a, b)
}

// alignNumbers turns the number beside a decimal into a decimal.
func (k *checker) alignNumbers(pa *ast.Node, a typ, pb *ast.Node, b typ) {
	if a.class == cDecimal && b.numeric() && b.class != cDecimal {
		rewriteCall(pb, "decimal", *pb)
	}
	if b.class == cDecimal && a.numeric() && a.class != cDecimal {
		rewriteCall(pa, "decimal", *pa)
	}
}

// boolean visits a node that must be a boolean.
func (k *checker) boolean(p *ast.Node, what string) {
	orig := *p
	t := k.visit(p)
	switch {
	case t.class == cAny:
	case t.class != cBool:
		k.fault(orig, "compare it with something: ==, !=, > …", "%s is %s, not a boolean", what, article(t))
	case t.opt:
		k.fault(orig, fmt.Sprintf("say what a null means: (%s ?? false)", orig), "%s may be null", k.describe(orig, what))
	}
}

// describe names a node in a fault: a short expression by its text, a longer one by what it is.
func (k *checker) describe(n ast.Node, what string) string {
	s := n.String()
	if len(s) > 40 || strings.ContainsAny(s, "\n") {
		return what
	}
	return s
}

func (k *checker) array(n *ast.ArrayNode) typ {
	var e typ
	for i := range n.Nodes {
		t := k.visit(&n.Nodes[i])
		if i == 0 {
			e = t
		} else {
			e = joined(e, t)
		}
	}
	return typ{class: cArray, elem: &e}
}

func (k *checker) mapLiteral(n *ast.MapNode) typ {
	t := typ{class: cMap, keys: map[string]typ{}}
	for _, node := range n.Pairs {
		pair, ok := node.(*ast.PairNode)
		if !ok {
			continue
		}
		key, isText := pair.Key.(*ast.StringNode)
		if !isText {
			k.fault(pair.Key, `write the key as "text"`, "a key must be a literal text")
			continue
		}
		t.keys[key.Value] = k.visit(&pair.Value)
	}
	return t
}

// member is a part of a value that is no plain path.
func (k *checker) member(p *ast.Node, n *ast.MemberNode) typ {
	chain, known := k.chain(n)
	t := k.memberOf(p, n)
	if known && k.facts.has(factKey(chain)) {
		t.opt = false
	}
	return t
}

func (k *checker) memberOf(p *ast.Node, n *ast.MemberNode) typ {
	base := n.Node
	so := k.describe(base, "this value")
	t := k.visit(&n.Node)
	opt := t.opt || n.Optional
	seg, constant := k.segmentOf(n.Property)
	if !constant {
		return k.dynamicMember(p, n, t)
	}
	if t.class == cAny && len(t.alts) == 0 {
		rewriteCall(p, "__get", n.Node, n.Property)
		return typ{class: cAny, opt: true}
	}
	if t.keys != nil {
		mt, ok := t.keys[seg.name]
		if !ok {
			return k.faultAt(seg.off, didYouMean(seg.name, sortedKeys(t.keys)), "%s has no %q", so, seg.name)
		}
		rewriteCall(p, "__get", n.Node, n.Property)
		mt.opt = mt.opt || opt
		return mt
	}
	if t.s == nil && (t.class == cArray && seg.isIndex || t.class == cMap) {
		rewriteCall(p, "__get", n.Node, n.Property)
		return t.elemType().optional()
	}
	st, mt, f := stepInto(t, &seg, so)
	if f != nil {
		return k.faultAt(f.off, f.hint, "%s", f.msg)
	}
	if t.class == cArray || t.class == cMap {
		rewriteCall(p, "__get", n.Node, n.Property)
	} else {
		rewriteCall(p, "__step", n.Node, &ast.ConstantNode{Value: &st})
	}
	mt.opt = mt.opt || opt
	return mt
}

// dynamicMember is base[expression].
func (k *checker) dynamicMember(p *ast.Node, n *ast.MemberNode, t typ) typ {
	prop := n.Property
	pt := k.visit(&n.Property)
	switch {
	case t.class == cAny:
	case t.class == cArray:
		k.needs(prop, pt, "an array's index", cInt)
	case t.class == cMap:
		k.needs(prop, pt, "a map's key", cText, cEnum)
	default:
		return k.fault(prop, elementHint(t), "%s has no elements", article(t))
	}
	rewriteCall(p, "__get", n.Node, n.Property)
	if t.keys != nil {
		return typ{class: cAny, opt: true}
	}
	return t.elemType().optional()
}

// rewriteCall replaces a node by a call of one of our functions.
func rewriteCall(p *ast.Node, fn string, args ...ast.Node) {
	ast.Patch(p, &ast.CallNode{Callee: &ast.IdentifierNode{Value: fn}, Arguments: args})
}
