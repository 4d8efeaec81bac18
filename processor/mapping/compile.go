package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"brazebridge/config"
	"brazebridge/schema"
)

// compiler compiles one topic's mapping for one schema.
type compiler struct {
	topic     string
	pos       config.Pos // of the topic, for what has no place of its own
	schema    *schema.Schema
	rootType  typ            // of `record`; inside a rule with `record` that type alone
	topicType typ            // of `record` outside rules
	byRecord  bool           // some rules say which record type they are for
	tombstone bool           // there is no record
	kafkaOnly bool           // nothing but kafka.* is known
	key       string         // text, avro or ignore
	onCheck   string         // of the topic
	keySchema *schema.Schema // of the key, with avro; nil: there is no key
	keyUsed   *config.Fault  // the first use of an Avro key whose schema is not known
	sets      map[string]*setVar
	loops     []loopVar
	known     facts // what the conditions around a value prove
	prog      *Program
	values    int // compiled so far
	warnings  config.Faults
	faults    config.Faults
}

// setVar is a named value of `set`: another name of a path, or something computed once for a record.
type setVar struct {
	alias *ref
	index int
	t     typ
	// spelled is a map or list that is spelled out: usable whole, as a value.
	spelled place
	before  map[string]*setVar // the names that it sees
	broken  bool
	faults  config.Faults // told when it is used
}

// postpone keeps the faults of a named value until it is used, in a topic whose rules are for different record types:
// there it needs to fit only the records of the rules that use it.
func (c *compiler) postpone(s *setVar, from int) {
	if c.byRecord {
		s.faults = slices.Clone(c.faults[from:])
		c.faults = c.faults[:from]
	}
}

// inFileOrder sorts faults by their place.
func inFileOrder(fs config.Faults) {
	slices.SortStableFunc(fs, func(a, b *config.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (c *compiler) compileTopic(t *config.Topic) {
	base := "topics." + t.Name
	c.byRecord = anyRecordRule(t.Send)
	c.compileSet(place{t.Set, base + ".set"})
	if t.Send == nil || t.Send.Kind != config.NodeList || len(t.Send.Items) == 0 {
		c.report(place{t.Send, base + ".send"}, 0, "send needs a list of rules", "write at least one: send: [{event: NAME, properties: {…}}]")
		return
	}
	d := defaults{user: place{t.User, base + ".user"}, time: place{t.Time, base + ".time"}}
	var infos []ruleInfo
	for i, n := range t.Send.Items {
		info := c.rule(place{n, fmt.Sprintf("%s.send[%d]", base, i)}, &d)
		infos = append(infos, info)
	}
	c.warnRevenue(infos)
	c.warnCarts(infos)
}

// defaults are the topic's user and time, which a rule may override. They are compiled once, with the first rule that
// uses them: a fault is told once, and in a topic of several record types they need to fit only where they are used.
type defaults struct {
	user, time         place
	userNode, timeNode node
	told               bool // that there is no user
}

// apart compiles what belongs to the topic, not to a rule: neither the names of a for_each nor a rule's record are known there.
func (c *compiler) apart(f func()) {
	loops, root, known := c.loops, c.rootType, c.known
	c.loops, c.rootType, c.known = nil, c.topicType, facts{}
	f()
	c.loops, c.rootType, c.known = loops, root, known
}

// compileSet compiles the named values, in order: each sees those before it, and the record's field where it has the same name.
func (c *compiler) compileSet(p place) {
	if p.n == nil {
		return
	}
	if p.n.Kind != config.NodeMap {
		c.report(p, 0, "set needs named values", "write set: {name: ${expression}}")
		return
	}
	for i := range p.n.Keys {
		k := &p.n.Keys[i]
		switch k.Name {
		case "kafka", "record", "item":
			c.reportKey(p.path, k, k.Name+" is a built-in name", "take another name")
			continue
		}
		if v := c.setValue(place{k.Value, join(p.path, k.Name)}); v != nil {
			c.sets[k.Name] = v
		}
	}
}

func (c *compiler) setValue(p place) *setVar {
	known := len(c.faults)
	if p.n.Kind == config.NodeMap || p.n.Kind == config.NodeList {
		s := &setVar{spelled: p, before: maps.Clone(c.sets), t: typ{class: cAny, opt: true}, index: -1}
		c.valueOf(p)
		s.broken = len(c.faults) > known
		c.postpone(s, known)
		return s
	}
	v, ok := c.scalar(p)
	if !ok {
		// Known, so that one fault does not make every use of the name another one.
		s := &setVar{t: typ{class: cAny}, index: -1, broken: true}
		c.postpone(s, known)
		return s
	}
	if v.ref != nil && v.ref.root != rootSet {
		return &setVar{alias: v.ref, t: v.t}
	}
	c.prog.sets = append(c.prog.sets, v.source())
	return &setVar{index: len(c.prog.sets) - 1, t: v.t}
}
