package mapping

import (
	"cmp"
	"strings"
	"time"
)

// date is a calendar day in an expression: days since 1970-01-01.
type date int64

func (d date) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// localTime is a wall clock without a zone, held as if it were UTC.
type localTime struct{ wall time.Time }

// equal compares two values; values of different kinds are not equal, numbers are equal by value.
func equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if c, err := compare(a, b); err == nil {
		return c == 0
	}
	switch x := a.(type) {
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case []any:
		y, ok := b.([]any)
		return ok && equalLists(x, y)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && equalMaps(x, y)
	case avro:
		y, ok := b.(avro)
		return ok && equalAvro(x.v, y.v)
	}
	return false
}

func equalLists(x, y []any) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

func equalMaps(x, y map[string]any) bool {
	if len(x) != len(y) {
		return false
	}
	for k, v := range x {
		if w, ok := y[k]; !ok || !equal(v, w) {
			return false
		}
	}
	return true
}

// compare orders two values of one kind: -1, 0 or 1.
func compare(a, b any) (int, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			return cmp.Compare(x, y), nil
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y), nil
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
		return 0, typeOrNull(b)
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			return cmp.Compare(x, y), nil
		}
		return 0, typeOrNull(b)
	case localTime:
		if y, ok := b.(localTime); ok {
			return x.wall.Compare(y.wall), nil
		}
		return 0, typeOrNull(b)
	case time.Time, date:
		return compareTimes(a, b)
	}
	return compareNumbers(a, b)
}

// compareTimes orders instants and dates; a date is its midnight in UTC.
func compareTimes(a, b any) (int, error) {
	x, okX := instant(a)
	y, okY := instant(b)
	if !okX || !okY {
		return 0, typeOrNull(a, b)
	}
	return x.Compare(y), nil
}

func instant(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case date:
		return v.time(), true
	}
	return time.Time{}, false
}

func compareNumbers(a, b any) (int, error) {
	x, okX := decimalOf(a)
	y, okY := decimalOf(b)
	if !okX || !okY {
		return 0, typeOrNull(a, b)
	}
	return x.Cmp(y), nil
}

// contains reports whether a list has a value or a map has a key.
func contains(v, in any) (bool, error) {
	switch in := in.(type) {
	case []any:
		for _, e := range in {
			if equal(v, e) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		key, ok := v.(string)
		if !ok {
			return false, typeOrNull(v)
		}
		_, found := in[key]
		return found, nil
	}
	return false, typeOrNull(in)
}

// get is a part of a value that was computed: an element by number or a value by key; null where there is none.
func get(base, key any) (any, error) {
	switch b := base.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		k, ok := key.(string)
		if !ok {
			return nil, typeOrNull(key)
		}
		return b[k], nil
	case []any:
		i, ok := key.(int)
		if !ok {
			return nil, typeOrNull(key)
		}
		if i < 0 {
			i += len(b)
		}
		if i < 0 || i >= len(b) {
			return nil, nil
		}
		return b[i], nil
	case avro:
		name, ok := key.(string)
		if !ok {
			return nil, typeOrNull(key)
		}
		return fieldByName(b.v, name)
	}
	return nil, errType
}
