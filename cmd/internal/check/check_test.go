package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/schema"
)

// registry are schemas by subject, the oldest version first.
type registry struct {
	versions map[string][]string
	away     bool
	broken   string // a subject whose schema cannot be used
	asked    int
}

func (r *registry) get(subject string) ([]*schema.Schema, error) {
	r.asked++
	switch {
	case r.away:
		return nil, fmt.Errorf("ask: %w", &schema.UnavailableError{})
	case subject == r.broken:
		return nil, errors.New("it is Protobuf")
	case r.versions[subject] == nil:
		return nil, schema.ErrUnknownSubject
	}
	var all []*schema.Schema
	for i, text := range r.versions[subject] {
		s, err := schema.Parse(text)
		if err != nil {
			panic(err)
		}
		s.Subject, s.Version = subject, i+1
		all = append(all, s)
	}
	return all, nil
}

func (r *registry) Latest(_ context.Context, subject string) (*schema.Schema, error) {
	all, err := r.get(subject)
	if err != nil {
		return nil, err
	}
	return all[len(all)-1], nil
}

func (r *registry) Versions(_ context.Context, subject string) ([]*schema.Schema, error) {
	return r.get(subject)
}

func (r *registry) Subjects(context.Context) ([]string, error) {
	if r.away {
		return nil, &schema.UnavailableError{}
	}
	return slices.Sorted(maps.Keys(r.versions)), nil
}

// rec is a schema of a record with fields of text.
func rec(name string, fields ...string) string {
	var all []string
	for _, f := range fields {
		all = append(all, fmt.Sprintf(`{"name": %q, "type": "string"}`, f))
	}
	return fmt.Sprintf(`{"type": "record", "name": %q, "fields": [%s]}`, name, strings.Join(all, ", "))
}

func inspect(t testing.TB, topics string) *config.Inspection {
	t.Helper()
	in := config.InspectBytes("b.yaml", []byte(`kafka: {brokers: ["k:1"], group: g}
schema_registry: {url: "http://r:1"}
braze: {endpoint: "https://b", api_key: k}
dead_letter: {topic: dead}
topics:
`+topics), config.ResolveLenient)
	if in.Config == nil {
		t.Fatal(in.Faults)
	}
	return in
}

// told are faults in a form that a table can hold.
func told(fs config.Faults) []string {
	var all []string
	for _, f := range fs {
		s := fmt.Sprintf("%d:%d %s: %s", f.Line, f.Column, strings.TrimPrefix(f.Path, "topics."), f.Message)
		if f.Subject != "" {
			s += fmt.Sprintf(" (%s %d)", f.Subject, f.Version)
		}
		if f.Hint != "" {
			s += " | " + f.Hint
		}
		all = append(all, s)
	}
	return all
}

// matches compares what was told with what was wanted, each of which is contained in it; its first words begin it.
func matches(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		for part := range strings.SplitSeq(w, "…") {
			_, after, found := strings.Cut(g, part)
			if !found {
				return false
			}
			g = after
		}
		return true
	})
}

const mapped = "    user: {external_id: \"${id}\"}\n    send: [{event: e, properties: {a: \"${name}\"}}]\n"

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		topics   string
		schemas  map[string][]string
		all      bool
		faults   []string
		warnings []string
		counts   [2]int // topics, schemas
	}{
		"good":            {"  t:\n" + mapped, map[string][]string{"t-value": {rec("T", "id", "name")}}, false, nil, nil, [2]int{1, 1}},
		"the latest only": {"  t:\n" + mapped, map[string][]string{"t-value": {rec("T", "id"), rec("T", "id", "name")}}, false, nil, nil, [2]int{1, 1}},
		"all versions": {"  t:\n" + mapped, map[string][]string{"t-value": {rec("T", "id"), rec("T", "id", "name")}}, true,
			[]string{`8:42 t.send[0].properties.a: unknown field "name" (t-value 1)`}, nil, [2]int{1, 2}},
		"no schema": {"  t:\n" + mapped, nil, false, []string{"6:3 t: there is no such schema, so this mapping cannot be checked (t-value 0) | register the schema"}, nil, [2]int{1, 0}},
		"nearly a schema": {"  shop.orders:\n" + mapped, map[string][]string{"shop.order-value": {rec("T", "id", "name")}}, false,
			[]string{"| there is shop.order-value"}, nil, [2]int{1, 0}},
		"a pattern": {"  ^t.*:\n" + mapped + "  tea:\n" + mapped, map[string][]string{"t1-value": {rec("T", "id")}, "t2-value": {rec("T", "id", "name")}, "tea-value": {rec("T", "id", "name")}, "t3-key": {`"long"`}}, false,
			[]string{"(t1-value 1)"}, nil, [2]int{2, 3}},
		"a pattern of nothing": {"  ^z:\n" + mapped, map[string][]string{"t-value": {rec("T", "id")}}, false, nil,
			[]string{"6:3 ^z: matches no subject NAME-value yet, so this mapping was not checked"}, [2]int{1, 0}},
		"subjects of records": {"  t:\n    record: [com.A, com.B]\n" + mapped, map[string][]string{"com.A": {rec("com.A", "id", "name")}, "t-com.B": {rec("com.B", "id")}}, false,
			[]string{"(t-com.B 1)"}, nil, [2]int{1, 2}},
		"another record type": {"  t:\n    record: com.A\n" + mapped, map[string][]string{"t-value": {rec("com.B", "id", "name")}}, false,
			[]string{"6:3 t: the schema is of record type com.B, and this mapping accepts com.A: its records would hold the topic (t-value 1) | add the type to record"}, nil, [2]int{1, 1}},
		"passed over": {"  t:\n    record: com.A\n    other_records: filter\n" + mapped, map[string][]string{"t-value": {rec("com.B", "id")}}, false, nil, nil, [2]int{1, 1}},
		"a version of another type": {"  t:\n" + mapped, map[string][]string{"t-value": {rec("com.B", "id", "name"), rec("com.A", "id", "name")}}, true,
			[]string{"the schema is of record type com.B, and this mapping accepts com.A…(t-value 1)"}, nil, [2]int{1, 2}},
		"a key": {"  t:\n    key: avro\n    user: {external_id: \"${kafka.key.id}\"}\n    send: [{event: e}]\n", map[string][]string{"t-value": {rec("T", "x")}, "t-key": {rec("K", "idd"), rec("K", "id")}}, true,
			[]string{`8:38 t.user.external_id: kafka.key has no field "id"…did you mean idd?`}, []string{"kafka.key.id may be null"}, [2]int{1, 2}},
		"a key without a schema": {"  t:\n    key: avro\n    user: {external_id: \"${kafka.key}\"}\n    send: [{event: e}]\n", map[string][]string{"t-value": {rec("T", "x")}}, false,
			[]string{"6:3 t: there is no such schema, so what this mapping takes from the key cannot be checked (t-key 0) | register the keys' schema under that subject, or read keys as text: key: text"},
			[]string{"kafka.key is Avro here, and its schema is not known…"}, [2]int{1, 1}},
		"a key of a pattern": {"  ^t:\n    key: avro\n    user: {external_id: \"${id}\"}\n    send: [{event: e}]\n", map[string][]string{"t-value": {rec("T", "id")}}, false, nil,
			[]string{"6:3 ^t: what this mapping takes from the key was not checked: a pattern's topics may have different keys"}, [2]int{1, 1}},
		"tombstones": {"  t:\n    tombstones: map\n    user: {external_id: \"${kafka.key}\"}\n    send: [{event: e, when: \"${record == nil && kafka.ofset == 1}\"}]\n", map[string][]string{"t-value": {rec("T", "id")}}, false,
			[]string{`kafka has no "ofset"…`}, []string{"kafka.key may be null"}, [2]int{1, 1}},
		"a rule for no type": {"  t:\n    user: {external_id: \"${id}\"}\n    send: [{event: e}, {event: f, record: com.A}, {event: g, record: [T, U]}]\n",
			map[string][]string{"t-value": {rec("com.T", "id")}}, false, nil,
			[]string{"8:43 t.send[1].record: no schema of this topic is of record type com.A: this rule was not checked, and makes nothing…", "8:74 t.send[2].record: …record type U"}, [2]int{1, 1}},
		"a rule for a type inside": {"  t:\n    user: {external_id: \"${id}\"}\n    send: [{event: f, record: In}]\n",
			map[string][]string{"t-value": {`{"type": "record", "name": "com.T", "fields": [{"name": "id", "type": "string"}, {"name": "body", "type": ["null", {"type": "record", "name": "In", "fields": []}]}]}`}}, false, nil,
			[]string{`| the field body is of this type, not the record; for records with it, when: ${typeName(body) == "com.In"}`}, [2]int{1, 1}},
		"rules for all types": {"  t:\n    user: {external_id: \"${id}\"}\n    send: [{event: a, record: A}, {event: b, record: com.B}, {event: c, record: [A, B]}]\n",
			map[string][]string{"t-value": {"[" + rec("com.A", "id") + "," + rec("com.B", "id") + "]"}}, false, nil, nil, [2]int{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			in := inspect(t, c.topics)
			if len(in.Faults) > 0 {
				t.Fatal(in.Faults)
			}
			r, err := Run(t.Context(), Options{Config: in.Config, Schemas: &registry{versions: c.schemas}, AllVersions: c.all})
			if err != nil {
				t.Fatal(err)
			}
			if got := told(r.Faults); !matches(got, c.faults) {
				t.Errorf("faults\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.faults, "\n"))
			}
			if got := told(r.Warnings); !matches(got, c.warnings) {
				t.Errorf("warnings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.warnings, "\n"))
			}
			if got := [2]int{r.Topics, r.Schemas}; got != c.counts {
				t.Errorf("%v topics and schemas, want %v", got, c.counts)
			}
		})
	}
}

// Only the topic that was asked for is looked at, and only its subjects.
func TestRunOneTopic(t *testing.T) {
	in := inspect(t, "  t:\n"+mapped+"  u:\n"+mapped)
	r, err := Run(t.Context(), Options{Config: in.Config, Topic: in.Config.Topics[1], Schemas: &registry{versions: map[string][]string{"t-value": {rec("T")}, "u-value": {rec("U", "id", "name")}}}})
	if err != nil || len(r.Faults) > 0 || r.Topics != 1 {
		t.Errorf("%v, %v, %d topics", err, r.Faults, r.Topics)
	}
}

// A registry that cannot be asked ends the check, wherever it is asked; a schema that cannot be used is one fault.
func TestRegistryAway(t *testing.T) {
	for _, topics := range []string{"  t:\n" + mapped, "  ^t:\n" + mapped, "  t:\n    key: avro\n" + mapped, "  t:\n    record: A\n" + mapped} {
		in := inspect(t, topics)
		_, err := Run(t.Context(), Options{Config: in.Config, Schemas: &registry{away: true}})
		var away *schema.UnavailableError
		if !errors.As(err, &away) {
			t.Errorf("%s: %v", topics, err)
		}
	}
	for subject, want := range map[string]string{"t-value": "the schema cannot be used: it is Protobuf (t-value 0)", "t-key": "the schema cannot be used: it is Protobuf (t-key 0)"} {
		in := inspect(t, "  t:\n    key: avro\n"+mapped)
		versions := map[string][]string{"t-value": {rec("T", "id", "name")}, "t-key": {`"long"`}}
		r, err := Run(t.Context(), Options{Config: in.Config, Schemas: &registry{versions: versions, broken: subject}})
		if err != nil || !matches(told(r.Faults), []string{want}) {
			t.Errorf("%v, %v", err, told(r.Faults))
		}
	}
}

// Faults and warnings come in the order of the file, and a warning that every version gives once.
func TestOrderAndRepetition(t *testing.T) {
	in := inspect(t, "  t:\n    user: {external_id: \"${a}\"}\n    send: [{event: e, properties: {a: \"${x}\"}}, {event: f, properties: {b: \"${y}\"}}]\n")
	text := `{"type": "record", "name": "T", "fields": [{"name": "a", "type": ["null", "string"]}]}`
	r, err := Run(t.Context(), Options{Config: in.Config, AllVersions: true, Schemas: &registry{versions: map[string][]string{"t-value": {text, text, text}}}})
	if err != nil || len(r.Warnings) != 1 || len(r.Faults) != 6 {
		t.Fatalf("%v, %v, %v", err, told(r.Faults), told(r.Warnings))
	}
	if !slices.IsSortedFunc(r.Faults, func(a, b *config.Fault) int { return a.Column - b.Column }) {
		t.Errorf("the faults are %v", told(r.Faults))
	}
}

// Whatever is wrong with a file, what could be decoded of it is compiled without a panic, and nothing is told twice.
func TestBesideFaultsOfTheFile(t *testing.T) {
	files, err := filepath.Glob("../../../config/testdata/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	r := &registry{versions: map[string][]string{}}
	for _, name := range []string{"shop.orders", "a", "t", "orders"} {
		r.versions[name+"-value"] = []string{rec("T", "id")}
	}
	compiled := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for cut := len(text); cut > 0; cut -= 97 { // and every so much of it
			in := config.InspectBytes(file, text[:cut], config.ResolveLenient)
			if in.Config == nil {
				continue
			}
			result, err := Run(t.Context(), Options{Config: in.Config, Schemas: r, File: in})
			if err != nil {
				t.Fatal(err)
			}
			compiled += result.Topics
			places := map[string]bool{}
			for _, f := range in.Faults {
				places[fmt.Sprint(f.Line, f.Column)] = true
			}
			for _, f := range result.Faults {
				if places[fmt.Sprint(f.Line, f.Column)] {
					t.Errorf("%s, %d bytes: told twice: %v", file, cut, f)
				}
			}
		}
	}
	if compiled < 20 {
		t.Errorf("only %d topics were compiled", compiled)
	}
}

// A topic whose own faults leave its mapping open is left alone and counted; of the others everything is told.
func TestSkipped(t *testing.T) {
	in := inspect(t, "  t:\n"+mapped+"  u:\n    send: 7\n  v:\n    user: {external_id: *none}\n    send: [{event: \"${x}\"}]\n")
	r, err := Run(t.Context(), Options{Config: in.Config, File: in, Schemas: &registry{versions: map[string][]string{"t-value": {rec("T", "id")}, "v-value": {rec("V", "id")}}}})
	if err != nil || r.Topics != 2 || r.Skipped != 1 {
		t.Fatalf("%v, %d topics, %d skipped", err, r.Topics, r.Skipped)
	}
	if want := []string{"t.send[0].properties.a: unknown field", "v.send[0].event: unknown field"}; !matches(told(r.Faults), want) {
		t.Errorf("the faults are %v", told(r.Faults))
	}
}

// One mapping against a pair of schemas that nobody has registered.
func TestAgainst(t *testing.T) {
	in := inspect(t, "  t:\n    key: avro\n    tombstones: map\n    user: {external_id: \"${kafka.key.id}\"}\n    send: [{event: e, when: \"${record != nil}\", properties: {a: \"${name}\"}}]\n")
	one := func(text string) *schema.Schema {
		s, err := schema.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Subject = "t-value"
		return s
	}
	for name, c := range map[string]struct {
		with Candidate
		want []string
	}{
		"both fit":      {Candidate{Value: one(rec("T", "name")), Key: one(rec("K", "id"))}, nil},
		"the value":     {Candidate{Value: one(rec("T", "nam")), Key: one(rec("K", "id"))}, []string{`unknown field "name"`}},
		"the key":       {Candidate{Value: one(rec("T", "name")), Key: one(rec("K", "idd"))}, []string{`kafka.key has no field "id"`}},
		"another type":  {Candidate{Value: one(rec("T", "name")), Key: one(rec("K", "id")), Accepts: []string{"U"}}, []string{"the schema is of record type T, and this mapping accepts U"}},
		"no key schema": {Candidate{Value: one(rec("T", "name"))}, nil},
	} {
		r := Against(Options{Topic: in.Config.Topics[0]}, c.with)
		if got := told(r.Faults); !matches(got, c.want) || r.Topics != 1 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if warned := len(r.Warnings) > 0; name == "no key schema" && !warned {
			t.Errorf("%s: nothing is said", name)
		}
	}
	bad := inspect(t, "  t:\n    key: avrro\n"+mapped)
	if r := Against(Options{Topic: bad.Config.Topics[0], File: bad}, Candidate{Value: one(rec("T"))}); r.Skipped != 1 || len(r.Faults) > 0 {
		t.Errorf("beside faults of the file: %+v", r)
	}
}

// What names the dead-letter topic is checked too, and what several topics do together.
func TestAcrossTopics(t *testing.T) {
	in := inspect(t, "  t:\n"+mapped)
	bad := config.InspectBytes("b.yaml", []byte("dead_letter: {topic: \"${kafka.tropic}\"}\ntopics:\n  t:\n"+mapped), config.ResolveLenient)
	in.Config.DeadLetter = bad.Config.DeadLetter
	r, err := Run(t.Context(), Options{Config: in.Config, Schemas: &registry{versions: map[string][]string{"t-value": {rec("T", "id", "name")}}}})
	if err != nil || !matches(told(r.Faults), []string{"dead_letter.topic: kafka has no \"tropic\""}) {
		t.Errorf("%v, %v", err, told(r.Faults))
	}
}
