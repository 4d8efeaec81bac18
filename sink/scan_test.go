package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

var scanSamples = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":[]}`, `{"a":[1,2,{"b":null}],"c":"d"}`, "{\"a\"\n:\t1 ,\r\n\"b\" : [ 1 , 2 ] }", `{"a":-0.5e+10,"b":0,"c":1E5,"d":-0}`,
	`{"é":"日本語","esc":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, `{"":""}`, `{"a":true,"b":false,"c":null}`, `{"long string that spans words":"and another, much longer one"}`,
	``, ` `, `[]`, `"a"`, `1`, `null`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{a:1}`, `{'a':1}`, `{"a":1}x`, `{"a":1}{}`, `{"a":[1,]}`, `{"a":[,1]}`,
	`{"a":[1 2]}`, `{"a":[1`, `{"a":[`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":+1}`, `{"a":0x1}`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":tru}`, `{"a":nul`, `{"a":True}`,
	`{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, `{"a":"\`, `{"a":"`, `{"a":"\"}`, "{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\"}", "{\"a\":\"12345678\x01\"}", `{"a":1 "b":2}`, "\ufeff{}",
}

// acceptable is the naive model of the scanner: encoding/json, and what we ask beyond it.
func acceptable(doc []byte) bool {
	if !json.Valid(doc) || !utf8.Valid(doc) || bytes.TrimLeft(doc, " \t\r\n")[0] != '{' || halfSurrogate(doc) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	return acceptableValue(d, 0) == nil
}

var errUnacceptable = errors.New("unacceptable")

func acceptableValue(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Number:
		_, err = v.Float64()
		return err
	case json.Delim:
		if depth++; depth > scanDepth {
			return errUnacceptable
		}
		keys := map[string]bool{}
		for d.More() {
			if v == '{' {
				key, err := d.Token()
				if err != nil {
					return err
				}
				if keys[key.(string)] {
					return errUnacceptable
				}
				keys[key.(string)] = true
			}
			if err := acceptableValue(d, depth); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	}
	return nil
}

// halfSurrogate reports whether valid JSON holds an escaped surrogate without its other half, for which encoding/json writes U+FFFD.
func halfSurrogate(doc []byte) bool {
	for i := 0; i < len(doc); i++ {
		if doc[i] != '\\' {
			continue
		}
		if doc[i+1] != 'u' {
			i++
			continue
		}
		var r, low rune
		if _, err := fmt.Sscanf(string(doc[i+2:i+6]), "%x", &r); err != nil {
			return true
		}
		i += 5
		if r < 0xD800 || r > 0xDFFF {
			continue
		}
		if r >= 0xDC00 || i+6 >= len(doc) || doc[i+1] != '\\' || doc[i+2] != 'u' {
			return true
		}
		if _, err := fmt.Sscanf(string(doc[i+3:i+7]), "%x", &low); err != nil || low < 0xDC00 || low > 0xDFFF {
			return true
		}
		i += 6
	}
	return false
}

// TestScanAcceptsWhatTheModelAccepts compares with encoding/json on samples, and on samples with bytes changed, dropped and doubled.
func TestScanAcceptsWhatTheModelAccepts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s scanner
	good := 0
	for _, sample := range scanSamples {
		for round := range 400 {
			doc := []byte(sample)
			if round > 0 {
				doc = spoil(random, doc)
			}
			want := acceptable(doc)
			if got := s.scan(doc); got != want {
				t.Fatalf("%q: scanned %v (%s), the model says %v", doc, got, scanFaultTexts[s.fault], want)
			}
			if want {
				good++
			}
		}
	}
	if good < 500 {
		t.Errorf("only %d texts were good: the comparison shows little", good)
	}
}

// spoil changes one to three places of doc, mostly with bytes that mean something in JSON.
func spoil(random *rand.Rand, doc []byte) []byte {
	const telling = `{}[]:,"\u0123456789eE+-.tfn ad` + "\x00\x1f\x80\xc3\xff"
	doc = bytes.Clone(doc)
	for range 1 + random.IntN(3) {
		if len(doc) == 0 {
			return doc
		}
		i := random.IntN(len(doc))
		switch random.IntN(4) {
		case 0:
			doc[i] = telling[random.IntN(len(telling))]
		case 1:
			doc = append(doc[:i], doc[i+1:]...)
		case 2:
			doc = append(doc[:i], append([]byte{telling[random.IntN(len(telling))]}, doc[i:]...)...)
		default:
			j := i + random.IntN(len(doc)-i)
			doc = append(doc[:j], doc[i:]...)
		}
	}
	return doc
}

// FuzzScan: any bytes end without a panic, with the model's verdict; what is accepted has nodes that lie within the text and within each other.
func FuzzScan(f *testing.F) {
	for _, sample := range scanSamples {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var s scanner
		ok := s.scan(doc)
		if ok != acceptable(doc) {
			t.Fatalf("scanned %v (%s), the model disagrees: %q", ok, scanFaultTexts[s.fault], doc)
		}
		if !ok {
			return
		}
		for i := range s.nodes {
			n := &s.nodes[i]
			if n.at > n.end || int(n.end) > len(doc) || int(n.next) <= i || int(n.next) > len(s.nodes) || n.keyAt > n.keyEnd {
				t.Fatalf("node %d: %+v", i, *n)
			}
		}
	})
}

// TestScanText compares unescaped names and strings with encoding/json's.
func TestScanText(t *testing.T) {
	for _, sample := range scanSamples {
		var want map[string]any
		if !acceptable([]byte(sample)) || json.Unmarshal([]byte(sample), &want) != nil {
			continue
		}
		var s scanner
		s.scan([]byte(sample))
		got := 0
		for i := 1; i < len(s.nodes); i = int(s.nodes[i].next) {
			value, ok := want[string(s.keyOf(&s.nodes[i]))]
			if !ok {
				t.Errorf("%s: no key %q", sample, s.keyOf(&s.nodes[i]))
			}
			if text, isText := value.(string); isText && string(s.strOf(&s.nodes[i])) != text {
				t.Errorf("%s: %q, want %q", sample, s.strOf(&s.nodes[i]), text)
			}
			got++
		}
		if got != len(want) {
			t.Errorf("%s: %d keys, want %d", sample, got, len(want))
		}
	}
}

// TestScanFaults shows that each fault is told apart, without a byte of the text.
func TestScanFaults(t *testing.T) {
	for doc, want := range map[string]scanFault{
		`{"a" 1}`: scanSyntax, `{"a":1`: scanEnds, `{} x`: scanTrailing, `[]`: scanNoObject, ``: scanNoObject,
		`{"a":` + strings.Repeat("[", 1e6): scanTooDeep, "{\"a\":\"\xff\"}": scanUTF8, "{\"a\":\"\n\"}": scanControl, `{"a":"\x"}`: scanEscape, `{"a":"\udc00"}`: scanEscape,
		`{"a":1.}`: scanNumberForm, `{"a":1e400}`: scanNumberRange, `{"a":` + strings.Repeat("9", 400) + `}`: scanNumberRange, `{"a":1,"a":1}`: scanDuplicate,
	} {
		var s scanner
		if s.scan([]byte(doc)) || s.fault != want {
			t.Errorf("%s: %q, want %q", shorten(doc), scanFaultTexts[s.fault], scanFaultTexts[want])
		}
	}
	for _, good := range []string{strings.Repeat("9", 308), "1" + strings.Repeat("0", 308), "0.00" + strings.Repeat("1", 400), "1e-999"} {
		var s scanner
		if !s.scan([]byte(`{"a":` + good + `}`)) {
			t.Errorf("%s: %s", shorten(good), scanFaultTexts[s.fault])
		}
	}
}

// TestScanDuplicateAmongMany: the keys of a large object are compared too, by sorting them, not one with another.
func TestScanDuplicateAmongMany(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `"key%d":%d,`, i, i)
	}
	many := b.String()
	var s scanner
	if !s.scan([]byte("{" + many + `"last":1}`)) {
		t.Fatal(scanFaultTexts[s.fault])
	}
	if len(s.order) != 20_001 { // compared one with another, 10,000 times as much work
		t.Errorf("%d keys were sorted", len(s.order))
	}
	for _, twice := range []string{"key0", "key5", "key17777", `key\u0035`, "key19999"} {
		if s.scan([]byte("{"+many+`"`+twice+`":1}`)) || s.fault != scanDuplicate {
			t.Errorf("%s twice: %q", twice, scanFaultTexts[s.fault])
		}
	}
	for n := 2; n < 80; n++ { // around the number from which keys are sorted
		keys := b.String()[:0]
		for i := range n {
			keys += fmt.Sprintf(`"k%d":%d,`, i, i)
		}
		if !s.scan([]byte("{" + keys + `"last":{}}`)) {
			t.Errorf("%d keys: %s", n, scanFaultTexts[s.fault])
		}
		if s.scan([]byte("{" + keys + fmt.Sprintf(`"k%d":{}}`, n/2))) {
			t.Errorf("%d keys, one of them twice, pass", n)
		}
	}
	if s.scan([]byte(`{"a":{"b":1},"c":{"b":1,"a":1}}`)); s.fault != scanFine {
		t.Error("one name in two objects is no duplicate")
	}
}
