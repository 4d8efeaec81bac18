package schema

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
	"unsafe"
)

const (
	// maxDepth bounds how deep records, arrays and maps nest in a datum, and with it the stack of all that walks one.
	maxDepth = 128
	// firstElems is how many elements an array's announced count makes room for at once; beyond, room grows with what
	// has been read, because the count is only a claim.
	firstElems = 1024
	// maxDecimalBytes bounds a decimal's significant bytes: turning bytes into digits costs more than linear time.
	maxDecimalBytes = 1024
	// maxDecimalDigits is the largest precision that fits maxDecimalBytes; a schema that asks for more gets plain bytes.
	maxDecimalDigits = 2400
)

// valueBudget is how many Values a datum may decode to: some for each byte, and some for what takes no bytes at all
// (null, empty records, fixed(0)), so that five bytes that announce a billion nulls cost nothing.
func valueBudget(bytes int) int { return 4096 + 8*bytes }

// decoder walks one datum.
type decoder struct {
	buf    []byte
	pos    int
	arena  *Arena
	budget int
	depth  int
	fault  fault
}

// mapKey is the type of a map's keys.
var mapKey = &Type{Kind: String, Base: String}

// value decodes a value of n into out. False means a fault, which has been noted.
func (d *decoder) value(n *node, out *Value) bool {
	switch n.op {
	case opNull:
		*out = Value{}
		return true
	case opString:
		return d.text(n.typ, out)
	case opLong:
		i, ok := d.long()
		*out = Value{typ: n.typ, n: uint64(i)}
		return ok
	case opInt:
		i, ok := d.int()
		*out = Value{typ: n.typ, n: uint64(i)}
		return ok
	case opRecord:
		return d.record(n, out)
	case opNullable:
		if d.pos < len(d.buf) && d.buf[d.pos] == 0 {
			d.pos++
			*out = Value{}
			return true
		}
		return d.union(n, out)
	case opUnion:
		return d.union(n, out)
	case opArray:
		return d.blocks(n, out, 1)
	case opMap:
		return d.blocks(n, out, 2)
	}
	return d.scalar(n, out)
}

// scalar decodes the kinds that are rarer.
func (d *decoder) scalar(n *node, out *Value) bool {
	switch n.op {
	case opDouble:
		b, ok := d.take(8)
		if ok {
			*out = Value{typ: n.typ, n: binary.LittleEndian.Uint64(b)}
		}
		return ok
	case opFloat:
		b, ok := d.take(4)
		if ok {
			*out = Value{typ: n.typ, n: uint64(binary.LittleEndian.Uint32(b))}
		}
		return ok
	case opBoolean:
		return d.boolean(n, out)
	case opEnum:
		return d.enum(n, out)
	case opBytes, opDecimal:
		b, ok := d.bytes()
		*out = Value{typ: n.typ, s: asString(b)}
		return ok && (n.op == opBytes || d.decimal(b))
	}
	b, ok := d.take(n.size)
	if !ok {
		return false
	}
	if n.op == opFixedUUID {
		*out = Value{typ: n.typ, n: asIs, s: d.arena.uuid(b)}
		return true
	}
	*out = Value{typ: n.typ, s: asString(b)}
	return n.op == opFixed || d.decimal(b)
}

func (d *decoder) record(n *node, out *Value) bool {
	if !d.enter() || !d.spend(len(n.kids)) {
		return false
	}
	kids := d.arena.take(len(n.kids))
	for i, k := range n.kids {
		if !d.value(k, &kids[i]) {
			return d.fault.inField(n.typ.Fields[i].Name)
		}
	}
	*out = Value{typ: n.typ, kids: kids}
	d.depth--
	return true
}

func (d *decoder) union(n *node, out *Value) bool {
	at := d.pos
	i, ok := d.long()
	if !ok {
		return false
	}
	if uint64(i) >= uint64(len(n.kids)) {
		return d.failAt(at, "a union's branch that does not exist")
	}
	return d.value(n.kids[i], out)
}

// blocks decodes an array (per 1) or a map (per 2: a key and its value): blocks of a count and so many elements, until
// a count of zero. A negative count is followed by the block's size in bytes.
func (d *decoder) blocks(n *node, out *Value, per int) bool {
	if !d.enter() {
		return false
	}
	var kids []Value
	used := 0
	for {
		count, end, ok := d.block(n.kids[0].min+per-1, per)
		if !ok {
			return false
		}
		if count == 0 {
			break
		}
		for left := count; left > 0; left-- {
			if used == len(kids) {
				kids = d.grow(kids, left*per)
			}
			if per == 2 && !d.text(mapKey, &kids[used]) || !d.value(n.kids[0], &kids[used+per-1]) {
				return d.fault.inElem(used / per)
			}
			used += per
		}
		if end >= 0 && d.pos != end {
			return d.fail("a block whose size in bytes does not match its elements")
		}
	}
	kids = kids[:used:used]
	if per == 2 && !d.arena.distinct(kids) {
		return d.fail("a map with the same key twice")
	}
	*out = Value{typ: n.typ, kids: kids}
	d.depth--
	return true
}

// block reads the head of a block: how many elements follow, and where they end if it says so (else -1). least is the
// fewest bytes that an element takes.
func (d *decoder) block(least, per int) (count, end int, ok bool) {
	at := d.pos
	n, ok := d.long()
	if !ok {
		return 0, 0, false
	}
	end = -1
	if n < 0 {
		size, ok := d.long()
		if !ok {
			return 0, 0, false
		}
		if size < 0 || size > int64(len(d.buf)-d.pos) || n == math.MinInt64 {
			return 0, 0, d.failAt(at, "a block that runs past the end")
		}
		n, end = -n, d.pos+int(size)
	}
	left := int64(len(d.buf) - d.pos)
	if least > 0 && n > left/int64(least) {
		return 0, 0, d.failAt(at, "more elements than the bytes that are left can hold")
	}
	if n > int64(d.budget) || !d.spend(int(n)*per) {
		return 0, 0, d.failAt(at, "more elements than a datum of this size may have")
	}
	return int(n), end, true
}

// grow makes room behind the elements that have been read: at least as much again, so that many small blocks do not
// copy the same elements over and over.
func (d *decoder) grow(kids []Value, wanted int) []Value {
	more := d.arena.take(len(kids) + max(len(kids), min(wanted, firstElems)))
	copy(more, kids)
	return more
}

func (d *decoder) enum(n *node, out *Value) bool {
	at := d.pos
	i, ok := d.int()
	if !ok {
		return false
	}
	if uint64(i) >= uint64(n.size) {
		return d.failAt(at, "an enum's symbol that does not exist")
	}
	*out = Value{typ: n.typ, n: uint64(i)}
	return true
}

func (d *decoder) boolean(n *node, out *Value) bool {
	b, ok := d.take(1)
	if !ok {
		return false
	}
	if b[0] > 1 {
		return d.failAt(d.pos-1, "a boolean that is neither 0 nor 1")
	}
	*out = Value{typ: n.typ, n: uint64(b[0])}
	return true
}

func (d *decoder) decimal(b []byte) bool {
	if len(b) <= maxDecimalBytes || len(significant(b)) <= maxDecimalBytes {
		return true
	}
	return d.failAt(d.pos-len(b), "a decimal of too many digits")
}

// long decodes a variable-length zig-zag number of up to 64 bits.
func (d *decoder) long() (int64, bool) {
	if d.pos < len(d.buf) {
		if b := d.buf[d.pos]; b < 0x80 {
			d.pos++
			return int64(b>>1) ^ -int64(b&1), true
		}
	}
	return d.longer()
}

func (d *decoder) longer() (int64, bool) {
	u, n := binary.Uvarint(d.buf[d.pos:])
	switch {
	case n > 0:
		d.pos += n
		return int64(u>>1) ^ -int64(u&1), true
	case n == 0:
		return 0, d.fail("a number runs past the end")
	}
	return 0, d.fail("a number of more than 64 bits")
}

// int decodes a variable-length zig-zag number of up to 32 bits.
func (d *decoder) int() (int64, bool) {
	at := d.pos
	i, ok := d.long()
	if !ok {
		return 0, false
	}
	if i != int64(int32(i)) {
		return 0, d.failAt(at, "a number of more than 32 bits")
	}
	return i, true
}

// text decodes a string. Most are short and plain: what that takes stands here in one piece (a fifth of a record's time).
func (d *decoder) text(t *Type, out *Value) bool {
	if d.pos < len(d.buf) {
		if head := d.buf[d.pos]; head < 0x80 && head&1 == 0 {
			start := d.pos + 1
			if end := start + int(head>>1); end <= len(d.buf) && isPlain(d.buf, start, int(head>>1)) {
				d.pos = end
				*out = Value{typ: t, n: asIs, s: asString(d.buf[start:end])}
				return true
			}
		}
	}
	return d.anyText(t, out)
}

func (d *decoder) anyText(t *Type, out *Value) bool {
	b, ok := d.bytes()
	if !ok {
		return false
	}
	*out = Value{typ: t, s: asString(b)}
	if isPlain(b, 0, len(b)) {
		out.n = asIs
		return true
	}
	return utf8.Valid(b) || d.failAt(d.pos-len(b), "text that is not UTF-8")
}

// bytes decodes a length and that many bytes.
func (d *decoder) bytes() ([]byte, bool) {
	at := d.pos
	n, ok := d.long()
	if !ok {
		return nil, false
	}
	if n < 0 || n > int64(len(d.buf)-d.pos) {
		return nil, d.failAt(at, "a length that runs past the end")
	}
	return d.take(int(n))
}

func (d *decoder) take(n int) ([]byte, bool) {
	if n > len(d.buf)-d.pos {
		return nil, d.fail("the bytes end too early")
	}
	b := d.buf[d.pos : d.pos+n]
	d.pos += n
	return b, true
}

// asString shares b's bytes as a string.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (d *decoder) enter() bool {
	if d.depth++; d.depth > maxDepth {
		return d.fail("values nest too deep")
	}
	return true
}

func (d *decoder) spend(values int) bool {
	if d.budget -= values; d.budget < 0 {
		return d.fail("more values than a datum of this size may have")
	}
	return true
}

// end refuses what is left over.
func (d *decoder) end() bool {
	return d.pos == len(d.buf) || d.fail("bytes are left over after the record")
}
