package deploy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// tree is a YAML document: maps, lists and scalars.
type tree struct {
	t    testing.TB
	name string
	root any
}

// readTrees reads every document of a YAML file.
func readTrees(t testing.TB, file string) []tree {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var trees []tree
	for decoder := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var root any
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: document %d: %v", file, len(trees)+1, err)
		}
		trees = append(trees, tree{t: t, name: fmt.Sprintf("%s, document %d", file, len(trees)+1), root: root})
	}
	if len(trees) == 0 {
		t.Fatalf("%s holds no document", file)
	}
	return trees
}

// find returns the value at a path such as spec/containers/0/image, or nil where there is none.
func (d tree) find(path string) any {
	value := d.root
	for part := range strings.SplitSeq(path, "/") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text is the value at a path as text; a test without it fails.
func (d tree) text(path string) string {
	d.t.Helper()
	value := d.find(path)
	if value == nil {
		d.t.Fatalf("%s: nothing at %s", d.name, path)
	}
	return fmt.Sprint(value)
}

// want fails where the value at a path is another.
func (d tree) want(path, want, why string) {
	d.t.Helper()
	if got := fmt.Sprint(d.find(path)); got != want {
		d.t.Errorf("%s: %s is %s, want %s: %s", d.name, path, got, want, why)
	}
}

// labels are the map of texts at a path.
func (d tree) labels(path string) map[string]string {
	d.t.Helper()
	found, ok := d.find(path).(map[string]any)
	if !ok || len(found) == 0 {
		d.t.Fatalf("%s: no labels at %s", d.name, path)
	}
	labels := make(map[string]string, len(found))
	for key, value := range found {
		labels[key] = fmt.Sprint(value)
	}
	return labels
}

// list is the list at a path; a test without it fails.
func (d tree) list(path string) []any {
	d.t.Helper()
	list, ok := d.find(path).([]any)
	if !ok || len(list) == 0 {
		d.t.Fatalf("%s: no list at %s", d.name, path)
	}
	return list
}

// pinned reports whether an image has a tag that does not move with every release of everything.
func pinned(image string) bool {
	name, tag, ok := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return ok && name != "" && tag != "" && tag != "latest"
}

func TestPinned(t *testing.T) {
	for image, want := range map[string]bool{
		"kafka": false, "apache/kafka": false, "apache/kafka:latest": false, "localhost:5000/kafka": false,
		"apache/kafka:4.4.0": true, "localhost:5000/kafka:4.4.0": true,
	} {
		if got := pinned(image); got != want {
			t.Errorf("pinned(%s) = %v, want %v", image, got, want)
		}
	}
}
