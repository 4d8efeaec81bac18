package mapping

import (
	"slices"
	"unicode/utf8"
)

var listFunctions = map[string]function{
	"len":    {usage: "len(list, map or text)", params: [][]class{pSized}, min: 1, result: gives(cInt), impl: length},
	"first":  {usage: "first(list)", params: [][]class{pList}, min: 1, result: givesElement, impl: func(args []any) (any, error) { return get(args[0], 0) }},
	"last":   {usage: "last(list)", params: [][]class{pList}, min: 1, result: givesElement, impl: func(args []any) (any, error) { return get(args[0], -1) }},
	"keys":   {usage: "keys(map)", params: [][]class{pMap}, min: 1, result: func([]typ) typ { return typ{class: cArray, elem: &typ{class: cText}} }, impl: mapKeys},
	"values": {usage: "values(map)", params: [][]class{pMap}, min: 1, result: givesList, impl: mapValues},
	"unique": {usage: "unique(list)", params: [][]class{pList}, min: 1, result: givesList, impl: unique},
}

func givesList(args []typ) typ {
	e := typ{class: cAny, opt: true}
	if len(args) > 0 {
		e = args[0].elemType()
	}
	return typ{class: cArray, elem: &e}
}

func length(args []any) (any, error) {
	switch v := args[0].(type) {
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	case string:
		return utf8.RuneCountInString(v), nil
	}
	return nil, typeOrNull(args[0])
}

// mapKeys are a map's keys in order, so that equal records give equal objects.
func mapKeys(args []any) (any, error) {
	m, ok := args[0].(map[string]any)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	out := make([]any, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, k)
	}
	return out, nil
}

// mapValues are a map's values in the order of their keys.
func mapValues(args []any) (any, error) {
	m, ok := args[0].(map[string]any)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	out := make([]any, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// maxUnique bounds a list whose elements are compared with each other.
const maxUnique = 2000

// unique keeps the first of equal elements, in order.
func unique(args []any) (any, error) {
	list, ok := args[0].([]any)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	if len(list) > maxUnique {
		return nil, errSteps
	}
	var out []any
	for _, e := range list {
		if !slices.ContainsFunc(out, func(o any) bool { return equal(o, e) }) {
			out = append(out, e)
		}
	}
	return out, nil
}
