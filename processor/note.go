package processor

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// note is what a commit says besides its offset, in the commit's metadata: which records beyond the offset are settled
// already, so that the next owner does not send them again, and how many of each outcome there have been.
//
// As text it is base64 of: version, topic id (16 bytes), newest leader epoch of the marked records, the counts, then the
// marks as pairs of a gap and a length, all varints, and a CRC-32C of everything before it. What is not exactly that is
// somebody else's, and ignored: sending again is always right, leaving out never is by guess. The second version has one
// more count, of skipped offsets; the third has after it the ends at which the topic was begun, and before them how many
// there are. Each is written only where it says more than the one before, so that the first stays what nearly all read.
type note struct {
	topic [16]byte // the incarnation of the topic: one that is made anew under the old name has another
	epoch int32    // a record of a newer leader epoch is not the one that was marked: the log was truncated
	counts
	begun []int64 // by partition: where the topic ended when it was begun there; only for as long as somebody may need it
	marks []run
}

// counts are a partition's sums over all its owners, up to and including what a commit covers.
type counts struct {
	start                             int64 // the first offset that was ever read
	delivered, deadLettered, filtered int64
	skipped                           int64 // offsets that were gone before they were read
}

func (c *counts) add(o outcome) {
	switch o {
	case delivered:
		c.delivered++
	case deadLettered:
		c.deadLettered++
	case filtered:
		c.filtered++
	}
}

func (c counts) plus(o counts) counts {
	c.delivered += o.delivered
	c.deadLettered += o.deadLettered
	c.filtered += o.filtered
	c.skipped += o.skipped
	return c
}

// run is a range of offsets: from (inclusive) to (exclusive).
type run struct{ from, to int64 }

// The versions of a note.
const (
	noteVersion        = 1
	noteVersionSkipped = 2 // with the count of skipped offsets
	noteVersionBegun   = 3 // with the ends at which the topic was begun
)

var (
	errForeignNote = errors.New("not a note of this program")
	castagnoli     = crc32.MakeTable(crc32.Castagnoli)
)

// fit leaves out the highest marks that would not fit limit characters, and returns the first offset that is not marked for
// want of room. The kept marks are of records that are counted already, by an earlier owner or before reading went back: they
// stay, also beyond the cut, as far as there is room for them at all, or the next owner would count these records again.
func (n *note) fit(offset int64, limit int, kept []run) (cut int64) {
	room := base64.RawStdEncoding.DecodedLen(limit) - (1 + len(n.topic) + 5*binary.MaxVarintLen64 + crc32.Size)
	if n.skipped != 0 || n.begun != nil {
		room -= binary.MaxVarintLen64
	}
	if begun := len(appendBegun(nil, n.begun)); begun > room/2 {
		n.begun = nil
	} else {
		room -= begun
	}
	used := make([]int, len(n.marks)+1) // by the first so many
	for i, r := range n.marks {
		used[i+1] = used[i] + size(r.from-n.markEnd(i, offset)) + size(r.to-r.from)
	}
	if len(n.marks) == 0 || used[len(n.marks)] <= room {
		return math.MaxInt64
	}
	rest, inner := len(kept), 0 // kept[rest:] lie beyond the cut, and take so much but for the gap before them
	for i := len(n.marks) - 1; i >= 0; i-- {
		cut = n.marks[i].from
		for ; rest > 0 && kept[rest-1].from >= cut; rest-- {
			if rest < len(kept) {
				inner += size(kept[rest].from - kept[rest-1].to)
			}
			inner += size(kept[rest-1].to - kept[rest-1].from)
		}
		beyond := 0
		if rest < len(kept) {
			beyond = size(kept[rest].from-n.markEnd(i, offset)) + inner
		}
		if used[i]+beyond <= room {
			n.marks = append(n.marks[:i:i], kept[rest:]...)
			return cut
		}
	}
	fits := 0
	for used[fits+1] <= room {
		fits++
	}
	cut = n.marks[fits].from
	n.marks = n.marks[:fits]
	return cut
}

// markEnd is where the marks before the one at i end, or the offset where there are none.
func (n *note) markEnd(i int, offset int64) int64 {
	if i == 0 {
		return offset
	}
	return n.marks[i-1].to
}

// size is what a number takes in a note.
func size(v int64) int { return len(binary.AppendUvarint(nil, uint64(v))) }

// encode writes the note for a commit of an offset.
func (n *note) encode(offset int64) string {
	b := append([]byte{noteVersion}, n.topic[:]...)
	b = binary.AppendVarint(b, int64(n.epoch))
	for _, c := range []int64{n.start, n.delivered, n.deadLettered, n.filtered} {
		b = binary.AppendVarint(b, c)
	}
	if n.skipped != 0 || n.begun != nil {
		b[0] = noteVersionSkipped
		b = binary.AppendVarint(b, n.skipped)
	}
	if n.begun != nil {
		b[0] = noteVersionBegun
		b = appendBegun(b, n.begun)
	}
	at := offset
	for _, r := range n.marks {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(r.from-at)), uint64(r.to-r.from))
		at = r.to
	}
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return base64.RawStdEncoding.EncodeToString(b)
}

func appendBegun(b []byte, begun []int64) []byte {
	b = binary.AppendUvarint(b, uint64(len(begun)))
	for _, end := range begun {
		b = binary.AppendVarint(b, end)
	}
	return b
}

// decodeNote reads the metadata of a commit. An error matches errForeignNote.
func decodeNote(text string, offset int64) (*note, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 1+16+crc32.Size || b[0] < noteVersion || b[0] > noteVersionBegun {
		return nil, errForeignNote
	}
	body := b[:len(b)-crc32.Size]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[len(body):]) {
		return nil, fmt.Errorf("%w: checksum", errForeignNote)
	}
	n := &note{topic: [16]byte(body[1:17])}
	d := varints{rest: body[17:]}
	n.epoch = int32(d.signed())
	n.start, n.delivered, n.deadLettered, n.filtered = d.signed(), d.signed(), d.signed(), d.signed()
	if b[0] >= noteVersionSkipped {
		n.skipped = d.signed()
	}
	if b[0] == noteVersionBegun {
		for range min(d.unsigned(), int64(len(d.rest))) { // each takes a byte at least
			n.begun = append(n.begun, d.signed())
		}
	}
	for at := offset; len(d.rest) > 0 && !d.bad; {
		r := run{from: at + d.unsigned()}
		r.to = r.from + d.unsigned()
		if r.from < at || r.to <= r.from {
			d.bad = true
		}
		n.marks = append(n.marks, r)
		at = r.to
	}
	if d.bad {
		return nil, fmt.Errorf("%w: contents", errForeignNote)
	}
	return n, nil
}

// varints reads numbers until one is bad.
type varints struct {
	rest []byte
	bad  bool
}

func (d *varints) signed() int64 {
	v, n := binary.Varint(d.rest)
	return d.took(v, n)
}

func (d *varints) unsigned() int64 {
	v, n := binary.Uvarint(d.rest)
	return d.took(int64(v), n)
}

func (d *varints) took(v int64, n int) int64 {
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// runsOf are the ranges that offsets make; it sorts them.
func runsOf(offsets []int64) []run {
	slices.Sort(offsets)
	var runs []run
	for _, o := range offsets {
		switch n := len(runs); {
		case n > 0 && o < runs[n-1].to: // the same again
		case n > 0 && o == runs[n-1].to:
			runs[n-1].to++
		default:
			runs = append(runs, run{o, o + 1})
		}
	}
	return runs
}

// marks are offsets that are settled beyond what is tracked, of records whose leader epoch is not newer than epoch.
type marks struct {
	runs  []run
	epoch int32
}

// pass reports whether an offset is marked. Offsets come in order: what lies below is dropped. Leader epochs never fall
// along a log, so beyond a record of a newer epoch nothing is left of what was marked: the log was truncated there.
func (m *marks) pass(offset int64, epoch int32) bool {
	if epoch > m.epoch {
		m.runs = nil
	}
	for len(m.runs) > 0 && m.runs[0].to <= offset {
		m.runs = m.runs[1:]
	}
	return len(m.runs) > 0 && m.runs[0].from <= offset
}

// within are the marks from one offset (inclusive) to another (exclusive).
func (m *marks) within(from, to int64) (part []run) {
	for _, r := range m.runs {
		if r.from, r.to = max(r.from, from), min(r.to, to); r.from < r.to {
			part = append(part, r)
		}
	}
	return part
}

// add marks further offsets, which may lie below those that are marked.
func (m *marks) add(offsets []int64) { m.runs = m.with(offsets, 0) }

// with is the marks and the offsets together, as far as they do not lie below least.
func (m *marks) with(offsets []int64, least int64) []run {
	all := append(runsOf(offsets), m.runs...)
	slices.SortFunc(all, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	var merged []run
	for _, r := range all {
		if r.from = max(r.from, least); r.from >= r.to {
			continue
		}
		if n := len(merged); n > 0 && r.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, r.to)
		} else {
			merged = append(merged, r)
		}
	}
	return merged
}
