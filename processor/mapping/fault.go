package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"brazebridge/config"
)

// place is where a value stands, for faults of the compiler: a node of the file and its path in the configuration.
type place struct {
	n    *config.Node
	path string
}

func (p place) key(name string) place { return place{n: p.n.Get(name), path: join(p.path, name)} }

func join(path, name string) string { return path + "." + name }

// report adds a fault at a byte offset of the place's text; length is what the caret underlines at least.
func (c *compiler) report(p place, off int, msg, hint string) {
	c.faults = append(c.faults, c.newFault(p, off, msg, hint))
}

func (c *compiler) warn(p place, off int, msg, hint string) {
	c.warnings = append(c.warnings, c.newFault(p, off, msg, hint))
}

func (c *compiler) newFault(p place, off int, msg, hint string) *config.Fault {
	f := &config.Fault{Path: p.path, Topic: c.topic, Message: msg, Hint: hint}
	if c.schema != nil {
		f.Subject, f.Version = c.schema.Subject, c.schema.Version
	}
	pos := c.pos
	if p.n != nil {
		pos = p.n.At(off)
		if strings.Contains(p.n.Text, "${") {
			f.Excerpt = excerpt(p.n.Text, off)
		}
	}
	f.File, f.Line, f.Column = pos.File, pos.Line, pos.Column
	return f
}

// reportKey is a fault of a key itself.
func (c *compiler) reportKey(path string, k *config.Key, msg, hint string) {
	f := c.newFault(place{path: join(path, k.Name)}, 0, msg, hint)
	f.File, f.Line, f.Column = k.Pos.File, k.Pos.Line, k.Pos.Column
	c.faults = append(c.faults, f)
}

// excerpt is the line of the text that holds the offset, and a caret under it.
func excerpt(text string, off int) string {
	off = min(off, len(text))
	start := strings.LastIndexByte(text[:off], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[off:], '\n'); i >= 0 {
		end = off + i
	}
	before, after := shorten(text[start:off], text[off:end])
	line := strings.ReplaceAll(before+after, "\t", " ")
	return line + "\n" + strings.Repeat(" ", utf8.RuneCountInString(before)) + "^"
}

// maxExcerpt is how many characters of a line an excerpt shows on either side of the caret.
const maxExcerpt = 80

// shorten cuts what is far from the caret.
func shorten(before, after string) (string, string) {
	if r := []rune(before); len(r) > maxExcerpt {
		before = "…" + string(r[len(r)-maxExcerpt+1:])
	}
	if r := []rune(after); len(r) > maxExcerpt {
		after = string(r[:maxExcerpt-1]) + "…"
	}
	return before, after
}

// site is where a value stands, for errors at run time.
type site struct {
	where string // bridge.yaml:12: topics.shop.orders.send[0].price
}

func (c *compiler) site(p place) *site {
	pos := c.pos
	if p.n != nil {
		pos = p.n.Pos
	}
	path := p.path
	if len(path) > 160 {
		path = path[:160] + "…"
	}
	return &site{where: fmt.Sprintf("%s:%d: %s", pos.File, pos.Line, path)}
}

// Error is a fault of a record against the mapping. Its text names the place in the configuration and holds no value of the record.
type Error struct {
	Where string // file:line: path
	Text  string
}

func (e *Error) Error() string { return e.Where + ": " + e.Text }

func (s *site) errorf(format string, args ...any) error {
	return &Error{Where: s.where, Text: fmt.Sprintf(format, args...)}
}

// wrap gives an error of a value its place, once.
func (s *site) wrap(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	text := err.Error()
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return &Error{Where: s.where, Text: text}
}

// plainError is an error with a fixed text of ours: safe to show.
type plainError string

func (e plainError) Error() string { return string(e) }
