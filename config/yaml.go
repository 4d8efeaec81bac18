package config

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxDepth bounds nesting: the parser and everything behind it are recursive. The deepest sensible mapping has about ten.
	maxDepth = 64
	// maxNodes bounds the values of a file, aliases multiplied out: nine lines of nine aliases each would be 387 million.
	maxNodes = 200_000
	// maxTokens bounds what the YAML library is given: its time is quadratic in the entries of one mapping, and 15,000 lines
	// of a key and a value each take it about a second.
	maxTokens = 60_000
	// maxRepairs bounds the lines that are read as if they were quoted, since each costs a further reading of the file.
	maxRepairs = 20
)

// parse reads a file's one document. The faults are of YAML itself; the Node is nil where nothing could be read.
func parse(name string, data []byte) (*Node, Faults, Faults) {
	src, fault := newSource(name, data)
	if fault != nil {
		return nil, nil, Faults{fault}
	}
	var faults Faults
	for {
		file, fault := parseSource(src)
		if fault == nil {
			c := &converter{src: src, anchors: map[string]*Node{}, faults: faults, repaired: map[Pos]*Fault{}}
			for _, f := range faults {
				c.repaired[Pos{f.File, f.Line, f.Column}] = f
			}
			return c.document(file), c.warnings, c.faults
		}
		faults = append(faults, fault)
		if fault.Message == tabMessage {
			return nil, nil, append(faults, otherTabs(src, fault.Line)...)
		}
		repaired, ok := repair(src, fault)
		if !ok || len(faults) > maxRepairs {
			return nil, nil, faults
		}
		fault.repaired = true
		src = repaired
	}
}

// parseSource is one reading by the YAML library.
func parseSource(src *source) (file *ast.File, fault *Fault) {
	at := Pos{File: src.file, Line: 1, Column: 1}
	// The library is young and has panicked on odd input; a configuration fault must not look like a crash of the bridge.
	defer func() {
		if recover() != nil {
			file, fault = nil, faultAt(at, "", "", "the YAML parser cannot read this file")
		}
	}()
	tokens := lexer.Tokenize(src.text)
	if fault := checkTokens(src, tokens); fault != nil {
		return nil, fault
	}
	file, err := parser.Parse(tokens, parser.ParseComments, parser.AllowDuplicateMapKey())
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		at := tokenPos(src, syntax.Token)
		return nil, explain(src, at, syntax.Message)
	}
	if err != nil {
		return nil, faultAt(at, "", "", "the YAML parser cannot read this file")
	}
	return file, nil
}

func tokenPos(src *source, tk *token.Token) Pos {
	if tk == nil || tk.Position == nil {
		return Pos{src.file, 1, 1}
	}
	return Pos{src.file, max(1, tk.Position.Line), max(1, tk.Position.Column)}
}

// checkTokens refuses great numbers of tokens, and deep nesting before the recursive parser sees it. In flow style each level is a bracket; on one line
// of block style, a dash, a question mark, a tag or an anchor. Levels of block style on lines of their own need
// indentation, which the file's size bounds to about a thousand.
func checkTokens(src *source, tokens token.Tokens) *Fault {
	if len(tokens) > maxTokens {
		return faultAt(tokenPos(src, tokens[maxTokens]), "", "", "the file has more than %d keys, values and signs", maxTokens)
	}
	brackets, line, inLine := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position != nil && tk.Position.Line != line {
			line, inLine = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			inLine++
		}
		if brackets > maxDepth || inLine > maxDepth && brackets == 0 {
			return faultAt(tokenPos(src, tk), "", "", "nested more than %d levels deep", maxDepth)
		}
	}
	return nil
}
