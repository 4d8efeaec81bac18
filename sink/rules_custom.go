package sink

import "bytes"

// checkCustom checks a custom attribute. Source: user_guide/data/activation/attributes/custom_attributes (names), data_types, array_of_objects and
// nested_custom_attribute_support.
func (c *Checker) checkCustom(key []byte, i int) bool {
	n := &c.scan.nodes[i]
	switch {
	case len(key) == 0:
		return c.refuse(RuleAttributeName, "an attribute's name is empty")
	case key[0] == '$':
		return c.refuseKey(RuleAttributeName, key, "is an attribute's name that begins with $")
	case tooLong(key, limitName):
		return c.refuseKey(RuleAttributeName, key, "is an attribute's name of more than 255 characters")
	case key[0] == ' ' || key[len(key)-1] == ' ':
		c.note(noteTrimmedName)
	}
	switch n.kind {
	case scanString:
		if c.scan.longer(n, limitText) {
			c.note(noteLongAttribute)
		}
		return true
	case scanArray, scanObject:
		if n.bytes() > limitAttribute {
			return c.refuseKey(RuleAttributeSize, key, "is an array or object larger than 102,400 bytes")
		}
		if n.kind == scanArray {
			return c.checkArray(key, i)
		}
		return c.checkObject(key, i)
	}
	return true
}

// checkArray checks an array of plain values, or of objects, whose rules are those of nested attributes.
func (c *Checker) checkArray(key []byte, self int) bool {
	nodes := c.scan.nodes
	end := int(nodes[self].next)
	for i := self + 1; i < end; i = int(nodes[i].next) {
		if nodes[i].kind == scanObject || nodes[i].kind == scanArray {
			return c.checkNested(key, self)
		}
	}
	if end-self-1 > limitArray {
		c.note(noteLongArray)
	}
	for i := self + 1; i < end; i++ {
		switch n := &nodes[i]; {
		case n.kind == scanNull:
			c.note(noteNullInArray)
		case n.kind == scanString && c.scan.longer(n, limitText):
			c.note(noteLongAttribute)
		}
	}
	return true
}

func (c *Checker) checkObject(key []byte, self int) bool {
	if string(key) == "custom_attributes" {
		c.note(noteCustomAttributesWrapper)
	}
	words, dollars, others := 0, 0, 0
	nodes := c.scan.nodes
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		switch operatorOf(c.scan.doc[nodes[i].keyAt:nodes[i].keyEnd]) {
		case opNone:
			others++
		case opInc, opAdd, opRemove:
			words++
		default:
			dollars++
		}
	}
	switch {
	case dollars > 0 && words+others > 0:
		return c.refuseKey(RuleOperator, key, "mixes $add, $update or $remove with other keys")
	case dollars > 0, words > 0 && others == 0:
		return c.checkOperators(key, self)
	}
	return c.checkNested(key, self) // with a key besides, inc, add and remove are keys like others
}

// checkNested checks a value with objects in it. A null or a bad $time anywhere makes Braze drop all updates of the attribute, silently.
func (c *Checker) checkNested(key []byte, self int) bool {
	nodes := c.scan.nodes
	for i := self + 1; i < int(nodes[self].next); i++ {
		n := &nodes[i]
		if n.keyAt > 0 { // elements of arrays have no name
			if name := c.scan.doc[n.keyAt:n.keyEnd]; string(name) == "$time" {
				if !c.isTimeObject(i) {
					return c.refuseKey(RuleAttributeNested, key, "holds a $time that is no time up to the year 3000 or has other keys beside it")
				}
				continue
			}
			if !c.checkNestedKey(key, n) {
				return false
			}
		}
		switch n.kind {
		case scanNull:
			return c.refuseKey(RuleAttributeNested, key, "holds a null within, for which Braze drops the whole attribute")
		case scanString:
			if n.bytes() > limitText && c.scan.longer(n, limitText) {
				c.note(noteLongAttribute)
			}
		}
	}
	return true
}

func (c *Checker) checkNestedKey(key []byte, n *scanNode) bool {
	name := c.scan.doc[n.keyAt:n.keyEnd]
	if n.keyEscaped {
		name = appendUnescaped(nil, name) // c.scan.text may hold key
	}
	if len(name) == 0 || bytes.ContainsAny(name, " .$") || tooLong(name, limitName) {
		return c.refuseKey(RuleAttributeKey, key, "holds a key that is empty, longer than 255 characters or has a blank, dot or $ in it")
	}
	return true
}

// isTimeObject reports whether the member $time at i is a time and alone in its object. A first member follows its object.
func (c *Checker) isTimeObject(i int) bool {
	n, object := &c.scan.nodes[i], &c.scan.nodes[i-1]
	return object.next == n.next && n.kind == scanString && isAttributeTime(c.scan.doc[n.at:n.end])
}
