package preview

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func shown(t *testing.T, show Show) {
	t.Helper()
	undecodable := order(t, 3, "null")
	undecodable.Reason, undecodable.Err = "undecodable", errors.New("cut off")
	foreign := order(t, 4, `{"customer": "ann", "total": 1}`)
	foreign.Schema = parsed(t, strings.Replace(ordersSchema, `"Order"`, `"Refund"`, 1))
	all := []*Record{
		order(t, 0, `{"customer": "ann", "total": 250.5}`), order(t, 1, `{"customer": "<b&b>", "total": 0}`), order(t, 2, `{"customer": "", "total": 120}`),
		undecodable, foreign, order(t, 5, "null"), order(t, 6, `{"customer": null, "total": 1}`), order(t, 7, `{"customer": "bob", "total": 1, "weight": "NaN"}`),
	}
	all[0].Record.Key = []byte("k&1")
	if _, err := Run(t.Context(), optionsOf(t, &records{all: all}, show)); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != got {
		t.Errorf("%s: %v, got\n%s", file, err, got)
	}
}

// What people see: every outcome says what it means.
func TestTextGolden(t *testing.T) {
	var out bytes.Buffer
	shown(t, NewText(&out, false))
	golden(t, "text.golden", out.String())
	var colored bytes.Buffer
	shown(t, NewText(&colored, true))
	plain := colored.String()
	for strings.Contains(plain, "\x1b[") {
		before, after, _ := strings.Cut(plain, "\x1b[")
		_, after, _ = strings.Cut(after, "m")
		plain = before + after
	}
	if plain != out.String() || plain == colored.String() {
		t.Error("in colours it says something else")
	}
}

// strictly reads a line that may hold these keys and no others.
func strictly(t *testing.T, line string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
}

// What tools rely on: the keys of each line, all of them and no others, and the bodies as they would be sent.
func TestJSONShape(t *testing.T) {
	var out bytes.Buffer
	shown(t, NewJSON(&out))
	lines, _, _ := strings.Cut(out.String(), `{"summary"`) // its sums are TestSummary's
	golden(t, "json.golden", lines)
	kinds := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var keys map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatal(err)
		}
		switch {
		case keys["request"] != nil:
			kinds["request"]++
			var r struct{ Request map[string][]map[string]any }
			strictly(t, line, &r)
			for name := range r.Request {
				if name != "events" && name != "purchases" && name != "attributes" {
					t.Errorf("a request has %s", name)
				}
			}
		case keys["summary"] != nil:
			kinds["summary"]++
			var s struct {
				Summary struct {
					Records, Objects, Requests *int
					DataPoints                 *int `json:"data_points"`
					Mapped, Filtered, Rejected int
					NotRepeatSafe              int `json:"not_repeat_safe"`
				}
			}
			strictly(t, line, &s)
			if s.Summary.Records == nil || s.Summary.Objects == nil || s.Summary.Requests == nil || s.Summary.DataPoints == nil {
				t.Errorf("a sum is missing: %s", line)
			}
		default:
			kinds["record"]++
			checkRecordLine(t, line, len(keys))
		}
	}
	if kinds["record"] != 8 || kinds["request"] != 1 || kinds["summary"] != 1 {
		t.Errorf("the lines are %v", kinds)
	}
	if !strings.Contains(out.String(), `"<b&b>"`) {
		t.Error("text is escaped as for a web page")
	}
}

func checkRecordLine(t *testing.T, line string, keys int) {
	t.Helper()
	var r struct {
		Topic                  string
		Partition              int32
		Offset                 int64
		Outcome, Reason, Error string
		Record                 map[string]any
		Objects                []struct {
			Kind          string
			Object        map[string]any
			Error         string
			NotRepeatSafe string `json:"not_repeat_safe"`
		}
	}
	strictly(t, line, &r)
	if keys != 8 || r.Topic != "orders" || r.Partition != 2 || r.Objects == nil {
		t.Errorf("%d keys: %s", keys, line)
	}
	if (r.Outcome == "mapped") != (r.Reason == "") {
		t.Errorf("the outcome %s has the reason %q", r.Outcome, r.Reason)
	}
	for _, o := range r.Objects {
		if o.Kind != "event" && o.Kind != "purchase" && o.Kind != "attributes" || o.Object["external_id"] == nil {
			t.Errorf("an object is %+v", o)
		}
	}
}

// narrow is a writer that takes so many bytes.
type narrow struct{ left int }

func (n *narrow) Write(p []byte) (int, error) {
	if len(p) > n.left {
		return 0, errRefused
	}
	n.left -= len(p)
	return len(p), nil
}

// A pipe that was closed ends a preview, whatever it was about to show.
func TestClosedPipe(t *testing.T) {
	all := func() *records {
		return &records{all: []*Record{order(t, 0, `{"customer": "ann", "total": 1}`), order(t, 1, `{"customer": "ann", "total": 0}`)}}
	}
	for bytes := 0; bytes < 750; bytes += 50 {
		for name, show := range map[string]Show{"text": NewText(&narrow{bytes}, false), "json": NewJSON(&narrow{bytes})} {
			if _, err := Run(t.Context(), optionsOf(t, all(), show)); !errors.Is(err, errRefused) {
				t.Errorf("%s, after %d bytes: %v", name, bytes, err)
			}
		}
	}
}
