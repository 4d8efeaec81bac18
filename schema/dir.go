package schema

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Dir is a directory of schemas that stands in for a registry: SUBJECT.avsc is a subject's latest version,
// SUBJECT.vN.avsc an older one. A slash in a subject is written %2F. Safe for concurrent use.
type Dir struct {
	files map[string][]*dirFile   // by subject, oldest first
	index map[string][]definition // by full name: what the latest version of each subject defines
}

type dirFile struct {
	name    string
	text    string
	version int
}

// versioned splits SUBJECT.vN.
var versioned = regexp.MustCompile(`^(.+)\.v([0-9]{1,9})$`)

// OpenDir reads all schemas of a directory. A text that is no schema is an error only when it is asked for.
func OpenDir(dir string) (*Dir, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	d := &Dir{files: map[string][]*dirFile{}, index: map[string][]definition{}}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".avsc") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read schemas: %w", err)
		}
		d.place(name, string(text))
	}
	for _, subject := range slices.Sorted(maps.Keys(d.files)) {
		d.order(subject)
	}
	return d, nil
}

// place files a text under its subject. The version of SUBJECT.avsc is known only when all are read.
func (d *Dir) place(name, text string) {
	f := &dirFile{name: name, text: text}
	subject := strings.TrimSuffix(name, ".avsc")
	if m := versioned.FindStringSubmatch(subject); m != nil {
		subject = m[1]
		f.version, _ = strconv.Atoi(m[2]) // nine digits always fit
	} else {
		f.version = -1
	}
	if plain, err := url.PathUnescape(subject); err == nil {
		subject = plain
	}
	d.files[subject] = append(d.files[subject], f)
}

// order sorts a subject's versions, the one without a number last, and indexes what the last defines.
func (d *Dir) order(subject string) {
	files := d.files[subject]
	sort.Slice(files, func(i, j int) bool { return uint(files[i].version) < uint(files[j].version) })
	last := files[len(files)-1]
	if last.version < 0 {
		last.version = 1
		if len(files) > 1 {
			last.version = files[len(files)-2].version + 1
		}
	}
	in := newInliner()
	if err := in.add(last.text, last.name); err != nil {
		return // said when the subject itself is asked for
	}
	for full, def := range in.defs {
		d.index[full] = append(d.index[full], *def)
	}
}

// Subjects lists the subjects, sorted.
func (d *Dir) Subjects(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(d.files)), nil
}

// Latest returns a subject's latest schema. An unknown subject matches ErrUnknownSubject.
func (d *Dir) Latest(_ context.Context, subject string) (*Schema, error) {
	files := d.files[subject]
	if len(files) == 0 {
		return nil, fmt.Errorf("subject %q: %w: no %s.avsc", clip(subject), ErrUnknownSubject, clip(url.PathEscape(subject)))
	}
	return d.compile(subject, files[len(files)-1])
}

// Versions returns all versions of a subject, oldest first. An unknown subject matches ErrUnknownSubject.
func (d *Dir) Versions(ctx context.Context, subject string) ([]*Schema, error) {
	if _, err := d.Latest(ctx, subject); err != nil {
		return nil, err
	}
	var out []*Schema
	for _, f := range d.files[subject] {
		s, err := d.compile(subject, f)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Parse compiles a schema that is not in the directory, with references to those that are. from names it in errors.
func (d *Dir) Parse(text, from string) (*Schema, error) {
	in := newInliner()
	if err := in.add(text, from); err != nil {
		return nil, err
	}
	drawn, err := d.draw(in, from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if drawn {
		if text, err = in.inline(text, from); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
	}
	s, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return s, nil
}

func (d *Dir) compile(subject string, f *dirFile) (*Schema, error) {
	s, err := d.Parse(f.text, f.name)
	if err != nil {
		return nil, err
	}
	s.Subject, s.Version = subject, f.version
	return s, nil
}

// draw gathers the definitions that a schema refers to, directly or not, and reports whether there were any.
func (d *Dir) draw(in *inliner, from string) (drawn bool, err error) {
	for {
		name := in.missing(func(full string) bool { return d.index[full] != nil })
		if name == "" {
			return drawn, nil
		}
		defs := d.index[name]
		for _, other := range defs[1:] {
			if other.shape != defs[0].shape {
				return false, fmt.Errorf("%s and %s define %s differently", defs[0].from, other.from, clip(name))
			}
		}
		if err := in.gather(defs[0].doc, defs[0].space, defs[0].from, 0); err != nil {
			return false, err
		}
		drawn = true
	}
}

// missing finds a name that the gathered schemas use, that none of them defines, and that known knows.
func (in *inliner) missing(known func(full string) bool) string {
	for _, name := range in.uses {
		if _, ok := primitives[name.short]; ok {
			continue
		}
		candidates := []string{fullName(name.short, name.space), name.short}
		if slices.ContainsFunc(candidates, func(c string) bool { return in.defs[c] != nil }) {
			continue
		}
		for _, c := range candidates {
			if known(c) {
				return c
			}
		}
	}
	return ""
}
