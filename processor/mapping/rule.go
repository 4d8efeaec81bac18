package mapping

import (
	"slices"

	"brazebridge/schema"
	"brazebridge/sink"
)

// maxItems bounds the objects of one record.
const maxItems = 10000

const (
	errItems = plainError("more than 10000 objects from one record")
	errUser  = plainError("no user: every identifier is null or empty")
)

// rule is one entry of `send`.
type rule struct {
	kind sink.Kind
	// records are the record types of a union that the rule is for; nil: it is for whatever there is.
	records []*schema.Type
	when    *condition
	loop    *loop // nil: once for a record
	obj     *objectNode
	site    *site
}

// run appends the rule's objects to the output.
func (r *rule) run(m *Mapper, out *Output) error {
	if r.records != nil && !slices.Contains(r.records, m.root.Type()) {
		return nil
	}
	// A condition without a loop is asked before anything else; in a loop it is asked of every element.
	if r.loop == nil {
		if r.when != nil {
			pass, err := r.when.holds(m)
			if err != nil || !pass {
				return err
			}
		}
		return r.object(m, out)
	}
	_, err := r.loop.each(m, func() error { return r.object(m, out) })
	return err
}

// object appends one object.
func (r *rule) object(m *Mapper, out *Output) error {
	if m.objects++; m.objects > maxItems {
		return errItems
	}
	mark := len(out.Buf)
	m.plain = sink.Part{}
	buf, _, err := r.obj.appendJSON(m, out.Buf)
	if err != nil {
		return err
	}
	if r.kind == sink.Attributes && m.attributes == 0 {
		// Nothing but nulls: the object would only name the user.
		return nil
	}
	out.Buf = buf
	item := sink.Item{Kind: r.kind, JSON: buf[mark:len(buf):len(buf)]}
	if m.plain.To > 0 {
		item.Plain = sink.Part{From: m.plain.From - uint32(mark), To: m.plain.To - uint32(mark)}
	}
	out.Items = append(out.Items, item)
	return nil
}

// userNode writes the identifiers of the first alternative that is present.
type userNode struct {
	alternatives []*alternative
	site         *site
}

// alternative is one way to name the user.
type alternative struct {
	primary *entry     // the identifier that must be present; nil: any one of rest will do
	rest    objectNode // e-mail address and phone number
}

func (n *userNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	for _, a := range n.alternatives {
		out, ok, err := a.append(m, dst)
		if err != nil {
			return dst, false, err
		}
		if ok {
			return out, true, nil
		}
	}
	return dst, false, n.site.wrap(errUser)
}

func (a *alternative) append(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	if a.primary != nil {
		out, ok, err := a.primary.val.appendJSON(m, append(dst, a.primary.key...))
		if err != nil || !ok {
			return dst[:start], false, err
		}
		dst = out
		if len(a.rest.entries) > 0 {
			mark := len(dst)
			out, err := a.rest.appendEntries(m, append(dst, ','))
			if err == nil && len(out) == mark+1 {
				out = out[:mark]
			}
			return out, err == nil, err
		}
		return dst, true, nil
	}
	out, err := a.rest.appendEntries(m, dst)
	return out, err == nil && len(out) > start, err
}

// attributesNode splices the attributes and notes whether there were any.
type attributesNode struct{ obj *objectNode }

func (n *attributesNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	start := len(dst)
	out, err := n.obj.appendEntries(m, dst)
	m.attributes = len(out) - start
	return out, err == nil && len(out) > start, err
}
