package mapping

import (
	"cmp"
	"fmt"
	"sort"
)

// rootKind says where a reference starts.
type rootKind uint8

const (
	rootRecord rootKind = iota
	rootLoop            // the element of a for_each
	rootSet             // a named value of `set`
	rootTopic
	rootPartition
	rootOffset
	rootTimestamp
	rootKey
	rootHeader
	rootNull    // a field of a record that is not there: a tombstone
	rootAvroKey // the decoded key of the record
)

// ref is a compiled plain path.
type ref struct {
	root   rootKind
	n      int // rootLoop: its depth; rootSet: its index
	header string
	steps  []step
	t      typ
	text   string
	dyn    bool // from an element that was computed
	// unknownKey marks a part of an Avro key whose schema is not known.
	unknownKey bool
}

// inRecord reports whether the value is a part of the record or its key, so that it is reached without the expression machine.
func (r *ref) inRecord() bool {
	return (r.root == rootRecord || r.root == rootLoop || r.root == rootAvroKey) && !r.dyn
}

// nameFault is something wrong with a name: what, where in the expression, and what to do about it.
type nameFault struct {
	off       int
	msg, hint string
}

// loopVar is a name that a for_each brings.
type loopVar struct {
	name string // the name of `as`; item besides
	t    typ
	dyn  bool // computed by an expression: not a part of the record
	// hidden is a for_each around the use of a named value: its names are not known inside the value.
	hidden bool
}

// resolve turns a path into a reference, or says what is wrong with it.
func (c *compiler) resolve(segs []segment) (*ref, *nameFault) { return c.resolveWith(segs, c.known) }

// resolveWith resolves a path where some paths are known not to be null.
func (c *compiler) resolveWith(segs []segment, known facts) (*ref, *nameFault) {
	r, rest, f := c.resolveRoot(segs)
	if f != nil {
		return nil, f
	}
	r.text = pathText(segs)
	done := len(segs) - len(rest)
	if known.has(factKey(segs[:done])) {
		r.t.opt = false
	}
	for i := range rest {
		if f := r.follow(&rest[i], pathText(segs[:done+i])); f != nil {
			return nil, f
		}
		if known.has(factKey(segs[:done+i+1])) {
			r.t.opt = false
		}
	}
	if f := oddFault(r.t, segs[len(segs)-1].off, r.text); f != nil {
		return nil, f
	}
	return r, nil
}

// resolveRoot finds what the first name means. Built-in names hide fields, inner names hide outer ones.
func (c *compiler) resolveRoot(segs []segment) (*ref, []segment, *nameFault) {
	name := segs[0].name
	for d := len(c.loops) - 1; d >= 0; d-- {
		if l := &c.loops[d]; !l.hidden && (name == l.name || name == "item" && d == len(c.loops)-1) {
			return &ref{root: rootLoop, n: d, t: c.loops[d].t, dyn: c.loops[d].dyn}, segs[1:], nil
		}
	}
	if s, ok := c.sets[name]; ok {
		if f := c.useSet(s, &segs[0]); f != nil {
			return nil, nil, f
		}
		if s.alias != nil {
			r := *s.alias
			r.steps = r.steps[:len(r.steps):len(r.steps)]
			return &r, segs[1:], nil
		}
		return &ref{root: rootSet, n: s.index, t: s.t}, segs[1:], nil
	}
	if name == "kafka" {
		return c.resolveKafka(segs)
	}
	if c.kafkaOnly {
		return nil, nil, &nameFault{segs[0].off, fmt.Sprintf("%q is not known here: only kafka.* is", name), "use kafka.topic, kafka.partition, kafka.key or kafka.headers[\"name\"]"}
	}
	root := &ref{root: rootRecord, t: c.rootType}
	if name == "record" {
		if c.tombstone {
			return &ref{root: rootNull, t: typ{class: cNil, opt: true}}, nil, nil
		}
		return root, segs[1:], nil
	}
	if c.tombstone {
		// Of unknown type, not null: what a rule for records does with its fields is no fault of the rule for tombstones.
		return &ref{root: rootNull, t: typ{class: cAny}}, nil, nil
	}
	return c.resolveField(root, segs)
}

// useSet tells the faults of a named value that is used, once, and refuses one that has no parts.
func (c *compiler) useSet(s *setVar, seg *segment) *nameFault {
	c.faults = append(c.faults, s.faults...)
	s.faults = nil
	if s.spelled.n != nil {
		return &nameFault{seg.off, fmt.Sprintf("%s is a map or list that `set` spells out: it can only be a whole value", seg.name), fmt.Sprintf("write ${%s} by itself, as a value", seg.name)}
	}
	return nil
}

// resolveField resolves a first name that can only be a field of the record.
func (c *compiler) resolveField(root *ref, segs []segment) (*ref, []segment, *nameFault) {
	name := segs[0].name
	if f := root.follow(&segs[0], ""); f != nil {
		if name == "item" {
			return nil, nil, &nameFault{segs[0].off, "item is only known inside for_each", "add for_each: ${…} to this rule, or name a field of the record"}
		}
		f.msg, f.hint = fmt.Sprintf("unknown field %q", name), ""
		if hasSymbol(c.rootType, name, 4) {
			f.hint = fmt.Sprintf("the symbol of an enum is text, in quotes: %q", name)
		} else if f.hint = cmp.Or(c.foreignName(name, segs), c.suggest(name)); f.hint == "" {
			f.hint = "known here: " + listNames(c.knownNames())
		}
		return nil, nil, f
	}
	return root, segs[1:], nil
}

var kafkaNames = map[string]struct {
	root rootKind
	t    typ
}{
	"topic":     {rootTopic, typ{class: cText}},
	"partition": {rootPartition, typ{class: cInt}},
	"offset":    {rootOffset, typ{class: cInt}},
	"timestamp": {rootTimestamp, typ{class: cTime}},
	"key":       {rootKey, typ{class: cText, opt: true}},
}

func (c *compiler) resolveKafka(segs []segment) (*ref, []segment, *nameFault) {
	if len(segs) < 2 {
		return nil, nil, &nameFault{segs[0].off, "kafka is no value by itself", "name a part of it: " + listNames(kafkaParts())}
	}
	part := segs[1]
	if part.name == "headers" && !part.isIndex {
		if len(segs) < 3 || segs[2].isIndex {
			return nil, nil, &nameFault{part.off, "kafka.headers needs the name of a header", `write kafka.headers["name"]`}
		}
		return &ref{root: rootHeader, header: segs[2].name, t: typ{class: cText, opt: true}}, segs[3:], nil
	}
	k, ok := kafkaNames[part.name]
	if !ok {
		hint := didYouMean(part.name, kafkaParts())
		if c.rootHas("kafka") && hint != "" {
			hint += " The record's own field kafka is record.kafka"
		} else if c.rootHas("kafka") {
			hint = "kafka is a built-in name: the record's own field is record.kafka"
		} else if hint == "" {
			hint = "known: " + listNames(kafkaParts())
		}
		return nil, nil, &nameFault{part.off, fmt.Sprintf("kafka has no %q", part.name), hint}
	}
	if part.name == "key" && c.key == "ignore" {
		return nil, nil, &nameFault{part.off, "kafka.key is not read: the topic says key: ignore", "remove key: ignore, or don't use kafka.key"}
	}
	if part.name == "key" && c.key == "avro" {
		return c.avroKey(), segs[2:], nil
	}
	return &ref{root: k.root, t: k.t}, segs[2:], nil
}

// avroKey is the decoded key. A record may always come without one.
func (c *compiler) avroKey() *ref {
	if c.keySchema != nil {
		return &ref{root: rootAvroKey, t: typeOf(c.keySchema.Root).optional()}
	}
	return &ref{root: rootNull, t: typ{class: cAny}, unknownKey: true}
}

// noteKey remembers the first use of an Avro key that cannot be checked.
func (c *compiler) noteKey(p place, off int, r *ref) {
	if !r.unknownKey || c.keyUsed != nil {
		return
	}
	c.keyUsed = c.newFault(p, off, "kafka.key is Avro here, and its schema is not known: what is taken from it is not checked",
		"register the key's schema as "+c.topic+"-key, or remove key: avro if keys are text")
}

func kafkaParts() []string {
	return []string{"topic", "partition", "offset", "timestamp", "key", "headers"}
}

// rootHas reports whether the record has a field of the name.
func (c *compiler) rootHas(name string) bool {
	for _, r := range c.rootType.records() {
		if fieldIndex(r, name) >= 0 {
			return true
		}
	}
	return false
}

// knownNames are the names that may begin a path here.
func (c *compiler) knownNames() []string {
	var names []string
	for _, r := range c.rootType.records() {
		for i := range r.Fields {
			names = append(names, r.Fields[i].Name)
		}
	}
	for name := range c.sets {
		names = append(names, name)
	}
	for _, l := range c.loops {
		if l.name != "" {
			names = append(names, l.name)
		}
	}
	if len(c.loops) > 0 {
		names = append(names, "item")
	}
	sort.Strings(names)
	return append(names, "record", "kafka")
}

// suggest answers an unknown first name: a near miss, or the same name as a part of something known.
func (c *compiler) suggest(name string) string {
	if s := fieldHint(name, c.knownNames(), ""); s != "" {
		return s
	}
	for d := len(c.loops) - 1; d >= 0; d-- {
		for _, r := range c.loops[d].t.records() {
			if fieldIndex(r, name) >= 0 {
				return fmt.Sprintf("did you mean item.%s?", name)
			}
		}
	}
	for _, r := range c.rootType.records() {
		for i := range r.Fields {
			for _, sub := range typeOf(r.Fields[i].Type).records() {
				if fieldIndex(sub, name) >= 0 {
					return fmt.Sprintf("did you mean %s.%s?", r.Fields[i].Name, name)
				}
			}
		}
	}
	return ""
}
