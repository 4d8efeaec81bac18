package mapping

import (
	"github.com/expr-lang/expr/ast"
)

var arithmeticFuncs = map[string]string{"+": "__add", "-": "__sub", "*": "__mul", "/": "__div", "%": "__mod"}

func (k *checker) arithmetic(p *ast.Node, n *ast.BinaryNode) typ {
	a, b := k.visit(&n.Left), k.visit(&n.Right)
	okL, okR := k.present(n.Left, a, n.Operator), k.present(n.Right, b, n.Operator)
	if !okL || !okR {
		return typ{class: cAny}
	}
	t, ok := arithmeticType(n.Operator, a, b)
	if !ok {
		hint := ""
		if n.Operator == "+" && (a.textual() || b.textual()) {
			hint = "build text with holes, \"…${a} ${b}\", or with string(x)"
		}
		if a.class == cTime && b.class == cInt || a.class == cTime && b.class == cFloat {
			hint = `say what it counts: duration("1h")`
		}
		if a.class == cTime && b.textual() {
			hint = `a span of time is duration("24h")`
		}
		if n.Operator == "%" {
			hint = "% is for integers: int(…) cuts off what is behind the point"
		}
		return k.fault(n, hint, "%s %s %s: no such arithmetic", a, n.Operator, b)
	}
	if t.class == cFloat || t.class == cAny {
		k.rounds = true
	}
	rewriteCall(p, arithmeticFuncs[n.Operator], n.Left, n.Right)
	k.charge(p, t, 0)
	return t
}

// arithmeticType is the type of a op b.
func arithmeticType(op string, a, b typ) (typ, bool) {
	switch {
	case a.class == cAny || b.class == cAny:
		return typ{class: cAny}, true
	case op == "+" && a.textual() && b.textual():
		return typ{class: cText}, true
	case op == "-" && a.class == cTime && b.class == cTime:
		return typ{class: cDuration}, true
	case (op == "+" || op == "-") && a.class == cTime && b.class == cDuration:
		return typ{class: cTime}, true
	case !a.numeric() || !b.numeric():
		return typ{}, false
	case op == "%":
		return typ{class: cInt}, a.class == cInt && b.class == cInt
	case a.class == cDecimal || b.class == cDecimal:
		return typ{class: cDecimal}, true
	case op == "/" || a.class == cFloat || b.class == cFloat:
		return typ{class: cFloat}, true
	}
	return typ{class: cInt}, true
}
