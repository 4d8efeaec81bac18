package schema

import "unsafe"

const (
	// firstChunk is the number of Values that an arena begins with: enough for one order with a few line items.
	firstChunk = 128
	// keptValues bounds what an arena keeps across Reset (3.5 MiB): one giant record must not cost memory for ever.
	keptValues = 1 << 16
	keptText   = 1 << 16
	keptKeys   = 1 << 12
	// fewKeys is how many keys of a map are compared one by one; beyond, a set is cheaper.
	fewKeys = 12
)

// Arena is the memory of one record's Values, or of a batch's, used again after Reset. One goroutine owns it. The zero
// Arena is ready.
type Arena struct {
	vals []Value
	text []byte              // texts that are not in the record's bytes as they stand: a uuid on fixed
	keys map[string]struct{} // of one large map, while it is searched for duplicates
}

// Reset gives the arena's Values back: none decoded before may be used any more.
func (a *Arena) Reset() {
	a.vals, a.text = a.vals[:0], a.text[:0]
	if cap(a.vals) > keptValues {
		a.vals = nil
	}
	if cap(a.text) > keptText {
		a.text = nil
	}
}

// take returns n Values side by side, with whatever they held before. Where the chunk is used up a larger one takes
// its place: the old lives on as long as Values point into it, and from the next Reset on all fits the larger.
func (a *Arena) take(n int) []Value {
	used := len(a.vals)
	if n > cap(a.vals)-used {
		a.vals = make([]Value, 0, max(2*cap(a.vals), n, firstChunk))
		used = 0
	}
	a.vals = a.vals[:used+n]
	return a.vals[used : used+n : used+n]
}

// mark and rewind give back what a datum took that turned out undecodable.
func (a *Arena) mark() (used, capacity int) { return len(a.vals), cap(a.vals) }

func (a *Arena) rewind(used, capacity int) {
	if cap(a.vals) != capacity {
		used = 0 // the chunk is one that this datum began
	}
	a.vals = a.vals[:used]
}

// uuid writes 16 bytes as canonical text into the arena.
func (a *Arena) uuid(b []byte) string {
	start := len(a.text)
	a.text = appendUUID(a.text, b)
	return unsafe.String(&a.text[start], len(a.text)-start)
}

// distinct reports whether the keys of a map's entries differ.
func (a *Arena) distinct(kids []Value) bool {
	if len(kids) > 2*fewKeys {
		return a.distinctMany(kids)
	}
	for i := 2; i < len(kids); i += 2 {
		for j := 0; j < i; j += 2 {
			if kids[i].s == kids[j].s {
				return false
			}
		}
	}
	return true
}

func (a *Arena) distinctMany(kids []Value) bool {
	if a.keys == nil {
		a.keys = make(map[string]struct{}, len(kids)/2)
	}
	same := true
	for i := 0; i < len(kids) && same; i += 2 {
		a.keys[kids[i].s] = struct{}{}
		same = len(a.keys) == i/2+1
	}
	if len(a.keys) > keptKeys {
		a.keys = nil
	}
	clear(a.keys) // the keys share the record's bytes and must not outlive them
	return same
}

const hexDigits = "0123456789abcdef"

func appendUUID(dst, b []byte) []byte {
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}
