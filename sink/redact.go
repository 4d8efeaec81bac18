package sink

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortest is the length in bytes from which a value of an object is looked for in Braze's texts. Shorter ones (a size, a
// country) would blot out ordinary words and identify nobody.
const shortest = 4

// redact replaces values of any of the request's objects in a text.
func (r *Request) redact(text string) string {
	if text == "" {
		return ""
	}
	text = bounded(text, maxText)
	for i := range r.items {
		text = redactValues(text, r.items[i].JSON)
	}
	return text
}

// redactItem replaces values of one object in a text about it.
func (r *Request) redactItem(item int, text string) string {
	return redactValues(text, r.items[item].JSON)
}

// redactValues replaces, in a text, every string and number that the object holds as a value: Braze's sentences name
// fields, and nobody knows which of them repeat values. Keys stay, they are what makes a sentence useful.
func redactValues(text string, object []byte) string {
	for i := 0; i < len(object); {
		start := i
		switch c := object[i]; {
		case c == '"':
			i = stringEnd(object, i)
			if !isKey(object, i) {
				text = redactValue(text, plainText(object[start:i]))
			}
		case c == '-' || c >= '0' && c <= '9':
			for i < len(object) && strings.IndexByte("+-.eE0123456789", object[i]) >= 0 {
				i++
			}
			text = redactValue(text, string(object[start:i]))
		default:
			i++
		}
	}
	return text
}

// stringEnd is the index after the closing quote of the string that begins at i.
func stringEnd(object []byte, i int) int {
	for i++; i < len(object); i++ {
		switch object[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(object)
}

// isKey reports whether a colon follows.
func isKey(object []byte, i int) bool {
	for i < len(object) && (object[i] == ' ' || object[i] == '\n' || object[i] == '\t' || object[i] == '\r') {
		i++
	}
	return i < len(object) && object[i] == ':'
}

// plainText is a JSON string's text. Most have no escapes and need no parser.
func plainText(quoted []byte) string {
	for _, c := range quoted {
		if c == '\\' {
			return textOf(quoted)
		}
	}
	return strings.Trim(string(quoted), `"`)
}

// redactValue replaces the value where it stands as a word of its own.
func redactValue(text, value string) string {
	if len(value) < shortest || len(value) > len(text) {
		return text
	}
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return text
		}
		start, end := from+i, from+i+len(value)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if isWord(before) || isWord(after) {
			from = end
			continue
		}
		text = text[:start] + redacted + text[end:]
		from = start + len(redacted)
	}
}

// isWord reports whether a rune continues a word.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
