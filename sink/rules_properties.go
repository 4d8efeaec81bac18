package sink

// checkProperties checks the properties of an event or purchase. Source: api/objects_filters/event_object, "Event properties object";
// api/objects_filters/purchase_object, "Purchase properties object".
func (c *Checker) checkProperties(limit int) bool {
	self := c.top[topProperties]
	if self == 0 {
		return true
	}
	if !c.checkPropertiesAsWhole(self, limit) {
		return false
	}
	nodes, count := c.scan.nodes, 0
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		if !c.checkPropertyName(&nodes[i]) {
			return false
		}
		count++
	}
	if count > limitPropertyCount {
		return c.refuse(RulePropertiesCount, "more than 256 properties, of which Braze keeps the first 256")
	}
	return true
}

func (c *Checker) checkPropertiesAsWhole(self, limit int) bool {
	props := &c.scan.nodes[self]
	if props.kind != scanObject {
		return c.refuse(RuleProperties, "properties is "+props.kind.String()+", not an object")
	}
	if props.bytes() > limit {
		if limit == limitPurchaseProps {
			return c.refuse(RulePropertiesSize, "properties of a purchase are larger than 51,200 bytes")
		}
		return c.refuse(RulePropertiesSize, "properties are larger than 102,400 bytes")
	}
	c.noteValues(self)
	return true
}

func (c *Checker) checkPropertyName(n *scanNode) bool {
	key := c.scan.keyOf(n)
	switch {
	case len(key) == 0:
		return c.refuse(RulePropertyName, "a property's name is empty")
	case key[0] == '$':
		return c.refuseKey(RulePropertyName, key, "is a property's name that begins with $")
	case len(key) > limitName && tooLong(key, limitName):
		return c.refuseKey(RulePropertyName, key, "is a property's name of more than 255 characters")
	case isReservedProperty(c.kind, key):
		return c.refuseKey(RulePropertyReserved, key, "is a reserved name and can be no property")
	}
	return true
}

// isReservedProperty reports whether Braze refuses a property of that name: two in events, six in purchases.
func isReservedProperty(kind Kind, key []byte) bool {
	switch string(key) {
	case "time", "event_name":
		return true
	case "product_id", "quantity", "price", "currency":
		return kind == Purchase
	}
	return false
}

// noteValues counts the values whose effect is not documented, at any depth.
func (c *Checker) noteValues(self int) {
	within := c.scan.nodes[self+1 : c.scan.nodes[self].next]
	for i := range within {
		n := &within[i]
		switch n.kind {
		case scanNull:
			c.note(noteNullProperty)
		case scanString:
			if n.bytes() > limitText && c.scan.longer(n, limitText) {
				c.note(noteLongProperty)
			}
			// Only elements of arrays have no name; a member's name lies behind a quote, so never at position zero.
			if n.keyAt == 0 && n.bytes() >= len("2006-01-02T15:04Z") {
				if ok, zoned := isEventTime(c.scan.strOf(n)); ok && zoned {
					c.note(noteTimeInArray)
				}
			}
		}
	}
}
