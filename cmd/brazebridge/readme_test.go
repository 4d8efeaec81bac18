package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

const repository = "../.."

func readmeText(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// fenced are the README's code blocks of one language.
func fenced(t *testing.T, language string) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readmeText(t), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return blocks
}

// table is the rows of the table under a header, each as its cells. A | ends a cell wherever it stands.
func table(t *testing.T, header string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(readmeText(t), header+"\n|---")
	if !found {
		t.Fatalf("the README has no table %s", header)
	}
	var rows [][]string
	for i, line := range strings.Split(rest, "\n") {
		if i == 0 {
			continue // the rest of the line of dashes
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

// code is what stands between backticks.
func code(text string) []string {
	var found []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// sources are the files of the repository with one ending, and what they hold.
func sources(t *testing.T, ending string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ending):
			return nil
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Every place that the README points at is there: files of the repository, and its own sections.
func TestReadmeLinks(t *testing.T) {
	text := readmeText(t)
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors["#"+strings.ReplaceAll(name, " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1)
	if len(links) < 10 {
		t.Fatalf("the README has %d links: are they still read?", len(links))
	}
	for _, m := range links {
		switch target := m[1]; {
		case strings.HasPrefix(target, "https://"):
		case strings.HasPrefix(target, "#"):
			if !anchors[target] {
				t.Errorf("the README has no section %s", target)
			}
		default:
			if _, err := os.Stat(filepath.Join(repository, target)); err != nil {
				t.Errorf("the README points at %s: %v", target, err)
			}
		}
	}
}

// Files that are only named, in commands and in the layout, are there too.
func TestReadmePaths(t *testing.T) {
	text := readmeText(t)
	paths := regexp.MustCompile(`(?m)(?:^|[ \x60(])(?:\./)?((?:cmd|config|schema|processor|sink|deploy|integration_test|\.ci)/[\w./-]*)`).FindAllStringSubmatch(text, -1)
	if len(paths) < 10 {
		t.Fatalf("%d paths are named: are they still read?", len(paths))
	}
	for _, m := range paths {
		path := strings.TrimSuffix(strings.TrimSuffix(m[1], "..."), ".")
		if path == "deploy/my-bridge.yaml" {
			continue // the reader's own
		}
		if _, err := os.Stat(filepath.Join(repository, path)); err != nil {
			t.Errorf("the README names %s: %v", path, err)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:\w+=\S+ )?go .*$`).FindAllString(strings.Join(fenced(t, "sh"), ""), -1) {
		for _, arg := range regexp.MustCompile(` \./(\S+)`).FindAllStringSubmatch(m, -1) {
			if _, err := os.Stat(filepath.Join(repository, strings.TrimSuffix(arg[1], "..."))); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	}
}

// A promise is as good as its test: each one that is named exists.
func TestReadmeTests(t *testing.T) {
	exist := map[string]bool{}
	for _, source := range sources(t, "_test.go") {
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`).FindAllStringSubmatch(source, -1) {
			exist[m[1]] = true
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`).FindAllString(readmeText(t), -1)
	if len(named) < 30 {
		t.Fatalf("%d tests are named: are they still read?", len(named))
	}
	for _, name := range named {
		if !exist[name] {
			t.Errorf("the README names %s, which is no test", name)
		}
	}
	for _, row := range table(t, "| Promise | Proved by |") {
		if len(row) != 2 || len(code(row[1])) == 0 {
			t.Errorf("a promise without a test: %q", row)
		}
	}
}

// Every command of ours that a block shows exists, with its flags.
func TestReadmeCommands(t *testing.T) {
	root := newRoot(newConsole().surroundings())
	shown := 0
	for _, block := range fenced(t, "sh") {
		for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " #")
			_, args, ours := strings.Cut(line, "go run ./cmd/brazebridge ")
			if !ours {
				_, args, ours = strings.Cut(line, "./brazebridge ")
			}
			if !ours || strings.HasPrefix(line, "go build") {
				continue
			}
			shown++
			if err := knownCommand(root, strings.Fields(args)); err != nil {
				t.Errorf("%s: %v", strings.TrimSpace(line), err)
			}
		}
	}
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(readmeText(t), "")
	for _, inline := range code(prose) {
		if args, ours := strings.CutPrefix(inline, "brazebridge "); ours {
			shown++
			if err := knownCommand(root, strings.Fields(args)); err != nil {
				t.Errorf("%s: %v", inline, err)
			}
		}
	}
	if shown < 4 {
		t.Fatalf("%d commands are shown: are they still read?", shown)
	}
}

// knownCommand looks a command and its flags up, without running it.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) > 1 && args[0] == "help" {
		args = args[1:]
	}
	command, rest, err := root.Find(args)
	if err != nil || command == root {
		return fmt.Errorf("no such command (%v)", err)
	}
	for _, arg := range rest {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if strings.HasPrefix(arg, "--") && command.Flags().Lookup(name) == nil && name != "help" {
			return fmt.Errorf("no flag --%s", name)
		}
	}
	return nil
}

// What the README shows of the demo is what it prints, but for the times and how full the requests were.
func TestReadmeDemo(t *testing.T) {
	con := newConsole()
	if exit := con.run("demo"); exit != 0 {
		t.Fatalf("the demo exits %d:\n%s", exit, con.stderr.String())
	}
	for line := range strings.Lines(fenced(t, "text")[0]) {
		if strings.Contains(line, "records/s") || strings.HasPrefix(line, "  requests") {
			continue
		}
		if !strings.Contains(con.stdout.String(), line) {
			t.Errorf("the demo does not print %q", line)
		}
	}
}
