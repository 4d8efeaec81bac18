package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"brazebridge/config"
	"brazebridge/sink"
)

// ruleKeys are the keys of a rule, by what it makes.
var ruleKeys = map[string][]string{
	"event":      {"event", "record", "when", "for_each", "as", "user", "time", "app_id", "properties", "_update_existing_only"},
	"purchase":   {"purchase", "record", "when", "for_each", "as", "user", "time", "app_id", "price", "currency", "quantity", "properties", "_update_existing_only"},
	"attributes": {"attributes", "record", "when", "for_each", "as", "user", "_merge_objects", "_update_existing_only", "subscription_groups"},
}

// rule compiles one entry of send.
func (c *compiler) rule(p place, d *defaults) ruleInfo {
	kind := c.ruleKind(p)
	if kind == "" {
		return ruleInfo{}
	}
	info := ruleInfo{kind: kind, place: p, when: p.n.Get("when")}
	c.checkKeys(p, kind)
	r := &rule{site: c.site(p), obj: &objectNode{keep: true}}
	if rec := p.key("record"); rec.n != nil {
		var fits bool
		if r.records, fits = c.ruleRecord(rec); !fits {
			return ruleInfo{}
		}
		defer func() { c.rootType = c.topicType }()
	}
	if p.n.Get("for_each") != nil {
		l, end := c.loop(p)
		defer end()
		r.loop = l
	} else {
		known := c.known
		defer func() { c.known = known }()
		r.when = c.when(p.key("when"))
		if as := p.key("as"); as.n != nil {
			c.report(as, 0, "as without for_each", "add for_each: ${…}, or remove as")
		}
	}
	user := c.ruleUser(p, d)
	r.obj.entries = append(r.obj.entries, entry{val: user, name: "user"})
	switch kind {
	case "event":
		r.kind = sink.Event
		info.name = c.event(p, d, r.obj)
	case "purchase":
		r.kind = sink.Purchase
		c.purchase(p, d, r.obj)
	case "attributes":
		r.kind = sink.Attributes
		c.attributes(p, r.obj, keysOf(user))
	}
	r.obj.entries = mergeConstants(r.obj.entries)
	r.vouch()
	if !c.tombstone || c.forTombstones(p) {
		c.prog.rules = append(c.prog.rules, r)
	}
	return info
}

// ruleKind finds which of the three objects the rule makes; empty where it has faults.
func (c *compiler) ruleKind(p place) string {
	if p.n == nil || p.n.Kind != config.NodeMap {
		c.report(p, 0, "a rule needs event, purchase or attributes", "write - event: NAME")
		return ""
	}
	found := ""
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		if _, ok := ruleKeys[k.Name]; !ok {
			continue
		}
		if found != "" {
			c.reportKey(p.path, k, fmt.Sprintf("a rule makes one kind of object, this has %s and %s", found, k.Name), "make two rules of it")
			return ""
		}
		found = k.Name
	}
	if found == "" {
		hint := "write event: NAME, purchase: PRODUCT_ID or attributes: {…}"
		for i := range p.n.Keys {
			if s := didYouMean(p.n.Keys[i].Name, []string{"event", "purchase", "attributes"}); s != "" {
				hint = s
			}
		}
		c.report(p, 0, "a rule needs event, purchase or attributes", hint)
	}
	return found
}

// otherKeys are names that other tools give to what is meant by a key of a rule.
var otherKeys = map[string]string{
	"if": "when", "condition": "when", "where": "when", "filter": "when", "foreach": "for_each", "each": "for_each", "loop": "for_each",
	"props": "properties", "data": "properties", "payload": "properties", "fields": "properties", "timestamp": "time", "at": "time",
	"product_id": "purchase", "sku": "purchase", "amount": "price", "name": "event", "type": "record", "identity": "user", "qty": "quantity",
}

func (c *compiler) checkKeys(p place, kind string) {
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		if slices.Contains(ruleKeys[kind], k.Name) {
			continue
		}
		msg := fmt.Sprintf("unknown key %q of %s rule", k.Name, an(kind))
		hint := didYouMean(k.Name, ruleKeys[kind])
		for other, keys := range ruleKeys {
			if hint == "" && slices.Contains(keys, k.Name) {
				hint = fmt.Sprintf("%s belongs to %s rule", k.Name, an(other))
			}
		}
		if s, known := otherKeys[k.Name]; known && hint == "" && slices.Contains(ruleKeys[kind], s) {
			hint = "did you mean " + s + "?"
		}
		if kind == "attributes" && k.Name == "time" {
			hint = "attributes have no time: put it into an attribute of its own"
		}
		c.reportKey(p.path, k, msg, cmp.Or(hint, "known: "+joinNames(ruleKeys[kind])))
	}
}

func an(kind string) string {
	if kind == "purchase" {
		return "a purchase"
	}
	return "an " + kind
}

// ruleUser is the rule's own user, or the topic's.
func (c *compiler) ruleUser(p place, d *defaults) node {
	if own := p.key("user"); own.n != nil {
		n, _ := c.user(own)
		return n
	}
	if d.user.n == nil {
		if !d.told {
			d.told = true
			c.report(p, 0, "no user: neither the topic nor the rule says whom the object is about", `add user: {external_id: "${…}"} to the topic`)
		}
		return absentNode{}
	}
	if d.userNode == nil {
		c.apart(func() { d.userNode, _ = c.user(d.user) })
	}
	return d.userNode
}

func (c *compiler) ruleTime(p place, d *defaults) entry {
	var n node
	if own := p.key("time"); own.n != nil {
		n = c.time(own)
		return required(newEntry("time", n), c.site(own))
	}
	if d.time.n != nil {
		if d.timeNode == nil {
			c.apart(func() { d.timeNode = c.time(d.time) })
		}
		return required(newEntry("time", d.timeNode), c.site(d.time))
	}
	v := &scalarValue{t: typ{class: cTime}, ref: &ref{root: rootTimestamp}, site: c.site(p)}
	return required(newEntry("time", v.node()), v.site)
}

func required(e entry, s *site) entry {
	e.need = s
	return e
}

// event compiles name, time and properties. It returns the name where it is a literal.
func (c *compiler) event(p place, d *defaults, o *objectNode) string {
	name := p.key("event")
	n, literal := c.text(name, "an event's name")
	o.entries = append(o.entries, required(newEntry("name", n), c.site(name)))
	c.warnEventName(name, literal)
	c.common(p, d, o)
	c.ecommerce(p, p.key("properties"), literal)
	return literal
}

func (c *compiler) purchase(p place, d *defaults, o *objectNode) {
	id := p.key("purchase")
	n, _ := c.text(id, "a product id")
	o.entries = append(o.entries, required(newEntry("product_id", n), c.site(id)))
	for _, k := range []string{"currency", "price"} {
		if p.n.Get(k) == nil {
			c.report(p, 0, "a purchase needs "+k, fmt.Sprintf("add %s: ${…}", k))
		}
	}
	if cur := p.key("currency"); cur.n != nil {
		n, _ := c.text(cur, "a currency")
		o.entries = append(o.entries, required(newEntry("currency", n), c.site(cur)))
	}
	if price := p.key("price"); price.n != nil {
		o.entries = append(o.entries, required(newEntry("price", c.numberFor(price, "price", false)), c.site(price)))
	}
	if q := p.key("quantity"); q.n != nil {
		o.entries = append(o.entries, newEntry("quantity", c.numberFor(q, "quantity", true)))
	}
	c.common(p, d, o)
}

// common compiles what events and purchases share.
func (c *compiler) common(p place, d *defaults, o *objectNode) {
	o.entries = append(o.entries, c.ruleTime(p, d))
	if app := p.key("app_id"); app.n != nil {
		n, _ := c.text(app, appID)
		o.entries = append(o.entries, newEntry("app_id", n))
	}
	c.flag(p.key("_update_existing_only"), "_update_existing_only", o)
	props := p.key("properties")
	if props.n == nil || props.n.Kind == config.NodeNull {
		return
	}
	if props.n.Kind == config.NodeMap {
		if props.n.Get("for_each") != nil {
			c.report(props, 0, "properties is an object, not an array", "give the array a name: properties: {items: {for_each: …, value: …}}")
			return
		}
		o.entries = append(o.entries, newEntry("properties", c.objectOf(props)))
		return
	}
	o.entries = append(o.entries, newEntry("properties", c.wholeObject(props, "properties")))
}

// wholeObject compiles properties: ${a map or record}.
func (c *compiler) wholeObject(p place, what string) node {
	if n := c.templateSet(p.n); n != nil {
		return n
	}
	if p.n.Kind == config.NodeList {
		c.report(p, 0, what+" needs an object, this is a list", "write "+what+": {name: ${…}}; some fields under their own names are {include: [a, b]}")
		return absentNode{}
	}
	v, ok := c.scalar(p)
	if !ok {
		return absentNode{}
	}
	if v.konst != nil && slices.Contains([]string{"record", "all", "*"}, v.konst.text) {
		c.report(p, 0, what+" needs an object, this is text", "all fields of the record are "+what+": {include: all}")
		return absentNode{}
	}
	switch v.t.class {
	case cMap, cRecord, cNil:
		c.warnOdd(p, v)
		return v.node()
	case cAny:
		if len(v.t.alts) == 0 {
			return v.node()
		}
	}
	c.report(p, exprOff(p.n), what+" needs an object, this is "+article(v.t), "write "+what+": {name: ${…}}")
	return absentNode{}
}

// attributes compiles the attributes and the switches beside them.
func (c *compiler) attributes(p place, o *objectNode, user []string) {
	for _, k := range []string{"_update_existing_only", "_merge_objects"} {
		c.flag(p.key(k), k, o)
	}
	attrs := p.key("attributes")
	var val *objectNode
	if attrs.n.Kind == config.NodeMap && attrs.n.Get("for_each") == nil {
		val = c.attributeMap(attrs, p, user)
	} else {
		c.report(attrs, 0, "attributes needs a map", "write attributes: {name: ${…}}, or {include: ${…}} for all fields of a record")
		val = &objectNode{}
	}
	if g := p.key("subscription_groups"); g.n != nil {
		val.entries = append(val.entries, newEntry("subscription_groups", c.valueOf(g)))
	}
	o.entries = append(o.entries, entry{val: &attributesNode{val}, name: "attributes"})
}

// attributeMap compiles attributes. A literal null unsets the attribute: there it is written. A key must not come twice
// in the object: not as an attribute and as what names the user, nor here and beside `attributes` in the rule.
func (c *compiler) attributeMap(p, rule place, user []string) *objectNode {
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		switch {
		case slices.Contains(primaryKeys, k.Name):
			c.reportKey(p.path, k, k.Name+" names the user and is no attribute", "put it under user:")
		case slices.Contains(user, k.Name):
			c.reportKey(p.path, k, k.Name+" is among the user's identifiers already: the object would have it twice", "remove it here: Braze sets it on the profile from there")
		case k.Name != "attributes" && slices.Contains(ruleKeys["attributes"], k.Name) && rule.n.Get(k.Name) != nil && strings.HasPrefix(k.Name, "_"),
			k.Name == "subscription_groups" && rule.n.Get(k.Name) != nil:
			c.reportKey(p.path, k, k.Name+" stands beside attributes already", "remove one of the two")
		}
	}
	o, ok := c.objectOf(p, slices.Concat(user, primaryKeys)...).(*objectNode)
	if !ok {
		return &objectNode{}
	}
	for i := range o.entries {
		if _, null := o.entries[i].val.(absentNode); null && p.n.Get(o.entries[i].name) != nil && p.n.Get(o.entries[i].name).Kind == config.NodeNull {
			o.entries[i].val = &constNode{json: []byte("null")}
		}
	}
	return o
}

// flag compiles a boolean switch.
func (c *compiler) flag(p place, name string, o *objectNode) {
	if p.n == nil {
		return
	}
	v, ok := c.scalar(p)
	if !ok {
		return
	}
	if v.t.class != cBool && v.t.class != cAny {
		c.report(p, exprOff(p.n), name+" needs true or false, this is "+article(v.t), "write true or false, or compare: ${… == …}")
		return
	}
	o.entries = append(o.entries, newEntry(name, v.node()))
}
