package sink

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxSplit bounds the purchases that one may become: beyond 10,000 pieces a quantity is a mistake, and each purchase is billed.
const maxSplit = 100

// repairs that can be made of one object, each at most once.
const (
	repairCut = 1 << iota
	repairMetadata
	repairQuantity
)

// repair mends items[i], which has just been checked with the result ok, checks it again and returns how many items it has become.
// Where mending does not help, the item is as it was and c.refusal says what is wrong after what could be mended.
func (c *Checker) repair(items []Item, i int, ok bool) (out []Item, n int, good bool) {
	original := items[i]
	done, notes := 0, uint32(0)
	for {
		step := c.mendable(ok) &^ done
		if step == 0 {
			break
		}
		done |= step
		if step == repairQuantity {
			items, n, good = c.split(items, i)
			c.notes |= notes
			return items, n, good
		}
		mended, did := c.mend(step)
		if !did {
			break
		}
		items[i].JSON, items[i].Plain = mended, Part{}
		if ok = c.check(&items[i]); step == repairCut {
			notes |= 1 << noteRepairedLong
		} else {
			notes |= 1 << noteRepairedMetadata
		}
	}
	c.notes |= notes
	if !ok {
		items[i].JSON, items[i].Plain = original.JSON, original.Plain
	}
	return items, 1, ok
}

// mendable says what could be done for the object that was just checked. Of one that passed only over-long strings remain: Braze documents
// the limit, not what it does to them.
func (c *Checker) mendable(ok bool) int {
	switch {
	case ok && c.notes&(1<<noteLongProperty|1<<noteLongAttribute) != 0:
		return repairCut
	case !ok && c.refusal.Rule == RuleEcommerceExtra:
		return repairMetadata
	case !ok && c.refusal.Rule == RuleQuantity:
		return repairQuantity
	}
	return 0
}

func (c *Checker) mend(step int) ([]byte, bool) {
	if step == repairCut {
		return c.cutLong()
	}
	return c.moveExtras()
}

// cutLong returns the object with its over-long strings cut to 255 characters: of properties, attributes and what is nested in them.
// An identifier is not cut, nor a property that by its name (order_id) is one: two things would become one. False: nothing to cut.
func (c *Checker) cutLong() ([]byte, bool) {
	doc, nodes := c.scan.doc, c.scan.nodes
	out, done := make([]byte, 0, len(doc)), 0
	for i := c.afterIdentifiers(1); i < len(nodes); i = c.afterIdentifiers(i + 1) {
		n := &nodes[i]
		if n.kind != scanString || n.bytes() <= limitText || !c.scan.longer(n, limitText) || isIDName(c.scan.keyOf(n)) {
			continue
		}
		cut := int(n.at) + cutAfter(doc[n.at:n.end], limitText)
		out = append(out, doc[done:cut]...)
		done = int(n.end)
	}
	return append(out, doc[done:]...), done > 0
}

// afterIdentifiers returns the first node from i on that may be cut: top-level keys that are known are passed over, but for properties.
func (c *Checker) afterIdentifiers(i int) int {
	for again := true; again; {
		again = false
		for key := topUnknown + 1; key < topKeys; key++ {
			if key != topProperties && c.top[key] == i && i < len(c.scan.nodes) {
				i, again = int(c.scan.nodes[i].next), true
			}
		}
	}
	return i
}

func isIDName(name []byte) bool { return string(name) == "id" || bytes.HasSuffix(name, []byte("_id")) }

// cutAfter returns the length of the first limit characters of a string's inside. An escape is not cut in two, nor a surrogate pair.
func cutAfter(inside []byte, limit int) int {
	p := 0
	for ; limit > 0 && p < len(inside); limit-- {
		switch {
		case inside[p] != '\\':
			_, size := utf8.DecodeRune(inside[p:])
			p += size
		case inside[p+1] != 'u':
			p += 2
		default:
			if r := hex4(inside[p+2:]); r >= 0xD800 && r < 0xDC00 {
				p += 6
			}
			p += 6
		}
	}
	return p
}

// moveExtras returns the eCommerce event with the keys that its schema does not know moved into metadata. False where metadata is no
// object or has a key of that name: then one of two values would be lost.
func (c *Checker) moveExtras() ([]byte, bool) {
	schema := ecommerceSchemaOf(c.scan.strOf(c.at(topName)))
	doc, nodes, props := c.scan.doc, c.scan.nodes, c.top[topProperties]
	metadata, found := c.scan.find(props, "metadata")
	if found && nodes[metadata].kind != scanObject {
		return nil, false
	}
	var kept, moved [][]byte
	if found && !nodes[metadata].empty(metadata) {
		n := &nodes[metadata]
		moved = append(moved, doc[n.at+1:n.end-1])
	}
	for i := props + 1; i < int(nodes[props].next); i = int(nodes[i].next) {
		key := c.scan.keyOf(&nodes[i])
		switch {
		case schema.index.find(key) >= 0:
			if i != metadata { // zero where there is none, which no member is
				kept = append(kept, c.pair(i))
			}
			continue
		case found:
			if _, twice := c.scan.find(metadata, string(key)); twice {
				return nil, false
			}
		}
		moved = append(moved, c.pair(i))
	}
	comma := []byte(",")
	kept = append(kept, slices.Concat([]byte(`"metadata":{`), bytes.Join(moved, comma), []byte("}")))
	return slices.Concat(doc[:nodes[props].at+1], bytes.Join(kept, comma), doc[nodes[props].end-1:]), true
}

// pair returns a member as it is written, name and value.
func (c *Checker) pair(i int) []byte {
	n := &c.scan.nodes[i]
	end := n.end
	if n.kind == scanString {
		end++
	}
	return c.scan.doc[n.keyAt-1 : end]
}

// split makes several purchases of one whose quantity is over 100: Braze takes a quantity of n for n purchases, so the sum is the same.
// The rest of the object must be good.
func (c *Checker) split(items []Item, i int) ([]Item, int, bool) {
	n := c.at(topQuantity)
	total := c.quantity(n)
	if total < 1 || total > limitQuantity*maxSplit {
		return items, 1, false
	}
	before, after := c.scan.doc[:n.at], c.scan.doc[n.end:]
	var parts []Item
	for rest := total; rest > 0; rest -= limitQuantity {
		quantity := strconv.AppendInt(nil, int64(min(rest, limitQuantity)), 10)
		parts = append(parts, Item{Kind: Purchase, JSON: slices.Concat(before, quantity, after)})
	}
	for j := range parts {
		ok := c.check(&parts[j])
		if c.mendable(ok) != 0 {
			_, _, ok = c.repair(parts, j, ok)
		}
		if !ok {
			return items, 1, false
		}
		if j < len(parts)-1 { // Check tallies the last
			c.tally()
		}
	}
	c.note(noteRepairedQuantity)
	// The caller's items may lie in a longer array of its own: never write behind them.
	return slices.Replace(slices.Clip(items), i, i+1, parts...), len(parts), true
}
