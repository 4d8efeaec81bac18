package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// foreignSchemas are schemas that others have made, of a Java service, of changes to a table and of a web tracker.
const foreignSchemas = "../internal/scaffold/testdata/foreign"

// Somebody who has three foreign schemas, the program and nothing else comes to a mapping that passes check, and sees what
// it would send.
func TestNewcomerBegins(t *testing.T) {
	con := newConsole()
	if code := con.run("init", "--topic", "sales.order-events,dbserver1.inventory.customers", "--topic", "web.tracking", "--schemas", foreignSchemas); code != exitDone {
		t.Fatalf("init: exit code %d: %s", code, con.stderr.String())
	}
	file := writeFile(t, "bridge.yaml", con.stdout.String())
	con = newConsole()
	if code := con.run("check", "--config", file, "--schemas", foreignSchemas); code != exitDone {
		t.Fatalf("check: exit code %d: %s", code, con.stdout.String())
	}
	input := writeFile(t, "in.jsonl", `{"key": {"id": 7}, "record": {"before": null, "after": {"id": 7, "first_name": "Ann", "email": "a@b.de", "newsletter": 1, "updated_at": 1},
  "source": {"version": "2", "connector": "mysql", "ts_ms": 1, "db": "d"}, "op": "c", "ts_ms": 1772357400000}}
{"key": {"id": 7}, "record": null}`)
	con = newConsole()
	if code := con.run("preview", "--config", file, "--schemas", foreignSchemas, "--topic", "dbserver1.inventory.customers", "--input", input, "--envelope", "--output", "json"); code != exitDone {
		t.Fatalf("preview: exit code %d: %s", code, con.stderr.String())
	}
	p := previewJSON(t, con.stdout.String())
	if got := strings.Join(p.outcomes(), ", "); got != "mapped, filtered tombstone" || !strings.Contains(string(p.records[0].Objects[0].Object), `"external_id":"7","name":"customers_changed","time":"2026-03-01T09:30:00Z"`) {
		t.Errorf("%s: %s", got, con.stdout.String())
	}
}

// The ways in which hints say what to write.
var (
	didYouMean = regexp.MustCompile(`^did you mean (\S+)\?$`)
	writeLine  = regexp.MustCompile(`^write: (.*)$`)
	writeText  = regexp.MustCompile(`^write ("[^"]*")$`)
	aDefault   = regexp.MustCompile(`^give a default, \((\S+) \?\? (\S+)\), or`)
	word       = regexp.MustCompile(`^("[^"]*"|[\p{L}\p{N}_]+)`)
)

// follow changes a text as the hint of a fault says; changed is false where the hint is for people to think about.
func follow(text string, fault map[string]any) (after string, changed bool) {
	lines := strings.Split(text, "\n")
	number, column := int(fault["line"].(float64)), int(fault["column"].(float64))
	line, hint := []rune(lines[number-1]), fault["hint"].(string)
	before, rest := string(line[:column-1]), string(line[column-1:])
	switch {
	case didYouMean.MatchString(hint):
		fresh := didYouMean.FindStringSubmatch(hint)[1]
		if strings.HasPrefix(rest, `"`) {
			fresh = `"` + fresh + `"`
		}
		rest = word.ReplaceAllLiteralString(rest, fresh)
	case writeText.MatchString(hint):
		rest = word.ReplaceAllLiteralString(rest, writeText.FindStringSubmatch(hint)[1])
	case writeLine.MatchString(hint):
		trimmed := strings.TrimLeft(string(line), " ")
		before, rest = string(line)[:len(line)-len([]rune(trimmed))], writeLine.FindStringSubmatch(hint)[1]
	case aDefault.MatchString(hint):
		m := aDefault.FindStringSubmatch(hint)
		lines[number-1] = strings.Replace(string(line), m[1], "("+m[1]+" ?? "+m[2]+")", 1)
		return strings.Join(lines, "\n"), true
	default:
		return text, false
	}
	lines[number-1] = before + rest
	return strings.Join(lines, "\n"), true
}

// A mapping with a mistake in nearly every line comes right by doing what the hints say, word by word, and then does what
// its tests want of it.
func TestNewcomerFollowsTheHints(t *testing.T) {
	head, _, _ := strings.Cut(readFile(t, "testdata/check/good.yaml"), "topics:")
	text := head + readFile(t, "testdata/newcomer/mistakes.yaml")
	followed, rounds := 0, 0
	for ; rounds < 12; rounds++ {
		con := newConsole()
		con.run("check", "--config", writeFile(t, "bridge.yaml", text), "--schemas", foreignSchemas, "--output", "json")
		faults := checkJSON(t, con).Faults
		if rounds == 0 && len(faults) < 11 {
			t.Errorf("only %d faults are told at first: %v", len(faults), faults)
		}
		if len(faults) == 0 {
			break
		}
		lines := map[any]bool{} // one change of a line, since it moves what stands behind
		for _, f := range faults {
			after, changed := follow(text, f)
			switch {
			case !changed:
				t.Fatalf("round %d: the hint of %v cannot be followed", rounds, f)
			case after == text:
				t.Fatalf("round %d: the hint of %v changes nothing", rounds, f)
			case !lines[f["line"]]:
				lines[f["line"]] = true
				text = after
				followed++
			}
		}
	}
	if rounds == 12 || followed < 13 {
		t.Fatalf("%d hints followed in %d rounds, and it is\n%s", followed, rounds, text)
	}
	schemas, err := filepath.Abs(foreignSchemas)
	if err != nil {
		t.Fatal(err)
	}
	tests := strings.NewReplacer("CONFIG", writeFile(t, "bridge.yaml", text), "SCHEMAS", schemas).Replace(readFile(t, "testdata/newcomer/mapping_test.yaml"))
	con := newConsole()
	if code := con.run("test", writeFile(t, "mapping_test.yaml", tests)); code != exitDone {
		t.Errorf("test: exit code %d: %s%s\n%s", code, con.stdout.String(), con.stderr.String(), text)
	}
}
