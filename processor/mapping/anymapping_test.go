package mapping_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// composer writes random mappings for a schema. What compiles goes into the pool that the next expressions are made of, so
// that they grow deep and stay well typed.
type composer struct {
	*author
	s     *schema.Schema
	funcs []string
	pool  []string
	used  map[string]int // functions, operators and keys that have compiled
}

// functionNames asks the compiler itself, so that a new function is covered from its first day.
func functionNames(t *testing.T) []string {
	_, _, faults := mapping.Compile(topicOf(t, event("'${frobnicate(1)}'")), schemaOf(t, numbers))
	_, list, ok := strings.Cut(hintOf(faults), "the functions are ")
	if !ok {
		t.Fatalf("no list of functions in %v", faults)
	}
	return strings.Split(list, ", ")
}

var composerOperators = []string{"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "??", "contains", "startsWith", "endsWith", "&&", "||", "and", "or"}

var composerLiterals = []string{"0", "1", "-3", "9223372036854775807", "0.1", "1e300", "true", `""`, `"A"`, `"2026-01-15T09:35:20Z"`, `"DE"`, `"24h"`, "[]",
	"[1, 2]", `["A"]`, `({"a": 1, "b": "x"})`, "nil", "kafka.timestamp", "kafka.offset", `(kafka.key ?? "")`, `fromJSON("[{\"a\": [1, 2.5, null]}]")`, `duration("24h")`}

var composerPredicates = []string{"all", "any", "none", "one", "filter", "map", "count", "find", "findLast", "findIndex", "findLastIndex", "sum", "sortBy"}

// expression writes one expression of what is in the pool, and says what it uses.
func (c *composer) expression() (text, uses string) {
	a, b := c.pick(c.pool...), c.pick(c.pool...)
	switch c.rnd.IntN(12) {
	case 0, 1, 2:
		op := c.pick(composerOperators...)
		return "(" + a + " " + op + " " + b + ")", op
	case 3, 4, 5:
		f := c.pick(c.funcs...)
		if slices.Contains(composerPredicates, f) {
			return f + "(" + a + ", " + c.pick("#", "1", "# == "+b, "# != nil", "# in "+b, "string(#)", "true", "any([1, 2], # == 1)", "len(#) > 0") + ")", f
		}
		if c.rnd.IntN(2) == 0 {
			a = c.pick(composerLiterals...)
		}
		args := []string{a, b, c.pick(c.pool...)}
		return f + "(" + strings.Join(args[:1+c.rnd.IntN(3)], ", ") + ")", f
	case 6:
		return "(" + a + " != nil ? " + a + " : " + b + ")", "?:"
	case 7:
		return "(let v = " + a + "; v == nil ? " + b + " : v)", "let"
	case 8:
		return a + c.pick("[0]", "[-1]", `["a"]`, "[1:2]", "[-2:]", "[:1]"), "[]"
	case 9:
		return "(" + a + " ?? " + c.pick(composerLiterals...) + ")", "??"
	case 10:
		return c.pick("-", "!", "not ") + a, "unary"
	}
	return "(" + a + ` matches "` + c.pick("^A", "(a|b)+c", "[a-z]{0,50}$") + `")`, "matches"
}

// grow fills the pool.
func (c *composer) grow(rounds int) {
	for range rounds {
		text, uses := c.expression()
		if len(text) < 400 && c.compiles(mapNode("event", node("e"), "properties", mapNode("x", node("${"+text+"}")))) {
			c.pool, c.used[uses] = append(c.pool, text), c.used[uses]+1
			if strings.Contains(text, "duration(") { // a duration is no value by itself
				c.used["duration"]++
			}
		}
	}
}

func (c *composer) topic(rules ...*config.Node) *config.Topic {
	return &config.Topic{Name: "t", User: mapNode("external_id", node("u")), Send: &config.Node{Kind: config.NodeList, Items: rules}}
}

func (c *composer) compiles(rule *config.Node) bool {
	p, _, _ := mapping.Compile(c.topic(rule), c.s)
	return p != nil
}

// value writes a value of any shape: an expression, text with holes, a map, a list, for_each in for_each, or include.
func (c *composer) value(depth int) *config.Node {
	hole := "${" + c.pick(c.pool...) + "}"
	if depth == 0 {
		return node(hole)
	}
	switch c.rnd.IntN(7) {
	case 0:
		return mapNode("a", c.value(depth-1), "b", c.value(depth-1))
	case 1:
		return &config.Node{Kind: config.NodeList, Items: []*config.Node{c.value(depth - 1), c.value(depth - 1)}}
	case 2:
		return node("<" + hole + "|" + hole + ">")
	case 3:
		return mapNode("include", node("all"), "rename", node("snake_case"), "more", c.value(depth-1))
	case 4:
		return mapNode("for_each", node(hole), "value", node(c.pick("${item}", "${[item]}", "${string(item)}", "${item == nil}", "${typeName(item)}")))
	case 5:
		return mapNode("for_each", node(hole), "as", node("x"), "when", node("${x != nil}"), "value", mapNode("for_each", node(c.pick("${x}", hole)), "value", mapNode("x", node("${x}"), "item", node("${item}"))))
	}
	return node(hole)
}

// rules writes rules of every kind, of those that compile.
func (c *composer) rules() []*config.Node {
	var rules []*config.Node
	for range 60 {
		hole := func() *config.Node { return node("${" + c.pick(c.pool...) + "}") }
		var rule *config.Node
		kind := c.pick("event", "when", "for_each", "purchase", "attributes", "user", "time")
		switch kind {
		case "event":
			rule = mapNode("event", node("e"), "properties", mapNode("p", c.value(3)))
		case "when":
			rule = mapNode("event", hole(), "when", hole(), "properties", mapNode("p", c.value(1)))
		case "for_each":
			rule = mapNode("event", node("e"), "for_each", hole(), "properties", mapNode("p", node("${item}"), "q", c.value(2)))
		case "purchase":
			rule = mapNode("purchase", hole(), "price", hole(), "currency", node("EUR"), "quantity", hole())
		case "attributes":
			rule = mapNode("attributes", mapNode("a", c.value(2), "n", &config.Node{Kind: config.NodeNull}, "include", node("all")))
		case "user":
			rule = mapNode("event", node("e"), "user", &config.Node{Kind: config.NodeList, Items: []*config.Node{mapNode("external_id", hole()), mapNode("email", hole())}})
		case "time":
			rule = mapNode("event", node("e"), "time", hole(), "properties", hole())
		}
		if c.compiles(rule) {
			rules, c.used["rule "+kind] = append(rules, rule), c.used["rule "+kind]+1
		}
	}
	return rules
}

// anyMapping maps random records of a random schema with random mappings, of which it holds what mapSafely holds.
func anyMapping(t *testing.T, seed uint64, rounds int, used map[string]int) (mapped, faulty int) {
	a := &author{rnd: rand.New(rand.NewPCG(seed, 7))}
	s, err := schema.Parse(a.record(3))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	c := &composer{author: a, s: s, funcs: functionNames(t), pool: slices.Clone(composerLiterals), used: used}
	for i := range s.Root.Fields {
		c.pool = append(c.pool, "record."+s.Root.Fields[i].Name)
	}
	c.pool = append(c.pool, "record")
	c.grow(rounds)
	for _, rule := range c.rules() {
		p, _, faults := mapping.Compile(c.topic(rule), s)
		if p == nil {
			t.Fatalf("seed %d: a rule that compiled has faults: %v", seed, faults)
		}
		for range 3 {
			v, err := s.Decode(&schema.Arena{}, a.datum(nil, s.Root, 5))
			if err != nil {
				continue
			}
			if mapSafely(t, p, v) {
				mapped++
			} else {
				faulty++
			}
		}
	}
	return mapped, faulty
}

// TestAnyMapping maps random records with random mappings: of every function, operator and kind of rule.
func TestAnyMapping(t *testing.T) {
	seeds, used, mapped, faulty := uint64(25), map[string]int{}, 0, 0
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		m, f := anyMapping(t, seed, 500, used)
		mapped, faulty = mapped+m, faulty+f
	}
	if mapped < 5*int(seeds) || faulty == 0 {
		t.Errorf("%d records mapped, %d faults: too few to show anything", mapped, faulty)
	}
	if testing.Short() {
		return
	}
	for _, name := range slices.Concat(functionNames(t), composerOperators, []string{"?:", "let", "[]", "unary", "matches",
		"rule event", "rule when", "rule for_each", "rule purchase", "rule attributes", "rule user", "rule time"}) {
		if used[name] == 0 {
			t.Errorf("no random mapping uses %s", name)
		}
	}
}

// FuzzMapping is TestAnyMapping without an end.
func FuzzMapping(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(1000 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { anyMapping(t, seed, 400, map[string]int{}) })
}
