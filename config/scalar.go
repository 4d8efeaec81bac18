package config

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A scalar's text and the characters of the file that it was written with differ by quotes, escapes, folded line breaks
// and indentation. The YAML library says where a scalar begins and what its text is; the functions here walk through
// both side by side and note where each stretch of the text was written.
//
// Each returns the offset in the source behind the scalar, and runs == nil where text and source do not fit each other:
// then At falls back to the beginning of the scalar rather than to a wrong place.

// tracer walks through the source of one scalar. It counts lines and columns as it goes: looking each place up would make
// a long line quadratic.
type tracer struct {
	src  *source
	at   int // in the source
	here Pos // of at
	text string
	done int // of the text
	runs []run
}

func newTracer(src *source, offset int, text string) *tracer {
	t := &tracer{src: src, at: offset, here: src.pos(offset), text: text}
	t.mark()
	return t
}

func (t *tracer) rest() string { return t.src.text[t.at:] }

// skip steps over characters of the source.
func (t *tracer) skip(length int) {
	for _, c := range t.rest()[:length] {
		t.here.Column++
		if c == '\n' {
			t.here.Line, t.here.Column = t.here.Line+1, 1
		}
	}
	t.at += length
}

// mark begins a run: the next byte of the text is the next character of the source.
func (t *tracer) mark() {
	r := run{t.done, t.here.Line, t.here.Column}
	if n := len(t.runs); n > 0 && t.runs[n-1].offset == t.done {
		t.runs[n-1] = r // nothing of the text came of what the former run began with
		return
	}
	t.runs = append(t.runs, r)
}

// take steps over characters of the source that stand for themselves.
func (t *tracer) take(length int) bool {
	if !strings.HasPrefix(t.text[t.done:], t.rest()[:length]) {
		return false
	}
	t.skip(length)
	t.done += length
	return true
}

// produce steps over a stretch of the source that stands for some other text.
func (t *tracer) produce(length int, text string) bool {
	if !strings.HasPrefix(t.text[t.done:], text) {
		return false
	}
	t.mark()
	t.skip(length)
	t.done += len(text)
	t.mark()
	return true
}

// next steps over white space, folding the line breaks in it, or over one other character.
func (t *tracer) next() bool {
	length, folded, breaks := fold(t.rest())
	if breaks {
		return t.produce(length, folded)
	}
	if length == 0 {
		_, length = utf8.DecodeRuneInString(t.rest())
	}
	return t.take(length)
}

// fold measures the white space at the beginning of s. Where there are line breaks in it, one is a space, and each
// further one a line break.
func fold(s string) (length int, text string, breaks bool) {
	n, i := 0, 0
	for i < len(s) && strings.IndexByte(" \t\n", s[i]) >= 0 {
		if s[i] == '\n' {
			n++
		}
		i++
	}
	switch n {
	case 0:
		return i, "", false
	case 1:
		return i, " ", true
	}
	return i, strings.Repeat("\n", n-1), true
}

// traceQuoted follows a text in single or double quotes, which begins at offset.
func traceQuoted(src *source, offset int, text string) (end int, runs []run) {
	t := newTracer(src, offset, text)
	quote := src.text[offset]
	t.skip(1)
	t.mark()
	for t.at < len(src.text) {
		var ok bool
		switch rest := t.rest(); {
		case quote == '\'' && strings.HasPrefix(rest, "''"):
			ok = t.produce(2, "'")
		case rest[0] == quote:
			if t.done != len(text) {
				return offset, nil
			}
			return t.at + 1, t.runs
		case quote == '"' && rest[0] == '\\':
			n, escaped := unescape(rest)
			ok = n > 0 && t.produce(n, escaped)
		default:
			ok = t.next()
		}
		if !ok {
			return offset, nil
		}
	}
	return offset, nil
}

// tracePlain follows a text without quotes, which begins at offset.
func tracePlain(src *source, offset int, text string) (end int, runs []run) {
	t := newTracer(src, offset, text)
	for t.done < len(text) {
		if t.at >= len(src.text) || !t.next() {
			return offset, nil
		}
	}
	return t.at, t.runs
}

// traceBlock follows a block, whose | or > stands at offset: line by line, since what lies between the lines' texts is
// line breaks, and for > a space.
func traceBlock(src *source, offset int, text string) (end int, runs []run) {
	first := src.lineOf(offset) + 1
	indent := blockIndent(src, offset, first)
	t := newTracer(src, offset, text)
	for number := first; number <= len(src.lines) && t.done < len(text); number++ {
		line := src.line(number)
		if strings.TrimLeft(line, " ") == "" && len(line) <= indent {
			continue
		}
		if len(line) < indent {
			return offset, nil
		}
		for content := line[indent:]; !strings.HasPrefix(text[t.done:], content); t.done++ {
			if t.done == len(text) || text[t.done] != '\n' && text[t.done] != ' ' {
				return offset, nil
			}
		}
		t.at, t.here = src.lines[number-1]+indent, Pos{src.file, number, indent + 1}
		t.mark()
		if !t.take(len(line) - indent) {
			return offset, nil
		}
		// The break behind the line is the line's; the next one begins a run of its own.
		if t.done < len(text) {
			t.mark()
			t.done++
		}
	}
	return t.at, t.runs
}

// blockIndent is the number of spaces before a block's lines: as its header says, relative to the line it is in, or that
// of the first line that is not blank.
func blockIndent(src *source, offset, first int) int {
	for number := first; number <= len(src.lines); number++ {
		line := src.line(number)
		if trimmed := strings.TrimLeft(line, " "); trimmed != "" {
			given := explicitIndent(src.text[offset:])
			if given == 0 {
				return len(line) - len(trimmed)
			}
			return min(parentIndent(src, offset)+given, len(line)-len(trimmed))
		}
	}
	return 0
}

// explicitIndent reads the digit of |2 and >-2; 0 where there is none.
func explicitIndent(header string) int {
	for i := 1; i < len(header) && i < 3; i++ {
		if c := header[i]; c >= '1' && c <= '9' {
			return int(c - '0')
		}
	}
	return 0
}

// parentIndent is the column, from 0, of the key that the block belongs to.
func parentIndent(src *source, offset int) int {
	line := src.line(src.lineOf(offset))
	i := 0
	for i < len(line) && line[i] == ' ' || strings.HasPrefix(line[i:], "- ") {
		i++
	}
	return i
}

// simpleEscapes are the escapes of one character, as in YAML 1.2, section 5.7.
var simpleEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// unescape reads an escape at the beginning of s; length 0: it is none.
func unescape(s string) (length int, text string) {
	if len(s) < 2 {
		return 0, ""
	}
	if text, ok := simpleEscapes[s[1]]; ok {
		return 2, text
	}
	if s[1] == '\n' { // a line break that is not there, and the indentation behind it
		return len(s) - len(strings.TrimLeft(s[2:], " \t")), ""
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	if digits == 0 || len(s) < 2+digits {
		return 0, ""
	}
	code, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil {
		return 0, ""
	}
	length = 2 + digits
	if high := rune(code); high >= 0xd800 && high < 0xdc00 { // the first half of a surrogate pair, as in JSON
		if n, low := unescape(s[length:]); n == 6 && low == string(utf8.RuneError) {
			second, err := strconv.ParseUint(s[length+2:length+6], 16, 32)
			if err == nil && second >= 0xdc00 && second < 0xe000 {
				return length + 6, string((high-0xd800)<<10 + rune(second) - 0xdc00 + 0x10000)
			}
		}
	}
	return length, string(rune(code))
}
