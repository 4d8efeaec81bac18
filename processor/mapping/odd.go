package mapping

import (
	"brazebridge/schema"
)

// oddFault refuses a value whose logical type was ignored where its base type says nothing of what the producer means:
// the bytes of a decimal would go out as base64. Where the base is a number or text, the value is at least that.
func oddFault(t typ, off int, name string) *nameFault {
	if t.s == nil || t.s.Odd == "" || t.s.Kind != schema.Bytes && t.s.Kind != schema.Fixed {
		return nil
	}
	return &nameFault{off, name + " is bytes without a meaning: its logical type is invalid and ignored (" + t.s.Odd + ")",
		"correct the type in the producer's schema, or leave the field out of the mapping"}
}

// warnOdd warns of such fields inside a value that is copied whole.
func (c *compiler) warnOdd(p place, v *scalarValue) {
	if v.ref == nil || v.t.s != nil && v.t.s.Odd != "" {
		return
	}
	for _, t := range v.t.types() {
		if path, why := oddInside(t, map[*schema.Type]bool{}); path != "" {
			c.warn(p, exprOff(p.n), "what is copied holds "+path+" of an invalid logical type, which is ignored ("+why+"): it goes out as base64", "spell out the fields that you need, or correct the type in the producer's schema")
			return
		}
	}
}

// warnOddField warns of a field that include adds, where it is or holds such bytes.
func (c *compiler) warnOddField(p place, name string, r *ref) {
	why := ""
	for _, t := range r.t.types() {
		if why = oddType(t); why == "" {
			_, why = oddInside(t, map[*schema.Type]bool{})
		}
		if why != "" {
			c.warn(p, 0, "the field "+name+" has an invalid logical type, which is ignored ("+why+"): it goes out as base64", "leave it out: exclude: ["+name+"]")
			return
		}
	}
}

// oddInside finds a field of bytes with an invalid logical type, at any depth.
func oddInside(t *schema.Type, seen map[*schema.Type]bool) (path, why string) {
	if t == nil || seen[t] {
		return "", ""
	}
	seen[t] = true
	for i := range t.Fields {
		f := &t.Fields[i]
		if why := oddType(f.Type); why != "" {
			return "the field " + f.Name, why
		}
		if path, why := oddInside(f.Type, seen); path != "" {
			return path, why
		}
	}
	for _, b := range t.Branches {
		if path, why := oddInside(b, seen); path != "" {
			return path, why
		}
	}
	if why := oddType(t.Elem); why != "" {
		return "elements", why
	}
	return oddInside(t.Elem, seen)
}

// oddType is why the values of a type mean nothing: of itself, or of a branch of it.
func oddType(t *schema.Type) string {
	if t == nil {
		return ""
	}
	if t.Kind == schema.Bytes || t.Kind == schema.Fixed {
		return t.Odd
	}
	for _, b := range t.Branches {
		if (b.Kind == schema.Bytes || b.Kind == schema.Fixed) && b.Odd != "" {
			return b.Odd
		}
	}
	return ""
}
