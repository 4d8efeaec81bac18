package sink

import "math"

// scanDepth bounds how deep an object may nest. Braze names no figure; what people can use there is a handful of levels, and the scanner
// walks by recursion, so hostile nesting must end somewhere well before the stack matters.
const scanDepth = 64

// manyKeys is the number of keys from which an object's keys are compared by sorting instead of one with another.
const manyKeys = 32

// scanKind is the type of a JSON value.
type scanKind uint8

const (
	scanNull scanKind = iota
	scanFalse
	scanTrue
	scanNumber
	scanString
	scanArray
	scanObject
)

// scanKindNames are for texts of refusals.
var scanKindNames = [...]string{"null", "a boolean", "a boolean", "a number", "a string", "an array", "an object"}

func (k scanKind) String() string { return scanKindNames[k] }

// scanNode is one value of a scanned object. Nodes lie in the order of the text, so a value's children follow it, up to next.
type scanNode struct {
	keyAt, keyEnd uint32 // the member's name without quotes; empty for elements of an array
	at, end       uint32 // the value as written; of a string what is between the quotes
	next          uint32 // the node after this value and all it holds
	hash          uint32 // of the name, unescaped
	kind          scanKind
	keyEscaped    bool // the name holds escapes
	escaped       bool // the string holds escapes
	whole         bool // the number is written as an integer
}

// scanFault is what makes bytes something else than one acceptable JSON object.
type scanFault uint8

const (
	scanFine scanFault = iota
	scanSyntax
	scanEnds
	scanTrailing
	scanNoObject
	scanTooDeep
	scanUTF8
	scanControl
	scanEscape
	scanNumberForm
	scanNumberRange
	scanDuplicate
	scanTooLong
)

// scanFaultTexts say what is wrong without quoting a byte of it.
var scanFaultTexts = [...]string{
	scanFine:        "",
	scanSyntax:      "not well-formed JSON",
	scanEnds:        "JSON ends early",
	scanTrailing:    "bytes after the JSON object",
	scanNoObject:    "not a JSON object",
	scanTooDeep:     "nested deeper than 64 levels",
	scanUTF8:        "a string is not valid UTF-8",
	scanControl:     "a string holds an unescaped control character",
	scanEscape:      "a string holds an invalid escape",
	scanNumberForm:  "a number is not written as JSON writes numbers",
	scanNumberRange: "a number is beyond what a 64-bit float holds",
	scanDuplicate:   "a key stands twice in one object",
	scanTooLong:     "longer than 2 GiB",
}

// scanner reads one JSON text into nodes. It proves on the way that the text is well-formed, valid UTF-8, bounded in depth and without
// duplicate keys: what a parser on the other side could read differently from us is not sent. Its memory is reused from text to text.
type scanner struct {
	doc   []byte
	skip  Part // an object that is taken as it is, as an empty one
	nodes []scanNode
	order []uint32 // scratch: indexes of the keys of a large object
	name  []byte   // scratch: an unescaped name
	text  []byte   // scratch: an unescaped string
	fault scanFault
	twice uint32 // the node whose name is a duplicate
	depth int    // of the object or array that is being read; on a fault, of where it is
}

// scan reads doc. On a fault the nodes are those before it.
func (s *scanner) scan(doc []byte) bool { return s.scanAround(doc, Part{}) }

// scanAround is scan, but for a part that is taken for an object without being read.
func (s *scanner) scanAround(doc []byte, skip Part) bool {
	s.skip = skip
	s.doc, s.nodes, s.fault, s.depth = doc, s.nodes[:0], scanFine, 0
	if len(doc) > math.MaxInt32 {
		return s.fail(scanTooLong) >= 0
	}
	p := s.space(0)
	if p >= len(doc) || doc[p] != '{' {
		return s.fail(scanNoObject) >= 0
	}
	s.nodes = append(s.nodes, scanNode{kind: scanObject})
	if p = s.value(p, 0); p < 0 {
		return false
	}
	if s.space(p) != len(doc) {
		return s.fail(scanTrailing) >= 0
	}
	return true
}

// fail notes why and returns the position that means failure.
func (s *scanner) fail(f scanFault) int {
	s.fault = f
	return -1
}

// space returns the first position from p on that is no white space.
func (s *scanner) space(p int) int {
	for p < len(s.doc) {
		if c := s.doc[p]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
		p++
	}
	return p
}

// value reads the value at p into the node self, which the caller has appended, and returns the position after it; negative on a fault.
func (s *scanner) value(p int, self int) int {
	if p >= len(s.doc) {
		return s.fail(scanEnds)
	}
	n := &s.nodes[self]
	n.at = uint32(p)
	switch c := s.doc[p]; {
	case c == '"':
		end, escaped := s.str(p + 1)
		if end < 0 {
			return end
		}
		n.kind, n.escaped = scanString, escaped
		n.at, n.end, n.next = uint32(p+1), uint32(end), uint32(self+1)
		return end + 1
	case c == '-' || c-'0' <= 9:
		end, whole := s.number(p)
		if end < 0 {
			return end
		}
		n.kind, n.whole, n.end, n.next = scanNumber, whole, uint32(end), uint32(self+1)
		return end
	case c == '{' || c == '[':
		if uint32(p) == s.skip.From && p > 0 {
			n.kind, n.end, n.next = scanObject, s.skip.To, uint32(self+1)
			return int(s.skip.To)
		}
		return s.nested(p, self)
	case c == 't':
		return s.literal(p, self, "true", scanTrue)
	case c == 'f':
		return s.literal(p, self, "false", scanFalse)
	case c == 'n':
		return s.literal(p, self, "null", scanNull)
	}
	return s.fail(scanSyntax)
}

func (s *scanner) literal(p, self int, word string, kind scanKind) int {
	end := p + len(word)
	if end > len(s.doc) || string(s.doc[p:end]) != word {
		return s.fail(scanSyntax)
	}
	n := &s.nodes[self]
	n.kind, n.end, n.next = kind, uint32(end), uint32(self+1)
	return end
}

func (s *scanner) nested(p, self int) int {
	if s.depth++; s.depth > scanDepth {
		return s.fail(scanTooDeep)
	}
	kind := scanObject
	if s.doc[p] == '[' {
		kind = scanArray
		p = s.array(p + 1)
	} else {
		p = s.object(p+1, self)
	}
	if p < 0 {
		return p
	}
	s.depth--
	n := &s.nodes[self] // the slice may have moved
	n.kind, n.end, n.next = kind, uint32(p), uint32(len(s.nodes))
	return p
}

// array reads from behind the bracket.
func (s *scanner) array(p int) int {
	if p = s.space(p); p < len(s.doc) && s.doc[p] == ']' {
		return p + 1
	}
	for {
		self := len(s.nodes)
		s.nodes = append(s.nodes, scanNode{})
		if p = s.value(s.space(p), self); p < 0 {
			return p
		}
		if p = s.space(p); p >= len(s.doc) {
			return s.fail(scanEnds)
		}
		switch s.doc[p] {
		case ',':
			p++
		case ']':
			return p + 1
		default:
			return s.fail(scanSyntax)
		}
	}
}

// object reads from behind the brace.
func (s *scanner) object(p, self int) int {
	if p = s.space(p); p < len(s.doc) && s.doc[p] == '}' {
		return p + 1
	}
	var seen uint64 // one bit per hash: a key whose bit is unset is new, and most are
	for count := 1; ; count++ {
		key := len(s.nodes)
		if p = s.key(s.space(p)); p < 0 {
			return p
		}
		h := s.nodes[key].hash
		if bit := uint64(1) << (h & 63); seen&bit == 0 {
			seen |= bit
		} else if count <= manyKeys && s.duplicate(self+1, key) {
			return s.fail(scanDuplicate)
		}
		if p = s.value(s.space(p), key); p < 0 {
			return p
		}
		if p = s.space(p); p >= len(s.doc) {
			return s.fail(scanEnds)
		}
		if c := s.doc[p]; c == ',' {
			p++
			continue
		} else if c != '}' {
			return s.fail(scanSyntax)
		}
		if count > manyKeys && s.duplicateAmongMany(self+1) {
			return s.fail(scanDuplicate)
		}
		return p + 1
	}
}
