package config

import (
	"fmt"
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
}

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

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
