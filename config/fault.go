package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a configuration: where, what, and what to do about it.
// Topic, Subject and Version are set for faults of a mapping against a schema.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"` // of the value: topics.shop.orders.send[0].properties.total
	Topic   string `json:"topic,omitempty"`
	Subject string `json:"subject,omitempty"`
	Version int    `json:"version,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Excerpt is the expression with a caret under the fault, two lines; empty where there is none.
	Excerpt string `json:"-"`

	// repaired tells that the line was read on as if it were written right, so that columns in it are not the file's.
	repaired bool
}

// Error is FILE:LINE:COLUMN: PATH: MESSAGE, on one line, without the hint.
func (f *Fault) Error() string {
	s := f.Message
	if f.Path != "" {
		s = f.Path + ": " + s
	}
	if f.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, s)
	} else if f.File != "" {
		s = f.File + ": " + s
	}
	return s
}

// Faults are all faults of a configuration, in the order of the file.
type Faults []*Fault

// Error is one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Sort puts the faults in the order of their places; those of one place stay in the order they were found in.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// maxFaults bounds the list: a file with more of them is not meant to be one of ours.
const maxFaults = 200

// add appends a fault, up to one more than are listed.
func (fs *Faults) add(f *Fault) {
	if len(*fs) <= maxFaults {
		*fs = append(*fs, f)
	}
}

// full tells that further faults are not looked at.
func (fs Faults) full() bool { return len(fs) > maxFaults }

// listed are the faults in order, cut to maxFaults.
func (fs Faults) listed() Faults {
	fs.Sort()
	if !fs.full() {
		return fs
	}
	last := fs[maxFaults]
	last.Path, last.Hint, last.Message = "", "", fmt.Sprintf("more than %d faults; the rest is not listed", maxFaults)
	return fs
}

// faultAt is a fault at a place.
func faultAt(pos Pos, path, hint, format string, args ...any) *Fault {
	return &Fault{
		File: pos.File, Line: pos.Line, Column: pos.Column,
		Path: path, Message: fmt.Sprintf(format, args...), Hint: hint,
	}
}
