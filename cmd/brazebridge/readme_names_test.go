package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"brazebridge/config"
	"brazebridge/sink"
)

// The README's metrics are those that the bridge has, all of them.
func TestReadmeMetrics(t *testing.T) {
	b, err := wire(parse(t, goodConfig), nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	descriptions := make(chan *prometheus.Desc, 1000)
	b.metrics.Describe(descriptions)
	close(descriptions)
	var exist []string
	for d := range descriptions {
		if m := regexp.MustCompile(`fqName: "(brazebridge_\w+)"`).FindStringSubmatch(d.String()); m != nil {
			exist = append(exist, m[1])
		}
	}
	named := regexp.MustCompile(`\bbrazebridge_\w+`).FindAllString(readmeText(t), -1)
	sameSet(t, "metric", named, exist)
}

// The table of holds has every code that /readyz can show.
func TestReadmeHolds(t *testing.T) {
	board, err := os.ReadFile(filepath.Join(repository, "processor/board.go"))
	if err != nil {
		t.Fatal(err)
	}
	var exist, named []string
	for _, m := range regexp.MustCompile(`(?m)^\treason\w+ += "(\w+)"$`).FindAllSubmatch(board, -1) {
		exist = append(exist, string(m[1]))
	}
	for _, row := range table(t, "| Code | What waits | Ends | At 3 a.m. |") {
		named = append(named, code(row[0])...)
	}
	sameSet(t, "code of a hold", named, exist)
}

// Every field in the table of what people set is one of the configuration.
func TestReadmeFields(t *testing.T) {
	var exist []string
	fieldsOf(reflect.TypeFor[config.Config](), "", &exist)
	fieldsOf(reflect.TypeFor[config.Topic](), "", &exist)
	for _, row := range table(t, "| Field | Default | When to set it |") {
		for _, name := range code(row[0]) {
			if !slices.Contains(exist, name) {
				t.Errorf("the README names the field %s, which does not exist", name)
			}
		}
	}
}

// fieldsOf gathers the paths of all fields of a section.
func fieldsOf(section reflect.Type, prefix string, paths *[]string) {
	for section.Kind() == reflect.Pointer {
		section = section.Elem()
	}
	if section.Kind() != reflect.Struct {
		return
	}
	for field := range section.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		path := prefix + name
		switch {
		case strings.HasSuffix(field.Tag.Get("yaml"), ",inline"):
			fieldsOf(field.Type, prefix, paths)
		case name != "" && name != "-":
			*paths = append(*paths, path)
			fieldsOf(field.Type, path+".", paths)
		}
	}
}

// The headers of a letter are those that letters have, and the reasons are all of them.
func TestReadmeLetters(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(repository, "sink/letter.go"))
	if err != nil {
		t.Fatal(err)
	}
	var exist, named, reasons []string
	for _, m := range regexp.MustCompile(`prefix \+ "(\w+)"`).FindAllSubmatch(source, -1) {
		exist = append(exist, "brazebridge."+string(m[1]))
	}
	for _, m := range regexp.MustCompile("`(brazebridge\\.\\w+)(?:: \\w+)?`").FindAllStringSubmatch(readmeText(t), -1) {
		if m[1] != "brazebridge.yaml" {
			named = append(named, m[1])
		}
	}
	sameSet(t, "header", named, exist)
	for _, reason := range sink.Reasons {
		reasons = append(reasons, string(reason))
	}
	sameSet(t, "reason", code(table(t, "| Header | |")[0][1]), reasons)
}

// sameSet fails where the README names what is not there, or leaves out what is.
func sameSet(t *testing.T, what string, named, exist []string) {
	t.Helper()
	if len(exist) == 0 {
		t.Fatalf("no %s was found in the product", what)
	}
	for _, name := range named {
		if !slices.Contains(exist, name) {
			t.Errorf("the README names the %s %s, which does not exist", what, name)
		}
	}
	for _, name := range exist {
		if !slices.Contains(named, name) {
			t.Errorf("the README leaves out the %s %s", what, name)
		}
	}
}
