package fakebraze

import (
	"encoding/json"
	"math/big"
	"slices"
)

// Documented sizes of custom attributes. A value beyond them is not applied, and nobody is told.
const (
	maxAttributeText   = 255 // characters of a text
	maxAttributeNested = 100 << 10
)

// setCustom applies a value or an operator to a custom attribute.
func setCustom(attributes map[string]any, name string, v any, merge bool) {
	if v == nil {
		delete(attributes, name)
		return
	}
	m, isObject := v.(map[string]any)
	switch {
	case isObject && isOperator(m, "inc"):
		increment(attributes, name, m["inc"])
	case isObject && isOperator(m, "add", "remove"):
		changeList(attributes, name, m)
	case isObject && isOperator(m, "$add", "$remove", "$update"):
		changeObjects(attributes, name, m, merge)
	case !fits(v):
	case isObject:
		attributes[name] = overwritten(attributes[name], plainTimes(v), merge)
	default:
		if list, ok := v.([]any); ok {
			v = unique(plainTimes(list).([]any))
		}
		attributes[name] = v
	}
}

// overwritten is what becomes of a nested value: the new one, or with _merge_objects both, if both are objects.
func overwritten(old, with any, merge bool) any {
	a, okA := old.(map[string]any)
	b, okB := with.(map[string]any)
	if merge && okA && okB {
		return merged(a, b)
	}
	return with
}

// isOperator tells an operator from a nested object: all its keys are the operator's.
func isOperator(m map[string]any, names ...string) bool {
	for k := range m {
		if !slices.Contains(names, k) {
			return false
		}
	}
	return len(m) > 0
}

// increment adds an integer, which may be negative; an attribute that is no number starts at zero.
func increment(attributes map[string]any, name string, by any) {
	n, _ := by.(json.Number)
	sum, ok := new(big.Int).SetString(string(n), 10)
	if !ok {
		return
	}
	old, isNumber := attributes[name].(json.Number)
	base, isWhole := new(big.Int).SetString(string(old), 10)
	switch {
	case isWhole:
		attributes[name] = json.Number(sum.Add(sum, base).String())
	case isNumber:
		f, err := json.Marshal(asFloat(old) + asFloat(n))
		if err == nil { // an infinite sum is not applied
			attributes[name] = json.Number(f)
		}
	default:
		attributes[name] = n
	}
}

// changeList adds and removes values of a list of scalars. A value that is added again moves to the end.
func changeList(attributes map[string]any, name string, m map[string]any) {
	list, _ := attributes[name].([]any)
	list = slices.Clone(list)
	for _, v := range asList(m["add"]) {
		if fits(v) {
			list = append(without(list, v), v)
		}
	}
	for _, v := range asList(m["remove"]) {
		list = without(list, v)
	}
	attributes[name] = list
}

// asList takes a single value as a list of one.
func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

func without(list []any, v any) []any {
	return slices.DeleteFunc(list, func(e any) bool { return sameValue(e, v) })
}

// unique keeps the first of equal scalars, as Braze does with a list that is set whole.
func unique(list []any) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		_, isObject := v.(map[string]any)
		if isObject || !slices.ContainsFunc(out, func(e any) bool { return sameValue(e, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// changeObjects works on a list of objects: first what is added, then what is removed, then what is updated, so
// that removing and adding the same in one object is no replacement.
func changeObjects(attributes map[string]any, name string, m map[string]any, merge bool) {
	if !fits(m) {
		return
	}
	old, _ := attributes[name].([]any)
	list := slices.Clone(old)
	for _, v := range asList(m["$add"]) {
		list = append(list, plainTimes(v))
	}
	for _, v := range asList(m["$remove"]) {
		list = slices.DeleteFunc(list, selects(v))
	}
	for _, v := range asList(m["$update"]) {
		list = updateObjects(list, v, merge)
	}
	if size := sizeOf(list); size <= maxAttributeNested {
		attributes[name] = list
	}
}

func updateObjects(list []any, v any, merge bool) []any {
	update, _ := v.(map[string]any)
	value, ok := update["$new_object"].(map[string]any)
	if !ok {
		return list
	}
	picks := selects(v)
	for i, e := range list {
		if picks(e) {
			list[i] = overwritten(e, plainTimes(value), merge)
		}
	}
	return list
}

// selects tells which elements an entry of $remove or $update means.
func selects(v any) func(any) bool {
	m, _ := v.(map[string]any)
	key, _ := m["$identifier_key"].(string)
	want, given := m["$identifier_value"] // a null would have dropped the attribute before
	return func(e any) bool {
		element, _ := e.(map[string]any)
		return given && sameValue(element[key], want)
	}
}

// merged is what _merge_objects does: objects deeply, everything else by replacing. Its arguments stay as they are.
func merged(old, with map[string]any) map[string]any {
	out := copyOf(old).(map[string]any)
	for k, v := range with {
		a, okA := out[k].(map[string]any)
		b, okB := v.(map[string]any)
		if okA && okB {
			v = merged(a, b)
		}
		out[k] = v
	}
	return out
}
