package mapping

import (
	"brazebridge/config"
	"brazebridge/schema"
)

// TopicName is a compiled name that may hold an expression over kafka.*: dead_letter.topic. Safe for concurrent use.
type TopicName struct {
	static string
	text   texter
	prog   *Program
	site   *site
}

// CompileTopicName compiles it. The name is nil where there are faults.
func CompileTopicName(n *config.Node) (*TopicName, config.Faults) {
	c := &compiler{kafkaOnly: true, sets: map[string]*setVar{}, prog: &Program{}}
	p := place{n, "dead_letter.topic"}
	if n == nil {
		c.report(p, 0, "a topic is needed", "write dead_letter: {topic: NAME}")
		return nil, c.faults
	}
	c.pos = n.Pos
	v, ok := c.scalar(p)
	switch {
	case !ok:
	case v.null || v.konst != nil && v.konst.text == "":
		c.report(p, 0, "a topic is needed", "write dead_letter: {topic: NAME}")
	case v.konst != nil:
		return &TopicName{static: v.konst.text}, nil
	case c.fitsText(p, exprOff(n), v, "a topic's name"):
		return &TopicName{text: v.texter(), prog: c.prog, site: c.site(p)}, nil
	}
	return nil, c.faults
}

// For returns the name for a record of a topic. A name that comes out null or empty is an error.
func (t *TopicName) For(meta *Meta) (string, error) {
	if t.text == nil {
		return t.static, nil
	}
	m := t.prog.NewMapper()
	m.begin(schema.Value{}, meta, 0)
	out, ok, err := t.text.appendText(m, nil)
	if err != nil {
		return "", t.site.wrap(err)
	}
	if !ok || len(out) == 0 {
		return "", t.site.errorf("null or empty where a topic's name is required")
	}
	return string(out), nil
}

// Static returns the name where it is the same for every record.
func (t *TopicName) Static() (string, bool) { return t.static, t.text == nil }
