package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse: no input makes Parse panic, run long or point outside of the file.
func FuzzParse(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(fixtures, "../deploy/reference.yaml") {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{"", "a: &a [*a]", "a: &x {<<: *x}", "{{[", "\ufeff\r\n---\n...", "? - !!x &y a\n: b", "topics: {^[: {}}", "a: \"\\ud83d\\ude00\"", "k: >2-\n\n   x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begin := time.Now()
		cfg, warnings, err := Parse("f.yaml", data, ResolveLenient)
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("took %v for %d bytes", took, len(data))
		}
		if (cfg == nil) != (err != nil) {
			t.Errorf("configuration %v with error %v", cfg, err)
		}
		faults, _ := err.(Faults)
		if err != nil && len(faults) == 0 {
			t.Errorf("error without faults: %v", err)
		}
		lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
		for _, fault := range append(faults, warnings...) {
			if fault.File != "f.yaml" || fault.Line < 1 || fault.Line > len(lines) || fault.Column < 1 {
				t.Errorf("%d:%d is no place in a file of %d lines: %v", fault.Line, fault.Column, len(lines), fault)
				continue
			}
			if !utf8.ValidString(fault.Error()) || strings.Contains(fault.Error(), "\n") {
				t.Errorf("not one line of text: %q", fault.Error())
			}
		}
	})
}

// FuzzUnits: what is read is written so that it is read as the same again.
func FuzzUnits(f *testing.F) {
	for _, s := range []string{"250ms", "14d", "1d12h", "1.5h", "0", "32MiB", "4MB", "3500000", "9223372036854775807", "1e3", "-1s", "99999999999999999999d", "1.9999999999999999999GiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d, d2 Duration
		if d.UnmarshalText([]byte(s)) == nil {
			if d < 0 {
				t.Errorf("%q is negative: %d", s, d)
			}
			if err := d2.UnmarshalText([]byte(d.String())); err != nil || d != d2 {
				t.Errorf("%q: %d is written %q and read as %d (%v)", s, d, d, d2, err)
			}
		}
		var b, b2 Bytes
		if b.UnmarshalText([]byte(s)) == nil {
			if b < 0 {
				t.Errorf("%q is negative: %d", s, b)
			}
			if err := b2.UnmarshalText([]byte(b.String())); err != nil || b != b2 {
				t.Errorf("%q: %d is written %q and read as %d (%v)", s, b, b, b2, err)
			}
		}
	})
}
