package sink

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updateCheckTexts = flag.Bool("update-check-texts", false, "write the refusals' texts anew")

// TestRefusalTextsGolden shows every text that people will read in a dead letter, so that a change of one is seen.
func TestRefusalTextsGolden(t *testing.T) {
	file := filepath.Join("testdata", "check", "refusals.txt")
	var lines []string
	for _, tc := range ruleCases {
		r := checkOne(t, tc.kind, strings.Replace(tc.good, tc.old, tc.new, 1))
		lines = append(lines, r.Rule+": "+r.Text+"\n")
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "")
	if *updateCheckTexts {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the texts differ from %s (go test ./sink -update-check-texts):\n%s", file, got)
	}
}
