package sink

// checkEvent applies the rules of events[]. Source: api/objects_filters/event_object.
func (c *Checker) checkEvent() bool {
	n := c.at(topName)
	switch {
	case n == nil:
		return c.refuse(RuleEventName, "name is missing")
	case n.kind != scanString || n.bytes() == 0:
		return c.refuse(RuleEventName, "name is not a non-empty string")
	case c.scan.longer(n, limitName):
		return c.refuse(RuleEventName, "name is longer than 255 characters")
	}
	name := c.scan.strOf(n)
	if name[0] == '$' {
		return c.refuse(RuleEventName, "name begins with $")
	}
	schema := ecommerceSchemaOf(name)
	if schema == nil && beginsLikeEcommerce(name) {
		c.note(noteUnvalidatedName)
	}
	if !c.checkShared() {
		return false
	}
	if schema != nil {
		return c.checkEcommerce(schema)
	}
	return c.checkProperties(limitProperties)
}

// checkPurchase applies the rules of purchases[]. Source: api/objects_filters/purchase_object. A negative price is how a refund is
// logged there, so any number goes.
func (c *Checker) checkPurchase() bool {
	n := c.at(topProductID)
	switch {
	case n == nil:
		return c.refuse(RuleProductID, "product_id is missing")
	case n.kind != scanString || n.bytes() == 0:
		return c.refuse(RuleProductID, "product_id is not a non-empty string")
	case c.scan.longer(n, limitName):
		return c.refuse(RuleProductID, "product_id is longer than 255 characters")
	}
	if n = c.at(topCurrency); n == nil {
		return c.refuse(RuleCurrency, "currency is missing")
	}
	if n.kind != scanString || !isCurrency(c.scan.strOf(n)) {
		return c.refuse(RuleCurrency, "currency is not an ISO 4217 code in capitals")
	}
	if n = c.at(topPrice); n == nil {
		return c.refuse(RulePrice, "price is missing")
	}
	if n.kind != scanNumber {
		return c.refuse(RulePrice, "price is "+n.kind.String()+", not a number")
	}
	if n = c.at(topQuantity); n != nil {
		if q := c.quantity(n); q < 1 || q > limitQuantity {
			return c.refuse(RuleQuantity, "quantity is not an integer from 1 to 100")
		}
	}
	return c.checkShared() && c.checkProperties(limitPurchaseProps)
}

// quantity is the value of a small positive integer, as a number written without fraction or exponent; zero where n is none.
func (c *Checker) quantity(n *scanNode) int {
	b := c.scan.doc[n.at:n.end]
	if !n.whole || len(b) > 9 || b[0] == '-' {
		return 0
	}
	v := 0
	for _, d := range b {
		v = v*10 + int(d-'0')
	}
	return v
}
