package editor

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// source is what only the source of the types tells: comments, and the constants of a type.
type source struct {
	fields map[string]string   // Type.Field → comment
	types  map[string]string   // Type → comment
	values map[string][]string // Type → its string constants; Type.Field → those that a comment assigns to it
}

var valuesOf = regexp.MustCompile(`^The values of ([A-Za-z.]+)\.`)

// readSource parses the Go files of a directory, tests left out.
func readSource(dir string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("find the source of the configuration in %s: %w", dir, err)
	}
	s := &source{fields: map[string]string{}, types: map[string]string{}, values: map[string][]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				s.declaration(g)
			}
		}
	}
	return s, nil
}

func (s *source) declaration(g *ast.GenDecl) {
	if g.Tok == token.CONST {
		if m := valuesOf.FindStringSubmatch(g.Doc.Text()); m != nil {
			s.constants(m[1], g.Specs)
		}
		return
	}
	for _, spec := range g.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		s.types[t.Name.Name] = sentence(g.Doc.Text() + t.Doc.Text())
		st, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range st.Fields.List {
			for _, n := range f.Names {
				s.fields[t.Name.Name+"."+n.Name] = sentence(f.Doc.Text())
			}
		}
	}
}

func (s *source) constants(of string, specs []ast.Spec) {
	for _, spec := range specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, e := range v.Values {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					s.values[of] = append(s.values[of], text)
				}
			}
		}
	}
}

// sentence is a comment on one line.
func sentence(comment string) string { return strings.Join(strings.Fields(comment), " ") }
