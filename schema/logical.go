package schema

import (
	"fmt"
	"math"
)

// simpleLogical lists the logical types that need nothing but their base.
var simpleLogical = map[string]struct{ base, kind Kind }{
	"date":                   {Int, Date},
	"time-millis":            {Int, TimeMillis},
	"time-micros":            {Long, TimeMicros},
	"timestamp-millis":       {Long, TimestampMillis},
	"timestamp-micros":       {Long, TimestampMicros},
	"timestamp-nanos":        {Long, TimestampNanos},
	"local-timestamp-millis": {Long, LocalTimestampMillis},
	"local-timestamp-micros": {Long, LocalTimestampMicros},
	"local-timestamp-nanos":  {Long, LocalTimestampNanos},
}

// logical gives a type the logical type that its definition names, if that is known and valid; otherwise the type
// stays as it is, as the specification demands.
func logical(t *Type, doc map[string]any) *Type {
	name, _ := doc["logicalType"].(string)
	if l, ok := simpleLogical[name]; ok {
		if l.base != t.Kind {
			t.Odd = misplaced(name, "on "+l.base.String(), t)
			return t
		}
		t.Kind = l.kind
		return t
	}
	switch name {
	case "decimal":
		t.Odd = decimal(t, doc)
	case "uuid":
		if t.Kind != String && (t.Kind != Fixed || t.Size != 16) {
			t.Odd = misplaced(name, "on string or fixed of 16 bytes", t)
			return t
		}
		t.Kind = UUID
	case "duration":
		if t.Kind != Fixed || t.Size != 12 {
			t.Odd = misplaced(name, "on fixed of 12 bytes", t)
			return t
		}
		t.Kind = Duration
	}
	return t
}

// misplaced says where a logical type belongs and where it stands.
func misplaced(name, where string, t *Type) string {
	is := t.Kind.String()
	if t.Kind == Fixed {
		is = fmt.Sprintf("fixed of %d bytes", t.Size)
	}
	return fmt.Sprintf("%s belongs %s, and this is %s", name, where, is)
}

// decimal makes a decimal of bytes or fixed, or says why it is none.
func decimal(t *Type, doc map[string]any) (odd string) {
	if t.Kind != Bytes && t.Kind != Fixed {
		return misplaced("decimal", "on bytes or fixed", t)
	}
	precision, ok := integer(doc["precision"])
	if !ok || precision < 1 {
		return "a decimal needs a precision of 1 or more"
	}
	scale := 0
	if given := doc["scale"]; given != nil {
		if scale, ok = integer(given); !ok {
			return "a decimal's scale is a whole number"
		}
	}
	switch {
	case scale < 0:
		return fmt.Sprintf("decimal(%d,%d) has a negative scale", precision, scale)
	case scale > precision:
		return fmt.Sprintf("decimal(%d,%d) has more digits after the point than digits", precision, scale)
	case precision > maxDecimalDigits:
		return fmt.Sprintf("a decimal has at most %d digits", maxDecimalDigits)
	case t.Kind == Fixed && precision > fixedDigits(t.Size):
		return fmt.Sprintf("a decimal of %d digits does not fit %d bytes", precision, t.Size)
	}
	t.Kind, t.Precision, t.Scale = Decimal, precision, scale
	return ""
}

// fixedDigits is the number of decimal digits that always fit a two's complement number of size bytes.
func fixedDigits(size int) int {
	if size < 1 {
		return 0
	}
	return int(math.Floor(float64(8*size-1) * math.Log10(2)))
}
