package mappingtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"brazebridge/config"
)

// updated is a file with its expectations brought up to date.
func updated(t testing.TB, tests string) string {
	t.Helper()
	f, results := ran(t, tests)
	text, err := f.Update(results)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(string(text), "config: b.yaml\ntests:\n")
}

// What an update leaves of a file, and what it writes into it.
func TestUpdate(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"a single value": {
			"  - name: a # one\n    topic: orders\n    record: {id: ann, total: 5}\n    want: # two\n      - event: {external_id: bob, name: placed, time: 2020-01-01T00:00:00Z, properties: {total: 6, at: \"2020-01-01T00:00:00Z\", place: 0/0}} # three\n",
			"  - name: a # one\n    topic: orders\n    record: {id: ann, total: 5}\n    want: # two\n      - event: {external_id: ann, name: placed, time: 2020-01-01T00:00:00Z, properties: {total: 5, at: \"2020-01-01T00:00:00Z\", place: 0/0}} # three\n",
		},
		"another outcome": {
			"  - name: a\n    topic: orders\n    want:\n      - event: {}\n    record: {id: ann, total: 0} # behind\n\n  # of b\n  - name: b\n    topic: orders\n    record: null\n    rejected: check # gone\n",
			"  - name: a\n    topic: orders\n    filtered: true\n    record: {id: ann, total: 0} # behind\n\n  # of b\n  - name: b\n    topic: orders\n    record: null\n    filtered: true\n",
		},
		"none yet": {
			"  - name: a\n    topic: orders\n    record: {total: 1}\n  # of b\n  - topic: gone\n    name: b\n    key: \"on\"\n    record: null\n\n",
			"  - name: a\n    topic: orders\n    record: {total: 1}\n    rejected: mapping\n  # of b\n  - topic: gone\n    name: b\n    key: \"on\"\n    record: null\n    want:\n      - attributes:\n          external_id: \"on\"\n          here: null\n\n",
		},
		"a key behind the tests": {
			"  - name: a\n    topic: orders\n    record: null\nschemas: s\n",
			"  - name: a\n    topic: orders\n    record: null\n    filtered: true\nschemas: s\n",
		},
		"all pass": {
			"  - {name: a, topic: orders, record: null, filtered: true}\n",
			"  - {name: a, topic: orders, record: null, filtered: true}\n",
		},
		"what could not be run is left": {
			"  - name: a\n    topic: ordres\n    record: null\n    rejected: check\n",
			"  - name: a\n    topic: ordres\n    record: null\n    rejected: check\n",
		},
		"no line break at the end": {"  - name: a\n    topic: orders\n    record: null", "  - name: a\n    topic: orders\n    record: null\n    filtered: true"},
	} {
		if got := updated(t, c.before); got != c.after {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.after)
		}
	}
}

// A test whose expectation shares its line with something else is told and left, and then nothing is written.
func TestUpdateRefuses(t *testing.T) {
	for _, tests := range []string{
		"  - {name: a, topic: orders, record: null, rejected: check}\n",
		"  - name: a\n    topic: orders\n    record: null\n  - {name: b, topic: orders, record: null}\n",
	} {
		f, results := ran(t, tests)
		text, err := f.Update(results)
		var faults config.Faults
		if !errors.As(err, &faults) || text != nil || len(faults) != 1 || faults[0].Hint != "write each key of the test on a line of its own" {
			t.Errorf("%v, %s", err, text)
		}
	}
}

// Whatever tests a file holds and in whatever form, after an update all pass, an update of that changes nothing, and of the
// lines of the tests that passed, and of all comments outside expectations, none is lost.
func TestUpdateConverges(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		one := func(of ...string) string { return of[r.IntN(len(of))] }
		var b strings.Builder
		var kept []string
		for i := range 1 + r.IntN(5) {
			if r.IntN(3) == 0 {
				kept = append(kept, fmt.Sprintf("  # before %d", i))
				b.WriteString(kept[len(kept)-1] + "\n")
			}
			lines := []string{
				fmt.Sprintf("name: %d", i), "topic: " + one("orders", "orders", "gone"), "key: " + one("k", "'it''s'", `"a: b"`, "7"),
				"record: " + one("null", "{id: ann, total: 5}", "{id: \"x: #\", total: 500}", "{total: 1}", "{id: 'no', total: 0}"),
			}
			switch r.IntN(4) {
			case 0:
				lines = append(lines, "filtered: "+one("true", "when", "tombstone"))
			case 1:
				lines = append(lines, "rejected: "+one("mapping", "check"))
			case 2:
				lines = append(lines, "want:\n      - "+one("event: {name: placed}", "attributes:\n          external_id: bob\n          big: true", "purchase: {}\n      - event: {}"))
			}
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			for j, line := range lines {
				b.WriteString(map[bool]string{true: "  - ", false: "    "}[j == 0] + line + "\n")
				if !strings.HasPrefix(line, "want") && !strings.HasPrefix(line, "filtered") && !strings.HasPrefix(line, "rejected") {
					kept = append(kept, line)
				}
			}
			b.WriteString(one("", "\n", "\n\n"))
		}
		text := updated(t, b.String())
		_, results := ran(t, text)
		for _, res := range results {
			if !res.OK {
				t.Errorf("seed %d: %s does not pass after an update: %s\nbefore\n%s\nafter\n%s", seed, res.Test.Name, told(res), b.String(), text)
			}
		}
		if again := updated(t, text); again != text {
			t.Errorf("seed %d: a second update changes\n%s\nto\n%s", seed, text, again)
		}
		rest := text
		for _, line := range kept {
			_, after, found := strings.Cut(rest, line)
			if !found {
				t.Errorf("seed %d: %q is lost or moved\nbefore\n%s\nafter\n%s", seed, line, b.String(), text)
				break
			}
			rest = after
		}
	}
}
