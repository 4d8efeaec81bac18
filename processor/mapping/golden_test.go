package mapping_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

var update = flag.Bool("update", false, "rewrite the expectations")

// TestGolden maps every directory of testdata/golden: mapping.yaml, schema.avsc and records.jsonl to want.txt, which also
// says what the check would refuse. A second version of the schema, with records of its own, is schema.v2.avsc,
// records.v2.jsonl and want.v2.txt. Where keys are Avro, key.avsc is their schema, and the first lines of keys.jsonl are
// the keys of the first records; the others have none.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/golden/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden directories: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			schemas, err := filepath.Glob(filepath.Join(dir, "schema*.avsc"))
			if err != nil || len(schemas) == 0 {
				t.Fatalf("no schema: %v", err)
			}
			for _, file := range schemas {
				version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "schema"), ".avsc")
				goldenVersion(t, dir, version)
			}
		})
	}
}

func goldenVersion(t *testing.T, dir, version string) {
	s := schemaOf(t, readFile(t, filepath.Join(dir, "schema"+version+".avsc")))
	topic := topicOf(t, readFile(t, filepath.Join(dir, "mapping.yaml")))
	keySchema, keys := goldenKeys(t, dir)
	p, warnings, faults := mapping.CompileWith(topic, s, keySchema)
	var got strings.Builder
	for _, w := range warnings {
		fmt.Fprintf(&got, "warning: %s\n", w.Error())
	}
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	for line := range strings.Lines(readFile(t, filepath.Join(dir, "records"+version+".jsonl"))) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		meta := testMeta()
		if len(keys) > 0 {
			fmt.Fprintf(&got, "key %s\n", keys[0])
			meta.KeyValue, keys = decode(t, keySchema, keys[0]), keys[1:]
		} else if keySchema != nil {
			p, _, _ = mapping.Compile(topic, s)
		}
		fmt.Fprintf(&got, "record %s\n", strings.TrimSpace(line))
		objs, err := runWith(t, p, decode(t, s, line), meta)
		switch {
		case err != nil:
			fmt.Fprintf(&got, "fault: %v\n", err)
		case len(objs) == 0:
			got.WriteString("filtered\n")
		}
		for _, o := range objs {
			fmt.Fprintf(&got, "%s %s\n", o.Kind, o.Object)
			if o.Refused != "" {
				fmt.Fprintf(&got, "refused: %s\n", o.Refused)
			}
		}
	}
	expect(t, filepath.Join(dir, "want"+version+".txt"), got.String())
}

func goldenKeys(t *testing.T, dir string) (s *schema.Schema, keys []string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "key.avsc")); err != nil {
		return nil, nil
	}
	for line := range strings.Lines(readFile(t, filepath.Join(dir, "keys.jsonl"))) {
		keys = append(keys, strings.TrimSpace(line))
	}
	return schemaOf(t, readFile(t, filepath.Join(dir, "key.avsc"))), keys
}

func expect(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(readFile(t, file), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBad compiles every mapping of testdata/bad against testdata/bad.avsc; the exact text of all its faults and warnings is
// in the file of the same name that ends in .txt.
func TestBad(t *testing.T) {
	s := schemaOf(t, readFile(t, "testdata/bad.avsc"))
	s.Subject, s.Version = "shop.orders-value", 7
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad mappings: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			p, warnings, faults := mapping.Compile(topicOf(t, readFile(t, file)), s)
			if (p == nil) != (len(faults) > 0) {
				t.Errorf("program %v for %d faults", p != nil, len(faults))
			}
			var got strings.Builder
			writeFaults(t, &got, "fault", faults)
			writeFaults(t, &got, "warning", warnings)
			expect(t, strings.TrimSuffix(file, ".yaml")+".txt", got.String())
		})
	}
}

func writeFaults(t *testing.T, b *strings.Builder, what string, fs config.Faults) {
	for _, f := range fs {
		if f.File != "bridge.yaml" || f.Line == 0 || f.Column == 0 {
			t.Errorf("a fault without its place: %v", f)
		}
		if f.Topic == "" || f.Subject != "shop.orders-value" || f.Version != 7 {
			t.Errorf("a fault that does not name its topic, subject and version: %+v", f)
		}
		fmt.Fprintf(b, "%s: %s\n", what, f.Error())
		if f.Hint != "" {
			fmt.Fprintf(b, "  hint: %s\n", f.Hint)
		}
		if f.Excerpt != "" {
			fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(f.Excerpt, "\n", "\n  "))
		}
	}
}
