package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/linkedin/goavro/v2"
)

var fallbacks atomic.Int64

// Fallbacks is how often DecodeReference has run in this process. The compiled decoder covers every Avro type, so in
// production this stays zero.
func Fallbacks() int64 { return fallbacks.Load() }

// DecodeReference reads a datum through goavro instead of the compiled decoder: slower, allocating, and made by others.
// It yields Equal Values, or refuses as well, but for what goavro does not check: numbers of more than 32 or 64 bits
// (goavro drops the upper bits), the size of a block in bytes (goavro does not look at it), and a decimal's length.
// A map's entries come in the order of their keys: goavro loses that of the bytes. The Value owns its memory.
func (s *Schema) DecodeReference(datum []byte) (Value, error) {
	fallbacks.Add(1)
	if s.codec == nil {
		return Value{}, errNotParsed
	}
	codec, err := s.codec()
	if err != nil {
		return Value{}, fmt.Errorf("set up goavro: %w", err)
	}
	g := guard{buf: datum, budget: valueBudget(len(datum))}
	if !g.walk(s.Root, 0) {
		return Value{}, fmt.Errorf("%w: more, or deeper, than a datum of this size may be", ErrUndecodable)
	}
	native, rest, err := codec.NativeFromBinary(datum)
	if err != nil {
		return Value{}, fmt.Errorf("%w: goavro refuses the bytes", ErrUndecodable) // its own text may hold values
	}
	if len(rest) > 0 {
		return Value{}, fmt.Errorf("%w: bytes are left over after the record", ErrUndecodable)
	}
	v, err := fromNative(s.Root, native)
	if err != nil {
		return Value{}, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	return v, nil
}

// maxBlock replaces goavro's bound on a block's count, of two billion, for the whole process. Nothing else uses goavro.
var maxBlock = sync.OnceFunc(func() { goavro.MaxBlockCount = 1 << 22 })

// newCodec prepares goavro for a type. It is not given the schema's own text, because it refuses much that producers
// register: hyphens in namespaces, some defaults, logical types on the wrong base, two strings in one union. It gets
// the same layout under names of ours, without logical types and defaults. In a union each branch is wrapped in a
// record of one field, which takes no bytes and tells the branches apart in what goavro returns.
func newCodec(root *Type) (*goavro.Codec, error) {
	maxBlock()
	l := layout{names: map[*Type]string{}}
	doc, err := l.of(root)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return goavro.NewCodec(string(text))
}

// layout writes types as schemas under names of ours.
type layout struct {
	names map[*Type]string
	count int
}

type object = map[string]any

func (l *layout) name() string {
	l.count++
	return "n" + strconv.Itoa(l.count)
}

func (l *layout) of(t *Type) (any, error) {
	if name := l.names[t]; name != "" {
		return name, nil
	}
	switch t.Base {
	case Array, Map:
		elem, err := l.of(t.Elem)
		if t.Base == Array {
			return object{"type": "array", "items": elem}, err
		}
		return object{"type": "map", "values": elem}, err
	case Union:
		return l.union(t)
	case Fixed, Enum, Record:
		name := l.name()
		l.names[t] = name
		return l.named(t, name)
	}
	return t.Base.String(), nil
}

func (l *layout) named(t *Type, name string) (any, error) {
	switch t.Base {
	case Fixed:
		if t.Size == 0 {
			return object{"type": "record", "name": name, "fields": []any{}}, nil // goavro knows no empty fixed
		}
		return object{"type": "fixed", "name": name, "size": t.Size}, nil
	case Enum:
		symbols := make([]string, len(t.Symbols))
		for i := range symbols {
			symbols[i] = "s" + strconv.Itoa(i)
		}
		if len(symbols) == 0 {
			return nil, errors.New("goavro knows no enum without symbols")
		}
		return object{"type": "enum", "name": name, "symbols": symbols}, nil
	}
	fields := make([]any, len(t.Fields))
	for i := range t.Fields {
		doc, err := l.of(t.Fields[i].Type)
		if err != nil {
			return nil, err
		}
		fields[i] = object{"name": "f" + strconv.Itoa(i), "type": doc}
	}
	return object{"type": "record", "name": name, "fields": fields}, nil
}

func (l *layout) union(t *Type) (any, error) {
	if len(t.Branches) == 0 {
		return nil, errors.New("goavro knows no union without branches")
	}
	out := make([]any, len(t.Branches))
	for i, b := range t.Branches {
		name := l.name()
		doc, err := l.of(b)
		if err != nil {
			return nil, err
		}
		out[i] = object{"type": "record", "name": name, "fields": []any{object{"name": "b" + strconv.Itoa(i), "type": doc}}}
	}
	return out, nil
}

var errNative = errors.New("goavro's value does not fit the schema")

// fromNative turns what goavro returns for a layout into a Value, by the schema.
func fromNative(t *Type, native any) (Value, error) {
	v := Value{typ: t}
	switch n := native.(type) {
	case nil:
		return Value{}, nil
	case bool:
		if n {
			v.n = 1
		}
		return v, nil
	case int32:
		v.n = uint64(int64(n))
		return v, nil
	case int64:
		v.n = uint64(n)
		return v, nil
	case float32:
		v.n = float32Bits(n)
		return v, nil
	case float64:
		v.n = float64Bits(n)
		return v, nil
	case []byte:
		v.s = string(n)
		if t.Kind == UUID {
			v.s = string(appendUUID(nil, n))
		}
		return v, nil
	case string:
		return fromNativeText(v, n)
	case []any:
		return fromNativeArray(v, n)
	case map[string]any:
		return fromNativeObject(v, n)
	}
	return Value{}, errNative
}

func fromNativeText(v Value, s string) (Value, error) {
	if v.typ.Base == Enum {
		i, err := strconv.ParseUint(s[1:], 10, 31)
		v.n = i
		return v, err
	}
	if !utf8.ValidString(s) {
		return Value{}, errUTF8
	}
	v.s = s
	return v, nil
}

func fromNativeArray(v Value, list []any) (Value, error) {
	if v.typ.Kind != Array {
		return Value{}, errNative
	}
	v.kids = make([]Value, len(list))
	for i, n := range list {
		var err error
		if v.kids[i], err = fromNative(v.typ.Elem, n); err != nil {
			return Value{}, err
		}
	}
	return v, nil
}

func fromNativeObject(v Value, m map[string]any) (Value, error) {
	switch v.typ.Base {
	case Fixed:
		return v, nil // an empty one
	case Union:
		return fromNativeUnion(v.typ, m)
	case Record:
		v.kids = make([]Value, len(v.typ.Fields))
		for i := range v.kids {
			var err error
			if v.kids[i], err = fromNative(v.typ.Fields[i].Type, m["f"+strconv.Itoa(i)]); err != nil {
				return Value{}, err
			}
		}
		return v, nil
	case Map:
		return fromNativeMap(v, m)
	}
	return Value{}, errNative
}

// fromNativeUnion unwraps {"n7": {"b1": value}}.
func fromNativeUnion(t *Type, m map[string]any) (Value, error) {
	for _, wrapper := range m {
		branch, _ := wrapper.(map[string]any)
		for name, inner := range branch {
			i, err := strconv.Atoi(name[1:])
			if err != nil || i >= len(t.Branches) {
				return Value{}, errNative
			}
			return fromNative(t.Branches[i], inner)
		}
	}
	return Value{}, errNative
}

func fromNativeMap(v Value, m map[string]any) (Value, error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if !utf8.ValidString(k) {
			return Value{}, errUTF8
		}
		val, err := fromNative(v.typ.Elem, m[k])
		if err != nil {
			return Value{}, err
		}
		v.kids = append(v.kids, Value{typ: mapKey, s: k}, val)
	}
	return v, nil
}
