package mapping

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// slice types list[from:to] and text[from:to].
func (k *checker) slice(p *ast.Node, n *ast.SliceNode) typ {
	t := k.visit(&n.Node)
	for _, bound := range []*ast.Node{&n.From, &n.To} {
		if *bound == nil {
			continue
		}
		orig := *bound
		if bt := k.visit(bound); bt.class != cInt && bt.class != cAny || bt.opt {
			k.fault(orig, hintFor(bt, []class{cInt}), "a bound of a slice must be an integer, this is %s", article(bt))
		}
	}
	if !k.needs(n.Node, t, "slice", cArray, cText) {
		return typ{class: cAny}
	}
	if t.class == cText {
		args := []ast.Node{n.Node, &ast.NilNode{}, &ast.NilNode{}}
		for i, bound := range []ast.Node{n.From, n.To} {
			if bound != nil {
				args[1+i] = bound
			}
		}
		rewriteCall(p, "__slice", args...)
		return typ{class: cText}
	}
	e := t.elemType()
	return typ{class: cArray, elem: &e}
}

// sliceText takes characters of a text, as len counts them: bytes would cut through letters. A negative bound counts from the end.
func sliceText(args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	n := utf8.RuneCountInString(s)
	bounds := [2]int{0, n}
	for i, a := range args[1:] {
		if a == nil {
			continue
		}
		b, ok := a.(int)
		if !ok {
			return nil, errType
		}
		if b < 0 {
			b += n
		}
		bounds[i] = min(max(b, 0), n)
	}
	if bounds[0] >= bounds[1] {
		return "", nil
	}
	if n == len(s) {
		return s[bounds[0]:bounds[1]], nil
	}
	from := byteOf(s, bounds[0])
	return s[from : from+byteOf(s[from:], bounds[1]-bounds[0])], nil
}

// byteOf is where the n-th character of a text begins.
func byteOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
