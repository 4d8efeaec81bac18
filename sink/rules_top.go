package sink

// topKey is a top-level key that has a meaning in all kinds of objects, or in events and purchases.
type topKey uint8

const (
	topUnknown topKey = iota
	topExternalID
	topUserAlias
	topBrazeID
	topEmail
	topPhone
	topUpdateOnly
	topAppID
	topName
	topTime
	topProperties
	topProductID
	topCurrency
	topPrice
	topQuantity
	topKeys // their number
)

// topOf is the key of that name in an object of the kind. Of attributes only the identifiers are here: all other names are attributes.
func topOf(kind Kind, name []byte) topKey {
	switch string(name) {
	case "external_id":
		return topExternalID
	case "user_alias":
		return topUserAlias
	case "braze_id":
		return topBrazeID
	case "email":
		return topEmail
	case "phone":
		return topPhone
	case "_update_existing_only":
		return topUpdateOnly
	}
	if kind == Attributes {
		return topUnknown
	}
	switch string(name) {
	case "app_id":
		return topAppID
	case "time":
		return topTime
	case "properties":
		return topProperties
	}
	if kind == Event {
		if string(name) == "name" {
			return topName
		}
		return topUnknown
	}
	switch string(name) {
	case "product_id":
		return topProductID
	case "currency":
		return topCurrency
	case "price":
		return topPrice
	case "quantity":
		return topQuantity
	}
	return topUnknown
}

// indexTop finds the known top-level keys. Unknown ones of events and purchases are counted: what Braze does with them is not documented.
func (c *Checker) indexTop() {
	c.top = [topKeys]int{}
	nodes := c.scan.nodes
	for i := 1; i < len(nodes); i = int(nodes[i].next) {
		key := topOf(c.kind, c.scan.keyOf(&nodes[i]))
		c.top[key] = i
		if key == topUnknown && c.kind != Attributes {
			c.note(noteUnknownKey)
		}
	}
	c.top[topUnknown] = 0
}

// at returns the node of a known top-level key; nil where the object has none.
func (c *Checker) at(key topKey) *scanNode {
	if i := c.top[key]; i > 0 {
		return &c.scan.nodes[i]
	}
	return nil
}

// checkShared checks the optional keys that events and purchases share.
func (c *Checker) checkShared() bool {
	if n := c.at(topAppID); n != nil && n.kind != scanString {
		return c.refuse(RuleAppID, "app_id is "+n.kind.String()+", not a string")
	}
	n := c.at(topTime)
	switch {
	case n == nil:
		return c.refuse(RuleTime, "time is missing")
	case n.kind != scanString:
		return c.refuse(RuleTime, "time is "+n.kind.String()+", not a string")
	}
	ok, zoned := isEventTime(c.scan.strOf(n))
	if !ok {
		return c.refuse(RuleTime, "time is not ISO 8601, from the year 1900 to 3000")
	}
	if !zoned {
		c.note(noteZonelessTime)
	}
	return true
}
