package mapping

import (
	"slices"
	"strings"

	"brazebridge/schema"
)

// class is what an expression may do with a value.
type class uint8

const (
	cAny class = iota // only known when a record is there
	cNil
	cBool
	cInt
	cFloat
	cDecimal
	cText
	cEnum
	cTime     // an instant
	cDate     // a calendar day
	cLocal    // a wall clock without a zone
	cDuration // a span between two instants
	cOpaque   // bytes, fixed, times of day, Avro durations: copied, never computed with
	cArray
	cMap
	cRecord
)

var classNames = [...]string{"any", "null", "boolean", "integer", "float", "decimal", "text", "enum", "timestamp", "date",
	"local timestamp", "duration", "bytes", "array", "map", "record"}

// typ is the static type of a value in the language.
type typ struct {
	class class
	opt   bool           // may be null
	s     *schema.Type   // the Avro type, where the value is one; never a union
	alts  []*schema.Type // several Avro types (a union of more than one), then class is cAny or what they share
	elem  *typ           // cArray and cMap
	keys  map[string]typ // cMap written as a literal
	names []string       // cText: what typeName may give
}

func (t typ) nullable() bool { return t.opt || t.class == cNil }

func (t typ) required() typ {
	t.opt = false
	return t
}

func (t typ) optional() typ {
	t.opt = true
	return t
}

// numeric reports whether arithmetic takes it.
func (t typ) numeric() bool { return t.class == cInt || t.class == cFloat || t.class == cDecimal }

// textual reports whether it is text to an expression: enums and UUIDs are.
func (t typ) textual() bool { return t.class == cText || t.class == cEnum }

// String is the type as faults name it.
func (t typ) String() string {
	name := classNames[t.class]
	switch {
	case t.class == cOpaque && t.s != nil:
		name = kindName(t.s.Kind)
	case t.class == cRecord && t.s != nil:
		name = "record " + t.s.Name
	case t.class == cEnum && t.s != nil:
		name = "enum " + t.s.Name
	case len(t.alts) > 1:
		name = altsName(t.alts)
	case t.class == cArray && t.elem != nil && t.elem.class != cAny:
		name = "array of " + t.elem.required().String()
	}
	if t.opt && t.class != cNil {
		name += " or null"
	}
	return name
}

func altsName(alts []*schema.Type) string {
	names := make([]string, len(alts))
	for i, a := range alts {
		names[i] = typeOf(a).String()
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " or ")
}

// maxScale is the largest scale of a decimal that is computed with; beyond it the digits alone could fill the memory.
const maxScale = 1000

func kindName(k schema.Kind) string {
	switch k {
	case schema.Bytes:
		return "bytes"
	case schema.Fixed:
		return "fixed"
	case schema.TimeMillis, schema.TimeMicros:
		return "time of day"
	case schema.Duration:
		return "Avro duration"
	}
	return "value"
}

// classes of the kinds; records, arrays and maps included, unions not.
var classOf = map[schema.Kind]class{
	schema.Null: cNil, schema.Boolean: cBool, schema.Int: cInt, schema.Long: cInt, schema.Float: cFloat, schema.Double: cFloat,
	schema.Bytes: cOpaque, schema.Fixed: cOpaque, schema.TimeMillis: cOpaque, schema.TimeMicros: cOpaque, schema.Duration: cOpaque,
	schema.String: cText, schema.UUID: cText, schema.Enum: cEnum, schema.Decimal: cDecimal, schema.Date: cDate,
	schema.TimestampMillis: cTime, schema.TimestampMicros: cTime, schema.TimestampNanos: cTime,
	schema.LocalTimestampMillis: cLocal, schema.LocalTimestampMicros: cLocal, schema.LocalTimestampNanos: cLocal,
	schema.Array: cArray, schema.Map: cMap, schema.Record: cRecord,
}

// typeOf is the language's type of an Avro type. It looks one level into arrays and maps, so that cyclic schemas end.
func typeOf(s *schema.Type) typ { return typeOfDepth(s, 4) }

func typeOfDepth(s *schema.Type, depth int) typ {
	if s == nil {
		return typ{class: cAny, opt: true}
	}
	if s.Kind == schema.Union {
		return unionOf(s.Branches, depth)
	}
	t := typ{class: classOf[s.Kind], s: s}
	if s.Kind == schema.Decimal && (s.Scale > maxScale || s.Scale < -maxScale) {
		t.class = cOpaque
	}
	if (s.Kind == schema.Array || s.Kind == schema.Map) && s.Elem != nil {
		e := typ{class: cAny, opt: true}
		if depth > 0 {
			e = typeOfDepth(s.Elem, depth-1)
		}
		t.elem = &e
	}
	return t
}

// elemType is the type of an array's element or a map's value, at any depth.
func (t typ) elemType() typ {
	if t.s != nil && t.s.Elem != nil {
		return typeOf(t.s.Elem)
	}
	if t.elem != nil {
		return *t.elem
	}
	return typ{class: cAny, opt: true}
}

func unionOf(branches []*schema.Type, depth int) typ {
	var alts []*schema.Type
	opt := false
	for _, b := range branches {
		if b.Kind == schema.Null {
			opt = true
		} else if !slices.Contains(alts, b) {
			alts = append(alts, b)
		}
	}
	switch len(alts) {
	case 0:
		return typ{class: cNil, opt: true}
	case 1:
		t := typeOfDepth(alts[0], depth)
		t.opt = t.opt || opt
		return t
	}
	t := typ{class: classOf[alts[0].Kind], opt: opt, alts: alts}
	for _, a := range alts[1:] {
		t.class = shared(t.class, classOf[a.Kind])
	}
	return t
}

// shared is the class of a value that is of either class.
func shared(a, b class) class {
	switch {
	case a == b && a != cArray && a != cMap:
		return a
	case a == cEnum && b == cText || a == cText && b == cEnum:
		return cText
	case a == cInt && b == cFloat || a == cFloat && b == cInt:
		return cFloat
	}
	return cAny
}

// joined is the type of a value that is one or the other: the arms of a condition, both sides of ??.
func joined(a, b typ) typ {
	switch {
	case a.class == cNil && b.class == cNil:
		return typ{class: cNil, opt: true}
	case a.class == cNil:
		return b.optional()
	case b.class == cNil:
		return a.optional()
	}
	opt := a.opt || b.opt
	if a.class == b.class && a.s == b.s && a.s != nil {
		a.opt = opt
		return a
	}
	t := typ{class: shared(a.class, b.class), opt: opt}
	switch {
	case a.class == b.class && (a.class == cArray || a.class == cMap):
		t.class = a.class
		e := joined(a.elemType(), b.elemType())
		t.elem = &e
	case t.class == cEnum && a.s != b.s:
		t.class = cText
	case a.class == cDecimal && b.numeric() || b.class == cDecimal && a.numeric():
		t.class = cDecimal
	case t.class == cRecord:
		t.alts = slices.Compact(append(a.records(), b.records()...))
	}
	return t
}

// records are the record types that the value may be of.
func (t typ) records() []*schema.Type {
	if t.s != nil {
		if t.s.Kind == schema.Record {
			return []*schema.Type{t.s}
		}
		return nil
	}
	var rs []*schema.Type
	for _, a := range t.alts {
		if a.Kind == schema.Record {
			rs = append(rs, a)
		}
	}
	return rs
}

// types are all Avro types that the value may be of.
func (t typ) types() []*schema.Type {
	if t.s != nil {
		return []*schema.Type{t.s}
	}
	return t.alts
}
