package sink

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The masks of the eight-bytes-at-a-time search: a byte of interest leaves its high bit set. A borrow may also set bits above the first hit,
// never below it, and only the first is used.
const (
	eachByte    = 0x0101010101010101
	eachHigh    = 0x8080808080808080
	eachQuote   = '"' * eachByte
	eachSlash   = '\\' * eachByte
	eachControl = 0x20 * eachByte
)

// telling marks the bytes of w that end a run of plain text: quotes, backslashes, control characters and all that is not ASCII.
func telling(w uint64) uint64 {
	q, b := w^eachQuote, w^eachSlash
	return ((q-eachByte)&^q | (b-eachByte)&^b | (w-eachControl)&^w | w) & eachHigh
}

// str reads a string from behind its opening quote and returns the position of the closing one; negative on a fault.
func (s *scanner) str(p int) (end int, escaped bool) {
	doc := s.doc
	for {
		for p+8 <= len(doc) {
			w := binary.LittleEndian.Uint64(doc[p:])
			if hit := telling(w); hit != 0 {
				p += bits.TrailingZeros64(hit) >> 3
				break
			}
			p += 8
		}
		if p >= len(doc) {
			return s.fail(scanEnds), false
		}
		switch c := doc[p]; {
		case c == '"':
			return p, escaped
		case c == '\\':
			if p = s.escape(p); p < 0 {
				return p, false
			}
			escaped = true
		case c < ' ':
			return s.fail(scanControl), false
		case c < utf8.RuneSelf:
			p++
		default:
			r, size := utf8.DecodeRune(doc[p:])
			if r == utf8.RuneError && size == 1 {
				return s.fail(scanUTF8), false
			}
			p += size
		}
	}
}

// escape reads one escape, of a surrogate pair both, and returns the position after it. Half a pair is no character and is refused: what
// would be made of it differs from parser to parser.
func (s *scanner) escape(p int) int {
	if p+1 >= len(s.doc) {
		return s.fail(scanEnds)
	}
	switch s.doc[p+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 2
	case 'u':
		r := hex4(s.doc[p+2:])
		switch {
		case r < 0, r >= 0xDC00 && r < 0xE000:
			return s.fail(scanEscape)
		case r < 0xD800 || r >= 0xE000:
			return p + 6
		}
		if p+8 > len(s.doc) || s.doc[p+6] != '\\' || s.doc[p+7] != 'u' {
			return s.fail(scanEscape)
		}
		if r = hex4(s.doc[p+8:]); r < 0xDC00 || r >= 0xE000 {
			return s.fail(scanEscape)
		}
		return p + 12
	}
	return s.fail(scanEscape)
}

// hex4 is the value of four hexadecimal digits; negative where there are none.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// appendUnescaped appends the text that a string's inside stands for. The inside has been scanned.
func appendUnescaped(dst, inside []byte) []byte {
	for i := 0; i < len(inside); i++ {
		c := inside[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		i++
		switch c = inside[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(inside[i+1:])
			i += 4
			if r >= 0xD800 && r < 0xDC00 {
				r = (r-0xD800)<<10 + hex4(inside[i+3:]) - 0xDC00 + 0x10000
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// number reads a number and returns the position after it and whether it is written as an integer.
func (s *scanner) number(p int) (end int, whole bool) {
	doc, start := s.doc, p
	if doc[p] == '-' {
		p++
	}
	from := p
	p = digits(doc, p)
	if p == from || doc[from] == '0' && p > from+1 {
		return s.fail(scanNumberForm), false
	}
	if p == len(doc) || doc[p] != '.' && doc[p]|0x20 != 'e' {
		if p-from > 308 { // the largest float64 has 309 digits
			return s.checkRange(start, p), true
		}
		return p, true
	}
	large := p-from > 308
	if doc[p] == '.' {
		from = p + 1
		if p = digits(doc, from); p == from {
			return s.fail(scanNumberForm), false
		}
	}
	if p < len(doc) && doc[p]|0x20 == 'e' {
		if p++; p < len(doc) && (doc[p] == '+' || doc[p] == '-') {
			p++
		}
		from = p
		if p = digits(doc, from); p == from {
			return s.fail(scanNumberForm), false
		}
		large = true
	}
	if large {
		return s.checkRange(start, p), false
	}
	return p, false
}

// digits returns the first position from p on that is no digit.
func digits(doc []byte, p int) int {
	for p < len(doc) && doc[p]-'0' <= 9 {
		p++
	}
	return p
}
