package mapping_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// judged is all that a check says of items.
func judged(items []sink.Item) (users []uint64, refusals []sink.Refusal, notes map[string]int64) {
	c := sink.NewChecker(sink.CheckOptions{})
	items, refusals = c.Check(items)
	for i := range items {
		users = append(users, items[i].User)
	}
	notes = map[string]int64{}
	c.TakeCounted(func(note string, n int64) { notes[note] = n })
	return users, refusals, notes
}

// vouched holds the check of the items against that of the same items of which nobody vouches for anything. It returns for how many
// somebody does.
func vouched(t *testing.T, items []sink.Item) (n int) {
	t.Helper()
	bare := slices.Clone(items)
	for i := range bare {
		if bare[i].Plain != (sink.Part{}) {
			n++
		}
		bare[i].Plain = sink.Part{}
	}
	users, refusals, notes := judged(slices.Clone(items))
	wantUsers, wantRefusals, wantNotes := judged(bare)
	if !slices.Equal(users, wantUsers) || !slices.Equal(refusals, wantRefusals) || !maps.Equal(notes, wantNotes) {
		t.Fatalf("check of what is vouched for: %v %v, of all of it: %v %v, of %q", refusals, notes, wantRefusals, wantNotes, items[0].JSON)
	}
	return n
}

// TestInvariantVouchedIsPlain maps random records, with texts and lists that the rules ask about among them: the check comes to the
// same where it passes over what the mapper vouches for, and the mapper does so where it can.
func TestInvariantVouchedIsPlain(t *testing.T) {
	plain, doubted, noted := 0, 0, 0
	for seed := range uint64(300) {
		a := &author{rnd: rand.New(rand.NewPCG(seed, 8)), odd: true}
		s := schemaOf(t, a.record(3))
		p, _, faults := mapping.Compile(oddNames(a, s), s)
		if p == nil {
			t.Fatalf("seed %d: %v", seed, faults)
		}
		for range 10 {
			v, err := s.Decode(&schema.Arena{}, a.datum(nil, s.Root, 5))
			if err != nil {
				continue
			}
			var out mapping.Output
			if _, err := p.NewMapper().Map(&out, v, testMeta()); err != nil {
				continue
			}
			n := vouched(t, out.Items)
			plain, doubted = plain+n, doubted+len(out.Items)-n
			if _, refusals, notes := judged(out.Items); len(refusals)+len(notes) > 0 {
				noted++
			}
		}
	}
	if plain < 300 || doubted < 300 || noted < 300 {
		t.Errorf("%d objects vouched for, %d not, %d with something to say of: too few to show anything", plain, doubted, noted)
	}
}

// oddNames maps every field under its own name in one rule, and puts names and values that the rules ask about into others.
func oddNames(a *author, s *schema.Schema) *config.Topic {
	field := func() *config.Node { return node("${record." + a.pick(fieldsOf(s)...) + "}") }
	name := func() string {
		return a.pick("a", "ü", `"`, "time", "price", "event_name", "$x", strings.Repeat("n", 255), strings.Repeat("n", 256))
	}
	value := func() *config.Node {
		list := &config.Node{Kind: config.NodeList, Items: []*config.Node{node(a.pick("x", "2026-01-15T09:35:20Z")), field()}}
		texts := []*config.Node{field(), list, mapNode("in", field(), name(), field()), node(strings.Repeat("v", 254+a.rnd.IntN(4))), node("text"), node("${upper(kafka.topic)}")}
		return texts[a.rnd.IntN(len(texts))]
	}
	rules := []*config.Node{mapNode("event", node("e"), "properties", mapNode("include", node("all"), "rename", node("snake_case")))}
	for range 6 {
		rules = append(rules,
			mapNode("event", node(a.pick("e", "ecommerce.order_placed", "ecommerce.order_paid")), "properties", mapNode("p"+name(), value(), name(), value())),
			mapNode("purchase", node("p"), "price", node("1"), "currency", node("EUR"), "properties", mapNode(name(), value())))
	}
	out := &config.Topic{Name: "t", User: mapNode("external_id", node("u"))}
	for _, r := range rules {
		one := *out
		one.Send = &config.Node{Kind: config.NodeList, Items: []*config.Node{r}}
		if p, _, _ := mapping.Compile(&one, s); p != nil {
			if out.Send == nil {
				out.Send = &config.Node{Kind: config.NodeList}
			}
			out.Send.Items = append(out.Send.Items, r)
		}
	}
	return out
}

func fieldsOf(s *schema.Schema) (names []string) {
	for i := range s.Root.Fields {
		names = append(names, s.Root.Fields[i].Name)
	}
	return names
}

const treeSchema = `{"type":"record","name":"R","fields":[{"name":"s","type":"string"},{"name":"list","type":{"type":"array","items":"string"}},
{"name":"m","type":{"type":"map","values":"string"}},{"name":"r","type":{"type":"record","name":"In","fields":[{"name":"x","type":"string"}]}},
{"name":"tree","type":["null",{"type":"record","name":"Tree","fields":[{"name":"left","type":["null","Tree"]},{"name":"n","type":"int"}]}]}]}`

// TestVouchesFor says of single values whether the mapper vouches for properties that hold them: exactly where nothing in them is
// for the check to judge.
func TestVouchesFor(t *testing.T) {
	s := schemaOf(t, treeSchema)
	long, short := strings.Repeat("x", 256), strings.Repeat("x", 255)
	for _, c := range []struct {
		value, s string
		list     string
		want     bool
	}{
		{"${s}", short, "", true}, {"${s}", long, "", false}, {"${s}", strings.Repeat(`"`, 128), "", false}, // escaped it is longer
		{"<${s}>", short[2:], "", true}, {"<${s}>", long[2:], "", false},
		{"${upper(s)}", short, "", true}, {"${upper(s)}", long, "", false},
		{"${list}", "", "fifteen letters", true}, {"${list}", "", "2026-01-01T00:00Z", false},
		{"${[s]}", "", "", false}, {`${({"a": s})}`, "", "", false}, {"${(r)}", "", "", false},
		{"${m}", short, "", true}, {"${m}", long, "", false}, {"${r}", short, "", true},
		{"${tree}", "", "", false}, // nests as deep as a record likes
		{long, "", "", false}, {short, "", "", true}, {"${len(s)}", "", "", true}, {"${kafka.offset}", "", "", true},
	} {
		record := mustJSON(t, map[string]any{"s": c.s, "list": []string{c.list}, "m": map[string]string{"k": c.s}, "r": map[string]string{"x": c.s}, "tree": map[string]any{"left": nil, "n": 1}})
		p := compiledTopic(t, &config.Topic{Name: "t", User: mapNode("external_id", node("u")), Send: &config.Node{Kind: config.NodeList, Items: []*config.Node{
			mapNode("event", node("first"), "properties", mapNode("p", node("${s}"), "q", node("${[s]}"))),
			mapNode("event", node("e"), "properties", mapNode("v", node(c.value))),
			mapNode("event", node("bare")),
		}}}, s)
		var out mapping.Output
		if _, err := p.NewMapper().Map(&out, decode(t, s, record), testMeta()); err != nil {
			t.Fatal(err)
		}
		vouched(t, out.Items)
		if it := out.Items[1]; (it.Plain != sink.Part{}) != c.want {
			t.Errorf("%s of %.20q: vouched for %v, want %v", c.value, c.s+c.list, !c.want, c.want)
		} else if c.want && !strings.HasSuffix(string(it.JSON), string(it.JSON[it.Plain.From:it.Plain.To])+"}") {
			t.Errorf("%s: vouches for %q", c.value, it.JSON[it.Plain.From:it.Plain.To])
		}
		if out.Items[2].Plain != (sink.Part{}) {
			t.Errorf("vouches for the properties of an object that has none: %s", out.Items[2].JSON)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func compiledTopic(t *testing.T, topic *config.Topic, s *schema.Schema) *mapping.Program {
	t.Helper()
	p, _, faults := mapping.Compile(topic, s)
	if p == nil {
		t.Fatal(faults)
	}
	return p
}
