package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// definition is a named type somewhere in the schemas that were gathered.
type definition struct {
	doc   map[string]any
	space string // the namespace that it stands in
	from  string // whose schema defines it
	shape string // what a decoder needs of it, to compare
}

// inliner puts several schemas together into one document.
type inliner struct {
	defs  map[string]*definition // by full name
	given map[string]bool        // those that the document being written holds already
	uses  []use                  // names that stand for types
}

// use is a name where it stands.
type use struct{ short, space string }

func newInliner() *inliner {
	return &inliner{defs: map[string]*definition{}, given: map[string]bool{}}
}

// add gathers the definitions of a schema.
func (in *inliner) add(text, from string) error {
	doc, err := readJSON(text)
	if err != nil {
		return fmt.Errorf("%s: parse schema: %w", from, err)
	}
	return in.gather(doc, "", from, 0)
}

// inline writes a schema as a document of its own.
func (in *inliner) inline(text, from string) (string, error) {
	if err := in.add(text, from); err != nil {
		return "", err
	}
	doc, err := readJSON(text)
	if err != nil {
		return "", err
	}
	clear(in.given)
	doc, err = in.write(doc, "", 0)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return "", fmt.Errorf("write schema: %w", err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

var errDeep = fmt.Errorf("types nest deeper than %d", maxSchemaDepth)

func (in *inliner) gather(doc any, space, from string, depth int) error {
	if depth > maxSchemaDepth {
		return errDeep
	}
	if name, ok := doc.(string); ok {
		in.uses = append(in.uses, use{short: name, space: space})
	}
	if m, ok := doc.(map[string]any); ok && isDefinition(m) {
		full := definedName(m, space)
		inner := namespace(full)
		shape := shapeOf(m, space)
		if old := in.defs[full]; old != nil {
			if old.shape != shape {
				return fmt.Errorf("%s and %s define %s differently", old.from, from, clip(full))
			}
		} else {
			in.defs[full] = &definition{doc: m, space: space, from: from, shape: shape}
		}
		space = inner
	}
	return eachPart(doc, func(part any) error { return in.gather(part, space, from, depth+1) })
}

// write copies a schema, with definitions in the place of names that are not defined in it yet, and names in the place
// of definitions that are.
func (in *inliner) write(doc any, space string, depth int) (any, error) {
	if depth > maxSchemaDepth {
		return nil, errDeep
	}
	switch doc := doc.(type) {
	case string:
		full := in.resolve(doc, space)
		def := in.defs[full]
		if def == nil {
			return doc, nil // a primitive, or unknown: Parse will say so
		}
		return in.write(def.doc, def.space, depth+1)
	case []any:
		out := make([]any, len(doc))
		for i, d := range doc {
			var err error
			if out[i], err = in.write(d, space, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		return in.writeObject(doc, space, depth)
	}
	return doc, nil
}

func (in *inliner) writeObject(doc map[string]any, space string, depth int) (any, error) {
	out := make(map[string]any, len(doc)+1)
	for k, v := range doc {
		out[k] = v
	}
	if isDefinition(doc) {
		full := definedName(doc, space)
		if in.given[full] {
			return full, nil
		}
		in.given[full] = true
		space = namespace(full)
		out["name"], out["namespace"] = strings.TrimPrefix(full[len(space):], "."), space
	}
	for _, key := range []string{"items", "values", "type"} {
		if part := doc[key]; part != nil && isPart(doc, key) {
			var err error
			if out[key], err = in.write(part, space, depth+1); err != nil {
				return nil, err
			}
		}
	}
	if fields, ok := doc["fields"].([]any); ok && isDefinition(doc) {
		list, err := in.writeFields(fields, space, depth)
		if err != nil {
			return nil, err
		}
		out["fields"] = list
	}
	return out, nil
}

func (in *inliner) writeFields(fields []any, space string, depth int) ([]any, error) {
	out := make([]any, len(fields))
	for i, f := range fields {
		m, ok := f.(map[string]any)
		if !ok {
			out[i] = f
			continue
		}
		field := make(map[string]any, len(m))
		for k, v := range m {
			field[k] = v
		}
		var err error
		if field["type"], err = in.write(m["type"], space, depth+1); err != nil {
			return nil, err
		}
		out[i] = field
	}
	return out, nil
}

// resolve is the full name that a name means where it stands, as parser.named finds it.
func (in *inliner) resolve(name, space string) string {
	if _, ok := primitives[name]; ok {
		return name
	}
	if full := fullName(name, space); in.defs[full] != nil {
		return full
	}
	return name
}

func isDefinition(doc map[string]any) bool {
	switch doc["type"] {
	case "record", "error", "enum", "fixed":
		name, _ := doc["name"].(string)
		return name != ""
	}
	return false
}

// isPart reports whether a key of an object holds a type rather than a type's kind or an annotation.
func isPart(doc map[string]any, key string) bool {
	switch key {
	case "items":
		return doc["type"] == "array"
	case "values":
		return doc["type"] == "map"
	}
	switch doc["type"] {
	case "record", "error", "enum", "fixed", "array", "map":
		return false
	}
	return true
}

// eachPart calls f for the types that a type is made of.
func eachPart(doc any, f func(any) error) error {
	var parts []any
	switch doc := doc.(type) {
	case []any:
		parts = doc
	case map[string]any:
		for _, key := range []string{"items", "values", "type"} {
			if doc[key] != nil && isPart(doc, key) {
				parts = append(parts, doc[key])
			}
		}
		fields, _ := doc["fields"].([]any)
		for _, field := range fields {
			if m, ok := field.(map[string]any); ok {
				parts = append(parts, m["type"])
			}
		}
	}
	for _, p := range parts {
		if err := f(p); err != nil {
			return err
		}
	}
	return nil
}
