package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"brazebridge/config"
	"brazebridge/sink"
)

// ecommerce holds the properties of a recommended eCommerce event against Braze's schema of it, as far as they are
// spelled out: Braze drops such an event whole where one property is missing, unknown or of the wrong type, so a mapping
// that can only make such events is wrong before the first record.
func (c *compiler) ecommerce(rule, props place, event string) {
	fields := sink.EcommerceFields(event)
	if fields == nil {
		return
	}
	if props.n == nil || props.n.Kind == config.NodeNull {
		c.report(rule, 0, event+" needs properties: Braze drops such an event without them", "add properties: {"+requiredNames(fields)+"}")
		return
	}
	if props.n.Kind != config.NodeMap {
		return
	}
	if event == "ecommerce.cart_updated" && cartKinds(props.n.Get("action"))&cartWhole != 0 {
		for i := range fields {
			fields[i].Required = fields[i].Required || fields[i].Name == "total_value"
		}
	}
	if c.onCheck != config.OnCheckRepair {
		c.noOtherKeys(props, fields, event)
	}
	c.fields(props, fields, event)
}

func requiredNames(fields []sink.EcommerceField) string {
	var names []string
	for _, f := range fields {
		if f.Required {
			names = append(names, f.Name+": …")
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// noOtherKeys refuses properties that the event does not have.
func (c *compiler) noOtherKeys(props place, fields []sink.EcommerceField, event string) {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	for i := range props.n.Keys {
		k := &props.n.Keys[i]
		if slices.Contains(names, k.Name) || props.n.Get("include") != nil && (k.Name == "include" || k.Name == "exclude" || k.Name == "rename") {
			continue
		}
		hint := cmp.Or(didYouMean(k.Name, names), "put it under metadata: {"+k.Name+": …}")
		if !slices.Contains(names, "metadata") {
			hint = "known: " + listNames(names)
		}
		c.reportKey(props.path, k, fmt.Sprintf("%s has no property %q: Braze drops an event that has others", event, k.Name), hint)
	}
}

// fields checks what is spelled out of an object: that it is there, and of the right type.
func (c *compiler) fields(p place, fields []sink.EcommerceField, of string) {
	var missing []string
	for _, f := range fields {
		v := p.key(f.Name)
		if v.n == nil || v.n.Kind == config.NodeNull {
			if f.Required && p.n.Get("include") == nil {
				missing = append(missing, f.Name)
			}
			continue
		}
		c.field(v, f, of)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		c.report(p, 0, fmt.Sprintf("%s needs %s: Braze drops an event without", of, strings.Join(missing, ", ")), "add "+missing[0]+": …")
	}
}

// field checks one property.
func (c *compiler) field(p place, f sink.EcommerceField, of string) {
	switch {
	case p.n.Kind == config.NodeMap && p.n.Get("for_each") != nil:
		if f.Is != sink.FieldArray {
			c.wrongField(p, f, of, "an array", "")
		} else if f.Name == "products" {
			c.product(p)
		}
		return
	case p.n.Kind == config.NodeMap:
		if f.Is != sink.FieldObject {
			c.wrongField(p, f, of, "an object", "")
		}
		return
	case p.n.Kind == config.NodeList:
		if f.Is != sink.FieldArray {
			c.wrongField(p, f, of, "an array", "")
			return
		}
		for i, item := range p.n.Items {
			if f.Name == "products" && item.Kind == config.NodeMap {
				c.fields(place{item, fmt.Sprintf("%s[%d]", p.path, i)}, sink.EcommerceProductFields(), "a product of "+of)
			}
		}
		return
	}
	v := c.quiet(p)
	if v == nil {
		return
	}
	if text := "a null"; f.Required && v.t.nullable() && v.t.class != cAny && !c.tombstone {
		if v.ref != nil {
			text = v.ref.text
		}
		c.warn(p, exprOff(p.n), fmt.Sprintf("%s may be null, and %s needs %s: such a record goes to the dead-letter topic", text, of, f.Name),
			"give a default, ${"+exprText(p.n)+" ?? …}, or leave such records out with when")
	}
	c.fieldType(p, v, f, of)
}

// product checks the products that a for_each makes, inside its scope.
func (c *compiler) product(p place) {
	val := p.key("value")
	if val.n == nil || val.n.Kind != config.NodeMap || val.n.Get("for_each") != nil {
		return
	}
	var end func()
	c.silently(func() { _, end = c.loop(p) })
	defer end()
	c.fields(val, sink.EcommerceProductFields(), "a product")
}

// fieldType reports a value that Braze would refuse whatever the record holds.
func (c *compiler) fieldType(p place, v *scalarValue, f sink.EcommerceField, of string) {
	name := exprText(p.n)
	t := v.t
	good, hint := true, ""
	if t.class == cAny || t.class == cNil {
		return
	}
	structured := t.class == cArray || t.class == cMap || t.class == cRecord
	switch f.Is {
	case sink.FieldText, sink.FieldAction:
		good = !structured && !t.numeric() && t.class != cBool
		hint = "make it text: ${string(" + name + ")}"
		if v.konst != nil {
			hint = fmt.Sprintf("quote it: %q", v.konst.text)
		}
		if good && f.Is == sink.FieldAction && v.konst != nil && !slices.Contains([]string{"add", "remove", "replace"}, v.konst.text) {
			c.report(p, 0, fmt.Sprintf("%s has no action %q", of, v.konst.text), "write add, remove or replace")
			return
		}
	case sink.FieldAmount:
		good = t.numeric()
		hint = "turn it into a number: ${decimal(" + name + ")}"
		if v.konst != nil {
			hint = "write the number without quotes"
		}
	case sink.FieldInteger:
		good = t.class == cInt || scaleless(t)
		hint = "make it whole: ${int(" + name + ")}"
		if v.konst != nil {
			hint = "write a whole number without quotes"
		}
	case sink.FieldObject:
		good = t.class == cMap || t.class == cRecord
		hint = "write a map: " + f.Name + ": {name: ${…}}"
	case sink.FieldArray:
		good = t.class == cArray
		hint = "write " + f.Name + ": {for_each: ${…}, value: {…}}"
	}
	if structured && f.Is != sink.FieldObject && f.Is != sink.FieldArray || !t.textual() && !t.numeric() && f.Is == sink.FieldInteger {
		hint = ""
	}
	if !good {
		c.wrongField(p, f, of, article(t), hint)
	}
}

func (c *compiler) wrongField(p place, f sink.EcommerceField, of, is, hint string) {
	off := 0
	if p.n.Kind == config.NodeString {
		off = exprOff(p.n)
	}
	c.report(p, off, fmt.Sprintf("%s of %s is %s for Braze, this is %s", f.Name, of, f.Is, is), hint)
}

// quiet types a scalar that is compiled already; nil where it has faults, which are told already.
func (c *compiler) quiet(p place) (v *scalarValue) {
	c.silently(func() {
		if n := c.templateSet(p.n); n != nil {
			return
		}
		if got, ok := c.scalar(p); ok {
			v = got
		}
	})
	return v
}

// silently compiles something a second time and keeps nothing of it: no fault, no warning, no expression.
func (c *compiler) silently(f func()) {
	faults, warnings, exprs, values := len(c.faults), len(c.warnings), c.prog.exprs, c.values
	f()
	c.faults, c.warnings, c.prog.exprs, c.values = c.faults[:faults], c.warnings[:warnings], exprs, values
}
