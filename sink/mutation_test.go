package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// mutated is a package whose rules are taken out one by one.
type mutated struct {
	name  string
	dir   string
	files []string // globs
	extra string   // further source of mutants, with a place for the number of the first
	// unwatched are the changes that no test can tell from the code as it is, each with its reason.
	unwatched map[string]string
}

var mutatedPackages = []mutated{
	{name: "sink", dir: ".", unwatched: unwatchedInSink, files: []string{"check*.go", "rules*.go", "ecommerce*.go"}},
	{name: "fakebraze", dir: "fakebraze", unwatched: unwatchedInFake, extra: schemaMutants, files: []string{
		"rules.go", "attributes.go", "ecommerce.go", "judge.go", "nested.go", "operators.go", "standard.go", "apply.go", "profiles.go", "parse.go",
		"datapoints.go", "times.go", "rate.go", "stateless.go",
	}},
}

// TestEveryRuleIsWatched takes each rule of the check and of the fake out of a copy of the source, one at a time, and demands
// that a test of its package fails. Rules are found in the source, not listed: one that is added without a test fails here.
// What no test can tell from the code as it is stands in a list, with the reason.
func TestEveryRuleIsWatched(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the package's tests once for each of its rules")
	}
	if os.Getenv("BRAZEBRIDGE_MUTANT") != "" {
		t.Skip("this is a mutant")
	}
	for _, p := range mutatedPackages {
		t.Run(p.name, func(t *testing.T) { p.try(t) })
	}
}

// try builds the package and tries its mutants, as many at once as there are processors.
func (p *mutated) try(t *testing.T) {
	binary, mutants := p.build(t)
	k := &killers{tests: p.trace(t, binary, &mutants), kills: map[string]int{}}
	began, next := time.Now(), make(chan int)
	var trials sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		trials.Go(func() {
			for id := range next {
				m := mutants[id]
				_, excused := p.unwatched[m.where]
				tests := k.reaching(id)
				if excused {
					tests = tests[:2] // all of them would take longer than all the mutants that are noticed
				}
				noticed := k.notice(t.Context(), p.dir, binary, id, tests)
				switch {
				case excused && noticed && k.notice(t.Context(), p.dir, binary, id, tests): // twice, lest a slow machine be taken for a test
					t.Errorf("a test fails without line %d of %s: take it off the list of what is unwatched", m.line, m.where)
				case !excused && !noticed:
					t.Errorf("no test fails without line %d of %s", m.line, m.where)
				}
			}
		})
	}
	for id := range mutants {
		next <- id
	}
	close(next)
	trials.Wait()
	t.Logf("%d mutants in %s", len(mutants), time.Since(began).Round(time.Second))
	for where := range p.unwatched {
		if !slices.ContainsFunc(mutants, func(m mutant) bool { return m.where == where }) {
			t.Errorf("nothing in the source is %s: take it off the list of what is unwatched", where)
		}
	}
}

// build compiles the tests of the package together with all its mutants.
func (p *mutated) build(t *testing.T) (binary string, mutants []mutant) {
	t.Helper()
	dir, home := t.TempDir(), absolute(t, p.dir)
	replace := map[string]string{}
	write := func(name, text string) {
		replace[filepath.Join(home, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, glob := range p.files {
		paths, err := filepath.Glob(filepath.Join(home, glob))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no file %s: %v", glob, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			text, found := mutantsOf(t, path, len(mutants))
			mutants = append(mutants, found...)
			write(filepath.Base(path), text)
		}
	}
	write("mutants.go", fmt.Sprintf(mutantSupport, p.name, len(mutants)))
	write("mutants_main_test.go", fmt.Sprintf(mutantMain, p.name))
	if p.extra != "" {
		write("mutants_more.go", fmt.Sprintf(p.extra, len(mutants)))
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	write("overlay.json", string(overlay))
	binary = filepath.Join(dir, "mutants.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, ".")
	cmd.Dir = home
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile the mutants: %v\n%s", err, out)
	}
	return binary, mutants
}

func absolute(t *testing.T, dir string) string {
	t.Helper()
	home, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// reach is a test with the mutants that it reaches.
type reach struct {
	name    string
	seconds float64
	mutants []byte
}

// trace runs each test by itself, notes which mutants it reaches, and names the mutants that only running shows. All tests
// must pass: those that do not would notice everything.
func (p *mutated) trace(t *testing.T, binary string, mutants *[]mutant) []reach {
	t.Helper()
	list := exec.CommandContext(t.Context(), binary, "-test.list", ".")
	list.Dir = p.dir
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list the tests: %v", err)
	}
	visible, file := len(*mutants), filepath.Join(t.TempDir(), "reached")
	var tests []reach
	for name := range strings.FieldsSeq(string(out)) {
		cmd := exec.CommandContext(t.Context(), binary, "-test.short", "-test.run", "^"+regexp.QuoteMeta(name)+"$")
		cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "BRAZEBRIDGE_MUTANT=-1", "BRAZEBRIDGE_REACHED="+file)
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s fails without any change: %v\n%s", name, err, out)
		}
		reached, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bits, names := reached[:visible], ""
		if len(reached) > visible {
			n := visible + slices.IndexFunc(reached[visible:], func(b byte) bool { return b > 1 })
			bits, names = reached[:n], string(reached[n:])
		}
		if len(tests) == 0 && names != "" {
			for name := range strings.SplitSeq(names, "\n") {
				*mutants = append(*mutants, mutant{where: name})
			}
		}
		tests = append(tests, reach{name, time.Since(began).Seconds(), bits})
	}
	slices.SortFunc(tests, func(a, b reach) int { return int(1e6 * (a.seconds - b.seconds)) })
	numberAlike(*mutants)
	return tests
}

// numberAlike tells mutants apart whose text stands several times in one function.
func numberAlike(mutants []mutant) {
	seen := map[string]int{}
	for i := range mutants {
		where := mutants[i].where
		if seen[where]++; seen[where] > 1 {
			mutants[i].where += fmt.Sprintf(" #%d", seen[where])
		}
	}
}

// killers are the tests in the order in which they are tried: those that notice most come first.
type killers struct {
	mu    sync.Mutex
	tests []reach
	kills map[string]int
}

// reaching are the tests that reach the mutant: the few that notice most, the quick ones among the others, the rest.
func (k *killers) reaching(id int) [][]string {
	const few, quick = 3, 0.3
	k.mu.Lock()
	defer k.mu.Unlock()
	stages := make([][]string, 3)
	slices.SortStableFunc(k.tests, func(a, b reach) int { return k.kills[b.name] - k.kills[a.name] })
	for _, test := range k.tests {
		stage := 2
		switch {
		case id < len(test.mutants) && test.mutants[id] == 0:
			continue
		case test.seconds < quick && len(stages[0]) < few:
			stage = 0
		case test.seconds < quick:
			stage = 1
		}
		stages[stage] = append(stages[stage], regexp.QuoteMeta(test.name))
	}
	return stages
}

// notice reports whether one of the tests, stage by stage, fails with the mutant.
func (k *killers) notice(ctx context.Context, dir, binary string, id int, stages [][]string) bool {
	for _, tests := range stages {
		if len(tests) == 0 {
			continue
		}
		cmd := exec.CommandContext(ctx, binary, "-test.short", "-test.failfast", "-test.timeout=20s", "-test.run", "^("+strings.Join(tests, "|")+")$")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), fmt.Sprintf("BRAZEBRIDGE_MUTANT=%d", id))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			continue
		}
		if _, name, ok := strings.Cut(string(out), "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			k.mu.Lock()
			k.kills[name]++
			k.mu.Unlock()
		}
		return true
	}
	return false
}
