package config

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// written is a scalar as some YAML writer would write it, with the place of each byte of its text.
type written struct {
	style string
	yaml  string
	text  string
	// at[i] is the offset in yaml that the i-th byte of text comes from; -1 where a folded break has no place of its own.
	at []int
}

var letters = []string{"a", "b", "${", "}", "é", "日", "😀", "x.y", "==", "1", "?", "&&", "'", `"`, `\`, "(", ")", "."}

func words(r *rand.Rand, without string) []string {
	out := make([]string, 1+r.IntN(4))
	for i := range out {
		for range 1 + r.IntN(4) {
			if l := letters[r.IntN(len(letters))]; !strings.Contains(without, l) {
				out[i] += l
			}
		}
		if out[i] == "" {
			out[i] = "w"
		}
	}
	return out
}

// lines joins words by spaces or by line breaks that are folded into spaces or into line breaks.
func (w *written) lines(r *rand.Rand, indent string, words []string, emit func(word string)) {
	for i, word := range words {
		if i > 0 {
			switch r.IntN(3) {
			case 0:
				w.add(" ", " ")
			case 1:
				w.fold("\n"+indent, " ")
			case 2:
				w.fold("  \n\n"+indent, "\n")
			}
		}
		emit(word)
	}
}

func (w *written) add(yaml, text string) {
	for i := range len(text) {
		w.at = append(w.at, len(w.yaml)+min(i, len(yaml)-1))
	}
	w.yaml += yaml
	w.text += text
}

func (w *written) fold(yaml, text string) {
	for range len(text) {
		w.at = append(w.at, -1)
	}
	w.yaml += yaml
	w.text += text
}

func write(r *rand.Rand, indent string) *written {
	w := &written{style: []string{"plain", "single", "double", "literal", "folded"}[r.IntN(5)]}
	switch w.style {
	case "plain":
		list := words(r, `'"\?&&`)
		list[0] = "p" + list[0]
		w.lines(r, indent, list, func(word string) { w.add(word, word) })
	case "single":
		w.yaml = "'"
		list := words(r, "")
		for i := range list {
			list[i] += "." // a line of '' alone is refused: TestQuotedTextThatTheLibraryMisreads
		}
		w.lines(r, indent, list, func(word string) {
			for _, c := range word {
				if c == '\'' {
					w.add("''", "'")
				} else {
					w.add(string(c), string(c))
				}
			}
		})
		w.yaml += "'"
	case "double":
		w.yaml = `"`
		w.lines(r, indent, words(r, ""), func(word string) {
			for _, c := range word {
				w.addEscaped(r, indent, c)
			}
		})
		w.yaml += `"`
	default:
		w.block(r, indent)
	}
	return w
}

func (w *written) addEscaped(r *rand.Rand, indent string, c rune) {
	s := string(c)
	switch n := r.IntN(12); {
	case s == `"` || s == `\`:
		w.add(`\`+s, s)
	case n == 0 && c < 0x10000:
		w.add(fmt.Sprintf(`\u%04x`, c), s)
	case n == 1:
		w.add(fmt.Sprintf(`\U%08X`, c), s)
	case n == 2 && c < 0x100:
		w.add(fmt.Sprintf(`\x%02x`, c), s)
	case n == 3:
		w.fold("\\\n"+indent, "")
		w.add(s, s)
	case n == 4:
		w.add(`\t`, "\t")
		w.add(s, s)
	default:
		w.add(s, s)
	}
}

func (w *written) block(r *rand.Rand, indent string) {
	mark, chomp := "|", []string{"", "-", "+"}[r.IntN(3)]
	if w.style == "folded" {
		mark = ">"
	}
	w.yaml = mark + chomp + []string{"", " # a comment"}[r.IntN(2)] + "\n"
	list := words(r, "")
	for i, word := range list {
		w.yaml += indent
		w.add(word, word)
		last := i == len(list)-1
		switch {
		case last && chomp == "-":
			w.yaml += "\n"
		case last || w.style == "literal":
			w.add("\n", "\n")
		default:
			w.fold("\n", " ")
		}
		if !last && r.IntN(3) == 0 { // a blank line
			if w.style == "folded" {
				w.text = w.text[:len(w.text)-1] + "\n"
				w.yaml += "\n"
			} else {
				w.fold("\n", "\n")
			}
		}
	}
}

// TestNodeAtAgainstAWriter writes random scalars in every style into a document and asks for the place of every byte.
func TestNodeAtAgainstAWriter(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		doc := "# é a comment\n"
		var scalars []*written
		var starts []int
		for i := range 1 + r.IntN(4) {
			w := write(r, "    ")
			prefix := []string{fmt.Sprintf("k%d: ", i), fmt.Sprintf("k%d:   ", i), fmt.Sprintf("k%d:\n  - ", i), fmt.Sprintf("%q: ", fmt.Sprintf("é%d", i))}[r.IntN(4)]
			doc += prefix
			starts = append(starts, len(doc))
			scalars = append(scalars, w)
			doc += strings.TrimSuffix(w.yaml, "\n") + "\n"
		}
		root, _, faults := parse("f.yaml", []byte(doc))
		if root == nil || len(faults) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, faults, doc)
		}
		if len(root.Keys) != len(scalars) {
			t.Fatalf("seed %d: %d keys, want %d\n%s", seed, len(root.Keys), len(scalars), doc)
		}
		for i, w := range scalars {
			n := root.Keys[i].Value
			if n.Kind == NodeList {
				n = n.Items[0]
			}
			checkPlaces(t, seed, doc, starts[i], w, n)
		}
	}
}

func checkPlaces(t *testing.T, seed uint64, doc string, start int, w *written, n *Node) {
	t.Helper()
	if n.Text != w.text {
		t.Errorf("seed %d, %s: text %q, want %q\n%s", seed, w.style, n.Text, w.text, doc)
		return
	}
	if n.runs == nil {
		t.Errorf("seed %d, %s: no places for %q\n%s", seed, w.style, n.Text, doc)
		return
	}
	for i, at := range w.at {
		if at < 0 || !utf8.RuneStart(w.text[i]) {
			continue
		}
		if got, want := n.At(i), placeOf(doc, start+at); got != want {
			t.Errorf("seed %d, %s: byte %d of %q is at %v, want %v\n%s", seed, w.style, i, n.Text, got, want, doc)
			return
		}
	}
}

// placeOf counts lines and characters the slow way.
func placeOf(doc string, offset int) Pos {
	before := doc[:offset]
	line := strings.Count(before, "\n")
	return Pos{"f.yaml", line + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1}
}

func TestQuotedTextThatTheLibraryMisreads(t *testing.T) {
	_, _, faults := parse("f.yaml", []byte("a: 'x\n\n  ''\n  y'\n"))
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "cannot be read reliably") {
		t.Errorf("faults %v, want one that refuses the text", faults)
	}
}
