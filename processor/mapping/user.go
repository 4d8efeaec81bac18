package mapping

import (
	"cmp"
	"fmt"
	"slices"

	"brazebridge/config"
)

var (
	primaryKeys = []string{"external_id", "user_alias", "braze_id"}
	userKeys    = []string{"external_id", "user_alias", "braze_id", "email", "phone"}
)

// user compiles a user: a map of identifiers, or a list of such maps where the first that is present wins.
func (c *compiler) user(p place) (node, bool) {
	u := &userNode{site: c.site(p)}
	items := []place{p}
	if p.n.Kind == config.NodeList {
		items = nil
		for i, n := range p.n.Items {
			items = append(items, place{n, fmt.Sprintf("%s[%d]", p.path, i)})
		}
	}
	before := len(c.faults)
	nullable := true
	quiet := len(c.warnings)
	for _, it := range items {
		a, opt := c.alternative(it)
		if a != nil {
			u.alternatives = append(u.alternatives, a)
			nullable = nullable && opt
		}
	}
	if len(items) == 0 {
		c.report(p, 0, "user names nobody", `write user: {external_id: "${…}"}`)
	}
	// Where an alternative is always there, or others follow, a null in one of them is no matter of its own.
	if !nullable || len(items) > 1 {
		c.warnings = c.warnings[:quiet]
	}
	if nullable && len(items) > 1 && len(c.faults) == before && !c.tombstone {
		c.warn(p, 0, "every identifier may be null: a record without any goes to the dead-letter topic", "add an alternative that is always there, such as {external_id: \"${kafka.key}\"}, if there is one")
	}
	return u, len(c.faults) == before
}

// alternative compiles one map of identifiers; opt tells that it may be absent.
func (c *compiler) alternative(p place) (a *alternative, opt bool) {
	if p.n == nil || p.n.Kind != config.NodeMap || len(p.n.Keys) == 0 {
		c.report(p, 0, "user needs identifiers", `write {external_id: "${…}"}, or user_alias, braze_id, email, phone`)
		return nil, false
	}
	a = &alternative{}
	allOpt := true
	hasPrimary := slices.ContainsFunc(p.n.Keys, func(k config.Key) bool { return slices.Contains(primaryKeys, k.Name) })
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		if !slices.Contains(userKeys, k.Name) {
			c.reportKey(p.path, k, fmt.Sprintf("unknown identifier %q", k.Name), cmp.Or(didYouMean(k.Name, userKeys), otherIdentifiers[k.Name], "known: "+joinNames(userKeys)))
			continue
		}
		warned := len(c.warnings)
		e, eOpt := c.identifier(place{k.Value, join(p.path, k.Name)}, k.Name)
		if !slices.Contains(primaryKeys, k.Name) {
			if hasPrimary {
				c.warnings = c.warnings[:warned] // besides one it is left out where it is null
			}
			a.rest.entries = append(a.rest.entries, e)
			allOpt = allOpt && eOpt
			continue
		}
		if a.primary != nil {
			c.reportKey(p.path, k, fmt.Sprintf("%s and %s in one user: Braze takes one of them", a.primary.name, k.Name),
				fmt.Sprintf("make a list, the first present one wins: user: [{%s: …}, {%s: …}]", a.primary.name, k.Name))
			continue
		}
		a.primary = &e
		opt = eOpt
	}
	if a.primary == nil {
		opt = allOpt
	}
	return a, opt
}

// otherIdentifiers are names that people give to what Braze calls external_id.
var otherIdentifiers = map[string]string{
	"id": "did you mean external_id?", "user_id": "did you mean external_id?", "userId": "did you mean external_id?",
	"customer_id": "did you mean external_id?", "customerId": "did you mean external_id?", "alias": "did you mean user_alias?", "tel": "did you mean phone?",
}

// identifier compiles one identifier.
func (c *compiler) identifier(p place, name string) (e entry, opt bool) {
	if name != "user_alias" {
		warned := len(c.warnings)
		n, _ := c.text(p, "an identifier")
		return newEntry(name, n), len(c.warnings) > warned
	}
	alias := &aliasNode{}
	if p.n.Kind != config.NodeMap {
		c.report(p, 0, "user_alias needs alias_name and alias_label", `write user_alias: {alias_name: "${…}", alias_label: LABEL}`)
		return newEntry(name, absentNode{}), false
	}
	for _, key := range []string{"alias_name", "alias_label"} {
		part := p.key(key)
		if part.n == nil {
			c.report(p, 0, "user_alias needs "+key, "add "+key+": …")
			continue
		}
		warned := len(c.warnings)
		n, _ := c.text(part, "an identifier")
		opt = opt || len(c.warnings) > warned
		alias.entries = append(alias.entries, newEntry(key, n))
	}
	for i := range p.n.Keys {
		if k := &p.n.Keys[i]; k.Name != "alias_name" && k.Name != "alias_label" {
			c.reportKey(p.path, k, fmt.Sprintf("unknown key %q of user_alias", k.Name), "it has alias_name and alias_label")
		}
	}
	return newEntry(name, alias), opt
}

// keysOf are the keys that a user writes into an object.
func keysOf(n node) []string {
	u, ok := n.(*userNode)
	if !ok {
		return nil
	}
	var keys []string
	for _, a := range u.alternatives {
		if a.primary != nil {
			keys = append(keys, a.primary.name)
		}
		for i := range a.rest.entries {
			keys = append(keys, a.rest.entries[i].name)
		}
	}
	return keys
}

// aliasNode writes an alias, which is absent unless both its parts are there.
type aliasNode struct{ entries []entry }

func (n *aliasNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '{')
	for i := range n.entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		out, ok, err := n.entries[i].val.appendJSON(m, append(dst, n.entries[i].key...))
		if err != nil || !ok {
			return dst[:start], false, err
		}
		dst = out
	}
	return append(dst, '}'), true, nil
}
