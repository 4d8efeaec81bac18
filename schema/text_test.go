package schema

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// TestTextAgainstTheLibrary: encoding/json reads back what was written, and nothing is escaped that need not be.
func TestTextAgainstTheLibrary(t *testing.T) {
	for c := range 0x250 {
		s := "a" + string(rune(c)) + "b"
		out, err := AppendText(nil, s)
		var back string
		if err != nil || json.Unmarshal(out, &back) != nil || back != s {
			t.Errorf("%q became %s, %v", s, out, err)
		}
		if c >= 0x20 && c != '"' && c != '\\' && string(out) != `"`+s+`"` {
			t.Errorf("%q was escaped: %s", s, out)
		}
	}
	for s, want := range map[string]string{
		"":               `""`,
		"<a href=\"x\">": `"<a href=\"x\">"`,
		"\u2028&\u2029":  "\"\u2028&\u2029\"",
		"\n\r\t\x00\x1f": `"\n\r\t\u0000\u001f"`,
		"😀":              `"😀"`,
		"\ufffd":         "\"\ufffd\"", // the replacement character itself is fine
		`\`:              `"\\"`,
	} {
		if out, err := AppendText(nil, s); err != nil || string(out) != want {
			t.Errorf("%q: %s, %v", s, out, err)
		}
	}
}

func FuzzAppendText(f *testing.F) {
	f.Add("plain")
	f.Add("\xff\"\\\n")
	f.Fuzz(func(t *testing.T, s string) {
		out, err := AppendText(nil, s)
		if (err == nil) != utf8.ValidString(s) {
			t.Fatalf("%q: %v", s, err)
		}
		var back string
		if err == nil && (json.Unmarshal(out, &back) != nil || back != s) {
			t.Fatalf("%q became %s", s, out)
		}
	})
}

func TestBase64AndDuration(t *testing.T) {
	for n := range 200 {
		b := make1(n)
		if got, want := string(appendBase64(nil, string(b))), `"`+base64.StdEncoding.EncodeToString(b)+`"`; got != want {
			t.Fatalf("%d bytes: %s", n, got)
		}
	}
	for _, test := range []struct{ in, want string }{
		{"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", `"PT0S"`},
		{"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", `"P1M"`},
		{"\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00", `"P7D"`},
		{"\x00\x00\x00\x00\x00\x00\x00\x00\xe8\x03\x00\x00", `"PT1S"`},
		{"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00", `"PT0.001S"`},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", `"P4294967295M4294967295DT4294967.295S"`},
	} {
		if got := string(appendDuration(nil, test.in)); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
