package mapping

import (
	"encoding/json"
	"fmt"
	"strings"

	"brazebridge/config"
)

// scalarValue is a compiled scalar: a literal, a plain path, an expression or text with holes.
type scalarValue struct {
	t     typ
	konst *constNode // a literal; its type says which
	null  bool       // the literal null
	ref   *ref
	expr  *expression
	text  *textNode
	site  *site
}

// scalar compiles a scalar node; false where it has faults.
func (c *compiler) scalar(p place) (*scalarValue, bool) {
	n := p.n
	site := c.site(p)
	switch n.Kind {
	case config.NodeNull:
		return &scalarValue{t: typ{class: cNil, opt: true}, null: true, site: site}, true
	case config.NodeBool:
		return &scalarValue{t: typ{class: cBool}, konst: &constNode{[]byte(n.Text), n.Text}, site: site}, true
	case config.NodeNumber:
		return c.number(p, site)
	case config.NodeString:
		return c.template(p, site)
	}
	c.report(p, 0, "a single value is needed here, not a map or a list", "write text, a number, true, false, or ${…}")
	return nil, false
}

// number keeps a number as it is written, if JSON can say it so.
func (c *compiler) number(p place, s *site) (*scalarValue, bool) {
	text := p.n.Text
	if !json.Valid([]byte(text)) {
		c.report(p, 0, fmt.Sprintf("%s is no number that JSON can write", text), fmt.Sprintf("quote it, %q, if it is text, or write plain digits", text))
		return nil, false
	}
	t := typ{class: cFloat}
	if !strings.ContainsAny(text, ".eE") {
		t.class = cInt
	}
	return &scalarValue{t: t, konst: &constNode{[]byte(text), text}, site: s}, true
}

// template compiles a string: a literal, exactly one ${…}, or text with holes.
func (c *compiler) template(p place, s *site) (*scalarValue, bool) {
	parts, tf := splitTemplate(p.n.Text)
	if tf != nil {
		c.report(p, tf.off, tf.msg, "close it, or write $${ for a literal ${")
		return nil, false
	}
	if one, ok := single(parts); ok {
		return c.hole(p, one, s)
	}
	c.warnBrace(p, parts)
	if len(parts) == 0 || len(parts) == 1 && !parts[0].isExpr {
		text := ""
		if len(parts) == 1 {
			text = parts[0].lit
		}
		return c.literal(p, text, s)
	}
	return c.textWithHoles(p, parts, s)
}

func (c *compiler) literal(p place, text string, s *site) (*scalarValue, bool) {
	quoted, err := appendString(nil, text)
	if err != nil {
		c.report(p, 0, err.Error(), "save the file as UTF-8")
		return nil, false
	}
	return &scalarValue{t: typ{class: cText}, konst: &constNode{quoted, text}, site: s}, true
}

// hole compiles one ${…}: a plain path to field indexes, anything else for the expression machine.
func (c *compiler) hole(p place, one part, s *site) (*scalarValue, bool) {
	if segs, ok := scanPath(one.expr); ok && !isWord(segs) {
		r, f := c.resolve(segs)
		if f != nil {
			c.report(p, one.off+f.off, f.msg, f.hint)
			return nil, false
		}
		c.noteKey(p, one.off, r)
		return &scalarValue{t: r.t, ref: r, site: s}, true
	}
	e, t := c.compileExpr(p, one.off, one.expr)
	if e == nil {
		return nil, false
	}
	return &scalarValue{t: t, expr: e, site: s}, true
}

// isWord reports whether the path is one of the language's literals.
func isWord(segs []segment) bool {
	if len(segs) != 1 {
		return false
	}
	switch segs[0].name {
	case "true", "false", "nil":
		return true
	}
	return false
}

func (c *compiler) textWithHoles(p place, parts []part, s *site) (*scalarValue, bool) {
	out := &textNode{site: s}
	t := typ{class: cText}
	ok := true
	for _, pt := range parts {
		if !pt.isExpr {
			out.parts = append(out.parts, &constNode{text: pt.lit})
			continue
		}
		v, good := c.hole(p, pt, s)
		if !good {
			ok = false
			continue
		}
		if !c.fitsText(p, pt.off, v, "a hole in text") {
			ok = false
			continue
		}
		t.opt = t.opt || v.t.nullable()
		out.parts = append(out.parts, v.texter())
	}
	return &scalarValue{t: t, text: out, site: s}, ok
}

// fitsText reports whether a value can become text exactly; otherwise it says so.
func (c *compiler) fitsText(p place, off int, v *scalarValue, what string) bool {
	hint := ""
	switch v.t.class {
	case cText, cEnum, cInt, cDecimal, cTime, cDate, cLocal, cBool, cNil:
		return true
	case cAny:
		if len(v.t.alts) == 0 {
			return true
		}
		for _, a := range v.t.alts {
			if one := (&scalarValue{t: typeOf(a)}); one.t.class == cFloat || one.t.class >= cOpaque {
				c.report(p, off, fmt.Sprintf("%s cannot be %s", what, article(v.t)), "pick one type of the union")
				return false
			}
		}
		return true
	case cFloat:
		hint = "a float has no exact text: string(…) makes one of it, int(…) a whole number"
	case cArray:
		hint = `join its elements: join(…, ", ")`
	case cRecord, cMap:
		hint = "name one of its fields"
	}
	c.report(p, off, fmt.Sprintf("%s cannot be %s", what, article(v.t)), hint)
	return false
}

// node writes the value as JSON.
func (v *scalarValue) node() node {
	switch {
	case v.null:
		return absentNode{}
	case v.konst != nil:
		return v.konst
	case v.text != nil:
		return v.text
	case v.ref != nil && v.ref.inRecord():
		return &pathNode{ref: v.ref, site: v.site}
	case v.ref != nil && v.ref.isMeta():
		return &metaNode{ref: v.ref, site: v.site}
	}
	return &anyNode{get: v.source(), round: v.expr != nil && v.expr.round, site: v.site}
}

// texter writes the value as bare text.
func (v *scalarValue) texter() texter {
	if v.null {
		return &constNode{}
	}
	if t, ok := v.node().(texter); ok {
		return t
	}
	return &constNode{}
}

// source computes the value for the expression machine.
func (v *scalarValue) source() func(m *Mapper) (any, error) {
	switch {
	case v.null:
		return func(*Mapper) (any, error) { return nil, nil }
	case v.konst != nil:
		x := literalValue(v)
		return func(*Mapper) (any, error) { return x, nil }
	case v.text != nil:
		return func(m *Mapper) (any, error) {
			out, ok, err := v.text.appendText(m, nil)
			if err != nil || !ok {
				return nil, err
			}
			return string(out), nil
		}
	case v.ref != nil:
		return func(m *Mapper) (any, error) { return m.anyOf(v.ref) }
	}
	return func(m *Mapper) (any, error) { return m.eval(v.expr) }
}

func literalValue(v *scalarValue) any {
	switch v.t.class {
	case cBool:
		return v.konst.text == "true"
	case cInt:
		if n, err := toInt([]any{v.konst.text}); err == nil {
			return n
		}
		fallthrough
	case cFloat:
		if f, err := toFloat([]any{v.konst.text}); err == nil {
			return f
		}
	}
	return v.konst.text
}
