package mapping

import (
	"cmp"
	"fmt"
	"strings"

	"brazebridge/config"
)

// maxValues bounds a mapping: a named value may hold another one twice, and so on.
const maxValues = 50000

// valueOf compiles any value of properties or attributes: a scalar, a map, a list, for_each, include. It is never nil.
func (c *compiler) valueOf(p place) node {
	if c.values++; c.values > maxValues {
		if c.values == maxValues+1 {
			c.report(p, 0, "the mapping has more than 50000 values", "named values that hold each other multiply: spell out less in set")
		}
		return absentNode{}
	}
	switch p.n.Kind {
	case config.NodeMap:
		if p.n.Get("for_each") != nil {
			return c.arrayOf(p)
		}
		return c.objectOf(p)
	case config.NodeList:
		l := &listNode{}
		for i, item := range p.n.Items {
			l.elems = append(l.elems, c.valueOf(place{item, fmt.Sprintf("%s[%d]", p.path, i)}))
		}
		return l
	}
	return c.scalarNode(p)
}

func (c *compiler) scalarNode(p place) node {
	if n := c.templateSet(p.n); n != nil {
		return n
	}
	v, ok := c.scalar(p)
	if !ok {
		return absentNode{}
	}
	if v.t.class == cDuration {
		c.report(p, exprOff(p.n), "a duration is no value for Braze", "write its seconds: seconds(…)")
	}
	c.warnOdd(p, v)
	c.warnLiteral(p, v)
	return v.node()
}

// templateSet is the map or list that a value names whole, where `set` spells one out. It is compiled anew for every
// use: its own loops must not be those around the use.
func (c *compiler) templateSet(n *config.Node) node {
	if n.Kind != config.NodeString || !strings.HasPrefix(n.Text, "${") || !strings.HasSuffix(n.Text, "}") {
		return nil
	}
	s, ok := c.sets[strings.TrimSpace(n.Text[2:len(n.Text)-1])]
	if !ok || s.spelled.n == nil {
		return nil
	}
	c.faults = append(c.faults, s.faults...)
	s.faults = nil
	if s.broken {
		return absentNode{}
	}
	hidden := make([]loopVar, len(c.loops))
	for i := range hidden {
		hidden[i].hidden = true
	}
	var out node
	loops, sets, known, warned := c.loops, c.sets, c.known, len(c.warnings)
	c.loops, c.sets, c.known = hidden, s.before, facts{}
	out = c.valueOf(s.spelled)
	c.loops, c.sets, c.known, c.warnings = loops, sets, known, c.warnings[:warned]
	return out
}

// exprOff is where the first expression of a node begins.
func exprOff(n *config.Node) int {
	if i := strings.Index(n.Text, "${"); i >= 0 && n.Kind == config.NodeString {
		return i + 2
	}
	return 0
}

// objectOf compiles a map: its keys, and the fields that include adds unless their names are taken.
func (c *compiler) objectOf(p place, taken ...string) node {
	o := &objectNode{keep: len(p.n.Keys) == 0}
	own := map[string]bool{}
	for _, name := range taken {
		own[name] = true
	}
	including := p.n.Get("include") != nil
	for i := range p.n.Keys {
		own[p.n.Keys[i].Name] = true
	}
	if including {
		o.entries = c.included(p, own)
	} else {
		c.warnWithoutInclude(p)
	}
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		if including && (k.Name == "include" || k.Name == "exclude" || k.Name == "rename") {
			continue
		}
		o.entries = append(o.entries, c.entry(k, c.valueOf(place{k.Value, join(p.path, k.Name)})))
	}
	o.entries = mergeConstants(o.entries)
	return o
}

func (c *compiler) entry(k *config.Key, val node) entry { return newEntry(k.Name, val) }

func newEntry(name string, val node) entry {
	key, err := appendString(nil, name)
	if err != nil {
		key, _ = appendString(nil, strings.ToValidUTF8(name, "\uFFFD"))
	}
	return entry{key: append(key, ':'), name: name, val: val}
}

// mergeConstants joins neighbouring entries that are the same for every record into one piece of text.
func mergeConstants(in []entry) []entry {
	var out []entry
	for _, e := range in {
		k, isConst := e.val.(*constNode)
		if !isConst {
			out = append(out, e)
			continue
		}
		piece := append(append([]byte{}, e.key...), k.json...)
		if n := len(out); n > 0 && out[n-1].merged {
			prev := out[n-1].val.(*constNode)
			prev.json = append(append(prev.json, ','), piece...)
			continue
		}
		out = append(out, entry{merged: true, val: &constNode{json: piece}})
	}
	return out
}

// arrayOf compiles {for_each, when, value}.
func (c *compiler) arrayOf(p place) node {
	for i := range p.n.Keys {
		switch k := &p.n.Keys[i]; k.Name {
		case "for_each", "as", "when", "value":
		default:
			c.reportKey(p.path, k, fmt.Sprintf("unknown key %q beside for_each", k.Name), cmp.Or(didYouMean(k.Name, []string{"as", "when", "value"}), "known: for_each, as, when, value"))
		}
	}
	l, end := c.loop(p)
	defer end()
	val := p.key("value")
	if val.n == nil {
		c.report(place{p.n, p.path}, 0, "for_each without value", "add value: what each element becomes")
		return absentNode{}
	}
	n := c.valueOf(val)
	if l == nil {
		return absentNode{}
	}
	return &loopNode{loop: l, value: n}
}

// when compiles a condition; nil where there is none or it has faults. What it proves is known from there on: the caller
// ends that with the scope that the condition guards.
func (c *compiler) when(p place) *condition {
	if p.n == nil {
		return nil
	}
	v, ok := c.scalar(p)
	if !ok {
		return nil
	}
	off := exprOff(p.n)
	switch {
	case v.t.class == cNil || v.t.class == cAny && len(v.t.alts) == 0:
	case v.konst != nil && v.t.class == cText:
		c.report(p, 0, "when is text, not a condition", "write the condition as an expression: when: ${"+v.konst.text+"}")
		return nil
	case v.t.class != cBool:
		hint := "compare it with something: ==, !=, > …"
		if v.t.class == cEnum && v.t.s != nil && v.ref != nil && len(v.t.s.Symbols) > 0 {
			hint = fmt.Sprintf("compare it: ${%s == %q}", v.ref.text, v.t.s.Symbols[0])
		}
		if v.t.class == cArray && v.ref != nil {
			hint = "ask whether it holds anything: ${len(" + v.ref.text + defaultList(v.t) + ") > 0}"
		}
		c.report(p, off, "when needs a boolean, this is "+article(v.t), hint)
		return nil
	case v.t.opt:
		name := exprText(p.n)
		if v.ref == nil {
			name = "(" + name + ")"
		}
		c.report(p, off, "when may be null", "say what a null means: ${"+name+" ?? false}")
		return nil
	}
	cond := &condition{site: c.site(p)}
	switch {
	case v.konst != nil:
		cond.konst = v.konst.text == "true"
	case v.ref != nil && v.ref.inRecord():
		cond.ref = v.ref
	default:
		cond.source = v.source()
	}
	if v.expr != nil {
		c.known = c.known.clone()
		c.known.assume(c.proven(p))
	}
	return cond
}

func defaultList(t typ) string {
	if t.opt {
		return " ?? []"
	}
	return ""
}
