package sink

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// key appends the node of a member, reads its name and returns the position after the colon.
func (s *scanner) key(p int) int {
	if p >= len(s.doc) {
		return s.fail(scanEnds)
	}
	if s.doc[p] != '"' {
		return s.fail(scanSyntax)
	}
	escaped := false
	end, hash, ok := hashText(s.doc, p+1)
	if !ok {
		if end, escaped = s.str(p + 1); end < 0 {
			return end
		}
		hash = s.hashSlow(p+1, end, escaped)
	}
	s.nodes = append(s.nodes, scanNode{keyAt: uint32(p + 1), keyEnd: uint32(end), hash: hash, keyEscaped: escaped})
	if p = s.space(end + 1); p >= len(s.doc) {
		return s.fail(scanEnds)
	}
	if s.doc[p] != ':' {
		return s.fail(scanSyntax)
	}
	return p + 1
}

// duplicate compares the key with those before it in its object, which begin at the node first.
func (s *scanner) duplicate(first, key int) bool {
	for i := first; i < key; i = int(s.nodes[i].next) {
		if s.sameKey(i, key) {
			s.twice = uint32(key)
			return true
		}
	}
	return false
}

// duplicateAmongMany compares all keys of the object that was read last, in n log n: a hostile object of 10,000 keys must cost little.
func (s *scanner) duplicateAmongMany(first int) bool {
	s.order = s.order[:0]
	for i := first; i < len(s.nodes); i = int(s.nodes[i].next) {
		s.order = append(s.order, uint32(i))
	}
	slices.SortFunc(s.order, func(a, b uint32) int {
		return int(int64(s.nodes[a].hash) - int64(s.nodes[b].hash))
	})
	for i := range s.order {
		for j := i + 1; j < len(s.order) && s.nodes[s.order[j]].hash == s.nodes[s.order[i]].hash; j++ {
			if s.sameKey(int(s.order[i]), int(s.order[j])) {
				s.twice = s.order[j]
				return true
			}
		}
	}
	return false
}

func (s *scanner) sameKey(i, j int) bool {
	a, b := &s.nodes[i], &s.nodes[j]
	if a.hash != b.hash {
		return false
	}
	if a.keyEscaped || b.keyEscaped {
		return string(appendUnescaped(nil, s.doc[a.keyAt:a.keyEnd])) == string(appendUnescaped(nil, s.doc[b.keyAt:b.keyEnd]))
	}
	return string(s.doc[a.keyAt:a.keyEnd]) == string(s.doc[b.keyAt:b.keyEnd])
}

// hashSeed makes the hashes of keys differ from process to process, so that nobody can send keys that collide.
var hashSeed = rand.Uint64() | 1

// hashText finds the end of the name that begins at p and hashes it on the way, eight bytes at a time. False where that is not enough: a byte
// needs a closer look, or the text ends within the next eight.
func hashText(doc []byte, p int) (end int, hash uint32, ok bool) {
	h := hashSeed
	for p+8 <= len(doc) {
		w := binary.LittleEndian.Uint64(doc[p:])
		hit := telling(w)
		if hit == 0 {
			h = mix(h ^ w)
			p += 8
			continue
		}
		n := bits.TrailingZeros64(hit) >> 3
		if doc[p+n] != '"' {
			return 0, 0, false
		}
		return p + n, finish(h, w, n), true
	}
	return 0, 0, false
}

// finish hashes the last n bytes, fewer than eight, of which w begins with. The length is hashed so that a zero byte counts.
func finish(h, w uint64, n int) uint32 {
	w &= 1<<(8*n) - 1
	return uint32(mix(h^w^uint64(n)<<56) >> 32)
}

// hashSlow is hashText for a name between at and end that has been scanned.
func (s *scanner) hashSlow(at, end int, escaped bool) uint32 {
	name := s.doc[at:end]
	if escaped {
		s.text = appendUnescaped(s.text[:0], name)
		name = s.text
	}
	h := hashSeed
	for ; len(name) >= 8; name = name[8:] {
		h = mix(h ^ binary.LittleEndian.Uint64(name))
	}
	var w uint64
	for i := len(name) - 1; i >= 0; i-- {
		w = w<<8 | uint64(name[i])
	}
	return finish(h, w, len(name))
}

func mix(h uint64) uint64 {
	hi, lo := bits.Mul64(h, 0x9E3779B97F4A7C15)
	return hi ^ lo ^ hashSeed
}
