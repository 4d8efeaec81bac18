package schema

import (
	"math/big"
	"strconv"
)

// significant leaves out the bytes at the front of a two's complement number that only repeat its sign.
func significant(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

// unscaled reads a two's complement number of at most eight significant bytes. No bytes at all are zero: some writers
// leave zero's only byte out.
func unscaled(s string) (n int64, ok bool) {
	if len(s) == 0 {
		return 0, true
	}
	for len(s) > 8 {
		if !(s[0] == 0 && s[1] < 0x80 || s[0] == 0xff && s[1] >= 0x80) {
			return 0, false
		}
		s = s[1:]
	}
	n = int64(int8(s[0]))
	for i := 1; i < len(s); i++ {
		n = n<<8 | int64(s[i])
	}
	return n, true
}

// Decimal is a Decimal's unscaled value and its scale: 12.30 is 1230 and 2.
func (v Value) Decimal() (unscaled *big.Int, scale int) {
	n := new(big.Int).SetBytes([]byte(v.s))
	if len(v.s) > 0 && v.s[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v.s))))
	}
	if v.typ != nil {
		scale = v.typ.Scale
	}
	return n, scale
}

// Unscaled is a Decimal's unscaled value where 64 bits hold it, which is much cheaper than Decimal.
func (v Value) Unscaled() (n int64, scale int, ok bool) {
	if v.Kind() != Decimal {
		return 0, 0, false
	}
	n, ok = unscaled(v.s)
	return n, v.typ.Scale, ok
}

// AppendDecimal appends a Decimal as an exact JSON number with the schema's scale: 12.30.
func (v Value) AppendDecimal(dst []byte) []byte {
	scale := 0
	if v.typ != nil {
		scale = v.typ.Scale
	}
	if n, ok := unscaled(v.s); ok {
		var buf [24]byte
		return appendScaled(dst, strconv.AppendInt(buf[:0], n, 10), scale)
	}
	n, _ := v.Decimal()
	return appendScaled(dst, n.Append(nil, 10), scale)
}

// appendScaled writes the digits of an unscaled number, which may begin with a minus, with its point.
func appendScaled(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst = append(dst, '-')
		digits = digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	if whole > 0 {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		return append(dst, digits[whole:]...)
	}
	dst = append(dst, '0', '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
