package config

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// MaxFile is the largest configuration file, 1 MiB: Kubernetes allows no larger ConfigMap, and fifty mappings of a hundred
// lines take a fifth of it.
const MaxFile = 1 << 20

// source is a file's text with line breaks as \n and without a byte order mark.
type source struct {
	file  string
	text  string
	lines []int // where each line begins
}

// newSource checks that the bytes are text at all.
func newSource(file string, data []byte) (*source, *Fault) {
	at := Pos{File: file, Line: 1, Column: 1}
	if len(data) > MaxFile {
		return nil, faultAt(at, "", "", "the file is larger than 1 MiB")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	s := &source{file: file, text: string(data), lines: []int{0}}
	for i := 0; i < len(s.text); i++ {
		if s.text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	for i, c := range s.text {
		switch {
		case c == utf8.RuneError && !utf8.FullRuneInString(s.text[i:]), c == utf8.RuneError && isBadByte(s.text[i:]):
			return nil, faultAt(s.pos(i), "", "save the file as UTF-8", "the file is not UTF-8 here")
		case c == '\r':
			return nil, faultAt(s.pos(i), "", "end lines with LF or CRLF", "a carriage return without a line feed")
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			return nil, faultAt(s.pos(i), "", `write it as an escape in double quotes, such as "\x07"`, "a control character that YAML does not allow")
		}
	}
	return s, nil
}

func isBadByte(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size == 1
}

// pos is the place of a byte.
func (s *source) pos(offset int) Pos {
	line := s.lineOf(offset)
	return Pos{s.file, line, 1 + utf8.RuneCountInString(s.text[s.lines[line-1]:offset])}
}

// lineOf is the number of the line that a byte is in.
func (s *source) lineOf(offset int) int {
	low, high := 0, len(s.lines)
	for high-low > 1 {
		if middle := (low + high) / 2; s.lines[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return low + 1
}

// line is the text of a line without its break; empty where there is none.
func (s *source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	text, _, _ := strings.Cut(s.text[s.lines[number-1]:], "\n")
	return text
}

// offset is the byte at a place; the end of the line where the column lies beyond it.
func (s *source) offset(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.text)
	}
	at := s.lines[line-1]
	for ; column > 1 && at < len(s.text) && s.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}
