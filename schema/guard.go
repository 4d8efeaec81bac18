package schema

import "encoding/binary"

// guard walks a datum before goavro sees it, and refuses only what would cost goavro memory or stack without bound:
// depth, and elements that take no bytes. All else that is wrong ends the walk, and is goavro's to refuse.
type guard struct {
	buf    []byte
	pos    int
	budget int
	ended  bool // the bytes are malformed from here on
}

// walk reports false for what goavro must not see.
func (g *guard) walk(t *Type, depth int) bool {
	switch t.Base {
	case Null:
	case Boolean:
		g.skip(1)
	case Int, Long, Enum:
		g.long()
	case Float:
		g.skip(4)
	case Double:
		g.skip(8)
	case Bytes, String:
		g.skip(g.long())
	case Fixed:
		g.skip(int64(t.Size))
	case Union:
		i := g.long()
		if g.ended || i < 0 || i >= int64(len(t.Branches)) {
			g.ended = true
			return true
		}
		return g.walk(t.Branches[i], depth)
	case Record:
		return g.record(t, depth+1)
	case Array, Map:
		return g.blocks(t, depth+1)
	}
	return true
}

func (g *guard) record(t *Type, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for i := 0; i < len(t.Fields) && !g.ended; i++ {
		if !g.walk(t.Fields[i].Type, depth) {
			return false
		}
	}
	return true
}

func (g *guard) blocks(t *Type, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for !g.ended {
		n := g.long()
		if n < 0 {
			n = -n
			g.long()
		}
		if n == 0 || g.ended || n < 0 {
			return true
		}
		for ; n > 0 && !g.ended; n-- {
			if g.budget--; g.budget < 0 {
				return false
			}
			if t.Base == Map {
				g.skip(g.long())
			}
			if !g.walk(t.Elem, depth) {
				return false
			}
		}
	}
	return true
}

func (g *guard) long() int64 {
	n, size := binary.Varint(g.buf[g.pos:])
	if size <= 0 {
		g.ended = true
		return 0
	}
	g.pos += size
	return n
}

func (g *guard) skip(n int64) {
	if n < 0 || n > int64(len(g.buf)-g.pos) {
		g.ended = true
		return
	}
	g.pos += int(n)
}
