package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"brazebridge/schema"
)

// needs reports whether a value is of one of the classes and cannot be null; otherwise it says so.
func (k *checker) needs(n ast.Node, t typ, what string, classes ...class) bool {
	if t.class != cAny && !slices.Contains(classes, t.class) {
		names := make([]string, len(classes))
		for i, c := range classes {
			names[i] = classNames[c]
		}
		k.fault(n, hintFor(t, classes), "%s takes %s, not %s", what, strings.Join(names, " or "), article(t))
		return false
	}
	return k.present(n, t, what)
}

// present reports whether a value cannot be null where one is required.
func (k *checker) present(n ast.Node, t typ, what string) bool {
	if !t.nullable() {
		return true
	}
	name := k.pathOf(n)
	if t.class == cRecord || len(t.records()) > 0 {
		k.fault(n, "test it before: "+cmp.Or(name, "…")+" != nil ? … : nil", "%s may be null, and %s takes no null", cmp.Or(name, "a record"), what)
		return false
	}
	if name == "" {
		k.fault(n, "give a default: (… ?? "+zeroFor(t, what)+")", "%s takes no null, and this may be null", what)
		return false
	}
	k.fault(n, fmt.Sprintf("give a default, (%s ?? %s), or test it before: %s != nil", name, zeroFor(t, what), name), "%s may be null, and %s takes no null", name, what)
	return false
}

// pathOf is the path that a slot stands for, as it was written; empty for anything else.
func (k *checker) pathOf(n ast.Node) string {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return ""
	}
	for i, r := range k.slots {
		if slotName(i) == id.Value {
			return r.text
		}
	}
	return id.Value
}

// zeroFor is zeroOf, guessed from the operator where the type is not known.
func zeroFor(t typ, what string) string {
	if t.class == cAny && slices.Contains([]string{"+", "-", "*", "/", "%", "<", "<=", ">", ">="}, what) {
		return "0"
	}
	return zeroOf(t)
}

func zeroOf(t typ) string {
	switch t.class {
	case cInt, cDecimal, cFloat:
		return "0"
	case cBool:
		return "false"
	case cArray:
		return "[]"
	case cTime, cDate, cLocal:
		return "kafka.timestamp"
	}
	return `""`
}

func (k *checker) unary(p *ast.Node, n *ast.UnaryNode) typ {
	if n.Operator == "!" || n.Operator == "not" {
		k.boolean(&n.Node, "what "+n.Operator+" negates")
		return typ{class: cBool}
	}
	t := k.visit(&n.Node)
	if !k.needs(n.Node, t, "sign "+n.Operator, cInt, cFloat, cDecimal) {
		return typ{class: cAny}
	}
	if n.Operator == "-" {
		rewriteCall(p, "__neg", n.Node)
	} else {
		*p = n.Node
	}
	return typ{class: t.class}
}

func (k *checker) binary(p *ast.Node, n *ast.BinaryNode) typ {
	switch n.Operator {
	case "&&", "and", "||", "or":
		return k.logic(n)
	case "==", "!=":
		return k.equality(p, n)
	case "<", "<=", ">", ">=":
		return k.order(p, n)
	case "in":
		return k.in(p, n)
	case "??":
		return k.coalesce(n)
	case "contains", "startsWith", "endsWith", "matches":
		return k.textTest(n)
	case "+", "-", "*", "/", "%":
		return k.arithmetic(p, n)
	}
	return k.fault(n, operatorHint(n.Operator), "operator %s is not part of the language", n.Operator)
}

func (k *checker) logic(n *ast.BinaryNode) typ {
	right := n.Operator == "&&" || n.Operator == "and"
	if !right && literal(n.Right) {
		if _, isBool := n.Right.(*ast.BoolNode); !isBool {
			return k.fault(n, "a default is written with ??: x ?? "+n.Right.String(), "%s is between conditions, and %s is none", n.Operator, n.Right)
		}
	}
	proven := k.proves(n.Left, right)
	k.boolean(&n.Left, "the left side of "+n.Operator)
	undo := k.facts.assume(proven)
	k.boolean(&n.Right, "the right side of "+n.Operator)
	undo()
	return typ{class: cBool}
}

func (k *checker) coalesce(n *ast.BinaryNode) typ {
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	k.alignNumbers(&n.Left, a, &n.Right, b)
	if a.class == cNil {
		return b
	}
	if a.class == cDecimal && !b.opt && a.opt && b.numeric() {
		return typ{class: cDecimal}
	}
	t := joined(a.required(), b)
	t.opt = b.nullable()
	return t
}

// areComparable reports whether values of two classes can be equal or ordered.
func areComparable(a, b typ) bool {
	if a.class == cAny || b.class == cAny || a.class == cNil || b.class == cNil {
		return true
	}
	if a.numeric() && b.numeric() || a.textual() && b.textual() {
		return true
	}
	if a.class == cDate && b.class == cTime || a.class == cTime && b.class == cDate {
		return true
	}
	return a.class == b.class && a.class != cOpaque
}

// native reports whether the machine's own comparison is right for the classes.
func native(a, b typ) bool {
	simple := func(t typ) bool {
		switch t.class {
		case cInt, cFloat, cText, cEnum, cBool, cNil:
			return true
		}
		return false
	}
	return simple(a) && simple(b)
}

func (k *checker) equality(p *ast.Node, n *ast.BinaryNode) typ {
	origL, origR := n.Left, n.Right
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	out := typ{class: cBool}
	if !areComparable(a, b) {
		k.incomparable(n, a, b)
		return out
	}
	k.symbol(a, origR)
	k.symbol(b, origL)
	k.fullName(a, origR)
	k.fullName(b, origL)
	k.chargeBoth(n, a, b)
	if !native(a, b) && a.class != cNil && b.class != cNil {
		op, l, r := n.Operator, n.Left, n.Right
		rewriteCall(p, "__eq", l, r)
		(*p).SetType(boolType)
		if op == "!=" {
			ast.Patch(p, &ast.UnaryNode{Operator: "!", Node: *p})
		}
	}
	return out
}

func (k *checker) incomparable(n ast.Node, a, b typ) {
	if a.class == cOpaque || b.class == cOpaque {
		k.fault(n, "test whether it is there: != nil", "%s cannot be compared with anything but null", article(typ{class: cOpaque, s: firstType(a, b)}))
		return
	}
	k.fault(n, compareHint(a, b), "%s is compared with %s", article(a.required()), article(b.required()))
}

// firstType is the Avro type of whichever operand cannot be compared.
func firstType(a, b typ) *schema.Type {
	if a.class == cOpaque {
		return a.s
	}
	return b.s
}

func compareHint(a, b typ) string {
	for _, t := range []typ{a, b} {
		switch t.class {
		case cTime:
			return `a time from text: time("2026-01-31T00:00:00Z")`
		case cDate:
			return `a date from text: date("2026-01-31")`
		case cEnum:
			if t.s != nil {
				return "compare it with one of its symbols: " + listNames(t.s.Symbols)
			}
		}
	}
	if a.class == cBool || b.class == cBool {
		return "compare a boolean with true or false, without quotes"
	}
	if a.numeric() || b.numeric() {
		return "compare numbers with numbers: without quotes"
	}
	return ""
}

// symbol checks that an enum is compared with a symbol that it has.
func (k *checker) symbol(t typ, other ast.Node) {
	lit, ok := other.(*ast.StringNode)
	if !ok || t.class != cEnum || t.s == nil || t.s.Kind != schema.Enum || slices.Contains(t.s.Symbols, lit.Value) {
		return
	}
	hint := didYouMean(lit.Value, t.s.Symbols)
	if hint == "" {
		hint = "it has " + listNames(t.s.Symbols)
	}
	k.fault(lit, hint, "enum %s has no symbol %q", t.s.Name, lit.Value)
}

// fullName refuses the short name of a record type, or nearly its name, where typeName gives the full one. Any other name
// may be that of a type in another schema of the topic.
func (k *checker) fullName(t typ, other ast.Node) {
	lit, ok := other.(*ast.StringNode)
	if !ok || slices.Contains(t.names, lit.Value) {
		return
	}
	for _, name := range t.names {
		if shortName(name) == lit.Value {
			k.fault(lit, fmt.Sprintf("write %q", name), "typeName gives full names, never %q", lit.Value)
			return
		}
	}
}

func (k *checker) order(p *ast.Node, n *ast.BinaryNode) typ {
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	out := typ{class: cBool}
	okL, okR := k.present(n.Left, a, n.Operator), k.present(n.Right, b, n.Operator)
	if !okL || !okR {
		return out
	}
	ordered := func(t typ) bool {
		return t.class != cBool && t.class != cArray && t.class != cMap && t.class != cRecord && t.class != cOpaque
	}
	if !areComparable(a, b) || !ordered(a) || !ordered(b) {
		k.fault(n, compareHint(a, b), "%s cannot be put in order with %s", article(a), article(b))
		return out
	}
	k.chargeBoth(n, a, b)
	if !native(a, b) {
		op, l, r := n.Operator, n.Left, n.Right
		rewriteCall(p, "__cmp", l, r)
		(*p).SetType(intType)
		ast.Patch(p, &ast.BinaryNode{Operator: op, Left: *p, Right: &ast.IntegerNode{Value: 0}})
	}
	return out
}

func (k *checker) in(p *ast.Node, n *ast.BinaryNode) typ {
	origR := n.Right
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	out := typ{class: cBool}
	switch {
	case b.class == cMap:
		if !k.needs(n.Left, a, "in", cText, cEnum) || !k.present(n.Right, b, "in") {
			return out
		}
	case b.class == cArray || b.class == cAny:
		if !k.present(n.Right, b, "in") {
			return out
		}
		if e := b.elemType(); !areComparable(a, e) {
			k.fault(n, "both need one type: string(…) makes text, int(…) an integer", "%s is looked for in %s", article(a.required()), article(b))
			return out
		}
		if list, ok := origR.(*ast.ArrayNode); ok {
			for _, item := range list.Nodes {
				k.symbol(a, item)
			}
		}
	default:
		k.fault(n, `write a list: x in ["A", "B"]`, "in takes an array or a map on its right, not %s", article(b))
		return out
	}
	if b.class != cMap {
		k.charge(&n.Right, b, 0)
	}
	if b.keys == nil && !native(a, b.elemType()) || b.class == cMap || b.class == cAny {
		rewriteCall(p, "__in", n.Left, n.Right)
	}
	return out
}

func (k *checker) textTest(n *ast.BinaryNode) typ {
	origR := n.Right
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	k.needs(n.Left, a, n.Operator, cText, cEnum)
	k.needs(n.Right, b, n.Operator, cText, cEnum)
	if n.Operator == "matches" {
		lit, ok := origR.(*ast.StringNode)
		if !ok {
			k.fault(origR, `write the pattern as "text"`, "a pattern must be a literal text")
		} else if _, err := regexp.Compile(lit.Value); err != nil {
			k.fault(lit, "the syntax is that of Go's regexp (RE2)", "bad pattern: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		} else {
			k.charge(&n.Left, a, patternWeight(lit.Value))
		}
		return typ{class: cBool}
	}
	k.charge(&n.Left, a, 0)
	return typ{class: cBool}
}
