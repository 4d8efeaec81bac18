package config

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Pos is a place in a configuration file. Line and Column count from one; Column counts characters.
type Pos struct {
	File         string
	Line, Column int
}

// NodeKind tells what a Node is.
type NodeKind uint8

// The kinds of Node.
const (
	NodeNull NodeKind = iota
	NodeBool
	NodeNumber
	NodeString
	NodeList
	NodeMap
)

// String names the kind as a person would.
func (k NodeKind) String() string {
	switch k {
	case NodeNull:
		return "null"
	case NodeBool:
		return "a boolean"
	case NodeNumber:
		return "a number"
	case NodeString:
		return "text"
	case NodeList:
		return "a list"
	case NodeMap:
		return "a mapping"
	}
	return "unknown"
}

// Node is a value of the mapping language as it stands in the file, with its place,
// so that the mapping compiler can say where a fault is.
//
// Nodes are read-only once Load has returned: one that an alias names several times is the same Node in each place.
type Node struct {
	Kind NodeKind
	// Pos is where the value begins; for a quoted text at its quote, for a block at its | or >.
	Pos Pos
	// Text is the scalar's text: for a string its content, for a number or boolean its source text (never reformatted).
	Text  string
	Items []*Node // NodeList
	Keys  []Key   // NodeMap, in the order of the file

	// runs map offsets of Text to places: each holds from its offset on until the next one. Nil where Text stands in the
	// file as it is, from Pos on.
	runs []run
	// plain tells that the scalar was written without quotes and not as a block.
	plain bool
	// absent tells that a null was written as nothing at all.
	absent bool
	// broken tells that what stands here is at fault, which has been said.
	broken bool
	// comment is the comment on the line where the scalar ends, with its #.
	comment string
	// cut is the fault that a text has if it is one: that a comment begins in it. Nil where none does.
	cut *Fault
	// size counts this node and all below it, aliases multiplied out.
	size int
}

// run says that the text from offset on stands in the file from that line and column on, character by character.
type run struct {
	offset       int
	line, column int
}

// Key is one entry of a NodeMap.
type Key struct {
	Name  string
	Pos   Pos
	Value *Node
}

// Get returns the value of a map's key, or nil.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Keys {
		if n.Keys[i].Name == name {
			return n.Keys[i].Value
		}
	}
	return nil
}

// At is the place in the file of the character that begins at the byte offset of Text: also inside quotes, behind
// escapes, and in texts of several lines. The offset len(Text) is the place behind the last character; one that is out
// of range is taken for the nearest.
//
// Where one character of the file stands for several bytes of Text, or several for none (an escape, a folded line
// break), At names the first of them.
func (n *Node) At(offset int) Pos {
	offset = min(max(offset, 0), len(n.Text))
	r := run{line: n.Pos.Line, column: n.Pos.Column}
	if len(n.runs) > 0 {
		i, found := slices.BinarySearchFunc(n.runs, offset, func(r run, o int) int { return cmp.Compare(r.offset, o) })
		if !found {
			i = max(i-1, 0)
		}
		r = n.runs[i]
	}
	return Pos{
		File:   n.Pos.File,
		Line:   r.line,
		Column: r.column + utf8.RuneCountInString(n.Text[min(r.offset, offset):offset]),
	}
}
