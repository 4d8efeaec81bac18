package sink

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds every text that comes from outside, in bytes: a log line, a header of a letter. Braze's sentences have
// about 100.
const maxText = 512

// redacted stands where a text repeated something private.
const redacted = "[…]"

// bounded is the text on one line of valid UTF-8, cut at a rune so that it has at most limit bytes.
func bounded(text string, limit int) string {
	if len(text) > 4*limit {
		text = text[:4*limit] // what is beyond can't matter, and costs time
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.TrimSpace(strings.Map(oneLine, text))
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// oneLine replaces what would break a log line or a terminal.
func oneLine(r rune) rune {
	if r == '\n' || r == '\r' || r == '\t' {
		return ' '
	}
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// userInfo is the user and password of a URL, as in a proxy's address that an error repeats.
var userInfo = regexp.MustCompile(`://[^/@\s"']*@`)

// shortestKey is the length from which a key is one: Braze's have 36 characters. Less is somebody's test, and would blot out words.
const shortestKey = 4

// withoutKey is a text from outside without the key and without passwords in URLs.
func withoutKey(text, key string) string {
	if len(key) >= shortestKey {
		text = strings.ReplaceAll(text, key, redacted)
	}
	return userInfo.ReplaceAllString(text, "://")
}

// bytesWithoutKey is a body without the key.
func bytesWithoutKey(body []byte, key string) []byte {
	if len(key) < shortestKey || !bytes.Contains(body, []byte(key)) {
		return body
	}
	return bytes.ReplaceAll(body, []byte(key), []byte(redacted))
}

// redirectTarget names where a redirect leads: scheme and host only, since a path or query could repeat anything.
func redirectTarget(header http.Header) string {
	u, err := url.Parse(header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return " (it leads to " + bounded(u.Scheme+"://"+u.Host, 200) + ")"
}
