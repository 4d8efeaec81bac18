package mapping

import (
	"iter"
	"maps"
	"regexp/syntax"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// What a step of the record's million pays for: an element, or so many bytes of text. A text is short work once, and long
// work where a loop repeats it; matching costs by the pattern's size as well.
const (
	bytesPerStep   = 16
	matchesPerStep = 64 // bytes times instructions of the pattern
	nodesPerStep   = 16 // parts of the expression that is repeated
)

// repeats reports whether the expression, or the part that is being checked, runs once for every element of something.
func (k *checker) repeats() bool { return len(k.preds) > 1 || len(k.preds) > 0 && len(k.c.loops) > 0 }

// charge makes a part of the expression pay for its size, where a loop or a predicate repeats it. weight is that of a
// pattern, which is paid for always; 0 is a plain use.
func (k *checker) charge(p *ast.Node, t typ, weight int) {
	switch t.class {
	case cText, cEnum, cArray, cMap, cAny, cDecimal:
	default:
		return
	}
	if literal(*p) || weight == 0 && len(k.preds) == 0 && len(k.c.loops) == 0 {
		return
	}
	k.counts = true
	goType := (*p).Type()
	rewriteCall(p, "__charge", &ast.IdentifierNode{Value: mapperSlot}, *p, &ast.ConstantNode{Value: weight})
	(*p).SetType(goType)
}

// chargeBoth makes a comparison pay, unless one side is written out: then it ends with that.
func (k *checker) chargeBoth(n *ast.BinaryNode, a, b typ) {
	if literal(n.Left) || literal(n.Right) || a.class == cNil || b.class == cNil {
		return
	}
	k.charge(&n.Left, a, 0)
	k.charge(&n.Right, b, 0)
}

// charge pays for a value and passes it on.
func charge(args []any) (any, error) {
	m, isMapper := args[0].(*Mapper)
	weight, isInt := args[2].(int)
	if !isMapper || !isInt {
		return nil, errType
	}
	cost := weightOf(args[1])
	if text, ok := args[1].(string); ok && weight > 0 {
		cost = len(text) * weight / matchesPerStep
	}
	if !m.pay(cost) {
		return nil, errSteps
	}
	return args[1], nil
}

// pay takes steps from those of the record; false where they are used up.
func (m *Mapper) pay(steps int) bool {
	m.steps += steps
	return m.steps <= maxSteps
}

// weightOf is what a value costs to make or to go through.
func weightOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) / bytesPerStep
	case []any:
		return len(v) + weightInside(slices.Values(v))
	case map[string]any:
		return len(v) + weightInside(maps.Values(v))
	case interface{ NumDigits() int }:
		return v.NumDigits() / bytesPerStep
	}
	return 0
}

// weightInside is what the lists and maps among the elements weigh.
func weightInside(elements iter.Seq[any]) (n int) {
	for e := range elements {
		switch e.(type) {
		case []any, map[string]any:
			n += weightOf(e)
		}
	}
	return n
}

// patternWeight is the size of a pattern as it is matched: a{1,1000} is a thousand instructions.
func patternWeight(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 1
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 1
	}
	return len(prog.Inst)
}

// sizeOf is what running an expression once costs, whatever the record holds.
func sizeOf(p *ast.Node) int {
	n := nodeCount(0)
	ast.Walk(p, &n)
	return int(n) / nodesPerStep
}

type nodeCount int

func (n *nodeCount) Visit(*ast.Node) { *n++ }
