package sink

// Part is a piece of an Item's JSON, as byte positions. The zero Part is none.
type Part struct{ From, To uint32 }

// The bounds of what a writer may vouch for (Item.Plain), well within the rules, so that they need not be the rules' own.
const (
	PlainText    = 255 // bytes of a value that is no object or array, as it is written between quotes
	PlainElement = 16  // likewise, of a text directly in an array: too short for a time
	PlainDepth   = 32  // objects and arrays in each other, the properties themselves among them
)

// read scans the item's object and finds its top-level keys. What its writer vouches for is not read, where the rules that are to
// be applied don't need to look into it.
func (c *Checker) read(item *Item) bool {
	if part := item.Plain; part.From < part.To {
		if c.scan.scanAround(item.JSON, part) {
			if c.indexTop(); c.passesOver(part) {
				return true
			}
		}
	}
	if !c.scan.scan(item.JSON) {
		return false
	}
	c.indexTop()
	return true
}

// passesOver reports whether the part that was not read is the properties, and the object's kind and name ask for no more of them
// than what is vouched for.
func (c *Checker) passesOver(part Part) bool {
	props := c.at(topProperties)
	if props == nil || props.at != part.From {
		return false
	}
	if c.kind == Purchase {
		return true
	}
	name := c.at(topName)
	return name != nil && ecommerceSchemaOf(c.scan.strOf(name)) == nil
}
