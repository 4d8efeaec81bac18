package schema

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
)

var seeds = flag.Int("schema.seeds", 1500, "schemas that the comparison with goavro makes up")

// differences are the reasons for which the compiled decoder refuses what goavro takes. There is no reason the other
// way round.
var differences = []struct{ what, why string }{
	{"a number of more than 32 bits", "goavro drops the upper bits: another number would be sent"},
	{"a number of more than 64 bits", "as above"},
	{"a block whose size in bytes does not match", "goavro does not read the size; who skips by it reads another record"},
	{"a block that runs past the end", "as above, seen at the block's head"},
	{"a decimal of too many digits", "goavro reads bytes, which cost nothing; a decimal's digits cost more than linear time"},
	{"more values than a datum of this size", "goavro's guard counts elements only; records may hold many fields without bytes"},
	{"more elements than a datum of this size", "as above"},
}

// compare decodes with both and returns what they disagree about.
func compare(s *Schema, a *Arena, datum []byte) error {
	a.Reset()
	got, err := s.Decode(a, datum)
	want, refErr := s.DecodeReference(datum)
	switch {
	case err != nil && !errors.Is(err, ErrUndecodable):
		return fmt.Errorf("error of another kind: %w", err)
	case err == nil && refErr != nil:
		return fmt.Errorf("only goavro refuses: %w", refErr)
	case err != nil && refErr == nil && !listed(err):
		return fmt.Errorf("only the compiled decoder refuses: %w", err)
	case err == nil && !got.Equal(want):
		return fmt.Errorf("different values: %s, %s", show(got), show(want))
	}
	return nil
}

func listed(err error) bool {
	return slices.ContainsFunc(differences, func(d struct{ what, why string }) bool {
		return strings.Contains(err.Error(), d.what)
	})
}

func show(v Value) string {
	out, err := v.AppendJSON(nil)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// TestBothDecodersAgree holds the compiled decoder against goavro: whole data, cut data, data with changed bytes.
func TestBothDecodersAgree(t *testing.T) {
	var a Arena
	decoded, refused := 0, 0
	for seed := range *seeds {
		g := newGenerator(uint64(seed))
		s := g.compiled(t)
		for i := range 4 {
			datum := g.datum(nil, s.Root, 6)
			if err := compare(s, &a, datum); err != nil {
				t.Fatalf("seed %d, datum %d: %v\n%s\n%x", seed, i, err, s.Text, datum)
			}
			if _, err := s.Decode(&a, datum); err != nil {
				if !listed(err) {
					t.Fatalf("seed %d: own datum refused: %v\n%s\n%x", seed, err, s.Text, datum)
				}
			} else {
				decoded++
			}
			for range 6 {
				bad := g.spoil(datum)
				if err := compare(s, &a, bad); err != nil {
					t.Fatalf("seed %d, datum %d spoilt: %v\n%s\n%x", seed, i, err, s.Text, bad)
				}
				if _, err := s.Decode(&a, bad); err != nil {
					refused++
				}
			}
		}
	}
	if decoded < *seeds || refused < *seeds {
		t.Errorf("%d decoded, %d refused: the comparison says little", decoded, refused)
	}
}

// TestLayoutIsFaithful gives goavro schemas as they are written, where it takes them: a mistake in Parse would be in
// both decoders otherwise.
func TestLayoutIsFaithful(t *testing.T) {
	taken := 0
	for seed := range *seeds {
		g := newGenerator(uint64(seed))
		s := g.compiled(t)
		var plain any
		if err := json.Unmarshal([]byte(s.Text), &plain); err != nil {
			t.Fatal(err)
		}
		strip(plain)
		text, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		codec, err := goavro.NewCodec(string(text))
		if err != nil {
			continue // hyphens, symbols, a string beside a uuid
		}
		taken++
		datum := g.datum(nil, s.Root, 6)
		native, rest, err := codec.NativeFromBinary(datum)
		if err != nil || len(rest) > 0 {
			t.Fatalf("seed %d: %d bytes left, %v\n%s", seed, len(rest), err, text)
		}
		again, err := codec.BinaryFromNative(nil, native)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var a, b Arena
		v, err := s.Decode(&a, datum)
		w, againErr := s.Decode(&b, again)
		if err != nil || againErr != nil || !v.Equal(w) {
			t.Fatalf("seed %d: %v, %v\n%s\n%s\n%s", seed, err, againErr, text, show(v), show(w))
		}
	}
	if taken < *seeds/4 {
		t.Errorf("goavro took only %d of %d", taken, *seeds)
	}
}

// strip removes what makes goavro refuse or convert: defaults and logical types.
func strip(doc any) {
	switch doc := doc.(type) {
	case []any:
		for _, d := range doc {
			strip(d)
		}
	case map[string]any:
		delete(doc, "default")
		delete(doc, "logicalType")
		for _, d := range doc {
			strip(d)
		}
	}
}

// spoil changes, cuts or lengthens a datum.
func (g *generator) spoil(datum []byte) []byte {
	bad := slices.Clone(datum)
	for range 1 + g.IntN(3) {
		switch {
		case len(bad) == 0 || g.IntN(6) == 0:
			bad = append(bad, byte(g.Uint32()))
		case g.IntN(4) == 0:
			bad = bad[:g.IntN(len(bad))]
		default:
			bad[g.IntN(len(bad))] = []byte{0, 1, 2, 3, 0x7f, 0x80, 0xff, byte(g.Uint32())}[g.IntN(8)]
		}
	}
	return bad
}

// TestDifferences shows each listed difference from goavro once.
func TestDifferences(t *testing.T) {
	wide := `{"type":"record","name":"W","fields":[` + strings.Repeat(`{"name":"x%d","type":"null"},`, 60)
	for i := range 60 {
		wide = strings.Replace(wide, "%d", fmt.Sprint(i), 1)
	}
	wide = strings.TrimSuffix(wide, ",") + `]}`
	tests := []struct {
		name, schema string
		datum        []byte
		want         string
	}{
		{"32 bits", `"int"`, []byte{0x80, 0x80, 0x80, 0x80, 0x10}, differences[0].what},
		{"64 bits", `"long"`, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, differences[1].what},
		{"block size", `{"type":"array","items":"int"}`, []byte{1, 4, 2, 0}, differences[2].what},
		{"block past the end", `{"type":"array","items":"int"}`, []byte{1, 40, 2, 0}, differences[3].what},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":4}`, append([]byte{0x82, 0x10}, make1(1025)...), differences[4].what},
		{"values", `{"type":"array","items":` + wide + `}`, []byte{0xd0, 0x0f, 0}, differences[5].what},
		{"elements", `{"type":"map","values":"null"}`, manyKeys(1), ""},
	}
	for _, test := range tests {
		s, err := Parse(test.schema)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Decode(&Arena{}, test.datum)
		if _, refErr := s.DecodeReference(test.datum); refErr != nil {
			t.Errorf("%s: goavro refuses too: %v", test.name, refErr)
		}
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func make1(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 1
	}
	return b
}

// manyKeys is a map of n entries without values.
func manyKeys(n int) []byte {
	out := []byte{}
	for i := range n {
		out = append(out, 2, 2, byte('a'+i))
	}
	return append(out, 0)
}

// TestReferenceIsGuarded: goavro by itself would allocate for a count that is only claimed, and recurse as deep as the
// bytes say.
func TestReferenceIsGuarded(t *testing.T) {
	nulls, err := Parse(`{"type":"array","items":"null"}`)
	if err != nil {
		t.Fatal(err)
	}
	before := Fallbacks()
	for _, count := range []int64{5000, 1_000_000, 1 << 40} {
		if _, err := nulls.DecodeReference(append(binary.AppendVarint(nil, count), 0)); !errors.Is(err, ErrUndecodable) {
			t.Errorf("%d claimed nulls: %v", count, err)
		}
	}
	deep, err := Parse(`{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	chain := append([]byte(strings.Repeat("\x02", 1000)), 0)
	if _, err := deep.DecodeReference(chain); !errors.Is(err, ErrUndecodable) {
		t.Errorf("deep: %v", err)
	}
	endless, err := Parse(`{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := endless.DecodeReference(nil); !errors.Is(err, ErrUndecodable) {
		t.Errorf("endless: %v", err)
	}
	if n := Fallbacks() - before; n != 5 {
		t.Errorf("%d runs counted, want 5", n)
	}
}

// TestReferenceDoesNotCover lists what goavro has no form for; the compiled decoder needs no help there.
func TestReferenceDoesNotCover(t *testing.T) {
	for _, text := range []string{`[]`, `{"type":"enum","name":"E","symbols":[]}`} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DecodeReference(nil); err == nil || errors.Is(err, ErrUndecodable) {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := s.Decode(&Arena{}, []byte{0}); !errors.Is(err, ErrUndecodable) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
