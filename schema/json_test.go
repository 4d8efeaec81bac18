package schema

import (
	"encoding/json"
	"testing"
)

// checkJSON: what a value becomes is valid JSON, or an error.
func checkJSON(t *testing.T, v Value) {
	t.Helper()
	out, err := v.AppendJSON(nil)
	if err == nil && !json.Valid(out) {
		t.Fatalf("not JSON: %s", out)
	}
	if err != nil && len(out) != 0 {
		t.Fatal("an error left text behind")
	}
}

// TestRandomValuesAreJSON writes what random schemas and data decode to.
func TestRandomValuesAreJSON(t *testing.T) {
	written := 0
	for seed := range 800 {
		g := newGenerator(uint64(seed))
		s := g.compiled(t)
		var a Arena
		v, err := s.Decode(&a, g.datum(nil, s.Root, 6))
		if err != nil {
			continue
		}
		checkJSON(t, v)
		written++
	}
	if written < 400 {
		t.Errorf("only %d written", written)
	}
}
