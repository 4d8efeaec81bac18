package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"brazebridge/config"
)

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
		c.warnOddField(p.key("include"), name, &r)
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
		if found := slices.Contains(known, item.Text); !found {
			c.report(place{item, fmt.Sprintf("%s[%d]", p.path, i)}, 0, fmt.Sprintf("unknown field %q", item.Text), cmp.Or(didYouMean(item.Text, known), "known: "+listNames(known)))
			ok = false
		}
		set[item.Text] = true
	}
	return set, ok
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
