package sink

import (
	"strconv"
	"unicode/utf8"
)

// checkRange returns p where the number doc[start:p] is one that a 64-bit float holds. 1e999 is good JSON, but becomes an
// infinity in the parser of whoever reads it. Rare enough to be worth a real conversion; ParseFloat's own bound is the right one.
func (s *scanner) checkRange(start, p int) int {
	if _, err := strconv.ParseFloat(string(s.doc[start:p]), 64); err != nil {
		return s.fail(scanNumberRange)
	}
	return p
}

// keyOf returns a member's name, unescaped. It is valid until the next call of keyOf; strOf has memory of its own, so that a value never
// shows where a name is meant.
func (s *scanner) keyOf(n *scanNode) []byte {
	raw := s.doc[n.keyAt:n.keyEnd]
	if !n.keyEscaped {
		return raw
	}
	s.name = appendUnescaped(s.name[:0], raw)
	return s.name
}

// strOf returns a string's text, unescaped. It is valid until the next call that unescapes.
func (s *scanner) strOf(n *scanNode) []byte {
	raw := s.doc[n.at:n.end]
	if !n.escaped {
		return raw
	}
	s.text = appendUnescaped(s.text[:0], raw)
	return s.text
}

// raw returns the value as it is written; a string with its quotes.
func (s *scanner) raw(n *scanNode) []byte {
	if n.kind == scanString {
		return s.doc[n.at-1 : n.end+1]
	}
	return s.doc[n.at:n.end]
}

// longer reports whether a string has more characters than limit. It counts only where the bytes leave a doubt.
func (s *scanner) longer(n *scanNode, limit int) bool {
	return int(n.end-n.at) > limit && utf8.RuneCount(s.strOf(n)) > limit
}

// bytes is the length of the value as written.
func (n *scanNode) bytes() int { return int(n.end - n.at) }

// empty reports whether an object or array holds nothing, self being its own index.
func (n *scanNode) empty(self int) bool { return int(n.next) == self+1 }

// isBool reports whether the value is true or false.
func (n *scanNode) isBool() bool { return n.kind == scanTrue || n.kind == scanFalse }

// find returns the index of a member of the object at self; false where there is none.
func (s *scanner) find(self int, name string) (int, bool) {
	end := int(s.nodes[self].next)
	for i := self + 1; i < end; i = int(s.nodes[i].next) {
		n := &s.nodes[i]
		key := s.doc[n.keyAt:n.keyEnd]
		if n.keyEscaped { // keyOf's memory is its caller's
			s.text = appendUnescaped(s.text[:0], key)
			key = s.text
		}
		if string(key) == name {
			return i, true
		}
	}
	return 0, false
}
