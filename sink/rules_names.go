package sink

import "unicode/utf8"

// nameTable finds a name among a few, comparing it only with those of its length: a few nanoseconds, and no memory.
type nameTable struct {
	names []string
	from  [32]uint8 // the first name that is at least so long
}

// newNameTable makes a table of names, which must be sorted by length.
func newNameTable(names []string) nameTable {
	t := nameTable{names: names}
	for n := range t.from {
		shorter := 0
		for shorter < len(names) && len(names[shorter]) < n {
			shorter++
		}
		t.from[n] = uint8(shorter)
	}
	return t
}

// find is the index of the name; negative where it is none of them.
func (t *nameTable) find(name []byte) int {
	if len(name) >= len(t.from) {
		return -1
	}
	for i := int(t.from[len(name)]); i < len(t.names) && len(t.names[i]) == len(name); i++ {
		if t.names[i] == string(name) {
			return i
		}
	}
	return -1
}

// tooLong reports whether a name has more characters than limit.
func tooLong(name []byte, limit int) bool {
	return len(name) > limit && utf8.RuneCount(name) > limit
}
