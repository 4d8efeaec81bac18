package mapping

import (
	"brazebridge/schema"
)

// node writes one JSON value. ok is false, and nothing is written, for what is null or absent.
type node interface {
	appendJSON(m *Mapper, dst []byte) (out []byte, ok bool, err error)
}

// texter writes a value as bare text: what identifiers, names and holes take. ok is false for null.
type texter interface {
	appendText(m *Mapper, dst []byte) (out []byte, ok bool, err error)
}

// constNode is a value that the configuration spells out.
type constNode struct {
	json []byte
	text string
}

func (n *constNode) appendJSON(_ *Mapper, dst []byte) ([]byte, bool, error) {
	return append(dst, n.json...), true, nil
}

func (n *constNode) appendText(_ *Mapper, dst []byte) ([]byte, bool, error) {
	return append(dst, n.text...), true, nil
}

// absentNode is a null that is spelled out where a null means "leave it out".
type absentNode struct{}

func (absentNode) appendJSON(_ *Mapper, dst []byte) ([]byte, bool, error) { return dst, false, nil }

// pathNode is a part of the record, copied without the expression machine.
type pathNode struct {
	ref  *ref
	site *site
}

func (n *pathNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	out, ok, err := m.appendValue(dst, m.at(n.ref))
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	return out, ok, nil
}

func (n *pathNode) appendText(m *Mapper, dst []byte) ([]byte, bool, error) {
	out, ok, err := valueText(dst, m.value(n.ref))
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	return out, ok, nil
}

// valueText appends a scalar of the record as bare text.
func valueText(dst []byte, v schema.Value) ([]byte, bool, error) {
	switch v.Kind() {
	case schema.Null:
		return dst, false, nil
	case schema.String, schema.Enum, schema.UUID:
		return append(dst, v.Str()...), true, nil
	case schema.Record, schema.Array, schema.Map, schema.Float, schema.Double:
		return dst, false, errType
	}
	mark := len(dst)
	out, err := v.AppendJSON(dst)
	if err != nil {
		return dst, false, err
	}
	// What is text in JSON here (a time, a date, base64) holds nothing that is escaped.
	if n := len(out); n >= mark+2 && out[mark] == '"' {
		copy(out[mark:], out[mark+1:n-1])
		out = out[:n-2]
	}
	return out, true, nil
}

// anyNode is a value that is computed, or metadata.
type anyNode struct {
	get   func(m *Mapper) (any, error)
	round bool
	site  *site
}

func (n *anyNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	v, err := n.get(m)
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	out, ok, err := m.appendAny(dst, v, n.round)
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	return out, ok, nil
}

func (n *anyNode) appendText(m *Mapper, dst []byte) ([]byte, bool, error) {
	v, err := n.get(m)
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	if v == nil {
		return dst, false, nil
	}
	if _, isFloat := v.(float64); isFloat {
		return dst, false, n.site.wrap(errType)
	}
	out, err := appendText(dst, v, n.round)
	if err != nil {
		return dst, false, n.site.wrap(err)
	}
	return out, true, nil
}

// textNode is text with holes. Where a hole is null, so is the text.
type textNode struct {
	parts []texter
	site  *site
}

func (n *textNode) appendText(m *Mapper, dst []byte) ([]byte, bool, error) {
	mark := len(dst)
	for _, p := range n.parts {
		out, ok, err := p.appendText(m, dst)
		if err != nil || !ok {
			return dst[:mark], false, err
		}
		dst = out
	}
	return dst, true, nil
}

func (n *textNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	return quoteText(m, n, n.site, dst)
}

// quoteText appends a text as a JSON string.
func quoteText(m *Mapper, t texter, s *site, dst []byte) ([]byte, bool, error) {
	text, ok, err := t.appendText(m, m.scratch[:0])
	m.scratch = text[:0]
	if err != nil || !ok {
		return dst, false, err
	}
	out, err := appendString(dst, asString(text))
	if err != nil {
		return dst, false, s.wrap(err)
	}
	m.watch(out, len(dst))
	return out, true, nil
}

// quotedNode is a value that Braze takes as text only: an identifier, a name, a product id. Empty text is as good as none.
type quotedNode struct {
	text texter
	site *site
}

func (n *quotedNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	out, ok, err := quoteText(m, n.text, n.site, dst)
	if err != nil || !ok || len(out) == len(dst)+2 {
		return dst, false, err
	}
	return out, true, nil
}
