package mapping

import (
	"fmt"
	"strings"
	"unicode"

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
	loops, sets, warned := c.loops, c.sets, len(c.warnings)
	c.loops, c.sets = hidden, s.before
	out = c.valueOf(s.spelled)
	c.loops, c.sets, c.warnings = loops, sets, c.warnings[:warned]
	return out
}

// exprOff is where the first expression of a node begins.
func exprOff(n *config.Node) int {
	if i := strings.Index(n.Text, "${"); i >= 0 && n.Kind == config.NodeString {
		return i + 2
	}
	return 0
}

// objectOf compiles a map: its keys, and the fields that include adds.
func (c *compiler) objectOf(p place) node {
	o := &objectNode{keep: len(p.n.Keys) == 0}
	own := map[string]bool{}
	including := p.n.Get("include") != nil
	for i := range p.n.Keys {
		own[p.n.Keys[i].Name] = true
	}
	if including {
		o.entries = c.included(p, own)
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
		if n := len(out); n > 0 && out[n-1].name == mergedName {
			prev := out[n-1].val.(*constNode)
			prev.json = append(append(prev.json, ','), piece...)
			continue
		}
		out = append(out, entry{name: mergedName, val: &constNode{json: piece}})
	}
	return out
}

// mergedName marks entries that have been joined; no key is empty.
const mergedName = ""

// arrayOf compiles {for_each, when, value}.
func (c *compiler) arrayOf(p place) node {
	for i := range p.n.Keys {
		switch k := &p.n.Keys[i]; k.Name {
		case "for_each", "as", "when", "value":
		default:
			c.reportKey(p.path, k, fmt.Sprintf("unknown key %q beside for_each", k.Name), or(didYouMean(k.Name, []string{"as", "when", "value"}), "known: for_each, as, when, value"))
		}
	}
	l, close := c.loop(p)
	defer close()
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

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// loop compiles for_each, as and when of a map, and opens the scope of their names; close ends it. The loop is nil where it has faults.
func (c *compiler) loop(p place) (l *loop, close func()) {
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
	c.loops = append(c.loops, lv)
	c.prog.loops = max(c.prog.loops, len(c.loops))
	when := c.when(p.key("when"))
	if l != nil {
		l.when = when
	}
	return l, func() { c.loops = c.loops[:len(c.loops)-1] }
}

func (c *compiler) isList(p place, v *scalarValue) bool {
	if v.t.class == cArray || v.t.class == cNil || v.t.class == cAny && len(v.t.alts) == 0 {
		return true
	}
	hint := "name an array field"
	if v.t.class == cMap {
		hint = "go through its values, values(…), or its keys, keys(…)"
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

// when compiles a condition; nil where there is none or it has faults.
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
		c.report(p, off, "when needs a boolean, this is "+article(v.t), "compare it with something: ==, !=, > …")
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
	return cond
}

// included compiles include, exclude and rename: all fields of a record, or some, under their own names.
func (c *compiler) included(p place, own map[string]bool) []entry {
	base, names, ok := c.includeSource(p.key("include"))
	if !ok {
		return nil
	}
	excluded, ok := c.nameList(p.key("exclude"), names)
	if !ok {
		return nil
	}
	rename := c.renaming(p.key("rename"))
	var out []entry
	seen := map[string]string{}
	for _, name := range names {
		if excluded[name] {
			continue
		}
		key := rename(name)
		if own[key] {
			continue
		}
		if first, twice := seen[key]; twice {
			c.report(p.key("rename"), 0, fmt.Sprintf("fields %s and %s both become %s", first, name, key), "exclude one of them")
			continue
		}
		seen[key] = name
		r := *base
		r.steps = r.steps[:len(r.steps):len(r.steps)]
		if f := r.follow(&segment{name: name}, base.text); f != nil {
			continue
		}
		v := &scalarValue{t: r.t, ref: &r, site: c.site(place{p.n, join(p.path, key)})}
		out = append(out, newEntry(key, v.node()))
	}
	return out
}

// includeSource reads include: all, a list of fields, or ${a record}.
func (c *compiler) includeSource(p place) (base *ref, names []string, ok bool) {
	base = &ref{root: rootRecord, t: c.rootType, text: "record"}
	if c.tombstone {
		return base, nil, true
	}
	switch {
	case p.n.Kind == config.NodeString && p.n.Text == "all":
	case p.n.Kind == config.NodeList:
		set, ok := c.nameList(p, fieldNames(c.rootType))
		for _, n := range fieldNames(c.rootType) {
			if set[n] {
				names = append(names, n)
			}
		}
		return base, names, ok
	case p.n.Kind == config.NodeString && strings.Contains(p.n.Text, "${"):
		v, good := c.scalar(p)
		if !good {
			return nil, nil, false
		}
		if v.ref == nil || len(v.t.records()) == 0 {
			c.report(p, exprOff(p.n), "include needs a record, this is "+article(v.t), "name a field that is a record, or write include: all")
			return nil, nil, false
		}
		base = v.ref
	default:
		c.report(p, 0, "include needs all, a list of fields, or a record", "write include: all, include: [a, b] or include: ${customer}")
		return nil, nil, false
	}
	return base, fieldNames(base.t), true
}

func fieldNames(t typ) []string {
	var names []string
	seen := map[string]bool{}
	for _, rec := range t.records() {
		for i := range rec.Fields {
			if name := rec.Fields[i].Name; !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// nameList reads a list of field names.
func (c *compiler) nameList(p place, known []string) (map[string]bool, bool) {
	set := map[string]bool{}
	if p.n == nil {
		return set, true
	}
	if p.n.Kind != config.NodeList {
		c.report(p, 0, "a list of field names is needed", "write [a, b]")
		return nil, false
	}
	ok := true
	for i, item := range p.n.Items {
		if found := contain(known, item.Text); !found {
			c.report(place{item, fmt.Sprintf("%s[%d]", p.path, i)}, 0, fmt.Sprintf("unknown field %q", item.Text), or(didYouMean(item.Text, known), "known: "+listNames(known)))
			ok = false
		}
		set[item.Text] = true
	}
	return set, ok
}

func contain(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func (c *compiler) renaming(p place) func(string) string {
	if p.n == nil {
		return func(s string) string { return s }
	}
	if p.n.Text != "snake_case" {
		c.report(p, 0, "rename knows snake_case only", "write rename: snake_case, or leave it out")
	}
	return snakeCase
}

// snakeCase turns orderId, OrderID and order-id into order_id.
func snakeCase(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		switch {
		case r == '-' || r == '.' || r == ' ' || r == '_':
			b.WriteByte('_')
			continue
		case unicode.IsUpper(r) && i > 0 && rs[i-1] != '_' && rs[i-1] != '-':
			next := i+1 < len(rs) && unicode.IsLower(rs[i+1])
			if !unicode.IsUpper(rs[i-1]) || next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
