package schema

import "math"

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
	if l, ok := simpleLogical[name]; ok && l.base == t.Kind {
		t.Kind = l.kind
		return t
	}
	switch name {
	case "decimal":
		decimal(t, doc)
	case "uuid":
		if t.Kind == String || t.Kind == Fixed && t.Size == 16 {
			t.Kind = UUID
		}
	case "duration":
		if t.Kind == Fixed && t.Size == 12 {
			t.Kind = Duration
		}
	}
	return t
}

func decimal(t *Type, doc map[string]any) {
	if t.Kind != Bytes && t.Kind != Fixed {
		return
	}
	precision, ok := integer(doc["precision"])
	if !ok || precision < 1 {
		return
	}
	scale := 0
	if given := doc["scale"]; given != nil {
		if scale, ok = integer(given); !ok {
			return
		}
	}
	if scale < 0 || scale > precision || precision > maxDecimalDigits {
		return
	}
	if t.Kind == Fixed && precision > fixedDigits(t.Size) {
		return
	}
	t.Kind, t.Precision, t.Scale = Decimal, precision, scale
}

// fixedDigits is the number of decimal digits that always fit a two's complement number of size bytes.
func fixedDigits(size int) int {
	if size < 1 {
		return 0
	}
	return int(math.Floor(float64(8*size-1) * math.Log10(2)))
}
