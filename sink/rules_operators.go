package sink

// Operators of custom attributes: {"inc": 1}, {"add": [...], "remove": [...]}, {"$add": [...], "$update": [...], "$remove": [...]}.
// Source: api/objects_filters/user_attributes_object; user_guide/data/activation/attributes/array_of_objects.

type operator uint8

const (
	opNone operator = iota
	opInc
	opAdd
	opRemove
	opAddObjects
	opUpdateObjects
	opRemoveObjects
)

func operatorOf(key []byte) operator {
	switch string(key) {
	case "inc":
		return opInc
	case "add":
		return opAdd
	case "remove":
		return opRemove
	case "$add":
		return opAddObjects
	case "$update":
		return opUpdateObjects
	case "$remove":
		return opRemoveObjects
	}
	return opNone
}

// checkOperators checks an object all of whose keys are operators.
func (c *Checker) checkOperators(key []byte, self int) bool {
	nodes := c.scan.nodes
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		n, ok := &nodes[i], true
		switch op := operatorOf(c.scan.doc[n.keyAt:n.keyEnd]); op {
		case opInc:
			if n.next != nodes[self].next || i != self+1 {
				return c.refuseKey(RuleOperator, key, "has inc beside another operator")
			}
			if !n.whole {
				return c.refuseKey(RuleOperator, key, "has an inc that is not an integer")
			}
		case opAdd, opRemove:
			if !c.isArrayOfPlain(i) {
				return c.refuseKey(RuleOperator, key, "has an add or remove that is not an array of strings, numbers or booleans")
			}
		case opAddObjects:
			if !c.isArrayOf(i, scanObject) {
				return c.refuseKey(RuleOperator, key, "has an $add that is not an array of objects")
			}
			ok = c.checkNested(key, i)
		default:
			ok = c.checkSelectors(key, i, op == opUpdateObjects)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (c *Checker) isArrayOfPlain(i int) bool {
	nodes := c.scan.nodes
	if nodes[i].kind != scanArray {
		return false
	}
	end := int(nodes[i].next)
	for i++; i < end; i++ {
		switch n := &nodes[i]; n.kind {
		case scanNull, scanArray, scanObject:
			return false
		case scanString:
			if c.scan.longer(n, limitText) {
				c.note(noteLongAttribute)
			}
		}
	}
	return true
}

// checkSelectors checks the elements of $update and $remove: which object is meant, and for $update what becomes of it.
func (c *Checker) checkSelectors(key []byte, self int, update bool) bool {
	const text = "has a $update or $remove whose elements are not $identifier_key, $identifier_value and, to update, $new_object"
	if !c.isArrayOf(self, scanObject) {
		return c.refuseKey(RuleOperator, key, text)
	}
	nodes := c.scan.nodes
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		members := 0
		for j := i + 1; j < int(nodes[i].next); j = int(nodes[j].next) {
			members++
		}
		name, value := c.member(i, "$identifier_key"), c.member(i, "$identifier_value")
		if !isText(name) || value == nil || value.kind == scanNull || value.kind >= scanArray {
			return c.refuseKey(RuleOperator, key, text)
		}
		object, ok := c.scan.find(i, "$new_object")
		if ok != update || update && (members != 3 || nodes[object].kind != scanObject) || !update && members != 2 {
			return c.refuseKey(RuleOperator, key, text)
		}
		if update && !c.checkNested(key, object) {
			return false
		}
	}
	return true
}
