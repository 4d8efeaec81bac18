package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Inspection is everything that a configuration file says, right and wrong.
type Inspection struct {
	// Config is what could be decoded; nil where YAML itself cannot be read. Beside faults it is for looking at and never to
	// run with: what is at fault is absent in it or has its default.
	Config *Config
	// Places are where the settings stand, for faults that show only when a setting is used.
	Places   Places
	Faults   Faults
	Warnings Faults

	src     *source
	secrets map[int]bool // lines that hold one
}

// Inspect reads a file as Load does, and returns beside its faults what could be decoded all the same, so that mappings
// can be checked in the same run. The error says why the file could not be read.
func Inspect(path string, resolve Resolve) (*Inspection, error) {
	data, err := readBounded(path, MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return InspectBytes(path, data, resolve), nil
}

// InspectBytes is Inspect for a file's content; name is what faults call it.
func InspectBytes(name string, data []byte, resolve Resolve) *Inspection {
	root, warnings, faults := parse(name, data)
	if root == nil {
		return &Inspection{Faults: faults.listed(), Warnings: warnings.listed()}
	}
	d := &decoder{resolve: resolve, values: map[string]*value{}, secrets: map[int]bool{}, faults: faults, warnings: warnings}
	cfg := d.config(root)
	if d.values[""].missing {
		// No mapping at all: every setting would be said to be missing.
		return &Inspection{Faults: d.faults.listed(), Warnings: d.warnings.listed()}
	}
	v := &validator{cfg: cfg, values: d.values, top: root.Pos, faults: d.faults, warnings: d.warnings}
	v.validate()
	in := &Inspection{Config: cfg, Places: placesOf(d.values), Faults: v.faults.listed(), Warnings: v.warnings.listed(), secrets: d.secrets}
	in.src, _ = newSource(name, data) // it could be read
	return in
}

// Line is a line of the file as a fault may show it: empty where it is none of a mapping's, or where it could hold a secret,
// as all of a file in one line does.
func (in *Inspection) Line(f *Fault) string {
	if in.src == nil || !strings.HasPrefix(f.Path, "topics.") || in.secrets[f.Line] {
		return ""
	}
	if mayHoldSecret(in.src, f.Line) {
		return ""
	}
	return in.src.line(f.Line)
}

// Err is the faults, or nil where there are none.
func (in *Inspection) Err() error {
	if len(in.Faults) == 0 {
		return nil
	}
	return in.Faults
}

// IsMapped tells whether enough of a topic could be decoded for its mapping to be compiled: what is at fault in it are single
// values, whose own consequences Said leaves out.
func (in *Inspection) IsMapped(t *Topic) bool {
	path := "topics." + t.Name
	for _, f := range in.Faults {
		rest, ours := strings.CutPrefix(f.Path, path)
		setting, _, _ := strings.Cut(strings.TrimPrefix(rest, "."), "[")
		if ours && slices.Contains([]string{"", "send", "set", "key", "record", "tombstones"}, setting) && !strings.HasPrefix(rest, ".send[") {
			return false
		}
	}
	return t.Send != nil && !t.Set.damaged()
}

// damaged tells that something in a node could not be read: for a value with a name, that is what everything is that uses it.
func (n *Node) damaged() bool {
	if n == nil {
		return false
	}
	below := func(k Key) bool { return k.Value.damaged() }
	return n.broken || n.cut != nil || slices.ContainsFunc(n.Items, (*Node).damaged) || slices.ContainsFunc(n.Keys, below)
}

// Said tells whether a fault that was found later, in a mapping, is told by one of the file's already: it is of the same
// value or of one inside it, or of a line that was not read as it stands.
func (in *Inspection) Said(later *Fault) bool {
	return slices.ContainsFunc(in.Faults, func(f *Fault) bool {
		if f.Line == later.Line && (f.repaired || f.Column == later.Column) {
			return true
		}
		rest, inside := strings.CutPrefix(later.Path, f.Path)
		return inside && f.Path != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// accepted is the configuration where it may be run, and its faults otherwise.
func (in *Inspection) accepted() (*Config, Faults, error) {
	if err := in.Err(); err != nil {
		return nil, in.Warnings, err
	}
	return in.Config, in.Warnings, nil
}

// Places are where the settings of a file stand, by their paths. The zero value knows none.
type Places map[string]Pos

func placesOf(values map[string]*value) Places {
	places := make(Places, len(values))
	for path, v := range values {
		places[path] = cmp.Or(v.pos, v.key)
	}
	return places
}

// Of is the place of a setting: of its value; of the value that a workspace inherits; of the section that it is not
// written in. The zero Pos where nothing is known.
func (p Places) Of(path string) Pos {
	if at, ok := p[path]; ok {
		return at
	}
	if rest, ok := strings.CutPrefix(path, "braze.workspaces."); ok {
		if _, key, ok := strings.Cut(rest, "."); ok {
			if at, ok := p["braze."+key]; ok {
				return at
			}
		}
	}
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return p[""]
	}
	return p.Of(path[:i])
}
