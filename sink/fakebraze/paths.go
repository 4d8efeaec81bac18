package fakebraze

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// matchPath tells whether a dotted path leads to a value that equals want; nil wants any value, even null. A
// key may hold dots itself: the longest key that fits is not preferred, every reading is tried.
func matchPath(v any, path string, want any) bool {
	switch v := v.(type) {
	case map[string]any:
		return matchKey(v, path, want)
	case []any:
		head, rest, more := strings.Cut(path, ".")
		if i, err := strconv.Atoi(head); err == nil {
			return i >= 0 && i < len(v) && matchRest(v[i], rest, more, want)
		}
		for _, e := range v {
			if matchPath(e, path, want) {
				return true
			}
		}
	}
	return false
}

func matchKey(m map[string]any, path string, want any) bool {
	for end := 0; end <= len(path); end++ {
		if end < len(path) && path[end] != '.' {
			continue
		}
		v, ok := m[path[:end]]
		if !ok {
			continue
		}
		rest, more := "", end < len(path)
		if more {
			rest = path[end+1:]
		}
		if matchRest(v, rest, more, want) {
			return true
		}
	}
	return false
}

func matchRest(v any, rest string, more bool, want any) bool {
	if more {
		return matchPath(v, rest, want)
	}
	if list, ok := v.([]any); ok && want != nil {
		if _, wantList := want.([]any); !wantList {
			for _, e := range list {
				if sameValue(e, want) {
					return true
				}
			}
			return false
		}
	}
	return want == nil || sameValue(v, want)
}

// asDecoded brings a value of Go into the form that a decoded body has, numbers as json.Number.
func asDecoded(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return v
	}
	return out
}

// sameValue compares decoded JSON; numbers by value, so that 5 equals 5.0.
func sameValue(a, b any) bool {
	x, okx := a.(json.Number)
	y, oky := b.(json.Number)
	if okx && oky {
		exact := isInteger(x) && isInteger(y) // a float would not tell large integers apart
		return x == y || !exact && asFloat(x) == asFloat(y)
	}
	switch a := a.(type) {
	case []any:
		list, ok := b.([]any)
		if !ok || len(a) != len(list) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], list[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(a) != len(m) {
			return false
		}
		for k, v := range a {
			w, ok := m[k]
			if !ok || !sameValue(v, w) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

// isInteger tells that a number is written as one: no fraction, no exponent.
func isInteger(n json.Number) bool { return !strings.ContainsAny(string(n), ".eE") }

func asFloat(n json.Number) float64 {
	f, err := n.Float64()
	if err != nil {
		return 0 // out of range: a JSON number is never malformed here
	}
	return f
}
