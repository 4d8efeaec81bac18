package mapping_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
	"brazebridge/sink"
)

// mapSafely maps a value and holds what must hold for any of them: no panic, no half output, valid JSON that the check
// reads, bounded errors. It returns whether there was no fault.
func mapSafely(t *testing.T, p *mapping.Program, v schema.Value) bool {
	t.Helper()
	var out mapping.Output
	n, err := p.NewMapper().Map(&out, v, testMeta())
	if err != nil {
		var e *mapping.Error
		if !errors.As(err, &e) || len(err.Error()) > 600 {
			t.Fatalf("an error without its place, or without bound: %v", err)
		}
		if n != 0 || len(out.Items) != 0 {
			t.Fatalf("a fault leaves %d items behind", len(out.Items))
		}
		return false
	}
	vouched(t, out.Items)
	_, refusals := sink.NewChecker(sink.CheckOptions{}).Check(out.Items)
	for _, r := range refusals {
		tooLarge := strings.Contains(r.Text, "64-bit float") // a decimal of hundreds of digits
		if r.Rule == sink.RuleJSON && !tooLarge && !tooDeep(out.Items[r.Item].JSON) {
			t.Fatalf("the check reads no object: %s of %q", r.Text, out.Items[r.Item].JSON)
		}
	}
	for _, it := range out.Items {
		if !json.Valid(it.JSON) {
			t.Fatalf("not valid JSON: %q", it.JSON)
		}
		var obj map[string]json.RawMessage
		if err := json.Unmarshal(it.JSON, &obj); err != nil {
			t.Fatalf("not an object: %v", err)
		}
	}
	return true
}

// tooDeep reports whether an object is nested as deep as only a recursive type makes it: the check reads no further.
func tooDeep(object []byte) bool {
	depth, deepest := 0, 0
	for _, b := range object {
		switch b {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest > 50
}

// FuzzExpression compiles any text as a value, a condition, a list, a price and a user, and maps a record with what compiles.
func FuzzExpression(f *testing.F) {
	s := schemaOf(f, readFile(f, "testdata/bad.avsc"))
	v := decode(f, s, orderRecord)
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	more, err := filepath.Glob("testdata/golden/*/mapping.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if i := strings.Index(line, "${"); i >= 0 {
				f.Add(strings.Trim(strings.TrimSpace(line[i:]), `'"`))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		for _, topic := range topicsWith(text) {
			p, _, faults := mapping.Compile(topic, s)
			for _, fault := range faults {
				if fault.Message == "" || fault.Line < 1 || fault.Column < 1 {
					t.Fatalf("a fault without message or place: %+v", fault)
				}
			}
			if (p == nil) != (len(faults) > 0) {
				t.Fatalf("program %v for %d faults", p != nil, len(faults))
			}
			if p != nil {
				mapSafely(t, p, v)
			}
			if p, _, _ := mapping.Compile(topic, nil); p != nil {
				mapSafely(t, p, schema.Value{})
			}
		}
		if name, _ := mapping.CompileTopicName(node(text)); name != nil {
			_, _ = name.For(testMeta())
		}
	})
}

func mapNode(pairs ...any) *config.Node {
	n := &config.Node{Kind: config.NodeMap, Pos: config.Pos{File: "f", Line: 1, Column: 1}}
	for i := 0; i < len(pairs); i += 2 {
		n.Keys = append(n.Keys, config.Key{Name: pairs[i].(string), Pos: n.Pos, Value: pairs[i+1].(*config.Node)})
	}
	return n
}

// topicsWith puts a text into every place that takes one.
func topicsWith(text string) []*config.Topic {
	pos := config.Pos{File: "f", Line: 1, Column: 1}
	user := mapNode("external_id", node("u"))
	x := node(text)
	sends := []*config.Node{
		mapNode("event", node("e"), "properties", mapNode("x", x)),
		mapNode("event", node("e"), "when", x),
		mapNode("event", x, "for_each", node("${items}"), "properties", mapNode("y", mapNode("for_each", x, "value", node("${item}")))),
		mapNode("purchase", x, "price", x, "currency", x, "quantity", x, "time", x, "app_id", x),
		mapNode("attributes", mapNode("include", x, "a", x), "user", mapNode("email", x)),
	}
	var out []*config.Topic
	for _, s := range sends {
		out = append(out, &config.Topic{Name: "t", Pos: pos, User: user, Set: mapNode("v", x),
			Send: &config.Node{Kind: config.NodeList, Pos: pos, Items: []*config.Node{s}}})
	}
	return out
}

// everything is a mapping that reads every field in most ways, whatever the schema.
func everything(s *schema.Schema) *config.Topic {
	props := mapNode("all", mapNode("include", node("all"), "rename", node("snake_case")), "whole", node("${record}"), "expr", node("${(record)}"))
	if s.Root.Kind == schema.Record {
		for i := range s.Root.Fields {
			name := s.Root.Fields[i].Name
			for j, form := range []string{"${record." + name + "}", "${(record." + name + ")}", "${record." + name + " ?? 0}",
				"${record." + name + " == record." + name + "}", "<${record." + name + "}>", "${[record." + name + "]}", "${record." + name + " + record." + name + "}"} {
				key := name + string(rune('a'+j))
				one := &config.Topic{Name: "t", User: mapNode("external_id", node("u")),
					Send: &config.Node{Kind: config.NodeList, Items: []*config.Node{mapNode("event", node("e"), "properties", mapNode("x", node(form)))}}}
				if p, _, _ := mapping.Compile(one, s); p != nil {
					props.Keys = append(props.Keys, config.Key{Name: key, Value: node(form)})
				}
			}
		}
	}
	return &config.Topic{Name: "t", User: mapNode("external_id", node("u")),
		Send: &config.Node{Kind: config.NodeList, Items: []*config.Node{mapNode("event", node("e"), "properties", props)}}}
}

// FuzzRecord maps any datum of any schema that the decoder accepts.
func FuzzRecord(f *testing.F) {
	dirs, err := filepath.Glob("testdata/golden/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, dir := range dirs {
		avsc := readFile(f, filepath.Join(dir, "schema.avsc"))
		s := schemaOf(f, avsc)
		for line := range strings.Lines(readFile(f, filepath.Join(dir, "records.jsonl"))) {
			datum, err := s.EncodeJSON([]byte(line))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(avsc, datum)
		}
	}
	f.Fuzz(func(t *testing.T, avsc string, datum []byte) {
		if len(avsc) > 4000 || len(datum) > 4000 {
			return
		}
		s, err := schema.Parse(avsc)
		if err != nil {
			return
		}
		v, err := s.Decode(&schema.Arena{}, datum)
		if err != nil {
			return
		}
		if p, _, _ := mapping.Compile(everything(s), s); p != nil {
			mapSafely(t, p, v)
		}
	})
}
