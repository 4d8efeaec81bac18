package schema

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

// TestValuesShareTheBytes: texts are not copied, which is why a record's bytes must stay as long as its Values.
func TestValuesShareTheBytes(t *testing.T) {
	s := mustParse(t, `{"type":"map","values":"bytes"}`)
	datum := []byte("\x02\x02k\x02v\x00")
	v, err := s.Decode(&Arena{}, datum)
	if err != nil {
		t.Fatal(err)
	}
	_, val := v.Entry(0)
	copied := val.Bytes()
	datum[2], datum[4] = 'K', 'V'
	if key, val := v.Entry(0); key != "K" || val.Str() != "V" {
		t.Error("the texts were copied")
	}
	if string(copied) != "v" {
		t.Error("Bytes is no copy")
	}
}

// TestDecodeLeavesTheBytes: no decoder changes what it reads; a dead letter needs the original.
func TestDecodeLeavesTheBytes(t *testing.T) {
	for seed := range 200 {
		g := newGenerator(uint64(seed))
		s := g.compiled(t)
		datum := g.spoil(g.datum(nil, s.Root, 5))
		before := bytes.Clone(datum)
		if v, err := s.Decode(&Arena{}, datum); err == nil {
			_ = show(v)
		}
		_, err := s.DecodeReference(datum)
		if !bytes.Equal(before, datum) {
			t.Fatalf("seed %d: the bytes were changed (%v)", seed, err)
		}
	}
}

// TestOneSchemaManyGoroutines: a Schema is shared by all partitions; each has its own Arena.
func TestOneSchemaManyGoroutines(t *testing.T) {
	s := mustParse(t, orderSchema)
	var wg sync.WaitGroup
	faults := make(chan error, 8)
	for i := range cap(faults) {
		datum := orderDatum(t, s, i)
		wg.Go(func() {
			var a Arena
			want := ""
			for range 200 {
				a.Reset()
				v, err := s.Decode(&a, datum)
				if err != nil {
					faults <- err
					return
				}
				got := show(v)
				if want == "" {
					want = got
				}
				if got != want {
					faults <- fmt.Errorf("goroutine %d: %s, then %s", i, want, got)
					return
				}
				if _, err := s.DecodeReference(datum); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(faults)
	for err := range faults {
		t.Error(err)
	}
}

// TestUUIDsOfABatch live in the arena, through its growth, until Reset.
func TestUUIDsOfABatch(t *testing.T) {
	s := mustParse(t, `{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`)
	var a Arena
	for range 2 {
		a.Reset()
		var values []Value
		for i := range 1000 {
			v, err := s.Decode(&a, bytes.Repeat([]byte{byte(i)}, 16))
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
		for i, v := range values {
			if want := string(appendUUID(nil, bytes.Repeat([]byte{byte(i)}, 16))); v.Str() != want {
				t.Fatalf("%d: %s, want %s", i, v.Str(), want)
			}
		}
	}
}

// TestIsPlain against what AppendText leaves as it is, at each length and place, whatever follows.
func TestIsPlain(t *testing.T) {
	for n := range 30 {
		for _, behind := range []string{"", "\"", "\x00\xff\\\"\n\x80..."} {
			b := append(bytes.Repeat([]byte{'x'}, n), behind...)
			if !isPlain(b, 0, n) {
				t.Errorf("%d letters, with %q behind them", n, behind)
			}
			for i := range n {
				for c := range 256 {
					b[i] = byte(c)
					text, err := AppendText(nil, string(b[:n]))
					want := err == nil && len(text) == n+2 && c < 0x80
					if got := isPlain(b, 0, n); got != want {
						t.Errorf("%d letters, number %d is %#02x, with %q behind them: %v, want %v", n, i, c, behind, got, want)
					}
				}
				b[i] = 'x'
			}
		}
	}
}

// TestSignificant leaves a number as it is, in as few bytes as hold it.
func TestSignificant(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\x00": "\x00", "\x00\x00": "\x00", "\x00\x7f": "\x7f", "\x00\x80": "\x00\x80", "\x00\x00\x80": "\x00\x80",
		"\xff": "\xff", "\xff\xff": "\xff", "\xff\x80": "\x80", "\xff\x7f": "\xff\x7f", "\xff\xff\x7f": "\xff\x7f", "\x01\x00": "\x01\x00",
	} {
		if got := string(significant([]byte(in))); got != want {
			t.Errorf("%x: %x, want %x", in, got, want)
		}
	}
}

// TestFixedDigits: the specification's own formula at the sizes where a digit is won.
func TestFixedDigits(t *testing.T) {
	for size, want := range map[int]int{0: 0, 1: 2, 2: 4, 3: 6, 4: 9, 8: 18, 9: 21, 16: 38} {
		if got := fixedDigits(size); got != want {
			t.Errorf("%d bytes hold %d digits, want %d", size, got, want)
		}
	}
}
