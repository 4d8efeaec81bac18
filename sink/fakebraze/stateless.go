package fakebraze

import (
	"bytes"
	"net/http"
)

// count judges a request of a stateless server: the limits hold, every object passes.
func (s *Server) count(c *call) reply {
	counts, present, ok := scanCounts(c.body)
	switch {
	case !ok:
		return replyWith(http.StatusBadRequest, answer{Error: textSyntax})
	case tooMany(counts, s.opts.Objects, s.opts.PerArray):
		return replyWith(http.StatusBadRequest, answer{Message: textTooMany})
	case counts == [3]int{}:
		return replyWith(http.StatusBadRequest, answer{Message: textNoneValid})
	}
	a := answer{Message: "success"}
	for i := range counts {
		if present[i] {
			a.setCounter(i, counts[i])
		}
	}
	rep := replyWith(http.StatusCreated, a)
	rep.accepted, rep.counted = true, counts
	return rep
}

// scanner of a body that only finds strings and brackets: several times cheaper than a decoder, and blind to
// faults that leave the brackets balanced.
type scanner struct {
	body    []byte
	at      int
	depth   int
	array   int // of the three that at depth 2 is being read, or -1
	counts  [3]int
	present [3]bool
}

// scanCounts counts the objects of the three arrays; ok is false for a body that is no object with balanced
// brackets.
func scanCounts(body []byte) (counts [3]int, present [3]bool, ok bool) {
	sc := scanner{body: bytes.TrimSpace(body), array: -1}
	if len(sc.body) == 0 || sc.body[0] != '{' {
		return counts, present, false
	}
	for sc.at < len(sc.body) {
		if !sc.step() {
			return counts, present, false
		}
	}
	return sc.counts, sc.present, sc.depth == 0
}

// step reads one byte, or one string.
func (sc *scanner) step() bool {
	switch sc.body[sc.at] {
	case '"':
		return sc.text()
	case '{', '[':
		if sc.depth == 0 && sc.at > 0 {
			return false // a second value
		}
		if sc.depth == 2 && sc.array >= 0 && sc.body[sc.at] == '{' {
			sc.counts[sc.array]++
		}
		sc.depth++
	case '}', ']':
		sc.depth--
		if sc.depth < 2 {
			sc.array = -1
		}
		if sc.depth < 0 {
			return false
		}
	}
	sc.at++
	return true
}

// text skips a string; one of the three names before an array makes that array count.
func (sc *scanner) text() bool {
	start := sc.at + 1
	end := start
	for {
		i := bytes.IndexByte(sc.body[end:], '"')
		if i < 0 {
			return false
		}
		end += i
		if !escaped(sc.body[start:end]) {
			break
		}
		end++
	}
	sc.at = end + 1
	if sc.depth != 1 {
		return true
	}
	for i, name := range arrayNames {
		if string(sc.body[start:end]) == name && sc.opensArray() {
			sc.array, sc.present[i], sc.counts[i] = i, true, 0
		}
	}
	return true
}

// escaped tells whether a quote after b is escaped: an odd number of backslashes precedes it.
func escaped(b []byte) bool {
	n := 0
	for i := len(b) - 1; i >= 0 && b[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// opensArray looks past a colon for a bracket, without moving.
func (sc *scanner) opensArray() bool {
	rest := bytes.TrimLeft(sc.body[sc.at:], " \t\r\n")
	if len(rest) == 0 || rest[0] != ':' {
		return false
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	return len(rest) > 0 && rest[0] == '['
}
