package mapping

import (
	"fmt"
	"strings"

	"brazebridge/schema"
)

// follow extends the reference by one segment. so is the path so far, for faults.
func (r *ref) follow(s *segment, so string) *nameFault {
	if r.root == rootNull {
		return nil
	}
	st, t, f := stepInto(r.t, s, so)
	if f != nil {
		return f
	}
	t.opt = t.opt || r.t.opt
	r.steps, r.t = append(r.steps, st), t
	return nil
}

// stepInto finds the step from a value of type t to one of its parts, and the part's type.
func stepInto(t typ, s *segment, so string) (step, typ, *nameFault) {
	if t.class == cAny && t.s == nil && len(t.alts) == 0 {
		return stepIntoAny(s), typ{class: cAny, opt: true}, nil
	}
	if s.isIndex {
		if t.class != cArray {
			return step{}, typ{}, &nameFault{s.off, fmt.Sprintf("%s is %s: only an array has elements by number", so, article(t)), elementHint(t)}
		}
		return step{kind: stepIndex, idx: s.index}, t.elemType().optional(), nil
	}
	if st, ft, ok := stepToField(t, s); ok {
		return st, ft, nil
	}
	if st, bt, f, ok := stepToBranch(t, s, so); ok {
		return st, bt, f
	}
	if kt, ok := t.keys[s.name]; ok {
		return step{kind: stepKey, key: s.name}, kt, nil
	}
	if t.class == cMap && t.keys == nil {
		return step{kind: stepKey, key: s.name}, t.elemType().optional(), nil
	}
	return step{}, typ{}, unknownPart(t, s, so)
}

// stepIntoAny is the step into what is known only when a record is there: JSON that a text holds.
func stepIntoAny(s *segment) step {
	if s.isIndex {
		return step{kind: stepIndex, idx: s.index}
	}
	return step{kind: stepKey, key: s.name}
}

// stepToField is the step to a field; where several records have it, by whichever is there.
func stepToField(t typ, s *segment) (step, typ, bool) {
	recs := t.records()
	if len(recs) == 0 {
		return step{}, typ{}, false
	}
	if t.s != nil {
		i := fieldIndex(t.s, s.name)
		if i < 0 {
			return step{}, typ{}, false
		}
		return step{kind: stepField, idx: i}, typeOf(t.s.Fields[i].Type), true
	}
	st := step{kind: stepPick}
	var branches []*schema.Type
	for _, rec := range recs {
		if i := fieldIndex(rec, s.name); i >= 0 {
			st.picks = append(st.picks, pick{rec, i})
			ft := rec.Fields[i].Type
			if ft.Kind == schema.Union {
				branches = append(branches, ft.Branches...)
			} else {
				branches = append(branches, ft)
			}
		}
	}
	if len(st.picks) == 0 {
		return step{}, typ{}, false
	}
	ft := unionOf(branches, 4)
	ft.opt = ft.opt || len(st.picks) < len(t.alts)
	return st, ft, true
}

// stepToBranch picks one record of a union by its full name, or by its short name where that is unambiguous.
func stepToBranch(t typ, s *segment, so string) (step, typ, *nameFault, bool) {
	var found []*schema.Type
	for _, a := range t.types() {
		if a.Name == "" {
			continue
		}
		if a.Name == s.name {
			found = []*schema.Type{a}
			break
		}
		if shortName(a.Name) == s.name {
			found = append(found, a)
		}
	}
	switch {
	case len(found) == 0:
		return step{}, typ{}, nil, false
	case len(found) > 1:
		names := make([]string, len(found))
		for i, a := range found {
			names[i] = fmt.Sprintf("%s[%q]", so, a.Name)
		}
		return step{}, typ{}, &nameFault{s.off, fmt.Sprintf("%q is ambiguous: %s", s.name, typeNames(found)), "use the full name: " + strings.Join(names, " or ")}, true
	}
	bt := typeOf(found[0])
	bt.opt = len(t.types()) > 1
	return step{kind: stepBranch, picks: []pick{{typ: found[0]}}}, bt, nil, true
}

func typeNames(ts []*schema.Type) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.Name
	}
	return strings.Join(names, " and ")
}

func shortName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// fieldIndex finds a field by its name, or by an alias that no field bears as its name.
func fieldIndex(rec *schema.Type, name string) int {
	for i := range rec.Fields {
		if rec.Fields[i].Name == name {
			return i
		}
	}
	for i := range rec.Fields {
		for _, a := range rec.Fields[i].Aliases {
			if a == name {
				return i
			}
		}
	}
	return -1
}

// unknownPart is the fault of a name that the value does not have.
func unknownPart(t typ, s *segment, so string) *nameFault {
	recs := t.records()
	if len(recs) == 0 {
		return &nameFault{s.off, fmt.Sprintf("%s is %s and has no %q", so, article(t), s.name), partsHint(t, s, so)}
	}
	var names []string
	for _, rec := range recs {
		for i := range rec.Fields {
			names = append(names, rec.Fields[i].Name)
		}
	}
	hint := fieldHint(s.name, names, so)
	if hint == "" {
		hint = "it has " + listNames(names)
	}
	return &nameFault{s.off, fmt.Sprintf("%s has no field %q", orRecord(so), s.name), hint}
}

func orRecord(so string) string {
	if so == "" {
		return "record"
	}
	return so
}

// article puts the fitting article before the name of a type.
func article(t typ) string {
	name := t.String()
	if name == "text" || name == "bytes" || name == "null" || strings.HasPrefix(name, "any") || strings.HasPrefix(name, "text ") {
		return name
	}
	if strings.IndexByte("aeiouA", name[0]) >= 0 {
		return "an " + name
	}
	return "a " + name
}
