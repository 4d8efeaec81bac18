package schema

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// EncodeJSON writes plain JSON as one Avro datum of the schema, so that what people write by hand goes through the real
// decoder. Plain means: unions untagged (the first branch that the value fits; a tag {"full.Name": value} is taken
// where no branch fits as it stands), dates as YYYY-MM-DD, times as RFC 3339, times of day as 15:04:05, or any of them
// as the number that the schema stores; decimals as number or text, exactly; bytes and fixed as base64, a duration as
// ISO 8601 or base64; NaN, Infinity and -Infinity as text. A field that is left out takes the schema's default, or
// null where that is possible. An error names the path and no value.
func (s *Schema) EncodeJSON(plain []byte) ([]byte, error) {
	doc, err := readJSON(string(plain))
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	if nesting(doc) > maxDepth {
		return nil, fmt.Errorf("encode record: values nest deeper than %d", maxDepth)
	}
	e := encoder{steps: 1000 + 100*len(plain)}
	out, err := e.value(nil, s.Root, doc, false)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return out, nil
}

// encoder bounds the work: where unions nest, a value that fits none of their branches is tried in every combination.
type encoder struct{ steps int }

// nesting is how deep lists and objects nest.
func nesting(doc any) int {
	most := 0
	switch doc := doc.(type) {
	case []any:
		for _, d := range doc {
			most = max(most, nesting(d))
		}
		return most + 1
	case map[string]any:
		for _, d := range doc {
			most = max(most, nesting(d))
		}
		return most + 1
	}
	return 0
}

// inputError says where in the plain JSON something does not fit. The path is gathered innermost first.
type inputError struct {
	path []string
	what string
}

func (e *inputError) Error() string {
	p := slices.Clone(e.path)
	slices.Reverse(p)
	if text := strings.TrimPrefix(strings.Join(p, ""), "."); text != "" {
		return text + ": " + e.what
	}
	return e.what
}

func wrong(format string, args ...any) error { return &inputError{what: fmt.Sprintf(format, args...)} }

// within puts a step of the path in front of an error.
func within(step string, err error) error {
	var e *inputError
	if errors.As(err, &e) {
		e.path = append(e.path, step)
	}
	return err
}

// value appends a value of the type. asDefault reads Avro's own form of bytes in a default: text whose code
// points are the bytes.
func (e *encoder) value(dst []byte, t *Type, doc any, asDefault bool) ([]byte, error) {
	if e.steps--; e.steps < 0 {
		return nil, wrong("too many ways to read it as a union's branches: name the branch, {\"full.Name\": …}")
	}
	switch t.Base {
	case Null:
		if doc != nil {
			return nil, wrong("want null")
		}
		return dst, nil
	case Record:
		return e.record(dst, t, doc, asDefault)
	case Array:
		return e.array(dst, t, doc, asDefault)
	case Map:
		return e.mapping(dst, t, doc, asDefault)
	case Union:
		return e.union(dst, t, doc, asDefault)
	}
	if doc == nil {
		return nil, wrong("null, and the schema allows none")
	}
	switch t.Base {
	case Boolean:
		b, ok := doc.(bool)
		if !ok {
			return nil, wrong("want true or false")
		}
		if b {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case Int, Long:
		n, err := plainInteger(t, doc)
		if err != nil {
			return nil, err
		}
		return binary.AppendVarint(dst, n), nil
	case Float, Double:
		return encodeFloat(dst, t, doc)
	case String, Enum:
		return encodeText(dst, t, doc)
	}
	b, err := plainBytes(t, doc, asDefault)
	if err != nil {
		return nil, err
	}
	if t.Base == Bytes {
		dst = binary.AppendVarint(dst, int64(len(b)))
	} else if len(b) != t.Size {
		return nil, wrong("want %d bytes, have %d", t.Size, len(b))
	}
	return append(dst, b...), nil
}

func (e *encoder) record(dst []byte, t *Type, doc any, asDefault bool) ([]byte, error) {
	m, ok := doc.(map[string]any)
	if !ok {
		return nil, wrong("want an object, a %s", clip(t.Name))
	}
	found := 0
	for i := range t.Fields {
		f := &t.Fields[i]
		value, ok := m[f.Name]
		fromDefault := asDefault
		switch {
		case ok:
			found++
		case f.hasDefault:
			value, fromDefault = f.value, true
		case !f.Type.nullable():
			return nil, within("."+f.Name, wrong("missing, and the schema has no default"))
		}
		var err error
		if dst, err = e.value(dst, f.Type, value, fromDefault); err != nil {
			return nil, within("."+f.Name, err)
		}
	}
	if found < len(m) {
		return nil, unknownField(t, m)
	}
	return dst, nil
}

// nullable reports whether null is a value of the type.
func (t *Type) nullable() bool {
	return t.Kind == Null || slices.ContainsFunc(t.Branches, func(b *Type) bool { return b.Kind == Null })
}

func unknownField(t *Type, m map[string]any) error {
	for _, name := range sortedKeys(m) {
		if !slices.ContainsFunc(t.Fields, func(f Field) bool { return f.Name == name }) {
			return within("."+clip(name), wrong("%s has no such field", clip(t.Name)))
		}
	}
	return wrong("%s has other fields", clip(t.Name))
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func (e *encoder) array(dst []byte, t *Type, doc any, asDefault bool) ([]byte, error) {
	list, ok := doc.([]any)
	if !ok {
		return nil, wrong("want a list")
	}
	if len(list) > 0 {
		dst = binary.AppendVarint(dst, int64(len(list)))
	}
	for i, d := range list {
		var err error
		if dst, err = e.value(dst, t.Elem, d, asDefault); err != nil {
			return nil, within("["+strconv.Itoa(i)+"]", err)
		}
	}
	return append(dst, 0), nil
}

// mapping writes a map's entries in the order of their keys: JSON has none, and two runs must not differ.
func (e *encoder) mapping(dst []byte, t *Type, doc any, asDefault bool) ([]byte, error) {
	m, ok := doc.(map[string]any)
	if !ok {
		return nil, wrong("want an object, a map")
	}
	if len(m) > 0 {
		dst = binary.AppendVarint(dst, int64(len(m)))
	}
	for _, k := range sortedKeys(m) {
		dst = binary.AppendVarint(dst, int64(len(k)))
		dst = append(dst, k...)
		var err error
		if dst, err = e.value(dst, t.Elem, m[k], asDefault); err != nil {
			return nil, within("["+strconv.Quote(clip(k))+"]", err)
		}
	}
	return append(dst, 0), nil
}

func (e *encoder) union(dst []byte, t *Type, doc any, asDefault bool) ([]byte, error) {
	var last error
	tried := 0
	for i, b := range t.Branches {
		if (doc == nil) != (b.Kind == Null) {
			continue
		}
		tried++
		out, err := e.value(binary.AppendVarint(dst, int64(i)), b, doc, asDefault)
		if err == nil {
			return out, nil
		}
		last = err
	}
	if i, inner, ok := tagged(t, doc); ok {
		return e.value(binary.AppendVarint(dst, int64(i)), t.Branches[i], inner, asDefault)
	}
	if tried == 1 {
		return nil, last
	}
	names, records := make([]string, 0, len(t.Branches)), 0
	for _, b := range t.Branches {
		names = append(names, branchKey(b))
		if b.Kind == Record {
			records++
		}
	}
	if records > 1 {
		return nil, wrong(`fits no branch of [%s]; {"full.Name": {…}} says which one is meant, and then what is wrong with it`, clip(strings.Join(names, ", ")))
	}
	return nil, wrong("fits no branch of [%s]", clip(strings.Join(names, ", ")))
}

// tagged reads {"name": value}, which says by name which branch is meant.
func tagged(t *Type, doc any) (branch int, inner any, ok bool) {
	m, _ := doc.(map[string]any)
	if len(m) != 1 {
		return 0, nil, false
	}
	for name, inner := range m {
		for i, b := range t.Branches {
			if branchKey(b) == name || b.Name == "" && b.Base.String() == name {
				return i, inner, true
			}
		}
	}
	return 0, nil, false
}

func encodeText(dst []byte, t *Type, doc any) ([]byte, error) {
	s, ok := doc.(string)
	if !ok {
		return nil, wrong("want text")
	}
	if t.Kind == Enum {
		i := slices.Index(t.Symbols, s)
		if i < 0 {
			return nil, wrong("no symbol of %s, which has [%s]", clip(t.Name), clip(strings.Join(t.Symbols, ", ")))
		}
		return binary.AppendVarint(dst, int64(i)), nil
	}
	dst = binary.AppendVarint(dst, int64(len(s)))
	return append(dst, s...), nil
}

func encodeFloat(dst []byte, t *Type, doc any) ([]byte, error) {
	text := ""
	switch doc := doc.(type) {
	case json.Number:
		text = doc.String()
	case string:
		if doc != "NaN" && doc != "Infinity" && doc != "-Infinity" {
			return nil, wrong("want a number")
		}
		text = doc
	default:
		return nil, wrong("want a number")
	}
	bits := 64
	if t.Base == Float {
		bits = 32
	}
	f, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return nil, wrong("a number that a %s does not hold", t.Kind)
	}
	if t.Base == Float {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), nil
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(f)), nil
}
