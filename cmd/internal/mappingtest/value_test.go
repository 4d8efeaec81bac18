package mappingtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"brazebridge/config"
)

// nodeOf is a value of YAML as the file has it.
func nodeOf(t testing.TB, yaml string) *config.Node {
	t.Helper()
	root, _, faults := config.ReadDocument("t.yaml", []byte("v: "+yaml+"\n"))
	if len(faults) > 0 {
		t.Fatalf("%s: %v", yaml, faults)
	}
	return root.Get("v")
}

// A record in YAML is the JSON that a person would have written: digits stay as they are.
func TestValueOf(t *testing.T) {
	for yaml, want := range map[string]string{
		`{a: 12.30, b: 9007199254740993, c: "12", d: 1.0e+3}`: `{"a":12.30,"b":9007199254740993,"c":"12","d":1.0e+3}`,
		`[0x1F, +5, 1_000, .5, .inf, -.inf, .nan]`:            `[31,5,1000,0.5,"Infinity","-Infinity","NaN"]`,
		`[true, null, ~, "", 'it''s', no]`:                    `[true,null,null,"","it's","no"]`,
		`[010, 01234, -007, 0, 0.5, 00:30]`:                   `["010","01234","-007",0,0.5,"00:30"]`,
		`{z: 1, a: {y: [], x: {}}}`:                           `{"z":1,"a":{"y":[],"x":{}}}`,
		`"<b>\u2028 ä \n"`:                                    `"<b>\u2028 ä \n"`,
	} {
		got := valueOf(nodeOf(t, yaml)).json()
		var x, y any
		if json.Unmarshal([]byte(got), &x) != nil || json.Unmarshal([]byte(want), &y) != nil || got != want && !strings.Contains(want, `\u`) {
			t.Errorf("%s is %s, want %s", yaml, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		want, got string
		diff      []string // path want got
	}{
		{`{a: 1, b: x}`, `{"b":"x","a":1.0}`, nil},
		{`1.10`, `11e-1`, nil},
		{`12.30`, `12.31`, []string{" 12.30 12.31"}},
		{`9007199254740993`, `9007199254740992`, []string{" 9007199254740993 9007199254740992"}},
		{`"2026-01-01T01:00:00+01:00"`, `"2026-01-01T00:00:00.000Z"`, nil},
		{`"2026-01-01"`, `"2026-01-01T00:00:00Z"`, []string{` "2026-01-01" "2026-01-01T00:00:00Z"`}},
		{`12`, `"12"`, []string{` 12 "12"`}},
		{`null`, `null`, nil},
		{`{a: null}`, `{}`, []string{".a null "}},
		{`{}`, `{"a b":[1]}`, []string{`["a b"]  [1]`}},
		{`[1, 2, 3]`, `[1,3]`, []string{"[1] 2 3", "[2] 3 "}},
		{`[]`, `[{"x":1}]`, []string{`[0]  {"x":1}`}},
		{`{a: [1]}`, `{"a":{"b":1}}`, []string{`.a [1] {"b":1}`}},
		{`true`, `false`, []string{" true false"}},
	} {
		got, err := readJSON([]byte(c.got))
		if err != nil {
			t.Fatal(err)
		}
		var diff []string
		for _, d := range compare("", nodeOf(t, c.want), got) {
			diff = append(diff, d.Path+" "+d.Want+" "+d.Got)
		}
		if !slices.Equal(diff, c.diff) {
			t.Errorf("%s and %s: %q, want %q", c.want, c.got, diff, c.diff)
		}
	}
}

// A number too large to compute with costs nothing and equals only its own text.
func TestHugeExponents(t *testing.T) {
	a, b := &value{kind: config.NodeNumber, text: "1e99999999"}, &value{kind: config.NodeNumber, text: "10e99999998"}
	if equal(a, b) || !equal(a, a) {
		t.Error("a huge number was compared by value, or is not equal to itself")
	}
}

// What an update writes is read again as the very same value, whatever it holds.
func TestWrittenValuesAreReadAgain(t *testing.T) {
	for _, text := range []string{
		`{"a":1,"b":[1,[2,[3,{"c":{}}]],{"d":[],"e":null}],"f":{"g":{"h":"i"}}}`,
		`{"text":["","true","no","12","1e3","2026-01-01","~","null","a: b","a #b","- a","[x]","{x}","&a","*a","!t","%","@","ä","a\nb"," a","a ","'","\"","\\","${x}","=","<<","?","|",">","0x1F",".5","x\u0000y","😀","a\u2028b"]}`,
		`{"true":1,"12":2,"a: b":3,"":4,"<<":5,"- x":6,"ключ":7,"#":8}`,
		`{"n":[0,-1,1.50,1e3,12345678901234567890,0.000001]}`,
	} {
		v, err := readJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := appendYAML([]string{"v:"}, v, 2)
		root, _, faults := config.ReadDocument("t.yaml", []byte(strings.Join(lines, "\n")+"\n"))
		if len(faults) > 0 {
			t.Errorf("%s was written as\n%s\n%v", text, strings.Join(lines, "\n"), faults)
			continue
		}
		if diff := compare("", root.Get("v"), v); len(diff) > 0 {
			t.Errorf("%s was written as\n%s\nand read as something else: %v", text, strings.Join(lines, "\n"), diff)
		}
	}
}

// Any object that could come out is written so that it is read again as the same.
func FuzzWrittenValues(f *testing.F) {
	f.Add(`{"a":"b"}`)
	f.Add(`{"a":[{"b":[[1,2],[]],"c":"x: y"}]}`)
	f.Add(`{"a\nb":"\t"}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := readJSON([]byte(text))
		if err != nil || v.kind != config.NodeMap || len(v.items) == 0 || repeats(v) {
			return
		}
		lines := appendYAML([]string{"v:"}, v, 2)
		root, _, faults := config.ReadDocument("t.yaml", []byte(strings.Join(lines, "\n")+"\n"))
		if len(faults) > 0 {
			t.Fatalf("%s was written as\n%s\n%v", text, strings.Join(lines, "\n"), faults)
		}
		if diff := compare("", root.Get("v"), v); len(diff) > 0 {
			t.Fatalf("%s was written as\n%s\nand read as something else: %v", text, strings.Join(lines, "\n"), diff)
		}
	})
}

// repeats tells whether a key stands twice in an object, which nothing of ours writes.
func repeats(v *value) bool {
	for i, k := range v.keys {
		if slices.Contains(v.keys[:i], k) {
			return true
		}
	}
	return slices.ContainsFunc(v.items, repeats)
}
