package schema

// op is what the decoder does for a type: several kinds are laid out alike.
type op uint8

const (
	opNull op = iota
	opBoolean
	opInt
	opLong
	opFloat
	opDouble
	opBytes
	opString
	opFixed
	opDecimal      // on bytes
	opFixedDecimal // on fixed
	opFixedUUID
	opEnum
	opRecord
	opArray
	opMap
	opUnion
	opNullable // the union of null, first, and one other type
)

// node is a type compiled for decoding.
type node struct {
	typ  *Type
	kids []*node // record: fields; array, map: one; union: branches
	size int     // fixed: bytes; enum: symbols
	min  int     // the fewest bytes that a value takes
	op   op
}

// compiler keeps one node per named type, so that recursive schemas compile to cyclic nodes.
type compiler struct {
	nodes map[*Type]*node
}

func compile(root *Type) *node {
	c := compiler{nodes: map[*Type]*node{}}
	return c.node(root)
}

func (c *compiler) node(t *Type) *node {
	if n := c.nodes[t]; n != nil {
		return n // while a recursive type is being compiled its min is still 0: a lower bound, as it must be
	}
	n := &node{typ: t, op: opOf(t)}
	c.nodes[t] = n
	switch n.op {
	case opRecord:
		for i := range t.Fields {
			n.kids = append(n.kids, c.node(t.Fields[i].Type))
		}
	case opArray, opMap:
		n.kids = []*node{c.node(t.Elem)}
	case opUnion, opNullable:
		for _, b := range t.Branches {
			n.kids = append(n.kids, c.node(b))
		}
	case opEnum:
		n.size = len(t.Symbols)
	case opFixed, opFixedDecimal, opFixedUUID:
		n.size = t.Size
	}
	n.min = n.least()
	return n
}

// least is the fewest bytes that a value of the node can take.
func (n *node) least() int {
	switch n.op {
	case opNull:
		return 0
	case opFloat:
		return 4
	case opDouble:
		return 8
	case opFixed, opFixedDecimal, opFixedUUID:
		return n.size
	case opRecord:
		sum := 0
		for _, k := range n.kids {
			sum = min(sum+k.min, 1<<31)
		}
		return sum
	}
	return 1
}

func opOf(t *Type) op {
	switch t.Base {
	case Boolean:
		return opBoolean
	case Int:
		return opInt
	case Long:
		return opLong
	case Float:
		return opFloat
	case Double:
		return opDouble
	case Bytes:
		if t.Kind == Decimal {
			return opDecimal
		}
		return opBytes
	case String:
		return opString
	case Fixed:
		return opOfFixed(t.Kind)
	case Enum:
		return opEnum
	case Record:
		return opRecord
	case Array:
		return opArray
	case Map:
		return opMap
	case Union:
		if len(t.Branches) == 2 && t.Branches[0].Kind == Null {
			return opNullable
		}
		return opUnion
	}
	return opNull
}

func opOfFixed(k Kind) op {
	switch k {
	case Decimal:
		return opFixedDecimal
	case UUID:
		return opFixedUUID
	}
	return opFixed
}
