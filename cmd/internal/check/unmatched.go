package check

import (
	"fmt"
	"slices"
	"strings"

	"brazebridge/config"
	"brazebridge/schema"
)

// unmatched warns of rules for record types that none of the topic's schemas has: they are left out of every program, so
// nothing in them was checked, and they make nothing.
func (c *checker) unmatched(t *config.Topic, looked []*schema.Schema) {
	var types []*schema.Type
	for _, s := range looked {
		types = append(types, s.Root.Records()...)
	}
	for i, rule := range t.Send.Items {
		n := rule.Get("record")
		if n == nil {
			continue
		}
		path, items := fmt.Sprintf("topics.%s.send[%d].record", t.Name, i), []*config.Node{n}
		if n.Kind == config.NodeList {
			items = n.Items
		}
		for _, item := range items {
			isNamed := func(r *schema.Type) bool { return named(r, item.Text) }
			if item.Kind != config.NodeString || slices.ContainsFunc(types, isNamed) {
				continue
			}
			c.add(nil, config.Faults{{
				File: item.Pos.File, Line: item.Pos.Line, Column: item.Pos.Column, Path: path, Topic: t.Name,
				Message: "no schema of this topic is of record type " + item.Text + ": this rule was not checked, and makes nothing",
				Hint:    typeHint(item.Text, types),
			}})
		}
	}
}

// named tells whether a mapping may call a record type so: by its full name, an alias, or its short name.
func named(r *schema.Type, name string) bool {
	return r.Name == name || shortName(r.Name) == name || slices.Contains(r.Aliases, name)
}

func shortName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// typeHint proposes the type that was meant: one inside a field, which a condition tells from others, or one of a similar name.
func typeHint(name string, types []*schema.Type) string {
	var names []string
	for _, r := range types {
		for i := range r.Fields {
			f := &r.Fields[i]
			for _, b := range append([]*schema.Type{f.Type}, f.Type.Branches...) {
				if b.Kind == schema.Record && named(b, name) {
					return fmt.Sprintf("the field %s is of this type, not the record; for records with it, when: ${typeName(%s) == %q}", f.Name, f.Name, b.Name)
				}
			}
		}
		names = append(names, r.Name, shortName(r.Name))
	}
	if near := config.DidYouMean(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(types) == 1 {
		return "its records are of type " + types[0].Name
	}
	return ""
}
