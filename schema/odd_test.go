package schema

import "testing"

// A logical type that is known and invalid is its base type, and the type says why; an unknown one is nobody's fault.
func TestOddLogicalTypes(t *testing.T) {
	for _, c := range []struct{ text, kind, odd string }{
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "decimal", ""},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}`, "bytes", "decimal(2,5) has more digits after the point than digits"},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":-1}`, "bytes", "decimal(2,-1) has a negative scale"},
		{`{"type":"bytes","logicalType":"decimal"}`, "bytes", "a decimal needs a precision of 1 or more"},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":"2"}`, "bytes", "a decimal's scale is a whole number"},
		{`{"type":"bytes","logicalType":"decimal","precision":9999}`, "bytes", "a decimal has at most 2400 digits"},
		{`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":9}`, "fixed", "a decimal of 9 digits does not fit 2 bytes"},
		{`{"type":"int","logicalType":"decimal","precision":2}`, "int", "decimal belongs on bytes or fixed, and this is int"},
		{`{"type":"int","logicalType":"timestamp-millis"}`, "int", "timestamp-millis belongs on long, and this is int"},
		{`{"type":"bytes","logicalType":"uuid"}`, "bytes", "uuid belongs on string or fixed of 16 bytes, and this is bytes"},
		{`{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}`, "fixed", "uuid belongs on string or fixed of 16 bytes, and this is fixed of 15 bytes"},
		{`{"type":"fixed","name":"F","size":4,"logicalType":"duration"}`, "fixed", "duration belongs on fixed of 12 bytes, and this is fixed of 4 bytes"},
		{`{"type":"string","logicalType":"uuid"}`, "uuid", ""},
		{`{"type":"string","logicalType":"com.example.email"}`, "string", ""},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := s.Root.Kind.String(); got != c.kind || s.Root.Odd != c.odd {
			t.Errorf("%s is %s, odd %q; want %s, %q", c.text, got, s.Root.Odd, c.kind, c.odd)
		}
	}
}
