package schema

import (
	"fmt"
	"strings"
)

// shapeOf writes what a decoder needs of a definition, so that two can be compared: without documentation, defaults,
// aliases and annotations, and with nested definitions as their names, because those are compared by themselves.
func shapeOf(def map[string]any, space string) string {
	var b strings.Builder
	shape(&b, def, space, true, 0)
	return b.String()
}

func shape(b *strings.Builder, doc any, space string, top bool, depth int) {
	if depth > maxSchemaDepth {
		return
	}
	switch doc := doc.(type) {
	case string:
		if _, ok := primitives[doc]; ok {
			b.WriteString(doc)
			return
		}
		fmt.Fprintf(b, "%q", fullName(doc, space))
	case []any:
		b.WriteByte('[')
		for _, d := range doc {
			shape(b, d, space, false, depth+1)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case map[string]any:
		shapeObject(b, doc, space, top, depth)
	}
}

func shapeObject(b *strings.Builder, doc map[string]any, space string, top bool, depth int) {
	if isDefinition(doc) {
		full := definedName(doc, space)
		fmt.Fprintf(b, "%q", full)
		if !top {
			return
		}
		space = namespace(full)
	} else if doc["items"] == nil && doc["values"] == nil && doc["logicalType"] == nil {
		shape(b, doc["type"], space, false, depth+1) // {"type": "string", …} is "string"
		return
	}
	b.WriteByte('{')
	for _, key := range []string{"type", "items", "values"} {
		if doc[key] != nil {
			shape(b, doc[key], space, false, depth+1)
		}
	}
	for _, key := range []string{"size", "symbols", "logicalType", "precision", "scale"} {
		if doc[key] != nil {
			fmt.Fprintf(b, " %s=%q", key, fmt.Sprint(doc[key]))
		}
	}
	fields, _ := doc["fields"].([]any)
	for _, f := range fields {
		if m, ok := f.(map[string]any); ok {
			fmt.Fprintf(b, " %q:", fmt.Sprint(m["name"]))
			shape(b, m["type"], space, false, depth+1)
		}
	}
	b.WriteByte('}')
}
