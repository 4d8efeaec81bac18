package mapping

import (
	"cmp"
	"fmt"

	"brazebridge/config"
)

// loop compiles for_each, as and when of a map, and opens the scope of their names; end closes it. The loop is nil where it has faults.
func (c *compiler) loop(p place) (l *loop, end func()) {
	src := p.key("for_each")
	lv := loopVar{t: typ{class: cAny}}
	v, ok := c.scalar(src)
	if ok {
		ok = c.isList(src, v)
	}
	if ok {
		l = &loop{depth: len(c.loops), site: c.site(src)}
		lv.t = v.t.elemType()
		if v.ref != nil && v.ref.inRecord() {
			l.ref = v.ref
		} else {
			l.list, lv.dyn = v.source(), true
		}
	}
	lv.name = c.loopName(p)
	known := c.known
	c.known = c.known.without("item", lv.name)
	c.loops = append(c.loops, lv)
	c.prog.loops = max(c.prog.loops, len(c.loops))
	when := c.when(p.key("when"))
	if l != nil {
		l.when = when
	}
	return l, func() { c.loops, c.known = c.loops[:len(c.loops)-1], known }
}

func (c *compiler) isList(p place, v *scalarValue) bool {
	if v.t.class == cArray || v.t.class == cNil || v.t.class == cAny && len(v.t.alts) == 0 {
		return true
	}
	hint := "name an array field"
	if v.konst != nil {
		hint = cmp.Or(c.meantHint(v.konst.text, true), hint)
	}
	if v.t.class == cMap {
		list := exprText(p.n) + defaultMap(v.t)
		hint = fmt.Sprintf("go through its values, ${values(%s)}, or its keys, ${keys(%s)} with as: key, where a value is %s[key]", list, list, exprText(p.n))
	}
	c.report(p, exprOff(p.n), "for_each goes through an array, not "+article(v.t), hint)
	return false
}

func (c *compiler) loopName(p place) string {
	as := p.key("as")
	if as.n == nil {
		return ""
	}
	name, next := scanName(as.n.Text, 0)
	if as.n.Kind != config.NodeString || name == "" || next != len(as.n.Text) {
		c.report(as, 0, "as needs a name", "write a plain word: as: line")
		return ""
	}
	if name == "kafka" || name == "record" {
		c.report(as, 0, name+" is a built-in name", "take another name")
		return ""
	}
	return name
}

func defaultMap(t typ) string {
	if t.opt {
		return " ?? {}"
	}
	return ""
}
