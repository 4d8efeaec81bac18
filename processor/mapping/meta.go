package mapping

import "strconv"

// metaNode is what Kafka says of the record, written without the expression machine.
type metaNode struct {
	ref  *ref
	site *site
}

// isMeta reports whether the reference is one that metaNode writes.
func (r *ref) isMeta() bool { return r.root >= rootTopic && r.root <= rootHeader && len(r.steps) == 0 }

func (n *metaNode) appendText(m *Mapper, dst []byte) ([]byte, bool, error) {
	switch n.ref.root {
	case rootTopic:
		return append(dst, m.meta.Topic...), true, nil
	case rootPartition:
		return strconv.AppendInt(dst, int64(m.meta.Partition), 10), true, nil
	case rootOffset:
		return strconv.AppendInt(dst, m.meta.Offset, 10), true, nil
	case rootTimestamp:
		out, err := appendTime(dst, m.meta.Timestamp)
		if err != nil {
			return dst, false, n.site.wrap(err)
		}
		return out, true, nil
	case rootKey:
		return append(dst, m.meta.Key...), m.meta.Key != nil, nil
	}
	value := m.header(n.ref.header)
	return append(dst, value...), value != nil, nil
}

func (n *metaNode) appendJSON(m *Mapper, dst []byte) ([]byte, bool, error) {
	if n.ref.root == rootPartition || n.ref.root == rootOffset {
		return n.appendText(m, dst)
	}
	return quoteText(m, n, n.site, dst)
}
