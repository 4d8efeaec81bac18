package config

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

// Node is a value of the mapping language as it stands in the file, with its place,
// so that the mapping compiler can say where a fault is.
type Node struct {
	Kind NodeKind
	Pos  Pos
	// Text is the scalar's text: for a string its content, for a number or boolean its source text (never reformatted).
	Text string
	// Columns maps a byte offset of Text to its place in the file; nil where Text stands in the file as it is, from Pos on.
	Places []Pos
	Items  []*Node // NodeList
	Keys   []Key   // NodeMap, in the order of the file
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
