package mapping_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"brazebridge/processor/mapping"
)

// prune is the naive model of what becomes of nulls: they go, and so do objects that held nothing else.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if p := prune(e); p != nil {
				out[k] = p
			}
		}
		if len(out) == 0 && len(v) > 0 {
			return nil
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if p := prune(e); p != nil {
				out = append(out, p)
			}
		}
		return out
	}
	return v
}

// TestWholeCopies compares a record that is copied whole, by the fast path and by the expression machine, with the naive
// model over the record's own JSON, for every record of the golden directories.
func TestWholeCopies(t *testing.T) {
	dirs, err := filepath.Glob("testdata/golden/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no golden directories", err)
	}
	for _, dir := range dirs {
		s := schemaOf(t, readFile(t, filepath.Join(dir, "schema.avsc")))
		fast, slow := compiled(t, event("${record}"), s), compiled(t, event("${(record)}"), s)
		for line := range strings.Lines(readFile(t, filepath.Join(dir, "records.jsonl"))) {
			v := decode(t, s, line)
			plain, err := v.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal(plain, &want); err != nil {
				t.Fatal(err)
			}
			want = prune(want)
			for _, p := range []*mapping.Program{fast, slow} {
				objs, err := run(t, p, v)
				if err != nil {
					t.Fatal(err)
				}
				var got struct{ Properties struct{ X any } }
				if err := json.Unmarshal(objs[0].Object, &got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got.Properties.X); diff != "" {
					t.Errorf("%s %s (-want +got):\n%s", filepath.Base(dir), line, diff)
				}
			}
		}
	}
}
