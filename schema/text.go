package schema

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// AppendText appends a text as a JSON string. Invalid UTF-8 is an error; dst then may hold a part of it.
func AppendText(dst []byte, s string) ([]byte, error) {
	dst, err := AppendEscaped(append(dst, '"'), s)
	if err != nil {
		return dst, err
	}
	return append(dst, '"'), nil
}

// AppendEscaped appends a text as the inside of a JSON string. HTML's characters are not escaped. Invalid UTF-8 is an error; dst
// then may hold a part of it.
func AppendEscaped(dst []byte, s string) ([]byte, error) {
	start, i := 0, 0
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for i < len(s) {
		if i+8 <= len(s) {
			hit := special(binary.LittleEndian.Uint64(b[i:]))
			if hit == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(hit) >> 3
		}
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				return dst, errUTF8
			}
			i += size
		case c < ' ' || c == '"' || c == '\\':
			dst = appendEscape(append(dst, s[start:i]...), c)
			i++
			start = i
		default:
			i++
		}
	}
	return append(dst, s[start:]...), nil
}

// special marks the bytes of w that do not stand in JSON text as they are, or are not ASCII, by their high bit. A borrow may also
// set bits above the first one, never below it, and only the first is used.
func special(w uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^'"'*each, w^'\\'*each
	return ((quote-each)&^quote | (slash-each)&^slash | (w-' '*each)&^w | w) & high
}

// isPlain reports whether n bytes of buf from start on are a text that stands in JSON as it is, and so is ASCII. What follows
// them in buf is read with them and left out of account.
func isPlain(buf []byte, start, n int) bool {
	b := buf[start : start+n]
	if n >= 8 {
		hits := special(binary.LittleEndian.Uint64(b[n-8:]))
		for ; len(b) > 8; b = b[8:] {
			hits |= special(binary.LittleEndian.Uint64(b))
		}
		return hits == 0
	}
	if start+8 <= len(buf) {
		const letters = 'x' * 0x0101010101010101
		keep := uint64(1)<<(8*n) - 1
		return special(binary.LittleEndian.Uint64(buf[start:])&keep|letters&^keep) == 0
	}
	for _, c := range b {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
