package mapping

import "brazebridge/schema"

// appendValue copies a value of the record as JSON. Nulls inside records, arrays and maps are left out, and so is what
// holds nothing else: Braze drops a whole nested attribute for one null in it.
func (m *Mapper) appendValue(dst []byte, v *schema.Value) (out []byte, ok bool, err error) {
	switch v.Kind() {
	case schema.Null:
		return dst, false, nil
	case schema.Record:
		return m.appendRecord(dst, v)
	case schema.Array:
		return m.appendArray(dst, v)
	case schema.Map:
		return m.appendAvroMap(dst, v)
	}
	mark := len(dst)
	dst, err = v.AppendJSON(dst)
	m.watch(dst, mark)
	return dst, err == nil, err
}

func (m *Mapper) appendRecord(dst []byte, v *schema.Value) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '{')
	fields := v.Type().Fields
	for i := range fields {
		f := v.Nth(i)
		if f.IsNull() {
			continue
		}
		mark := len(dst)
		if mark > start+1 {
			dst = append(dst, ',')
		}
		var ok bool
		var err error
		if dst, ok, err = m.appendValue(append(dst, fields[i].Key...), f); err != nil {
			return dst[:start], false, err
		}
		if !ok {
			dst = dst[:mark]
		}
	}
	if len(dst) == start+1 && len(fields) > 0 {
		return dst[:start], false, nil
	}
	return append(dst, '}'), true, nil
}

func (m *Mapper) appendArray(dst []byte, v *schema.Value) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '[')
	for i := range v.Len() {
		mark := len(dst)
		if mark > start+1 {
			dst = append(dst, ',')
		}
		from := len(dst)
		var ok bool
		var err error
		if dst, ok, err = m.appendValue(dst, v.Nth(i)); err != nil {
			return dst[:start], false, err
		}
		if !ok {
			dst = dst[:mark]
			continue
		}
		m.watchElement(dst, from)
	}
	return append(dst, ']'), true, nil
}

func (m *Mapper) appendAvroMap(dst []byte, v *schema.Value) ([]byte, bool, error) {
	start := len(dst)
	dst = append(dst, '{')
	n := v.Len()
	for i := range n {
		val := v.Nth(2*i + 1)
		if val.IsNull() {
			continue
		}
		mark := len(dst)
		if mark > start+1 {
			dst = append(dst, ',')
		}
		var ok bool
		var err error
		if dst, err = v.Nth(2 * i).AppendJSON(dst); err != nil {
			return dst[:start], false, err
		}
		if dst, ok, err = m.appendValue(append(dst, ':'), val); err != nil {
			return dst[:start], false, err
		}
		if !ok {
			dst = dst[:mark]
		}
	}
	if len(dst) == start+1 && n > 0 {
		return dst[:start], false, nil
	}
	return append(dst, '}'), true, nil
}
