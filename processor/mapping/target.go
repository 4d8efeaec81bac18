package mapping

import (
	"cmp"
	"fmt"

	"brazebridge/config"
	"brazebridge/schema"
)

// appID is what an optional text is called in faults.
const appID = "an app id"

// text compiles a value that Braze takes as text: a name, an identifier, a product id. It returns the text where it is a literal.
func (c *compiler) text(p place, what string) (n node, literal string) {
	if p.n == nil {
		return absentNode{}, ""
	}
	v, ok := c.scalar(p)
	if !ok {
		return absentNode{}, ""
	}
	if v.null || v.konst != nil && v.konst.text == "" {
		c.report(p, 0, what+" cannot be empty", "write it, or name a field: ${…}")
		return absentNode{}, ""
	}
	if v.konst != nil && v.t.class != cBool {
		quoted, err := appendString(nil, v.konst.text)
		if err != nil {
			return absentNode{}, ""
		}
		c.refusedLiteral(p, what, quoted)
		return &constNode{json: quoted}, v.konst.text
	}
	if v.t.class == cBool {
		c.report(p, exprOff(p.n), what+" cannot be a boolean", "name a text or a whole number; quote true and false where they are meant as text")
		return absentNode{}, ""
	}
	if !c.fitsText(p, exprOff(p.n), v, what) {
		return absentNode{}, ""
	}
	if what != appID {
		c.warnNull(p, v, what)
	}
	return &quotedNode{text: v.texter(), site: c.site(p)}, ""
}

// warnNull warns of a value that is required and may be null: such a record is a fault of the data, not of the mapping.
func (c *compiler) warnNull(p place, v *scalarValue, what string) {
	if !v.t.nullable() || c.tombstone || v.t.class == cAny && len(v.t.alts) == 0 {
		return
	}
	name := what
	if v.ref != nil {
		name = v.ref.text
	}
	c.warn(p, exprOff(p.n), fmt.Sprintf("%s may be null, and %s is required: a record without it goes to the dead-letter topic", name, what),
		warnNullHint(v, what))
}

// warnNullHint says what to do about records without a required value. A default for an identifier would put everybody
// into one profile.
func warnNullHint(v *scalarValue, what string) string {
	if v.ref == nil {
		return "give a default, ${… ?? …}, or leave such records out with when"
	}
	if what == "an identifier" {
		return "leave such records out, when: ${" + v.ref.text + " != nil}, or let another identifier follow: user: [{…}, {…}]"
	}
	return "give a default, ${" + v.ref.text + " ?? …}, or leave such records out: when: ${" + v.ref.text + " != nil}"
}

// numberFor compiles price and quantity.
func (c *compiler) numberFor(p place, what string, whole bool) node {
	v, ok := c.scalar(p)
	if !ok {
		return absentNode{}
	}
	good := v.t.numeric()
	hint := ""
	if good && v.konst != nil {
		c.refusedLiteral(p, what, v.konst.json)
	}
	switch {
	case v.t.class == cAny && len(v.t.alts) == 0 || v.t.class == cNil && c.tombstone:
		good = true
	case v.t.textual():
		hint = fmt.Sprintf("turn it into a number: ${decimal(%s)}", exprText(p.n))
		if v.konst != nil {
			hint = cmp.Or(c.meantHint(v.konst.text, true), "write the number without quotes")
		} else if whole {
			hint = fmt.Sprintf("turn it into a number: ${int(%s)}", exprText(p.n))
		}
	case whole && good && v.t.class != cInt && !scaleless(v.t):
		good = false
		hint = fmt.Sprintf("make it whole: ${int(%s)}", exprText(p.n))
	}
	if !good {
		kind := "number"
		if whole {
			kind = "integer"
		}
		c.report(p, exprOff(p.n), fmt.Sprintf("%s needs %s, this is %s", what, articleFor(kind), article(v.t)), hint)
		return absentNode{}
	}
	switch {
	case !whole:
		c.warnNull(p, v, "a price")
	case v.t.nullable() && v.t.class != cNil && v.t.class != cAny:
		c.warn(p, exprOff(p.n), "quantity may be null: Braze then counts 1", "say so: ${"+parenthesised(p.n, v)+" ?? 1}")
	}
	return v.node()
}

func scaleless(t typ) bool {
	return t.class == cDecimal && t.s != nil && t.s.Kind == schema.Decimal && t.s.Scale == 0
}

func articleFor(kind string) string {
	if kind == "integer" {
		return "an integer"
	}
	return "a " + kind
}

// exprText is the inside of the node's one expression.
func exprText(n *config.Node) string {
	parts, f := splitTemplate(n.Text)
	if f != nil {
		return "…"
	}
	if one, ok := single(parts); ok && len(one.expr) <= 60 {
		return one.expr
	}
	return "…"
}

// parenthesised is the node's one expression, in parentheses unless it is a path.
func parenthesised(n *config.Node, v *scalarValue) string {
	if v.ref != nil {
		return exprText(n)
	}
	return "(" + exprText(n) + ")"
}

// time compiles the time of an event or purchase.
func (c *compiler) time(p place) node {
	v, ok := c.scalar(p)
	if !ok {
		return absentNode{}
	}
	if v.konst != nil && v.t.class == cText {
		c.refusedLiteral(p, "a time", v.konst.json)
		return v.konst
	}
	switch v.t.class {
	case cTime, cText, cAny, cNil:
	case cDate:
		c.warnNull(p, v, "a time")
		return &midnightNode{get: v.source(), site: c.site(p)}
	case cInt:
		c.report(p, exprOff(p.n), "time needs a timestamp, this is an integer",
			fmt.Sprintf("say what it counts: ${fromMillis(%s)} or ${fromSeconds(%s)}", exprText(p.n), exprText(p.n)))
		return absentNode{}
	case cLocal:
		c.report(p, exprOff(p.n), "time needs an instant, this is a local timestamp, without a zone",
			fmt.Sprintf(`say where: ${inZone(%s, "Europe/Berlin")}`, exprText(p.n)))
		return absentNode{}
	default:
		c.report(p, exprOff(p.n), "time needs a timestamp, this is "+article(v.t), "name a timestamp, a date, or text in ISO 8601")
		return absentNode{}
	}
	c.warnNull(p, v, "a time")
	return v.node()
}

// midnightNode writes a date as the instant of its midnight in UTC.
type midnightNode struct {
	get  func(m *Mapper) (any, error)
	site *site
}

func (n *midnightNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	v, err := n.get(m)
	if err != nil || v == nil {
		return dst, false, err
	}
	t, ok := instant(v)
	if !ok {
		return dst, false, n.site.wrap(errType)
	}
	out, ok, err := m.appendAny(dst, t, false)
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	return out, ok, nil
}
