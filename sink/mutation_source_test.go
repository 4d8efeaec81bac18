package sink

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mutant is one rule taken out of the source, or bent.
type mutant struct {
	where string // file, function and the text that is changed: what names it for as long as the rule reads the same
	line  int
}

// mutator rewrites a file so that each of its rules can be switched off while the program runs: compiled once, the package
// is every mutant of itself, and mutantOn says which. A mutant of its own for each rule would be compiled hundreds of times.
type mutator struct {
	file    string
	text    string
	set     *token.FileSet
	fn      string
	mutants []mutant
	first   int // the number of the first mutant
	edits   []edit
}

// edit is text to insert. Edits that open at one place nest as they were made, those that close there the other way round.
type edit struct {
	at    int
	close bool
	order int
	text  string
}

// mutantsOf returns the rewritten source and its mutants, numbered from first.
func mutantsOf(t *testing.T, path string, first int) (string, []mutant) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := &mutator{file: filepath.Base(path), text: string(text), set: token.NewFileSet(), first: first}
	tree, err := parser.ParseFile(m.set, path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if m.fn = d.Name.Name; d.Body != nil {
				ast.Inspect(d.Body, m.visit)
			}
		case *ast.GenDecl:
			if m.fn = ""; d.Tok == token.VAR {
				ast.Inspect(d, m.visitTable)
			}
		}
	}
	return m.rewritten(), m.mutants
}

// visit mutates what decides in a function: conditions, cases, the parts of a conjunction that is returned or assigned.
func (m *mutator) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		m.drop(n.Cond)
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			for _, e := range clause.(*ast.CaseClause).List {
				if n.Tag == nil {
					m.drop(e)
				} else if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
					m.wrap(e, "mutantText(%d, ", ")")
				}
			}
		}
	case *ast.BinaryExpr:
		m.binary(n)
	case *ast.ReturnStmt:
		for _, e := range n.Results {
			m.conjunction(e)
		}
	case *ast.AssignStmt:
		for _, e := range n.Rhs {
			m.conjunction(e)
		}
	}
	return true
}

// drop makes a condition false: what it guards never happens.
func (m *mutator) drop(e ast.Expr) { m.wrap(e, "!mutantOn(%d) && (", ")") }

// binary drops each part of an alternative, and moves documented limits by one.
func (m *mutator) binary(n *ast.BinaryExpr) {
	switch n.Op {
	case token.LOR:
		for _, e := range []ast.Expr{n.X, n.Y} {
			if b, ok := e.(*ast.BinaryExpr); !ok || b.Op != token.LOR { // an alternative's own parts have their turn
				m.wrap(e, "(!mutantOn(%d) && (", "))")
			}
		}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		if name := rightmost(n.Y); strings.HasPrefix(name, "limit") || strings.HasPrefix(name, "max") {
			m.wrap(n.Y, "mutantShift(%d, 1, ", ")")
			m.wrap(n.Y, "mutantShift(%d, -1, ", ")")
		}
	}
}

// rightmost is the name that an expression ends in.
func rightmost(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// conjunction makes each part of a && b true.
func (m *mutator) conjunction(e ast.Expr) {
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.LAND {
		return
	}
	for _, part := range []ast.Expr{b.X, b.Y} {
		if inner, ok := part.(*ast.BinaryExpr); ok && inner.Op == token.LAND {
			m.conjunction(part)
			continue
		}
		m.wrap(part, "(mutantOn(%d) || (", "))")
	}
}

// visitTable takes out the rows of tables, which begin with a name or have one for a key.
func (m *mutator) visitTable(n ast.Node) bool {
	list, ok := n.(*ast.CompositeLit)
	if !ok {
		return true
	}
	for _, e := range list.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Key
		} else if row, ok := e.(*ast.CompositeLit); ok && len(row.Elts) > 0 {
			m.row(row)
			e = row.Elts[0]
		}
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			m.wrap(e, "mutantText(%d, ", ")")
		}
	}
	return true
}

// row also makes optional what a row requires.
func (m *mutator) row(row *ast.CompositeLit) {
	for _, e := range row.Elts {
		if name, ok := e.(*ast.Ident); ok && name.Name == "true" {
			m.name(row, e, m.wrap(e, "!mutantOn(%d) && ", ""))
		}
	}
}

// name names a mutant by more than the text that is changed.
func (m *mutator) name(whole ast.Node, e ast.Expr, i int) {
	m.mutants[i].where = strings.TrimSuffix(m.mutants[i].where, m.source(e)) + m.source(whole) + " optional"
}

func (m *mutator) source(n ast.Node) string {
	return strings.Join(strings.Fields(m.text[m.offset(n.Pos()):m.offset(n.End())]), " ")
}

func (m *mutator) offset(p token.Pos) int { return m.set.Position(p).Offset }

// wrap makes a mutant by putting text before and after an expression, and returns its index.
func (m *mutator) wrap(e ast.Expr, before, after string) int {
	id := m.first + len(m.mutants)
	where := m.file + " " + m.fn + ": " + m.source(e)
	if by, ok := strings.CutPrefix(before, "mutantShift(%d, "); ok {
		where += " by " + strings.TrimSuffix(by, ", ")
	}
	m.mutants = append(m.mutants, mutant{where: where, line: m.set.Position(e.Pos()).Line})
	m.edits = append(m.edits,
		edit{at: m.offset(e.Pos()), order: len(m.edits), text: strings.Replace(before, "%d", strconv.Itoa(id), 1)},
		edit{at: m.offset(e.End()), order: len(m.edits), text: after, close: true})
	return len(m.mutants) - 1
}

func (m *mutator) rewritten() string {
	slices.SortFunc(m.edits, func(a, b edit) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.close != b.close:
			return map[bool]int{true: -1, false: 1}[a.close]
		case a.close:
			return b.order - a.order
		}
		return cmp.Compare(a.order, b.order)
	})
	var b strings.Builder
	at := 0
	for _, e := range m.edits {
		b.WriteString(m.text[at:e.at] + e.text)
		at = e.at
	}
	return b.String() + m.text[at:]
}

// mutantSupport is what the rewritten source calls.
const mutantSupport = `package %s

import (
	"os"
	"strconv"
)

var (
	mutantActive  = mutantNumber()
	mutantReached = make([]byte, %d)
	mutantNames   []string // of mutants that the source does not show
)

func mutantNumber() int {
	n, err := strconv.Atoi(os.Getenv("BRAZEBRIDGE_MUTANT"))
	if err != nil {
		return -1
	}
	return n
}

func mutantOn(id int) bool {
	for id >= len(mutantReached) {
		mutantReached = append(mutantReached, 0)
	}
	mutantReached[id] = 1
	return id == mutantActive
}

func mutantText(id int, s string) string {
	if mutantOn(id) {
		return "\x00" + s
	}
	return s
}

func mutantShift[T int | float64](id int, by, limit T) T {
	if mutantOn(id) {
		return limit + by
	}
	return limit
}
`

// mutantMain has the test binary write down which mutants its tests reached.
const mutantMain = `package %s

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if file := os.Getenv("BRAZEBRIDGE_REACHED"); file != "" {
		if err := os.WriteFile(file, append(mutantReached, strings.Join(mutantNames, "\n")...), 0o600); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}
`

// schemaMutants make each property optional that one of the fake's strict schemas requires. Its tables are lists of words,
// which are taken apart before the schemas exist.
const schemaMutants = `package fakebraze

import (
	"maps"
	"slices"
)

func init() {
	id := %d
	all := maps.Clone(ecommerce)
	all["product"] = product
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, field := range slices.Sorted(maps.Keys(all[name].required)) {
			if mutantOn(id) {
				all[name].optional[field] = all[name].required[field]
				delete(all[name].required, field)
			}
			mutantNames = append(mutantNames, name+" "+field+" optional")
			id++
		}
	}
}
`
