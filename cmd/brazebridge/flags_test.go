package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Help is what people read first; a change of it is meant, or it is a mistake.
func TestHelp(t *testing.T) {
	for _, cmd := range newRoot(newConsole().surroundings()).Commands() {
		if !cmd.Runnable() {
			continue // a topic to read about, whose text is from elsewhere
		}
		con := newConsole()
		if code := con.run(cmd.Name(), "--help"); code != exitDone || con.stderr.String() != "" {
			t.Errorf("%s --help: exit code %d, stderr %s", cmd.Name(), code, con.stderr.String())
		}
		golden(t, filepath.Join("testdata", "help", cmd.Name()+".golden"), con.stdout.String())
	}
	con := newConsole()
	con.run("--help")
	golden(t, filepath.Join("testdata", "help", "brazebridge.golden"), con.stdout.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", file, got)
	}
}

// The flags that other people's scripts use, with their defaults.
func TestFlagsStay(t *testing.T) {
	flags := map[string]map[string]string{
		"run":  {"config": ""},
		"demo": {"records": "10000", "rate": "0", "serve": "false", "output": "text"},
		"fake-braze": {"listen": "127.0.0.1:8080", "api-key": "[]", "counting": "combined", "rate": "", "rate-headers": "epoch",
			"latency": "0s", "apply-delay": "0s", "stateless": "false"},
		"audit":   {"config": "", "topic": "", "count": "false", "letters": "[]", "letters-expire": "false", "output": "text"},
		"version": {"output": "text"},
	}
	root := newRoot(newConsole().surroundings())
	for name, want := range flags {
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		for flag, def := range want {
			f := cmd.Flags().Lookup(flag)
			if f == nil {
				t.Errorf("%s --%s is gone", name, flag)
			} else if f.DefValue != def || f.Usage == "" {
				t.Errorf("%s --%s: default %q, want %q; usage %q", name, flag, f.DefValue, def, f.Usage)
			}
		}
	}
}

func TestCompletionOffersValues(t *testing.T) {
	for args, want := range map[string]string{
		"demo --output ": "json",
		"fake":           "fake-braze",
		"demo --":        "--records",
	} {
		con := newConsole()
		words := append([]string{cobra.ShellCompRequestCmd}, strings.Split(args, " ")...)
		if code := con.run(words...); code != exitDone || !strings.Contains(con.stdout.String(), want) {
			t.Errorf("%q: exit code %d, offers %q, want %q", args, code, con.stdout.String(), want)
		}
	}
}

func TestNoColorWhereNobodyWatches(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if isTerminal(f) || isColored(f) || isTerminal(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
}
