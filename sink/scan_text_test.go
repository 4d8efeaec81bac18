package sink

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// randomInside is what stands between the quotes of a random string: plain text, other scripts and escapes.
func randomInside(random *rand.Rand, n int) string {
	pieces := []string{"a", "bc", "plain words ", "é", "日本", "😀", `\n`, `\"`, `\\`, `\/`, `\u00e9`, `\u0041`, `\uD83D\uDE00`, `\u0000`, "\u007f", "eight by"}
	var b strings.Builder
	for range random.IntN(n) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

// TestUnescapeAgreesWithTheModel compares texts, lengths in characters and cut texts with what encoding/json makes of them.
func TestUnescapeAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	var s scanner
	for range 8_000 {
		inside := randomInside(random, 12)
		doc := `{"` + inside + `":"` + inside + `"}`
		if !s.scan([]byte(doc)) {
			t.Fatalf("%s: %s", doc, scanFaultTexts[s.fault])
		}
		var want string
		if err := json.Unmarshal([]byte(`"`+inside+`"`), &want); err != nil {
			t.Fatal(err)
		}
		n := &s.nodes[1]
		if string(s.keyOf(n)) != want || string(s.strOf(n)) != want || string(s.raw(n)) != `"`+inside+`"` {
			t.Fatalf("%s: name %q, text %q, raw %s", doc, s.keyOf(n), s.strOf(n), s.raw(n))
		}
		characters := utf8.RuneCountInString(want)
		if s.longer(n, characters) || characters > 0 && !s.longer(n, characters-1) {
			t.Fatalf("%s: not %d characters", doc, characters)
		}
		limit := random.IntN(characters + 2)
		cut := inside[:cutAfter([]byte(inside), limit)]
		if got := string(appendUnescaped(nil, []byte(cut))); got != string([]rune(want)[:min(limit, characters)]) {
			t.Fatalf("%s cut to %d: %s", inside, limit, cut)
		}
	}
}

// TestNamesHashAlike: a name has one hash, whether it is plain or escaped, at the text's end or before it; the long way and the short one agree.
func TestNamesHashAlike(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	for range 2_000 {
		name := randomText(random, []rune("abcdefghijk_é"), 30)
		escaped := ""
		for _, r := range name {
			escaped += `\u` + string("0123456789abcdef"[r>>12&15]) + string("0123456789abcdef"[r>>8&15]) + string("0123456789abcdef"[r>>4&15]) + string("0123456789abcdef"[r&15])
		}
		hashes := map[uint32]bool{}
		for _, doc := range []string{`{"` + name + `":1}`, `{"` + name + `":"more text behind it"}`, `{"` + escaped + `":1}`} {
			var s scanner
			if !s.scan([]byte(doc)) {
				t.Fatalf("%s: %s", doc, scanFaultTexts[s.fault])
			}
			hashes[s.nodes[1].hash] = true
		}
		if len(hashes) != 1 {
			t.Fatalf("%s has %d hashes", name, len(hashes))
		}
		var s scanner
		if name != "" && (s.scan([]byte(`{"`+name+`":1,"x":2,"`+escaped+`":3}`)) || s.fault != scanDuplicate) {
			t.Fatalf("%s is not found twice", name)
		}
	}
}

// TestHashTellsNamesApart: names that differ in one place, or only in zero bytes at their end, do not all fall on one hash.
func TestHashTellsNamesApart(t *testing.T) {
	hashes, names := map[uint32]string{}, 0
	add := func(name string) {
		var s scanner
		s.scan([]byte(`{"` + name + `":1, "padding":1}`))
		hashes[s.nodes[1].hash], names = name, names+1
	}
	for i := range 40 {
		add(strings.Repeat("a", i))
		for j := range i {
			add(strings.Repeat("a", j) + "b" + strings.Repeat("a", i-j-1))
		}
		add(strings.Repeat("a", i) + `\u0000`)
	}
	if len(hashes) < names-2 { // two of 860 may fall together once in a million runs
		t.Errorf("%d hashes for %d names", len(hashes), names)
	}
}

// TestScanNodes shows the list that a text becomes.
func TestScanNodes(t *testing.T) {
	var s scanner
	doc := `{"a":[1,{"b":"x"}],"c":true,"d":{},"e":-1.5}`
	if !s.scan([]byte(doc)) {
		t.Fatal(scanFaultTexts[s.fault])
	}
	want := []struct {
		key, raw string
		kind     scanKind
		next     uint32
		whole    bool
	}{
		{"", doc, scanObject, 8, false}, {"a", `[1,{"b":"x"}]`, scanArray, 5, false}, {"", "1", scanNumber, 3, true}, {"", `{"b":"x"}`, scanObject, 5, false},
		{"b", `"x"`, scanString, 5, false}, {"c", "true", scanTrue, 6, false}, {"d", "{}", scanObject, 7, false}, {"e", "-1.5", scanNumber, 8, false},
	}
	if len(s.nodes) != len(want) {
		t.Fatalf("%d nodes", len(s.nodes))
	}
	for i, w := range want {
		n := &s.nodes[i]
		if string(s.keyOf(n)) != w.key || string(s.raw(n)) != w.raw || n.kind != w.kind || n.next != w.next || n.whole != w.whole {
			t.Errorf("node %d: %q %s %+v", i, s.keyOf(n), s.raw(n), *n)
		}
		if strings.Contains(w.raw, "[]") || n.empty(i) != (w.next == uint32(i)+1) {
			t.Errorf("node %d: empty %v", i, n.empty(i))
		}
	}
	if _, ok := s.find(0, "b"); ok {
		t.Error("a member of a nested object is found in the outer one")
	}
	if i, ok := s.find(3, "b"); !ok || i != 4 {
		t.Errorf("b is at %d, %v", i, ok)
	}
}
