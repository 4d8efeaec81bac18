package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/linkedin/goavro/v2"
)

const (
	// maxSchemaText bounds a schema's text. The largest schemas in the wild are some hundred KiB.
	maxSchemaText = 4 << 20
	// maxSchemaDepth bounds how deep types nest in a schema's text; no datum nests deeper (maxDepth).
	maxSchemaDepth = maxDepth
)

// Parse compiles a self-contained Avro schema. The error says what is wrong with the text.
func Parse(text string) (*Schema, error) {
	doc, err := readJSON(text)
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	p := parser{names: map[string]*Type{}}
	root, err := p.parse(doc, "", 0)
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	s := &Schema{Root: root, Text: text, root: compile(root)}
	s.codec = sync.OnceValues(func() (*goavro.Codec, error) { return newCodec(root) })
	return s, nil
}

// readJSON reads one JSON document, numbers as their text.
func readJSON(text string) (any, error) {
	if len(text) > maxSchemaText {
		return nil, fmt.Errorf("text of %d bytes exceeds %d", len(text), maxSchemaText)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("empty text")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read JSON: %s", clip(err.Error()))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text goes on after the schema")
	}
	return doc, nil
}

var primitives = map[string]Kind{
	"null": Null, "boolean": Boolean, "int": Int, "long": Long,
	"float": Float, "double": Double, "bytes": Bytes, "string": String,
}

// parser holds the named types that have been defined so far, by full name.
type parser struct {
	names map[string]*Type
}

func (p *parser) parse(doc any, space string, depth int) (*Type, error) {
	if depth > maxSchemaDepth {
		return nil, fmt.Errorf("types nest deeper than %d", maxSchemaDepth)
	}
	switch doc := doc.(type) {
	case string:
		return p.named(doc, space)
	case []any:
		return p.union(doc, space, depth)
	case map[string]any:
		return p.object(doc, space, depth)
	}
	return nil, errors.New("a type is neither a name, a union nor an object")
}

// named resolves a primitive's name or that of a type defined before: in the enclosing namespace first, then in none,
// as Java does.
func (p *parser) named(name, space string) (*Type, error) {
	if k, ok := primitives[name]; ok {
		return &Type{Kind: k, Base: k}, nil
	}
	if t := p.names[fullName(name, space)]; t != nil {
		return t, nil
	}
	if t := p.names[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("unknown type %q", clip(name))
}

func (p *parser) union(docs []any, space string, depth int) (*Type, error) {
	t := &Type{Kind: Union, Base: Union, Branches: make([]*Type, 0, len(docs))}
	seen := map[string]bool{}
	for _, d := range docs {
		b, err := p.parse(d, space, depth+1)
		if err != nil {
			return nil, err
		}
		if b.Kind == Union {
			return nil, errors.New("a union directly inside a union")
		}
		key := branchKey(b)
		if seen[key] {
			return nil, fmt.Errorf("a union holds %s twice", clip(key))
		}
		seen[key] = true
		t.Branches = append(t.Branches, b)
	}
	return t, nil
}

// branchKey tells a union's branches apart. Beyond the specification it counts the logical type: some producers
// register a string beside a uuid, and the bytes say by number which of them was meant.
func branchKey(t *Type) string {
	if t.Name != "" {
		return t.Name
	}
	if t.Kind == Decimal {
		return fmt.Sprintf("%s(%d,%d)", t.Kind, t.Precision, t.Scale)
	}
	return t.Kind.String()
}

func (p *parser) object(doc map[string]any, space string, depth int) (*Type, error) {
	switch kind := doc["type"].(type) {
	case nil:
		return nil, errors.New("an object has no type")
	case string:
		return p.typed(kind, doc, space, depth)
	default:
		// {"type": {"type": "string"}}: not in the specification, yet several libraries write and read it.
		t, err := p.parse(kind, space, depth+1)
		if err != nil || t.Name != "" || t.Kind != t.Base {
			return t, err
		}
		return logical(t, doc), nil
	}
}

func (p *parser) typed(kind string, doc map[string]any, space string, depth int) (*Type, error) {
	switch kind {
	case "record", "error":
		return p.record(doc, space, depth)
	case "enum":
		return p.enum(doc, space)
	case "fixed":
		return p.fixed(doc, space)
	case "array", "map":
		key, k := "items", Array
		if kind == "map" {
			key, k = "values", Map
		}
		if doc[key] == nil {
			return nil, fmt.Errorf("%s without %s", kind, key)
		}
		elem, err := p.parse(doc[key], space, depth+1)
		if err != nil {
			return nil, err
		}
		return &Type{Kind: k, Base: k, Elem: elem}, nil
	}
	t, err := p.named(kind, space)
	if err != nil || t.Name != "" {
		return t, err
	}
	return logical(t, doc), nil
}

func (p *parser) record(doc map[string]any, space string, depth int) (*Type, error) {
	t := &Type{Kind: Record, Base: Record}
	space, err := p.define(t, "record", doc, space)
	if err != nil {
		return nil, err
	}
	fields, ok := doc["fields"].([]any)
	if !ok {
		return nil, fmt.Errorf("record %s: no list of fields", clip(t.Name))
	}
	seen := make(map[string]bool, len(fields))
	t.Fields = make([]Field, 0, len(fields))
	for i, d := range fields {
		f, err := p.field(d, space, depth)
		if err != nil {
			return nil, fmt.Errorf("record %s: field %s: %w", clip(t.Name), fieldLabel(d, i), err)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("record %s: field %s is there twice", clip(t.Name), clip(f.Name))
		}
		seen[f.Name] = true
		t.Fields = append(t.Fields, f)
	}
	return t, nil
}

func fieldLabel(doc any, i int) string {
	if m, ok := doc.(map[string]any); ok {
		if name, ok := m["name"].(string); ok && name != "" {
			return clip(name)
		}
	}
	return fmt.Sprintf("number %d", i+1)
}

// field reads a record's field. A logicalType beside the field's name, a common mistake, says nothing about its type.
func (p *parser) field(doc any, space string, depth int) (Field, error) {
	m, ok := doc.(map[string]any)
	if !ok {
		return Field{}, errors.New("not an object")
	}
	name, _ := m["name"].(string)
	if name == "" {
		return Field{}, errors.New("no name")
	}
	if m["type"] == nil {
		return Field{}, errors.New("no type")
	}
	t, err := p.parse(m["type"], space, depth+1)
	if err != nil {
		return Field{}, err
	}
	key, err := AppendText(nil, name)
	if err != nil {
		return Field{}, fmt.Errorf("a name: %w", err)
	}
	f := Field{Name: name, Aliases: texts(m["aliases"]), Type: t, Key: string(key) + ":"}
	f.Doc, _ = m["doc"].(string)
	f.value, f.hasDefault = m["default"]
	return f, nil
}

func (p *parser) enum(doc map[string]any, space string) (*Type, error) {
	t := &Type{Kind: Enum, Base: Enum}
	if _, err := p.define(t, "enum", doc, space); err != nil {
		return nil, err
	}
	symbols, ok := doc["symbols"].([]any)
	if !ok {
		return nil, fmt.Errorf("enum %s: no list of symbols", clip(t.Name))
	}
	seen := make(map[string]bool, len(symbols))
	for _, s := range symbols {
		text, ok := s.(string)
		if !ok {
			return nil, fmt.Errorf("enum %s: a symbol is no text", clip(t.Name))
		}
		if seen[text] {
			return nil, fmt.Errorf("enum %s: symbol %s is there twice", clip(t.Name), clip(text))
		}
		seen[text] = true
		t.Symbols = append(t.Symbols, text)
	}
	return t, nil
}

func (p *parser) fixed(doc map[string]any, space string) (*Type, error) {
	t := &Type{Kind: Fixed, Base: Fixed}
	if _, err := p.define(t, "fixed", doc, space); err != nil {
		return nil, err
	}
	size, ok := integer(doc["size"])
	if !ok || size < 0 || size > 1<<31-1 {
		return nil, fmt.Errorf("fixed %s: size is no number of bytes", clip(t.Name))
	}
	t.Size = size
	return logical(t, doc), nil
}

// define names a type and makes it known, before its parts are read: they may refer to it. It returns the namespace
// that its parts stand in.
func (p *parser) define(t *Type, kind string, doc map[string]any, space string) (string, error) {
	name, _ := doc["name"].(string)
	if name == "" {
		return "", fmt.Errorf("%s without a name", kind)
	}
	full := definedName(doc, space)
	if _, ok := primitives[full]; ok {
		return "", fmt.Errorf("%s bears the name of a primitive, %s", kind, full)
	}
	if p.names[full] != nil {
		return "", fmt.Errorf("%s %s is defined twice", kind, clip(full))
	}
	t.Name = full
	t.Doc, _ = doc["doc"].(string)
	space = namespace(full)
	for _, a := range texts(doc["aliases"]) {
		t.Aliases = append(t.Aliases, fullName(a, space))
	}
	p.names[full] = t
	return space, nil
}
