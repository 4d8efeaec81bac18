package config

import (
	"regexp"
	"strings"
)

// A ` #` begins a comment in YAML, also where it was meant as a part of the text.

// operators are what a comment begins with that was meant as the rest of an expression.
var operators = regexp.MustCompile(`^#+\s*(&&|\|\||\?\?|\?|==|!=|<=|>=|[<>|+*/%])`)

// glued tells whether a comment begins as no comment does that somebody writes beside a value: with a character right
// behind its #. It is what is left of Order #5.
func glued(comment string) bool {
	c := strings.TrimPrefix(comment, "#")
	return len(c) < len(comment) && c != "" && !strings.ContainsAny(c[:1], "# \t")
}

// inMapping tells whether a path is of a value of the mapping language.
var inMapping = regexp.MustCompile(`^topics\..*\.(user|time|set|send)\b`)

// cutFault says that a ` #` has cut a text.
func cutFault(src *source, at Pos, path string) *Fault {
	hint := quoteHint("")
	if fixed := fixedText(src, at.Line); fixed != "" {
		hint = quoteHint(fixed)
	}
	return faultAt(at, path, hint, "the text ends here: ` #` begins a comment in YAML (behind a text, write one with a space after its #)")
}

// checkComment looks for an expression or a text that a ` #` has cut.
func (c *converter) checkComment(n *Node, at Pos, path string) {
	whole := strings.HasPrefix(n.Text, "${") && expressionEnd(n.Text) == len(n.Text)
	if n.plain && n.Kind == NodeString && glued(n.comment) && !openExpression(n.Text) && !whole {
		n.cut = cutFault(c.src, at, path)
		if inMapping.MatchString(path) {
			c.faults.add(n.cut)
		}
		return
	}
	switch {
	case n.plain && openExpression(n.Text):
		c.fault(at, path, quoteHint(fixedLine(c.src, at.Line)), "the expression ends here: ` #` begins a comment in YAML")
	case (operators.MatchString(n.comment) || whole && glued(n.comment)) && (strings.HasPrefix(path, "topics.") || strings.Contains(n.Text, "${")):
		c.warn(at, path, "put quotes around the whole value, or begin the comment with a word",
			"this is a comment in YAML, but reads like the rest of the value")
	}
}
