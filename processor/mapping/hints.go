package mapping

import (
	"fmt"
	"slices"

	"brazebridge/schema"
)

// hintFor says how a value of one type becomes one of the classes that are wanted; empty where it cannot.
func hintFor(t typ, classes []class) string {
	wants := func(c class) bool { return slices.Contains(classes, c) }
	switch {
	case t.class == cRecord:
		return "name one of its fields: it has " + listNames(fieldNames(t))
	case t.class == cArray:
		return "take one element, such as …[0], or go through them: map(…, #)"
	case wants(cText) && (t.numeric() || t.class == cBool || t.class == cTime || t.class == cDate || t.class == cLocal):
		return "make it text: string(…)"
	case t.textual() && wants(cDecimal):
		return "turn it into a number: decimal(…)"
	case t.textual() && wants(cInt):
		return "turn it into a number: int(…)"
	case t.textual() && wants(cTime):
		return "turn it into a timestamp: time(…)"
	case t.class == cInt && wants(cTime):
		return "say what it counts: fromMillis(…) or fromSeconds(…)"
	case t.numeric() && wants(cInt):
		return "make it whole: int(…)"
	case t.class == cLocal && wants(cTime):
		return `say where: inZone(…, "Europe/Berlin")`
	case wants(cArray):
		return "name an array field"
	}
	return ""
}

// operatorHint says what stands in for an operator that the language does not have.
func operatorHint(op string) string {
	switch op {
	case "**", "^":
		return "multiply: x * x"
	case "..":
		return "write the list: [1, 2, 3]"
	}
	return "the operators are + - * / % == != < <= > >= && || ! ?? ?: in contains startsWith endsWith matches"
}

// partsHint says of a value without parts how it is reached.
func partsHint(t typ, s *segment, so string) string {
	switch {
	case t.class == cArray && (s.name == "length" || s.name == "size" || s.name == "count"):
		return "the number of elements is len(" + so + ")"
	case t.class == cArray:
		return fmt.Sprintf("take one element, %s[0].%s, or use for_each: ${%s}", so, s.name, so)
	case t.class == cMap:
		return ""
	case t.class == cTime || t.class == cDate || t.class == cLocal:
		return "take a part of it as text: formatTime(" + so + `, "2006-01-02")`
	}
	return "it has no parts: write ${" + so + "} by itself"
}

// elementHint says what to write instead of [number].
func elementHint(t typ) string {
	switch {
	case len(t.records()) > 0:
		return "name one of its fields: it has " + listNames(fieldNames(t))
	case t.class == cMap:
		return `name a key: ["key"]`
	case t.textual():
		return "a part of a text is text[0:1]"
	}
	return "name an array field, or write the value without […]"
}

// hasSymbol reports whether an enum within the type has a symbol of the name.
func hasSymbol(t typ, name string, depth int) bool {
	for _, a := range t.types() {
		switch a.Kind {
		case schema.Enum:
			if slices.Contains(a.Symbols, name) {
				return true
			}
		case schema.Record:
			for i := range a.Fields {
				if depth > 0 && hasSymbol(typeOf(a.Fields[i].Type), name, depth-1) {
					return true
				}
			}
		case schema.Array, schema.Map:
			if depth > 0 && hasSymbol(typeOf(a.Elem), name, depth-1) {
				return true
			}
		}
	}
	return false
}
