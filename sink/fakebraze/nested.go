package fakebraze

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// isNested tells values to which the rules of nested attributes apply.
func isNested(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return !isOperator(v, "inc") && !isOperator(v, "add", "remove")
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { _, ok := e.(map[string]any); return ok })
	}
	return false
}

// droppedNested finds nested attributes that hold an invalid value, a null or a $time that is none, anywhere
// among a user's objects in the request: Braze drops all nested updates of that attribute, silently.
func droppedNested(objects []*object) map[string]bool {
	var dropped map[string]bool
	for _, o := range objects {
		if o.array != attributesArray {
			continue
		}
		for name, v := range o.fields {
			if !isNested(v) || !holdsInvalid(v) {
				continue
			}
			if dropped == nil {
				dropped = map[string]bool{}
			}
			dropped[identityKey(o.fields)+"\x00"+strings.TrimSpace(name)] = true
		}
	}
	return dropped
}

func holdsInvalid(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsInvalid)
	case map[string]any:
		if t, ok := v["$time"]; ok {
			text, _ := t.(string)
			at, ok := parseAttributeTime(text)
			return !ok || at.Year() > 3000
		}
		for _, e := range v {
			if holdsInvalid(e) {
				return true
			}
		}
	}
	return false
}

// plainTimes replaces {"$time": t} by t, in a copy.
func plainTimes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if t, ok := v["$time"]; ok {
			return t
		}
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = plainTimes(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plainTimes(e)
		}
		return list
	}
	return v
}

// fits applies the documented sizes.
func fits(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v) <= maxAttributeText
	case []any, map[string]any:
		return textsFit(v) && sizeOf(v) <= maxAttributeNested
	}
	return true
}

func textsFit(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v) <= maxAttributeText
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !textsFit(e) })
	case map[string]any:
		for k, e := range v {
			if utf8.RuneCountInString(k) > maxAttributeText || !textsFit(e) {
				return false
			}
		}
	}
	return true
}

func sizeOf(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 0 // decoded JSON always marshals
	}
	return len(b)
}

func compactSize(raw json.RawMessage) int {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return len(raw)
	}
	return b.Len()
}
