package schema

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fullName is name in a namespace; a name with a dot is full already.
func fullName(name, space string) string {
	if space == "" || strings.Contains(name, ".") {
		return strings.TrimPrefix(name, ".")
	}
	return space + "." + name
}

// definedName is the full name of a definition of a record, enum or fixed.
func definedName(doc map[string]any, space string) string {
	name, _ := doc["name"].(string)
	if own, ok := doc["namespace"].(string); ok {
		space = own // an empty one leaves the enclosing namespace
	}
	return fullName(name, space)
}

// namespace is the part of a full name before its last dot.
func namespace(full string) string {
	if i := strings.LastIndexByte(full, '.'); i >= 0 {
		return full[:i]
	}
	return ""
}

// texts reads a list of texts, leaving out what is none.
func texts(doc any) []string {
	list, _ := doc.([]any)
	var out []string
	for _, d := range list {
		if s, ok := d.(string); ok && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// integer reads a number that is written as an integer.
func integer(doc any) (int, bool) {
	n, ok := doc.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

// clip bounds a text that goes into an error.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
