package config

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheFixedLineWorks follows the hint of every cut or refused expression, and finds the expression whole and at its place.
func TestTheFixedLineWorks(t *testing.T) {
	for _, expr := range []string{
		`${a ? b : c}`, `${a ? "b" : "c"}`, `${a ? 'b' : "c"}`, `${a == "x" # && b}`, `${a # b}`, `Order: ${id}`, `Order: ${id} # 5`, `${ {"x": 1}.x }`, `${a ? "it's: } # x" : b}`, `${"x: y"}`,
		`${a}: ${b}`, `é ${a ? b : c}`, `${a ? '\': }' : b}`,
	} {
		for _, prefix := range []string{"when: ", "- ", "- when: ", "- - a b: ", "  when:   ", `"a: b": `, `'it''s': `} {
			if strings.HasSuffix(prefix, "- ") && (strings.HasPrefix(expr, "Order: ") || expr == "${a}: ${b}") {
				continue // a mapping, and a good one
			}
			line := prefix + expr
			root, _, faults := parse("f.yaml", []byte("x:\n  "+line+"\n"))
			if len(faults) != 1 || root == nil {
				t.Errorf("%q: faults %v", line, faults)
				continue
			}
			fixed, ok := strings.CutPrefix(faults[0].Hint, "write: ")
			if !ok {
				t.Errorf("%q: hint %q", line, faults[0].Hint)
				continue
			}
			indent := strings.Repeat(" ", len(prefix)-len(strings.TrimLeft(prefix, " ")))
			n, _, faults := parse("f.yaml", []byte("x:\n  "+indent+fixed+"\n"))
			if len(faults) > 0 {
				t.Errorf("%q: the line it says is at fault too: %q: %v", line, fixed, faults)
				continue
			}
			if got := leaf(n).Text; got != expr {
				t.Errorf("%q: the line it says, %q, means %q", line, fixed, got)
			}
		}
	}
}

func leaf(n *Node) *Node {
	for n.Kind == NodeMap || n.Kind == NodeList {
		if n.Kind == NodeMap {
			n = n.Keys[0].Value
		} else {
			n = n.Items[0]
		}
	}
	return n
}

func TestFlowStyleIsFixed(t *testing.T) {
	for line, want := range map[string]string{
		`x: {a: ${b}}`:                   `x: {a: '${b}'}`,
		`x: [${b[0]}, "${c}", ${d}]`:     `x: ['${b[0]}', "${c}", '${d}']`,
		`x: {a: ${"}"}, b: '${c: d}'}`:   `x: {a: '${"}"}', b: '${c: d}'}`,
		`x: {a: ${b ? {"c": 1} : d}}`:    `x: {a: '${b ? {"c": 1} : d}'}`,
		`x: {a: "\"${b}", c: ${it's ''}`: "", // not closed: quotes do not help
		`password: {a: ${b}}`:            "",
		`x: {api_key: ${b}}`:             "",
		`x: 1`:                           "",
		`x: "${a}"`:                      "",
		`url: https://u:p@${b}: x`:       "",
	} {
		src, fault := newSource("f.yaml", []byte(line))
		if fault != nil {
			t.Fatal(fault)
		}
		if got := fixedLine(src, 1); got != want {
			t.Errorf("%s\nis fixed as %s\nwant        %s", line, got, want)
		}
	}
}

func TestExpressionEnd(t *testing.T) {
	for text, want := range map[string]int{
		"${a}": 4, "${a} b": 4, "${{}}": 5, "${'}'}": 6, `${"\"}"}`: 8, "${`\\`}": 6, "${a": 0, "${'}": 0, "${": 0, "": 0,
	} {
		if got := expressionEnd(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]bool{"${a}": false, "x ${a} ${b": true, "$${a": false, "a": false, "${a} $${": false, "$${ ${": true, "${'a": true} {
		if got := openExpression(text); got != want {
			t.Errorf("%q is open: %v, want %v", text, got, want)
		}
	}
}

// TestCommentsThatAreMeant: a comment behind an expression is nothing to complain about unless it reads like its rest.
func TestCommentsThatAreMeant(t *testing.T) {
	for comment, warned := range map[string]bool{
		"# inside, item is the element": false, "# never both": false, "# or per_array": false, "# && total > 1": true, "# > 3": true, "# ?? 0": true, "#": false, "# 1 + 1": false, "## || x": true,
	} {
		for _, value := range []string{"${a}", "'${a}'", `"${a}"`, "'x'"} {
			_, warnings, faults := parse("f.yaml", []byte(fmt.Sprintf("topics:\n  a: %s %s\n", value, comment)))
			if len(faults) > 0 || (len(warnings) == 1) != warned {
				t.Errorf("%s %s: faults %v, warnings %v", value, comment, faults, warnings)
			}
			if warned && (warnings[0].Line != 2 || warnings[0].Column != 7+len(value)) {
				t.Errorf("%s %s: at %d:%d", value, comment, warnings[0].Line, warnings[0].Column)
			}
		}
	}
}
