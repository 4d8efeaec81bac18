package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// facts are the paths that are known not to be null where an expression stands: what a condition around it has proved.
type facts struct{ known map[string]int }

// assume adds paths and returns how to take them back.
func (f *facts) assume(paths []string) (undo func()) {
	if f.known == nil {
		f.known = map[string]int{}
	}
	for _, p := range paths {
		f.known[p]++
	}
	return func() {
		for _, p := range paths {
			f.known[p]--
		}
	}
}

// clone copies the facts, for a scope within the one that they hold in.
func (f *facts) clone() facts { return facts{known: maps.Clone(f.known)} }

// without copies the facts but for those about names that mean something else in an inner scope.
func (f *facts) without(names ...string) facts {
	out := f.clone()
	maps.DeleteFunc(out.known, func(key string, _ int) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			return n != "" && (key == "."+n || strings.HasPrefix(key, "."+n+".") || strings.HasPrefix(key, "."+n+"["))
		})
	})
	return out
}

func (f *facts) has(path string) bool { return f.known[path] > 0 }

// factKey is a path's name among the facts, however it is written.
func factKey(segs []segment) string {
	var b strings.Builder
	for i := range segs {
		if segs[i].isIndex {
			b.WriteString(pathText(segs[i : i+1]))
		} else {
			b.WriteString("." + segs[i].name)
		}
	}
	return b.String()
}

// proves lists the paths that cannot be null if the condition has the given outcome. It reads a tree that is not yet rewritten.
func (k *checker) proves(n ast.Node, outcome bool) []string {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return k.proves(n.Node, !outcome)
		}
	case *ast.BinaryNode:
		return k.binaryProves(n, outcome)
	}
	return nil
}

func (k *checker) binaryProves(n *ast.BinaryNode, outcome bool) []string {
	switch n.Operator {
	case "&&", "and":
		if outcome {
			return append(k.proves(n.Left, true), k.proves(n.Right, true)...)
		}
	case "||", "or":
		if !outcome {
			return append(k.proves(n.Left, false), k.proves(n.Right, false)...)
		}
	case "!=", "==":
		null, other := n.Left, n.Right
		if _, isNil := null.(*ast.NilNode); !isNil {
			null, other = other, null
		}
		if _, isNil := null.(*ast.NilNode); isNil {
			if outcome == (n.Operator == "!=") {
				return k.prefixes(other)
			}
			return nil
		}
		if outcome == (n.Operator == "==") {
			if literal(n.Right) {
				return k.prefixes(n.Left)
			}
			if literal(n.Left) {
				return k.prefixes(n.Right)
			}
		}
	case "in":
		if list, ok := n.Right.(*ast.ArrayNode); ok && outcome && allLiteral(list) {
			return k.prefixes(n.Left)
		}
	}
	return nil
}

func literal(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

func allLiteral(list *ast.ArrayNode) bool {
	for _, n := range list.Nodes {
		if !literal(n) {
			return false
		}
	}
	return true
}

// prefixes are a path and everything it goes through: if a.b is there, so is a.
func (k *checker) prefixes(n ast.Node) []string {
	segs, ok := k.chain(n)
	if !ok {
		return nil
	}
	keys := make([]string, len(segs))
	for i := range segs {
		keys[i] = factKey(segs[:i+1])
	}
	return keys
}

// proven are the paths that cannot be null where the condition of a node holds: what stands beside a `when` may rely on it.
func (c *compiler) proven(p place) []string {
	parts, f := splitTemplate(p.n.Text)
	if f != nil {
		return nil
	}
	one, ok := single(parts)
	if !ok {
		return nil
	}
	tree, err := parser.ParseWithConfig(one.expr, machine)
	if err != nil {
		return nil
	}
	k := &checker{c: c, p: p, src: one.expr}
	return k.proves(tree.Node, true)
}
