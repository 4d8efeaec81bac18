package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// converter makes Nodes of the library's syntax tree.
type converter struct {
	src      *source
	anchors  map[string]*Node // nil value: being read
	faults   Faults
	warnings Faults
	repaired map[Pos]*Fault // of what was read as if it were quoted: its path becomes known now
}

func (c *converter) fault(at Pos, path, hint, format string, args ...any) {
	c.faults.add(faultAt(at, path, hint, format, args...))
}

func (c *converter) warn(at Pos, path, hint, format string, args ...any) {
	c.warnings.add(faultAt(at, path, hint, format, args...))
}

// emptyMessage is told of a file without anything but comments.
const emptyMessage = "the file holds no configuration"

func (c *converter) document(file *ast.File) *Node {
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType && d.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) == 0 {
		c.fault(Pos{c.src.file, 1, 1}, "", "", emptyMessage)
		return nil
	}
	if len(bodies) > 1 {
		c.fault(tokenPos(c.src, firstToken(bodies[1])), "", "one file is one bridge: remove the --- and what follows, or begin a second file",
			"a second document begins here")
	}
	n := c.node(bodies[0], "", 0)
	if n.size > maxNodes {
		c.fault(n.Pos, "", "", "aliases multiply this file to more than %d values", maxNodes)
		return nil
	}
	return n
}

// firstToken is where a node begins: for a mapping its first key rather than the colon behind it.
func firstToken(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return firstToken(n.Values[0])
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

func (c *converter) node(n ast.Node, path string, depth int) *Node {
	out := &Node{Pos: tokenPos(c.src, firstToken(n)), size: 1}
	if depth > maxDepth {
		out.broken = true
		c.fault(out.Pos, path, "", "nested more than %d levels deep", maxDepth)
		return out
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		c.mapping(out, n.Values, path, depth)
	case *ast.MappingValueNode:
		c.mapping(out, []*ast.MappingValueNode{n}, path, depth)
	case *ast.SequenceNode:
		out.Kind = NodeList
		for i, item := range n.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			if text := c.textWithColon(item); text != nil {
				out.addItem(text)
				continue
			}
			out.addItem(c.node(item, at, depth+1))
		}
	case *ast.AnchorNode:
		return c.anchor(n, path, depth)
	case *ast.AliasNode:
		return c.alias(n, path, out)
	case *ast.TagNode:
		c.fault(out.Pos, path, "leave the tag out, or quote a value that begins with !", "a tag (!) has no meaning here")
		return c.node(n.Value, path, depth+1)
	default:
		c.scalar(out, n, path)
	}
	return out
}

// textWithColon is an item such as kafka:9092 of a list in flow style inside a mapping in flow style, which the library reads
// as the mapping {kafka: 9092}; in YAML, and in the library elsewhere, a colon separates only with a space behind it.
// Nil: the item is none.
func (c *converter) textWithColon(item ast.Node) *Node {
	m, ok := item.(*ast.MappingNode)
	if !ok || len(m.Values) != 1 {
		return nil
	}
	key, value := m.Values[0].Key.GetToken(), m.Values[0].Value.GetToken()
	if key.Type == token.DoubleQuoteType || key.Type == token.SingleQuoteType {
		return nil
	}
	at := tokenPos(c.src, key)
	offset := c.src.offset(at.Line, at.Column)
	text := key.Value + ":" + value.Value
	if value.Value == "" || !strings.HasPrefix(c.src.text[offset:], text) || m.GetToken().Type == token.MappingStartType {
		return nil
	}
	return &Node{Kind: NodeString, Pos: at, Text: text, plain: true, size: 1}
}

func (n *Node) addItem(item *Node) {
	n.Items = append(n.Items, item)
	n.size = min(n.size+item.size, maxNodes+1)
}

func (n *Node) addKey(k Key) {
	n.Keys = append(n.Keys, k)
	n.size = min(n.size+k.Value.size, maxNodes+1)
}

func (c *converter) mapping(out *Node, values []*ast.MappingValueNode, path string, depth int) {
	out.Kind = NodeMap
	lines := map[string]Pos{}
	var merged []*Node
	for _, v := range values {
		if v.Key.Type() == ast.MergeKeyType {
			merged = append(merged, c.node(v.Value, path, depth+1))
			continue
		}
		at := tokenPos(c.src, v.Key.GetToken())
		name, ok := c.key(v.Key, at, path)
		if !ok {
			continue
		}
		below := join(path, name)
		value := c.node(v.Value, below, depth+1)
		if first, twice := lines[name]; twice {
			c.fault(at, below, fmt.Sprintf("keep one of them; the first is at %d:%d", first.Line, first.Column), "the key is written twice, in lines %d and %d", first.Line, at.Line)
			continue
		}
		lines[name] = at
		out.addKey(Key{Name: name, Pos: at, Value: value})
	}
	for _, m := range merged {
		c.merge(out, m, lines, path)
	}
}

// merge adds the keys of <<: *alias, or of a list of aliases, that the mapping does not have itself.
func (c *converter) merge(out, from *Node, has map[string]Pos, path string) {
	switch from.Kind {
	case NodeMap:
		for _, k := range from.Keys {
			if _, own := has[k.Name]; !own {
				has[k.Name] = k.Pos
				out.addKey(k)
			}
		}
	case NodeList:
		for _, item := range from.Items {
			c.merge(out, item, has, path)
		}
	default:
		out.broken = true
		if !from.broken {
			c.fault(from.Pos, path, "", "<< takes a mapping, or a list of them, not %s", from.Kind)
		}
	}
}

// key is the name of a mapping's key: the source text, also of a number or a boolean.
func (c *converter) key(n ast.MapKeyNode, at Pos, path string) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		if n.Token.Type == token.StringType && openExpression(n.Value) {
			c.fault(at, path, quoteHint(fixedLine(c.src, at.Line)), "this expression needs quotes around it: `: ` separates a key from its value in YAML")
			return "", false
		}
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	c.fault(at, path, "write KEY: VALUE with a plain or quoted key", "this is no key of a mapping")
	return "", false
}

func (c *converter) anchor(n *ast.AnchorNode, path string, depth int) *Node {
	name := n.Name.GetToken().Value
	c.anchors[name] = nil
	value := c.node(n.Value, path, depth+1)
	c.anchors[name] = value
	if value.absent {
		value.broken = true
		c.fault(tokenPos(c.src, n.GetToken()), path, "quote a value that begins with &", "this anchor (&) stands for no value")
	}
	return value
}

// alias finds what an alias stands for. Its name is not shown: a password that begins with * looks the same.
func (c *converter) alias(n *ast.AliasNode, path string, out *Node) *Node {
	name := n.Value.GetToken().Value
	value, known := c.anchors[name]
	switch {
	case !known:
		out.broken = true
		c.fault(out.Pos, path, "quote a value that begins with *", "this alias (*) names no anchor (&) above it")
	case value == nil:
		out.broken = true
		c.fault(out.Pos, path, "", "this alias (*) stands inside its own anchor (&)")
	default:
		return value
	}
	return out
}

// exponential are the numbers that the library reads as text, against YAML's own rules.
var exponential = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$`)

// scalar keeps the text as it stands in the file, whatever type YAML would give it.
func (c *converter) scalar(out *Node, n ast.Node, path string) {
	tk := n.GetToken()
	if f := c.repaired[out.Pos]; f != nil {
		f.Path = path
	}
	switch n := n.(type) {
	case *ast.StringNode:
		out.Kind, out.Text = NodeString, n.Value
		if tk.Type == token.StringType && exponential.MatchString(n.Value) {
			out.Kind = NodeNumber
		}
	case *ast.LiteralNode:
		out.Kind, out.Text = NodeString, n.Value.Value
		_, out.runs = traceBlock(c.src, c.src.offset(out.Pos.Line, out.Pos.Column), out.Text)
		return
	case *ast.NullNode:
		out.Kind, out.Text, out.plain = NodeNull, tk.Value, true
		out.absent = !strings.HasPrefix(c.src.text[c.src.offset(out.Pos.Line, out.Pos.Column):], tk.Value)
		return
	case *ast.BoolNode:
		out.Kind, out.Text = NodeBool, tk.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Text = NodeNumber, tk.Value
	default:
		out.broken = true
		c.fault(out.Pos, path, "", "this is no value")
		return
	}
	c.trace(out, tk, path)
}

// trace finds where a text in one or several lines stands in the file, and what stands behind it.
func (c *converter) trace(out *Node, tk *token.Token, path string) {
	offset := c.src.offset(out.Pos.Line, out.Pos.Column)
	end := offset
	quoted := tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType
	switch out.plain = !quoted; {
	case out.plain:
		// The library counts the blanks before a line break twice: where the text spans lines, it begins further left than said.
		for end, out.runs = tracePlain(c.src, offset, out.Text); out.runs == nil && offset > 0 && c.src.text[offset-1] != '\n'; {
			offset--
			end, out.runs = tracePlain(c.src, offset, out.Text)
		}
		if len(out.runs) > 0 {
			out.Pos.Column = out.runs[0].column
		}
	case offset < len(c.src.text) && strings.IndexByte(`'"`, c.src.text[offset]) >= 0:
		// A line of nothing but '' in single quotes is one that the library misreads.
		if end, out.runs = traceQuoted(c.src, offset, out.Text); out.runs == nil {
			c.fault(out.Pos, path, "write it in one line, or as a block (|)", "this quoted text of several lines cannot be read reliably")
		}
	}
	if out.runs == nil {
		return
	}
	rest, _, _ := strings.Cut(c.src.text[end:], "\n")
	if trimmed := strings.TrimLeft(rest, " \t"); strings.HasPrefix(trimmed, "#") {
		out.comment = trimmed
		c.checkComment(out, c.src.pos(end+len(rest)-len(trimmed)), path)
	}
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// clip cuts a text for a fault.
func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
