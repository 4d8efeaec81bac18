package mapping

import (
	"fmt"
	"slices"

	"brazebridge/config"
	"brazebridge/schema"
)

// anyRecordRule reports whether a rule says which record type it is for.
func anyRecordRule(send *config.Node) bool {
	if send == nil {
		return false
	}
	return slices.ContainsFunc(send.Items, func(n *config.Node) bool { return n.Get("record") != nil })
}

// ruleRecord reads a rule's `record`: a name or a list of them. fits tells whether the schema has such a record: a rule for
// another one is left out of the program. Where the schema is a union, the rule sees only its own types; they are returned.
func (c *compiler) ruleRecord(p place) (records []*schema.Type, fits bool) {
	items := []place{p}
	if p.n.Kind == config.NodeList {
		items = nil
		for i, n := range p.n.Items {
			items = append(items, place{n, fmt.Sprintf("%s[%d]", p.path, i)})
		}
	}
	var found []*schema.Type
	for _, it := range items {
		if it.n.Kind != config.NodeString || it.n.Text == "" {
			c.report(it, 0, "record needs the name of a record type", "write record: com.shop.OrderPlaced")
			return nil, false
		}
		named := c.recordsNamed(it.n.Text)
		if len(named) > 1 {
			c.report(it, 0, fmt.Sprintf("%q is ambiguous: %s", it.n.Text, typeNames(named)), "use the full name")
			return nil, false
		}
		found = append(found, named...)
	}
	if len(found) == 0 || c.tombstone {
		return nil, false
	}
	if c.topicType.s != nil && len(found) == 1 && !c.topicType.opt {
		return nil, true
	}
	c.rootType = typ{class: cRecord, alts: found}
	if len(found) == 1 {
		c.rootType = typeOf(found[0])
	}
	return found, true
}

// recordsNamed are the schema's own record types of a full name, of an alias, or else of a short name.
func (c *compiler) recordsNamed(name string) []*schema.Type {
	var short []*schema.Type
	for _, r := range c.topicType.records() {
		if r.Name == name || slices.Contains(r.Aliases, name) {
			return []*schema.Type{r}
		}
		if shortName(r.Name) == name || slices.ContainsFunc(r.Aliases, func(a string) bool { return shortName(a) == name }) {
			short = append(short, r)
		}
	}
	return short
}
