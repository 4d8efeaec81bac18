package mapping

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

var (
	boolType = reflect.TypeFor[bool]()
	intType  = reflect.TypeFor[int]()
)

// builtin types a call of a name that the parser knows: a predicate, or a function of the table.
func (k *checker) builtin(p *ast.Node, n *ast.BuiltinNode) typ {
	switch n.Name {
	case "all", "any", "none", "one", "filter", "map", "count", "find", "findLast", "findIndex", "findLastIndex", "sum", "sortBy":
		return k.predicateCall(p, n)
	}
	return k.callNamed(p, n, n.Name, n.Arguments)
}

func (k *checker) call(p *ast.Node, n *ast.CallNode) typ {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		name := "this"
		if m, isMember := n.Callee.(*ast.MemberNode); isMember {
			if s, isText := m.Property.(*ast.StringNode); isText {
				name = s.Value
			}
		}
		return k.fault(n.Callee, methodHint(name), "%s is called as a method, and values have none", name)
	}
	return k.callNamed(p, n, id.Value, n.Arguments)
}

// callNamed types a call of a function of the table.
func (k *checker) callNamed(p *ast.Node, n ast.Node, name string, args []ast.Node) typ {
	f, ok := functions[name]
	if !ok {
		return k.fault(n, functionHint(name), "unknown function %q", name)
	}
	ts := make([]typ, len(args))
	for i := range args {
		ts[i] = k.visit(&args[i])
	}
	if k.failed && anyPoison(ts) {
		return f.result(ts)
	}
	if len(args) < f.min || len(args) > len(f.params) && !f.variadic {
		return k.fault(n, "it is "+f.usage, "%s is given %s", name, counted(len(args), "argument"))
	}
	for i := range args {
		k.argument(args[i], ts[i], name, f.params[min(i, len(f.params)-1)])
	}
	if f.check != nil && !k.failed {
		f.check(k, n, args, ts)
	}
	k.constantCall(n, name, &f, args)
	out := f.result(ts)
	if out.class == cFloat {
		k.rounds = true
	}
	for i := range args {
		k.charge(&args[i], ts[i], 0)
	}
	rewriteCall(p, name, args...)
	k.charge(p, out, 0)
	return out
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func anyPoison(ts []typ) bool {
	for _, t := range ts {
		if t.class == cAny {
			return true
		}
	}
	return false
}

// argument checks one argument against its parameter: the classes that it may have; a nil list takes everything, null too.
func (k *checker) argument(n ast.Node, t typ, name string, classes []class) {
	if classes != nil {
		k.needs(n, t, name, classes...)
	}
}

// predicateCall types filter, map, any and their like; the second argument sees the element as # and its fields as .field.
func (k *checker) predicateCall(p *ast.Node, n *ast.BuiltinNode) typ {
	list := k.visit(&n.Arguments[0])
	elem := typ{class: cAny}
	if k.needs(n.Arguments[0], list, n.Name, cArray) {
		elem = list.elemType()
	}
	if k.failed && list.class == cAny {
		elem = typ{class: cAny} // told already
	}
	body := elem
	if len(n.Arguments) > 1 {
		body = k.predicate(n, elem)
	} else if n.Name == "count" {
		return k.fault(n, "the number of elements is len(…)", "count needs a condition: count(list, condition)")
	}
	return k.predicateType(p, n, elem, body)
}

// predicate types the body. Where one predicate lies within another, or within a for_each, the steps are counted: that cost is not bounded by the record's size.
func (k *checker) predicate(n *ast.BuiltinNode, elem typ) typ {
	pred, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return typ{class: cAny}
	}
	k.preds = append(k.preds, elem)
	defer func() { k.preds = k.preds[:len(k.preds)-1] }()
	var t typ
	switch n.Name {
	case "map", "sum", "sortBy":
		t = k.visit(&pred.Node)
	default:
		k.boolean(&pred.Node, "the condition of "+n.Name)
		t = typ{class: cBool}
	}
	k.nested = k.nested || len(k.preds) > 1
	if k.repeats() {
		k.counts = true
		rewriteCall(&pred.Node, "__tick", &ast.IdentifierNode{Value: mapperSlot}, pred.Node, &ast.ConstantNode{Value: sizeOf(&pred.Node)})
	}
	return t
}

func (k *checker) predicateType(p *ast.Node, n *ast.BuiltinNode, elem, body typ) typ {
	switch n.Name {
	case "all", "any", "none", "one":
		return typ{class: cBool}
	case "count":
		return typ{class: cInt}
	case "findIndex", "findLastIndex":
		return typ{class: cInt, opt: true}
	case "find", "findLast":
		return elem.optional()
	case "filter":
		return typ{class: cArray, elem: &elem}
	case "map":
		return typ{class: cArray, elem: &body}
	case "sortBy":
		if len(n.Arguments) > 2 {
			order, ok := n.Arguments[2].(*ast.StringNode)
			if !ok || order.Value != "asc" && order.Value != "desc" {
				k.fault(n.Arguments[2], `write "asc" or "desc"`, "sortBy takes the order as a literal text")
			}
		}
		k.needs(n.Arguments[1], body, "sortBy", cInt, cFloat, cText, cEnum)
		return typ{class: cArray, elem: &elem}
	}
	return k.sum(p, n, body)
}

// sum adds exactly where the elements are decimals, and refuses to overflow.
func (k *checker) sum(p *ast.Node, n *ast.BuiltinNode, body typ) typ {
	if body.nullable() && (body.numeric() || body.class == cAny) {
		return k.fault(n, "leave nulls out: sum(map(list, # ?? 0)), or sum(list, .field ?? 0)", "sum takes no null, and an element may be null")
	}
	if !k.needs(n, body, "sum", cInt, cFloat, cDecimal) {
		return typ{class: cAny}
	}
	if body.class == cFloat || body.class == cAny {
		k.rounds = true
	}
	var list ast.Node = n.Arguments[0]
	if len(n.Arguments) > 1 {
		list = &ast.BuiltinNode{Name: "map", Arguments: n.Arguments}
	}
	rewriteCall(p, "__sum", list)
	return typ{class: body.class}
}

// constantCall makes a call whose arguments are all written out, and refuses it where it can only fail.
func (k *checker) constantCall(n ast.Node, name string, f *function, args []ast.Node) {
	if k.failed || len(args) == 0 {
		return
	}
	values := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case *ast.StringNode:
			values[i] = a.Value
		case *ast.IntegerNode:
			values[i] = a.Value
		case *ast.FloatNode:
			values[i] = a.Value
		default:
			return
		}
	}
	if _, err := f.impl(values); err != nil {
		k.fault(n, "it is "+f.usage, "%s can only fail: %v", name, err)
	}
}
