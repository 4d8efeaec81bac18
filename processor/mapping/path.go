package mapping

import (
	"strconv"
	"strings"

	"brazebridge/schema"
)

// segment is one part of a plain path, with its byte offset in the expression.
type segment struct {
	name    string
	index   int
	isIndex bool // [0]
	quoted  bool // ["x"]
	off     int
}

// scanPath reads a plain path: names joined by dots, ["text"] and [number]. ok is false for anything else.
func scanPath(src string) (segs []segment, ok bool) {
	i, end := 0, len(src)
	skip := func() {
		for i < end && strings.IndexByte(" \t\r\n", src[i]) >= 0 {
			i++
		}
	}
	skip()
	name, next := scanName(src, i)
	if name == "" {
		return nil, false
	}
	segs = append(segs, segment{name: name, off: i})
	i = next
	for {
		skip()
		if i >= end {
			return segs, true
		}
		seg, next, ok := scanSegment(src, i)
		if !ok {
			return nil, false
		}
		segs = append(segs, seg)
		i = next
	}
}

// scanSegment reads what follows a value: .name, ?.name, ["text"] or [number].
func scanSegment(src string, i int) (seg segment, next int, ok bool) {
	if strings.HasPrefix(src[i:], "?.") {
		i++
	}
	switch src[i] {
	case '.':
		for i++; i < len(src) && strings.IndexByte(" \t\r\n", src[i]) >= 0; {
			i++
		}
		if i < len(src) && src[i] == '[' {
			return scanIndex(src, i)
		}
		name, next := scanName(src, i)
		return segment{name: name, off: i}, next, name != ""
	case '[':
		return scanIndex(src, i)
	}
	return segment{}, 0, false
}

func scanIndex(src string, i int) (seg segment, next int, ok bool) {
	end := strings.IndexByte(src[i:], ']')
	if end < 0 {
		return segment{}, 0, false
	}
	inner := src[i+1 : i+end]
	trimmed := strings.TrimSpace(inner)
	seg.off = i + 1 + strings.Index(inner, trimmed)
	next = i + end + 1
	if n, err := strconv.Atoi(trimmed); err == nil {
		seg.index, seg.isIndex = n, true
		return seg, next, true
	}
	if len(trimmed) < 2 {
		return segment{}, 0, false
	}
	q := trimmed[0]
	text := trimmed[1 : len(trimmed)-1]
	if (q != '"' && q != '\'') || trimmed[len(trimmed)-1] != q || strings.ContainsAny(text, "\\\"'[") {
		return segment{}, 0, false
	}
	seg.name, seg.quoted = text, true
	return seg, next, true
}

func scanName(src string, i int) (name string, next int) {
	j := i
	for j < len(src) && isNameByte(src[j], j == i) {
		j++
	}
	return src[i:j], j
}

func isNameByte(b byte, first bool) bool {
	letter := b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= 0x80
	return letter || !first && b >= '0' && b <= '9'
}

// pathText is a path as faults name it.
func pathText(segs []segment) string {
	var b strings.Builder
	for i, s := range segs {
		switch {
		case s.isIndex:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case s.quoted:
			b.WriteString("[" + strconv.Quote(s.name) + "]")
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// stepKind says how a step goes from a value to a part of it.
type stepKind uint8

const (
	stepField  stepKind = iota // a field of the one record type that the value has, if it is not null
	stepPick                   // a field, by whichever record type the value has
	stepBranch                 // the value itself, if it is of one type of the union
	stepKey                    // a map's value
	stepIndex                  // an array's element, from the end if negative
)

// step is one step of a compiled path. Through a null, and past an array's end, everything is null.
type step struct {
	kind  stepKind
	idx   int
	key   string
	picks []pick
}

// pick is a record type and the index of the field in it.
type pick struct {
	typ *schema.Type
	idx int
}

// walk follows the steps.
func walk(v schema.Value, steps []step) schema.Value {
	for i := range steps {
		if v.IsNull() {
			return schema.Value{}
		}
		st := &steps[i]
		switch st.kind {
		case stepField:
			v = v.Field(st.idx)
		case stepPick:
			v = pickField(v, st.picks)
		case stepBranch:
			if v.Type() != st.picks[0].typ {
				return schema.Value{}
			}
		case stepKey:
			v = lookup(v, st.key)
		case stepIndex:
			v = element(v, st.idx)
		}
	}
	return v
}

func pickField(v schema.Value, picks []pick) schema.Value {
	t := v.Type()
	for i := range picks {
		if picks[i].typ == t {
			return v.Field(picks[i].idx)
		}
	}
	return schema.Value{}
}

// lookup finds a map's value. The decoder has refused a map that repeats a key.
func lookup(v schema.Value, key string) schema.Value {
	if v.Kind() != schema.Map {
		return schema.Value{}
	}
	for i := range v.Len() {
		if k, val := v.Entry(i); k == key {
			return val
		}
	}
	return schema.Value{}
}

func element(v schema.Value, i int) schema.Value {
	if v.Kind() != schema.Array {
		return schema.Value{}
	}
	if i < 0 {
		i += v.Len()
	}
	if i < 0 || i >= v.Len() {
		return schema.Value{}
	}
	return v.Elem(i)
}
