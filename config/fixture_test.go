package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the .want files anew")

// forbidden are the texts that fixtures fill in or hold as secrets; they must be in no fault.
const forbidden = "must not show"

func fixtureEnv(t *testing.T) {
	t.Helper()
	t.Setenv("TEST_KEY", forbidden)
	t.Setenv("TEST_ENV", "from-env")
	t.Setenv("TEST_NUMBER", "10")
	if err := os.Unsetenv("TEST_UNSET"); err != nil {
		t.Fatal(err)
	}
}

// report is what a person gets to see.
func report(warnings Faults, err error) string {
	var b strings.Builder
	faults, _ := err.(Faults)
	for _, f := range faults {
		b.WriteString(f.Error() + "\n")
		if f.Hint != "" {
			b.WriteString("    " + f.Hint + "\n")
		}
	}
	for _, f := range warnings {
		b.WriteString("warning: " + f.Error() + "\n")
		if f.Hint != "" {
			b.WriteString("    " + f.Hint + "\n")
		}
	}
	return b.String()
}

// TestFixtures: every *.good.yaml loads, every *.bad.yaml gives exactly the faults and warnings of its .want file.
func TestFixtures(t *testing.T) {
	fixtureEnv(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, warnings, err := Load(file, ResolveAll)
			if good := strings.HasSuffix(file, ".good.yaml"); good != (err == nil) {
				t.Errorf("good is %v, error %v", good, err)
			}
			got := report(warnings, err)
			for _, secret := range []string{forbidden, "must_not_show", "must ${not", "hunter2"} {
				if strings.Contains(got, secret) {
					t.Errorf("%q shows in\n%s", secret, got)
				}
			}
			compare(t, strings.TrimSuffix(file, ".yaml")+".want", got)
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
