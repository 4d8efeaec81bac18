package mappingtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"brazebridge/config"
)

// File is one file of tests.
type File struct {
	Name    string
	Config  string // path of the configuration
	Schemas string // directory of schemas; empty: the configuration's registry
	Tests   []*Test

	text []byte
	end  int // the line behind the tests
}

// Test is one record and what is to come of it.
type Test struct {
	Name      string
	Pos       config.Pos
	Topic     string
	TopicPos  config.Pos
	Subject   string
	Version   int
	Key       *config.Node // text, or a value of the key's schema
	Headers   []Header
	Timestamp time.Time
	Partition int32
	Offset    int64
	Record    *config.Node

	path     string // in the file: tests[3]
	node     *config.Node
	want     *config.Node // a list, where it is given
	filtered string       // "true" or a reason
	rejected string
}

// Header is a header of a record.
type Header struct {
	Key   string
	Value []byte
}

// unset is the time of a record whose test says none.
var unset = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// maxFile bounds a file of tests.
const maxFile = 8 << 20

// Read reads a file of tests. The error is config.Faults, or says why the file could not be read.
func Read(name string) (*File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read tests: %s is larger than 8 MiB", name)
	}
	return parse(name, data)
}

func parse(name string, data []byte) (*File, error) {
	root, _, faults := config.ReadDocument(name, data)
	r := &reader{faults: faults}
	f := &File{Name: name, text: data, end: bytes.Count(data, []byte("\n")) + 2}
	if root != nil {
		r.file(root, f)
	}
	if len(r.faults) > 0 {
		r.faults.Sort()
		return nil, r.faults
	}
	return f, nil
}

type reader struct{ faults config.Faults }

func (r *reader) fault(at config.Pos, path, hint, format string, args ...any) {
	r.faults = append(r.faults, &config.Fault{
		File: at.File, Line: at.Line, Column: at.Column, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// keys walks through a map's keys and refuses those that are not known.
func (r *reader) keys(n *config.Node, path string, known map[string]func(k *config.Key, path string)) {
	if n.Kind != config.NodeMap {
		r.fault(n.Pos, path, "", "must be a mapping, is %s", n.Kind)
		return
	}
	for i := range n.Keys {
		k := &n.Keys[i]
		at := strings.TrimPrefix(path+"."+k.Name, ".")
		read := known[k.Name]
		if read == nil {
			names := make([]string, 0, len(known))
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			hint := "known here: " + strings.Join(names, ", ")
			if near := config.DidYouMean(k.Name, names); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.fault(k.Pos, at, hint, "unknown key")
			continue
		}
		read(k, at)
	}
}

func (r *reader) file(root *config.Node, f *File) {
	var tests *config.Key
	dir := filepath.Dir(f.Name)
	r.keys(root, "", map[string]func(*config.Key, string){
		"config": func(k *config.Key, path string) { f.Config = r.path(dir, k, path) },
		"schemas": func(k *config.Key, path string) {
			f.Schemas = r.path(dir, k, path)
		},
		"tests": func(k *config.Key, _ string) { tests = k },
	})
	if root.Kind != config.NodeMap {
		return
	}
	if root.Get("config") == nil {
		r.fault(root.Pos, "config", "write config: brazebridge.yaml, relative to this file", "is required")
	}
	if tests == nil || tests.Value.Kind != config.NodeList || len(tests.Value.Items) == 0 {
		r.fault(root.Pos, "tests", "write tests: and begin each with - name:", "a list of tests is required")
		return
	}
	for _, k := range root.Keys {
		if k.Pos.Line > tests.Pos.Line {
			f.end = min(f.end, k.Pos.Line)
		}
	}
	names := map[string]bool{}
	for i, n := range tests.Value.Items {
		t := r.test(n, fmt.Sprintf("tests[%d]", i))
		if names[t.Name] && t.Name != "" {
			r.fault(t.Pos, fmt.Sprintf("tests[%d].name", i), "", "another test has this name")
		}
		names[t.Name] = true
		f.Tests = append(f.Tests, t)
	}
}

// path is a path of the file, relative to its directory.
func (r *reader) path(dir string, k *config.Key, path string) string {
	s := r.text(k, path)
	if s == "" || filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(dir, s)
}

// text is a scalar's source text.
func (r *reader) text(k *config.Key, path string) string {
	switch k.Value.Kind {
	case config.NodeMap, config.NodeList, config.NodeNull:
		r.fault(k.Value.Pos, path, "", "must be text, is %s", k.Value.Kind)
		return ""
	}
	if k.Value.Text == "" {
		r.fault(k.Value.Pos, path, "", "is empty")
	}
	return k.Value.Text
}

func (r *reader) number(k *config.Key, path string, bits int) int64 {
	n, err := strconv.ParseInt(k.Value.Text, 10, bits)
	if err != nil || k.Value.Kind != config.NodeNumber || n < 0 {
		r.fault(k.Value.Pos, path, "", "must be a whole number from 0")
		return 0
	}
	return n
}

func (r *reader) test(n *config.Node, path string) *Test {
	t := &Test{path: path, node: n, Pos: n.Pos, Timestamp: unset}
	var expectations []string
	expect := func(read func(k *config.Key, path string)) func(k *config.Key, path string) {
		return func(k *config.Key, path string) {
			expectations = append(expectations, k.Name)
			read(k, path)
		}
	}
	r.keys(n, path, map[string]func(*config.Key, string){
		"name":      func(k *config.Key, path string) { t.Name = r.text(k, path) },
		"topic":     func(k *config.Key, path string) { t.Topic, t.TopicPos = r.text(k, path), k.Value.Pos },
		"subject":   func(k *config.Key, path string) { t.Subject = r.text(k, path) },
		"version":   func(k *config.Key, path string) { t.Version = int(r.number(k, path, 31)) },
		"key":       func(k *config.Key, _ string) { t.Key = k.Value },
		"headers":   func(k *config.Key, path string) { t.Headers = r.headers(k, path) },
		"timestamp": func(k *config.Key, path string) { t.Timestamp = r.time(k, path) },
		"partition": func(k *config.Key, path string) { t.Partition = int32(r.number(k, path, 32)) },
		"offset":    func(k *config.Key, path string) { t.Offset = r.number(k, path, 64) },
		"record":    func(k *config.Key, _ string) { t.Record = k.Value },
		"want":      expect(func(k *config.Key, path string) { t.want = r.want(k, path) }),
		"filtered":  expect(func(k *config.Key, path string) { t.filtered = r.filtered(k, path) }),
		"rejected":  expect(func(k *config.Key, path string) { t.rejected = r.rejected(k, path) }),
	})
	if n.Kind != config.NodeMap {
		return t
	}
	for _, name := range []string{"name", "topic", "record"} {
		if n.Get(name) == nil {
			r.fault(n.Pos, path+"."+name, map[string]string{"record": "null is a record without a value"}[name], "is required")
		}
	}
	if len(expectations) > 1 {
		r.fault(n.Pos, path, "", "%s: a record has one outcome, so say one of them", strings.Join(expectations, " and "))
	}
	return t
}

// header is a header's value; null is one without a value.
func (r *reader) header(k *config.Key, path string) []byte {
	if k.Value.Kind == config.NodeNull {
		return nil
	}
	return []byte(r.text(k, path))
}

func (r *reader) headers(k *config.Key, path string) []Header {
	if k.Value.Kind != config.NodeMap {
		r.fault(k.Value.Pos, path, "write headers: {name: text}", "must be a mapping, is %s", k.Value.Kind)
		return nil
	}
	var headers []Header
	for i := range k.Value.Keys {
		h := &k.Value.Keys[i]
		headers = append(headers, Header{Key: h.Name, Value: r.header(h, path+"."+h.Name)})
	}
	return headers
}

func (r *reader) time(k *config.Key, path string) time.Time {
	at, err := time.Parse(time.RFC3339, k.Value.Text)
	if err != nil {
		r.fault(k.Value.Pos, path, "such as 2026-01-31T12:00:00Z", "must be a time in RFC 3339")
	}
	return at
}

// kinds are the keys of an object in want.
var kinds = []string{"attributes", "event", "purchase"}

func (r *reader) want(k *config.Key, path string) *config.Node {
	const hint = "write want: and begin each object with - event:, - purchase: or - attributes:"
	if k.Value.Kind != config.NodeList {
		r.fault(k.Value.Pos, path, hint, "must be a list, is %s", k.Value.Kind)
		return nil
	}
	for i, n := range k.Value.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case n.Kind != config.NodeMap || len(n.Keys) != 1:
			r.fault(n.Pos, at, hint, "must be one object")
		case !slices.Contains(kinds, n.Keys[0].Name):
			near := config.DidYouMean(n.Keys[0].Name, kinds)
			if near != "" {
				near = "did you mean " + near + "?"
			}
			r.fault(n.Keys[0].Pos, at+"."+n.Keys[0].Name, near, "an object is an event, a purchase or attributes")
		case n.Keys[0].Value.Kind != config.NodeMap:
			r.fault(n.Keys[0].Value.Pos, at+"."+n.Keys[0].Name, "", "must be a mapping, is %s", n.Keys[0].Value.Kind)
		}
	}
	return k.Value
}

// The reasons that a test may expect.
var (
	filterReasons = []string{"when", "tombstone", "other_record"}
	rejectReasons = []string{"undecodable", "mapping", "check", "schema_misfit", "incompatible_schema"}
)

func (r *reader) filtered(k *config.Key, path string) string {
	if k.Value.Text == "true" || slices.Contains(filterReasons, k.Value.Text) {
		return k.Value.Text
	}
	r.fault(k.Value.Pos, path, "or one of "+strings.Join(filterReasons, ", "), "must be true")
	return "true"
}

func (r *reader) rejected(k *config.Key, path string) string {
	if !slices.Contains(rejectReasons, k.Value.Text) {
		r.fault(k.Value.Pos, path, "one of "+strings.Join(rejectReasons, ", "), "is no reason that a test can see")
	}
	return k.Value.Text
}
