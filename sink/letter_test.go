package sink

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestObjectsTextIsAlwaysAValidListWithinItsBound(t *testing.T) {
	objects := []ObjectOutcome{{"event", 0, "accepted", ""}, {"event", 1, "refused", "because"}, {"purchase", 2, "not_sent", ""}}
	for _, c := range []struct {
		limit int
		want  string
	}{
		{1000, `[{"kind":"event","index":0,"outcome":"accepted"},{"kind":"event","index":1,"outcome":"refused","error":"because"},{"kind":"purchase","index":2,"outcome":"not_sent"}]`},
		{150, `[{"kind":"event","index":0,"outcome":"accepted"},{"kind":"event","index":1,"outcome":"refused"},{"kind":"purchase","index":2,"outcome":"not_sent"}]`},
		{100, `[{"kind":"event","index":0,"outcome":"accepted"},{"kind":"event","index":1,"outcome":"refused"}]`},
		{50, `[{"kind":"event","index":0,"outcome":"accepted"}]`},
		{10, `[]`},
	} {
		if diff := cmp.Diff(c.want, objectsText(objects, c.limit)); diff != "" {
			t.Errorf("limit %d: %s", c.limit, diff)
		}
	}
	for limit := 2; limit < 400; limit++ {
		text := objectsText(objects, limit)
		if len(text) > limit || !json.Valid([]byte(text)) {
			t.Fatalf("limit %d: %d bytes, valid %v", limit, len(text), json.Valid([]byte(text)))
		}
	}
}

func TestEachFormIsSmallerThanTheOneBefore(t *testing.T) {
	objects := make([]ObjectOutcome, 2000)
	for i := range objects {
		objects[i] = ObjectOutcome{"event", i, "refused", strings.Repeat("x", 1000)}
	}
	r := anyRecord()
	l := &Letter{Record: r, Error: strings.Repeat("y", 100_000), Objects: objects}
	size := func(f form) int {
		rec := (&DeadLetters{version: "v"}).record(l, "t", f)
		n := len(rec.Key) + len(rec.Value)
		for _, h := range rec.Headers {
			n += len(h.Key) + len(h.Value)
		}
		return n
	}
	if n := size(whole); n > 40<<10 {
		t.Errorf("a whole letter's headers have %d bytes, whatever the error", n)
	}
	r.Key, r.Value = make([]byte, 1000), make([]byte, 1000)
	for f := brief; f <= bare; f++ {
		if size(f) >= size(f-1) {
			t.Errorf("form %d has %d bytes, the one before %d", f, size(f), size(f-1))
		}
	}
	if n := size(bare); n > 1000 {
		t.Errorf("a bare letter has %d bytes", n)
	}
}

func TestReasonsAndClassesAreComplete(t *testing.T) {
	if len(Reasons) != 8 || len(Classes) != int(Interrupted)+1 {
		t.Errorf("%d reasons, %d classes", len(Reasons), len(Classes))
	}
	names := map[string]bool{}
	for _, c := range Classes {
		names[c.String()] = true
	}
	if len(names) != len(Classes) {
		t.Errorf("names of classes: %v", names)
	}
}
