package sink

import "bytes"

// checkEcommerce checks the properties of a recommended eCommerce event against its schema.
func (c *Checker) checkEcommerce(schema *ecommerceSchema) bool {
	self := c.top[topProperties]
	if self == 0 {
		return c.refuse(RuleEcommerceMissing, schema.name+" has no properties")
	}
	if !c.checkPropertiesAsWhole(self, limitProperties) {
		return false
	}
	seen, ok := c.checkFields(schema, self)
	if !ok {
		return false
	}
	required := schema.required
	if schema == cartUpdated && c.cartIsReplaced(self) {
		required |= schema.total
	}
	return c.checkRequired(schema, required, seen)
}

// checkFields checks the members of an object and returns which fields it has.
func (c *Checker) checkFields(schema *ecommerceSchema, self int) (seen uint32, ok bool) {
	nodes := c.scan.nodes
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		key := c.scan.keyOf(&nodes[i])
		f := schema.index.find(key)
		if f < 0 {
			if !c.unknownField(schema, i, key) {
				return 0, false
			}
			continue
		}
		seen |= 1 << f
		if !c.checkField(schema, f, i) {
			return 0, false
		}
	}
	return seen, true
}

// unknownField refuses a key directly among the properties. Within a product the documents do not say that one fails the event, so it is
// counted; but a product's own currency that is not the event's would be lost, and the revenue wrong without a word.
func (c *Checker) unknownField(schema *ecommerceSchema, i int, key []byte) bool {
	if schema != ecommerceProduct {
		// No name in a schema breaks the rules for properties' names, so only the others need the look.
		return c.checkPropertyName(&c.scan.nodes[i]) && c.refuseKey(RuleEcommerceExtra, key, "is no property of "+schema.name+": it belongs under metadata")
	}
	c.note(noteProductKey)
	if string(key) != "currency" {
		return true
	}
	at, ok := c.scan.find(c.top[topProperties], "currency")
	if ok && !bytes.Equal(c.scan.raw(&c.scan.nodes[i]), c.scan.raw(&c.scan.nodes[at])) {
		return c.refuse(RuleCurrencyMix, "a product's currency is not that of the event")
	}
	return true
}

// checkField checks the value at node i against the schema's field f.
func (c *Checker) checkField(schema *ecommerceSchema, f, i int) bool {
	field, n := &schema.fields[f], &c.scan.nodes[i]
	ok := false
	switch field.is {
	case fieldText:
		if ok = n.kind == scanString; ok && field.required && n.bytes() == 0 {
			c.note(noteEmptyRequired)
		}
	case fieldAmount:
		if ok = n.kind == scanNumber; ok && c.scan.doc[n.at] == '-' && !c.isZero(n) {
			return c.refuseField(RuleEcommerceNegative, schema, field, "is negative: amounts are absolute, Braze subtracts")
		}
	case fieldInteger:
		if ok = n.whole; ok && (c.scan.doc[n.at] == '-' || c.isZero(n)) {
			c.note(noteOddQuantity)
		}
	case fieldCurrency:
		if ok = n.kind == scanString; ok && !isCurrency(c.scan.strOf(n)) {
			return c.refuseField(RuleCurrency, schema, field, "is not an ISO 4217 code in capitals")
		}
	case fieldObject:
		ok = n.kind == scanObject
	case fieldObjects:
		ok = c.isArrayOf(i, scanObject)
	case fieldKinds:
		ok = c.isArrayOf(i, scanString) && c.areViewTypes(i)
	case fieldAction:
		if ok = n.kind == scanString; ok && !isCartAction(c.scan.strOf(n)) {
			return c.refuseField(RuleEcommerceAction, schema, field, "is none of add, remove and replace")
		}
	case fieldProducts:
		if ok = c.isArrayOf(i, scanObject); ok {
			return c.checkProducts(i)
		}
	}
	if !ok {
		return c.refuseField(RuleEcommerceType, schema, field, "is not "+fieldTypeTexts[field.is])
	}
	return true
}

func (c *Checker) checkProducts(self int) bool {
	nodes := c.scan.nodes
	if nodes[self].empty(self) {
		c.note(noteEmptyProducts)
	}
	for i := self + 1; i < int(nodes[self].next); i = int(nodes[i].next) {
		seen, ok := c.checkFields(ecommerceProduct, i)
		if !ok || !c.checkRequired(ecommerceProduct, ecommerceProduct.required, seen) {
			return false
		}
	}
	return true
}

func (c *Checker) checkRequired(schema *ecommerceSchema, required, seen uint32) bool {
	if required&^seen == 0 {
		return true
	}
	for f := range schema.fields {
		if required&^seen&(1<<f) != 0 {
			return c.refuseField(RuleEcommerceMissing, schema, &schema.fields[f], "is required and missing")
		}
	}
	return true
}

// cartIsReplaced reports whether a cart_updated event sends the whole cart, which needs total_value: action is absent or replace.
func (c *Checker) cartIsReplaced(self int) bool {
	at, ok := c.scan.find(self, "action")
	return !ok || string(c.scan.strOf(&c.scan.nodes[at])) == "replace"
}

func isCartAction(b []byte) bool {
	switch string(b) {
	case "add", "remove", "replace":
		return true
	}
	return false
}

// areViewTypes reports whether the strings of an array are what product_viewed's type may hold.
func (c *Checker) areViewTypes(self int) bool {
	strings := c.scan.nodes[self+1 : c.scan.nodes[self].next]
	for i := range strings {
		switch string(c.scan.strOf(&strings[i])) {
		case "price_drop", "back_in_stock":
		default:
			return false
		}
	}
	return true
}

// isArrayOf reports whether node i is an array whose elements are all of one kind.
func (c *Checker) isArrayOf(i int, kind scanKind) bool {
	nodes := c.scan.nodes
	if nodes[i].kind != scanArray {
		return false
	}
	end := int(nodes[i].next)
	for i++; i < end; i = int(nodes[i].next) {
		if nodes[i].kind != kind {
			return false
		}
	}
	return true
}

// isZero reports whether a number is nought, as -0.0 is: no negative amount.
func (c *Checker) isZero(n *scanNode) bool {
	for _, b := range c.scan.doc[n.at:n.end] {
		if b|0x20 == 'e' {
			break
		}
		if b >= '1' && b <= '9' {
			return false
		}
	}
	return true
}

func (c *Checker) refuseField(rule string, schema *ecommerceSchema, field *schemaField, text string) bool {
	where := " of "
	if schema == ecommerceProduct {
		where = " of an element of "
	}
	return c.refuse(rule, field.name+where+schema.name+" "+text)
}
