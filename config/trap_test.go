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

// TestTheFixedTextWorks follows the hint of every text without an expression that YAML would read as something else.
func TestTheFixedTextWorks(t *testing.T) {
	for _, text := range []string{"Order: placed", "x ? y : z", "it's: so", "http://x: y", "a: b # c", `a: "b"`, "ends:"} {
		for _, before := range []string{"a: ", "a:   ", `"a": `, "a:\n  - b: "} {
			_, _, faults := parse("f.yaml", []byte("first: 1\n"+before+text+"\nlast: 1\n"))
			fixed, ok := "", false
			if len(faults) == 1 {
				fixed, ok = strings.CutPrefix(faults[0].Hint, "write: ")
			}
			if !ok || !strings.Contains(faults[0].Message, "needs quotes") || faults[0].Path == "" {
				t.Errorf("%s%s: faults %v", before, text, faults)
				continue
			}
			n, _, faults := parse("f.yaml", []byte(fixed+"\n"))
			if len(faults) > 0 || leaf(n).Text != text {
				t.Errorf("%s%s: the line it says, %q, means %v, faults %v", before, text, fixed, n, faults)
			}
		}
	}
	for _, text := range []string{"a:\n  b: 1\n    c: 2", "a: - b", `a: "b" c`, "password: x: y"} {
		_, _, faults := parse("f.yaml", []byte(text+"\n"))
		if len(faults) != 1 || faults[0].Hint == "" || strings.HasPrefix(faults[0].Hint, "write: ") {
			t.Errorf("%s: faults %v", text, faults)
		}
	}
}

// TestGluedCommentIsNoComment: Order #5 is a text to whoever wrote it, and so is a password.
func TestGluedCommentIsNoComment(t *testing.T) {
	const message = "the text ends here"
	for _, c := range []struct{ from, to, path, hint string }{
		{"group: braze-bridge", "group: a b #c", "kafka.group", "write: group: 'a b #c'"},
		{"group: braze-bridge", "group: a #c # d", "kafka.group", "write: group: 'a #c # d'"},
		{"api_key: key", "api_key: pass #word", "braze.api_key", quoteHint("")},
		{"event: e", "event: Order #5", "topics.t.send[0].event", "write: - event: 'Order #5'"},
		{"event: e", "event: Order ${id} #5", "topics.t.send[0].event", "write: - event: 'Order ${id} #5'"},
	} {
		_, _, err := Parse("f.yaml", []byte(strings.Replace(glueable, c.from, c.to, 1)), ResolveAll)
		faults, _ := err.(Faults)
		if len(faults) != 1 || !strings.HasPrefix(faults[0].Message, message) || faults[0].Path != c.path || faults[0].Hint != c.hint {
			t.Errorf("%s: %v", c.to, err)
			continue
		}
		if strings.Contains(err.Error()+faults[0].Hint, "word") {
			t.Errorf("%s: a secret is shown: %v", c.to, err)
		}
	}
	for _, to := range []string{"group: a # c", "group: a #", "group: a ## c", "group: 'a' #c", "group: a#c", "group: a\n  session_timeout: 45s #s"} {
		if _, _, err := Parse("f.yaml", []byte(strings.Replace(glueable, "group: braze-bridge", to, 1)), ResolveAll); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	_, warnings, err := Parse("f.yaml", []byte(strings.Replace(glueable, "event: e", "event: ${id} #5", 1)), ResolveAll)
	if err != nil || len(warnings) != 1 || warnings[0].Line != 15 || warnings[0].Column != 22 {
		t.Errorf("behind a whole expression: %v, warnings %v", err, warnings)
	}
}

const glueable = `kafka:
  brokers: [kafka:9092]
  group: braze-bridge
schema_registry:
  url: https://registry
braze:
  endpoint: https://rest.iad-01.braze.com
  api_key: key
dead_letter:
  topic: dl
topics:
  t:
    user: {external_id: "${u}"}
    send:
      - event: e
`

// TestExponentIsANumber: YAML says so, and a price that is sent as text would be refused.
func TestExponentIsANumber(t *testing.T) {
	for text, want := range map[string]NodeKind{
		"1e3": NodeNumber, "1E3": NodeNumber, "1.5e-3": NodeNumber, "-2e+10": NodeNumber, ".5e1": NodeNumber, "1.e3": NodeNumber, "1e": NodeString, "e3": NodeString,
		"'1e3'": NodeString, `"1e3"`: NodeString, "1e3x": NodeString, "|\n  1e3": NodeString,
	} {
		n, _, faults := parse("f.yaml", []byte("a: "+text+"\n"))
		if len(faults) > 0 || leaf(n).Kind != want {
			t.Errorf("%s is %v, want %v, faults %v", text, leaf(n).Kind, want, faults)
		}
		if plain := strings.Trim(text, "'\"|\n "); strings.TrimSpace(leaf(n).Text) != plain {
			t.Errorf("%s: the text is %q", text, leaf(n).Text)
		}
	}
}
