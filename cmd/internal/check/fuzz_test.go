package check

import (
	"os"
	"path/filepath"
	"testing"

	"brazebridge/config"
)

// FuzzCheck: whatever a file holds, what could be decoded of it is compiled without a panic, and every fault has its place.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("../../../config/testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../../deploy/example/brazebridge.yaml", "../../brazebridge/testdata/check/both.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	order := rec("com.shop.Order", "id", "status", "customer_id")
	f.Fuzz(func(t *testing.T, text string) {
		in := config.InspectBytes("f.yaml", []byte(text), config.ResolveLenient)
		if in.Config == nil {
			return
		}
		r := &registry{versions: map[string][]string{}}
		for _, topic := range in.Config.Topics {
			r.versions[topic.Name+"-value"] = []string{order}
			r.versions[topic.Name+"-key"] = []string{`"long"`}
		}
		result, err := Run(t.Context(), Options{Config: in.Config, Schemas: r, File: in})
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range result.Faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Message == "" {
				t.Errorf("%+v", fault)
			}
		}
	})
}
