package schema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

// TestDecode: bytes of each kind, as JSON.
func TestDecode(t *testing.T) {
	decimal := `{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`
	tests := []struct{ schema, datum, want string }{
		{`"null"`, "", `null`},
		{`"boolean"`, "\x00", `false`},
		{`"boolean"`, "\x01", `true`},
		{`"int"`, "\x01", `-1`},
		{`"int"`, "\xff\xff\xff\xff\x0f", `-2147483648`},
		{`"int"`, "\xfe\xff\xff\xff\x0f", `2147483647`},
		{`"int"`, "\x82\x80\x80\x80\x00", `1`}, // longer than it needs to be
		{`"long"`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", `9223372036854775807`},
		{`"long"`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", `-9223372036854775808`},
		{`"long"`, "\x82\x80\x80\x80\x80\x80\x80\x20", `9007199254740993`},
		{`"float"`, "\xec\x51\x9f\x41", `19.915`},
		{`"float"`, "\x85\xeb\x9f\x41", `19.99`},
		{`"double"`, "\x3d\x0a\xd7\xa3\x70\xfd\x33\x40", `19.99`},
		{`"bytes"`, "\x08\x00\x01\xfe\xff", `"AAH+/w=="`},
		{`"bytes"`, "\x00", `""`},
		{`"string"`, "\x0cgr\xc3\xbcn\x22", `"grün\""`},
		{`{"type":"fixed","name":"F","size":3}`, "abc", `"YWJj"`},
		{`{"type":"fixed","name":"F","size":0}`, "", `""`},
		{`{"type":"enum","name":"E","symbols":["UP","DOWN"]}`, "\x02", `"DOWN"`},
		{`{"type":"array","items":"int"}`, "\x00", `[]`},
		{`{"type":"array","items":"int"}`, "\x04\x02\x04\x02\x06\x00", `[1,2,3]`},
		{`{"type":"array","items":"int"}`, "\x03\x04\x02\x04\x00", `[1,2]`},
		{`{"type":"array","items":"int"}`, "\x03\x04\x02\x04\x02\x06\x01\x02\x08\x00", `[1,2,3,4]`},
		{`{"type":"array","items":"null"}`, "\x06\x00", `[null,null,null]`},
		{`{"type":"map","values":"int"}`, "\x00", `{}`},
		{`{"type":"map","values":"int"}`, "\x02\x02b\x02\x02\x02a\x04\x00", `{"b":1,"a":2}`},
		{`{"type":"map","values":"int"}`, "\x01\x06\x02b\x02\x00", `{"b":1}`},
		{`{"type":"map","values":"int"}`, "\x01\x08\x02b\x02\x00", ``},
		{`["null","string"]`, "\x00", `null`},
		{`["null","string"]`, "\x02\x02x", `"x"`},
		{`["string","null"]`, "\x02", `null`},
		{`["int",{"type":"map","values":"int"}]`, "\x02\x02\x06int\x02\x00", `{"int":1}`}, // a map that looks like a tag
		{`["string",{"type":"string","logicalType":"uuid"}]`, "\x02\x02x", `"x"`},
		{`{"type":"record","name":"R","fields":[]}`, "", `{}`},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","R"]}]}`, "\x02\x02\x04\x00", `{"a":1,"b":{"a":2,"b":null}}`},
		{decimal, "\x02\x41", `0.65`},
		{decimal, "\x02\xff", `-0.01`},
		{decimal, "\x00", `0.00`},
		{decimal, "\x04\x00\x80", `1.28`},
		{decimal, "\x04\xff\x7f", `-1.29`},
		{decimal, "\x12\x00\x80\x00\x00\x00\x00\x00\x00\x00", `92233720368547758.08`},
		{decimal, "\x10\x80\x00\x00\x00\x00\x00\x00\x00", `-92233720368547758.08`},
		{`{"type":"bytes","logicalType":"decimal","precision":9}`, "\x02\x41", `65`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"decimal","precision":20,"scale":3}`, strings.Repeat("\xff", 12), `-0.001`},
		{`{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}`, "\x02\x41", `"QQ=="`},
		{`{"type":"int","logicalType":"date"}`, "\x00", `"1970-01-01"`},
		{`{"type":"long","logicalType":"timestamp-millis"}`, "\x01", `"1969-12-31T23:59:59.999Z"`},
		{`{"type":"long","logicalType":"timestamp-micros"}`, "\x02", `"1970-01-01T00:00:00.000001Z"`},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, "\x02", `"1970-01-01T00:00:00.000000001Z"`},
		{`{"type":"long","logicalType":"local-timestamp-millis"}`, "\x02", `"1970-01-01T00:00:00.001"`},
		{`{"type":"int","logicalType":"time-millis"}`, "\x02", `"00:00:00.001"`},
		{`{"type":"long","logicalType":"time-micros"}`, "\x02", `"00:00:00.000001"`},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", `"123e4567-e89b-12d3-a456-426614174000"`},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, "\x01\x00\x00\x00\x02\x00\x00\x00\xbc\x0b\x00\x00", `"P1M2DT3.004S"`},
	}
	for _, test := range tests {
		s := mustParse(t, test.schema)
		var a Arena
		v, err := s.Decode(&a, []byte(test.datum))
		if test.want == "" {
			if !errors.Is(err, ErrUndecodable) {
				t.Errorf("%s %x: %v", test.schema, test.datum, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %x: %v", test.schema, test.datum, err)
			continue
		}
		if got := show(v); got != test.want {
			t.Errorf("%s %x: %s, want %s", test.schema, test.datum, got, test.want)
		}
	}
}

// TestDecimalsKeepTheirOwnScale: two decimals of one record, the same bytes.
func TestDecimalsKeepTheirOwnScale(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[
		{"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":0}},
		{"name":"b","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
		{"name":"c","type":["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":4}]},
		{"name":"odd","type":{"type":"bytes","logicalType":"decimal","precision":2,"scale":5}}]}`)
	v, err := s.Decode(&Arena{}, []byte("\x02\x41\x02\x41\x02\x02\x41\x02\x41"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(v), `{"a":65,"b":0.65,"c":0.0065,"odd":"QQ=="}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestUndecodable: what is wrong is named, with its path and place, and nothing of the value.
func TestUndecodable(t *testing.T) {
	order := `{"type":"record","name":"O","fields":[{"name":"id","type":"string"},
		{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"qty","type":"int"},{"name":"tags","type":{"type":"map","values":"string"}}]}}},
		{"name":"paid","type":["null","boolean"]},{"name":"state","type":{"type":"enum","name":"E","symbols":["A","B"]}}]}`
	tests := []struct{ schema, datum, want string }{
		{order, "", "id: a number runs past the end (byte 0 of 0)"},
		{order, "\x02", "id: a length that runs past the end (byte 0 of 1)"},
		{order, "\x01", "id: a length that runs past the end (byte 0 of 1)"},
		{order, "\x04\xc3\x28\x00", "id: text that is not UTF-8 (byte 1 of 4)"},
		{order, "\x02x\x02\x80\x80\x80\x80\x20\x00", "items[0].qty: a number of more than 32 bits (byte 3 of 9)"},
		{order, "\x02x\x04\x02\x00\x02\x02\x02k\x04\xff\xfe\x00", "items[1].tags[0]: text that is not UTF-8 (byte 10 of 13)"},
		{order, "\x02x\x04\x02\x00\x02\x02\x06\xffab\x00\x00", "items[1].tags[0]: text that is not UTF-8 (byte 8 of 13)"},
		{order, "\x02x\x00\x04\x00", "paid: a union's branch that does not exist (byte 3 of 5)"},
		{order, "\x02x\x00\x01\x00", "paid: a union's branch that does not exist (byte 3 of 5)"},
		{order, "\x02x\x00\x02\x02\x00", "paid: a boolean that is neither 0 nor 1 (byte 4 of 6)"},
		{order, "\x02x\x00\x00\x04", "state: an enum's symbol that does not exist (byte 4 of 5)"},
		{order, "\x02x\x00\x00\x01", "state: an enum's symbol that does not exist (byte 4 of 5)"},
		{order, "\x02x\x00\x00\x02\x00", "bytes are left over after the record (byte 5 of 6)"},
		{order, "\x02x\x02\x02\x04\x02a\x02b\x02a\x02c\x00\x00\x00\x00", "items[0].tags: a map with the same key twice (byte 14 of 17)"},
		{`"double"`, "1234567", "the bytes end too early (byte 0 of 7)"},
		{`"float"`, "123", "the bytes end too early (byte 0 of 3)"},
		{`"boolean"`, "", "the bytes end too early (byte 0 of 0)"},
		{`"null"`, "\x00", "bytes are left over after the record (byte 0 of 1)"},
		{`"long"`, strings.Repeat("\x80", 9), "a number runs past the end (byte 0 of 9)"},
		{`"long"`, strings.Repeat("\x80", 11), "a number of more than 64 bits (byte 0 of 11)"},
		{`"long"`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "a number of more than 64 bits (byte 0 of 10)"},
		{`{"type":"fixed","name":"F","size":4}`, "abc", "the bytes end too early (byte 0 of 3)"},
		{`{"type":"array","items":"int"}`, "\x02", "more elements than the bytes that are left can hold (byte 0 of 1)"},
		{`{"type":"array","items":"int"}`, "\x02\x02", "a number runs past the end (byte 2 of 2)"},
		{`{"type":"array","items":"long"}`, "\x01\x01\x02\x00", "a block that runs past the end (byte 0 of 4)"},
		{`{"type":"array","items":"null"}`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", "a block that runs past the end (byte 0 of 11)"},
		{`{"type":"array","items":"int"}`, "\x01\x04\x02\x00", "a block whose size in bytes does not match its elements (byte 3 of 4)"},
		{`{"type":"map","values":"null"}`, "\x08\x02a", "more elements than the bytes that are left can hold (byte 0 of 3)"},
	}
	for _, test := range tests {
		s := mustParse(t, test.schema)
		_, err := s.Decode(&Arena{}, []byte(test.datum))
		if !errors.Is(err, ErrUndecodable) || err.Error() != "undecodable: "+test.want {
			t.Errorf("%x:\n got %v\nwant undecodable: %s", test.datum, err, test.want)
		}
	}
}

// TestHostileCountsCostNothing: a few bytes that announce billions of elements are refused before memory is spent.
func TestHostileCountsCostNothing(t *testing.T) {
	huge := binary.AppendVarint(nil, math.MaxInt32)
	larger := binary.AppendVarint(nil, math.MaxInt64)
	smallest := binary.AppendVarint(nil, math.MinInt64)
	for _, elem := range []string{
		`"null"`, `"int"`, `"string"`, `"double"`,
		`{"type":"record","name":"E","fields":[]}`,
		`{"type":"fixed","name":"F","size":0}`,
		`{"type":"fixed","name":"F","size":2147483647}`,
		`{"type":"record","name":"N","fields":[{"name":"a","type":"null"},{"name":"b","type":"null"}]}`,
		`{"type":"array","items":"null"}`,
		`{"type":"record","name":"R","fields":[{"name":"r","type":{"type":"array","items":"R"}}]}`,
	} {
		for _, schema := range []string{`{"type":"array","items":` + elem + `}`, `{"type":"map","values":` + elem + `}`} {
			s := mustParse(t, schema)
			for _, count := range [][]byte{huge, larger, smallest} {
				for _, tail := range [][]byte{{0}, {}, {2, 'a', 0}, count, append(count, count...)} {
					datum := append(append([]byte{}, count...), tail...)
					if spent := allocated(func() {
						if _, err := s.Decode(&Arena{}, datum); !errors.Is(err, ErrUndecodable) {
							t.Errorf("%s %x: %v", schema, datum, err)
						}
					}); spent > 1<<20 {
						t.Errorf("%s %x: %d bytes allocated", schema, datum, spent)
					}
				}
			}
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNestedClaimsAreBounded: each level of a recursive array claims as many elements as bytes are left.
func TestNestedClaimsAreBounded(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"r","type":{"type":"array","items":"R"}}]}`)
	datum := make([]byte, 0, 1<<20)
	for range maxDepth {
		datum = binary.AppendVarint(datum, 1<<19)
	}
	datum = append(datum, make([]byte, 1<<20-len(datum))...)
	spent := allocated(func() {
		if _, err := s.Decode(&Arena{}, datum); !errors.Is(err, ErrUndecodable) {
			t.Error(err)
		}
	})
	if spent > 64<<20 {
		t.Errorf("%d MiB allocated", spent>>20)
	}
}

// TestElementsWithoutBytes: some are allowed, and more for longer data.
func TestElementsWithoutBytes(t *testing.T) {
	s := mustParse(t, `{"type":"array","items":"null"}`)
	for count, want := range map[int64]bool{1: true, 4000: true, 5000: false} {
		datum := append(binary.AppendVarint(nil, count), 0)
		v, err := s.Decode(&Arena{}, datum)
		if (err == nil) != want || want && v.Len() != int(count) {
			t.Errorf("%d nulls: %v", count, err)
		}
	}
}

// TestLargeArrays: growing keeps what has been read, in one block or many.
func TestLargeArrays(t *testing.T) {
	s := mustParse(t, `{"type":"array","items":{"type":"array","items":"long"}}`)
	for _, block := range []int{1, 7, 1000, 50_000} {
		var datum []byte
		const n = 50_000
		for i := 0; i < n; i += block {
			size := min(block, n-i)
			datum = binary.AppendVarint(datum, int64(size))
			for j := i; j < i+size; j++ {
				datum = append(datum, 2)
				datum = append(binary.AppendVarint(datum, int64(j)), 0)
			}
		}
		v, err := s.Decode(&Arena{}, append(datum, 0))
		if err != nil || v.Len() != n {
			t.Fatalf("blocks of %d: %v", block, err)
		}
		for i := range n {
			if got := v.Elem(i).Elem(0).Int(); got != int64(i) {
				t.Fatalf("blocks of %d: element %d is %d", block, i, got)
			}
		}
	}
}

// TestMapsOfManyKeys finds a duplicate among few keys and many.
func TestMapsOfManyKeys(t *testing.T) {
	s := mustParse(t, `{"type":"map","values":"int"}`)
	var a Arena
	for _, n := range []int{1, 2, fewKeys, fewKeys + 1, 500, keptKeys + 1} {
		for _, twice := range []bool{false, true} {
			datum := binary.AppendVarint(nil, int64(n))
			for i := range n {
				if twice && i == n-1 {
					i = n / 3
					if n == 1 {
						break
					}
				}
				k := fmt.Sprintf("k%d", i)
				datum = append(binary.AppendVarint(datum, int64(len(k))), k...)
				datum = append(datum, 0)
			}
			if twice && n == 1 {
				continue
			}
			_, err := s.Decode(&a, append(datum, 0))
			if twice != errors.Is(err, ErrUndecodable) {
				t.Errorf("%d keys, one twice %v: %v", n, twice, err)
			}
			if len(a.keys) != 0 {
				t.Error("the arena keeps keys of a record")
			}
		}
	}
}

// TestDepth: the deepest that is allowed decodes and becomes JSON; one more is refused, however much more it is.
func TestDepth(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}`)
	chain := func(n int) []byte { return append([]byte(strings.Repeat("\x02", n-1)), 0) }
	v, err := s.Decode(&Arena{}, chain(maxDepth))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(show(v), "{"); got != maxDepth {
		t.Errorf("%d records", got)
	}
	for _, n := range []int{maxDepth + 1, 1 << 20} {
		_, err := s.Decode(&Arena{}, chain(n))
		if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), "values nest too deep") || len(err.Error()) > 300 {
			t.Errorf("%d: %v", n, err)
		}
	}
	endless := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`)
	if _, err := endless.Decode(&Arena{}, nil); !errors.Is(err, ErrUndecodable) {
		t.Errorf("a record that holds itself: %v", err)
	}
}

// TestDepthIsNotLength: what stands side by side does not nest.
func TestDepthIsNotLength(t *testing.T) {
	s := mustParse(t, `{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"int"}},{"name":"m","type":{"type":"map","values":"int"}}]}}`)
	datum := binary.AppendVarint(nil, 10*maxDepth)
	datum = append(datum, make([]byte, 2*10*maxDepth+1)...)
	v, err := s.Decode(&Arena{}, datum)
	if err != nil || v.Len() != 10*maxDepth {
		t.Error(err)
	}
}

// TestDecodeErrorsAreBoundedAndPrivate: long names are cut, a map's keys and texts do not show.
func TestDecodeErrorsAreBoundedAndPrivate(t *testing.T) {
	long := strings.Repeat("n", 5000)
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"`+long+`","type":{"type":"map","values":{"type":"array","items":["null","R","string"]}}}]}`)
	level := "\x02\x0csecret\x02\x02"
	datum := strings.Repeat(level, 60) + "\x02\x0csecret\x02\x04\x0ehidden\xff\x00"
	_, err := s.Decode(&Arena{}, []byte(datum))
	if !errors.Is(err, ErrUndecodable) {
		t.Fatal(err)
	}
	if text := err.Error(); len(text) > 2500 || strings.Contains(text, "secret") || strings.Contains(text, "hidden") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

// TestDecodeWithoutParse: a Schema put together by hand is an error, not a panic.
func TestDecodeWithoutParse(t *testing.T) {
	if _, err := (&Schema{}).Decode(&Arena{}, nil); err == nil || errors.Is(err, ErrUndecodable) {
		t.Error(err)
	}
	if _, err := (&Schema{}).DecodeReference(nil); err == nil || errors.Is(err, ErrUndecodable) {
		t.Error(err)
	}
}

// TestArenaHoldsABatch: Values of several records stay whole until Reset, also across what is refused in between and
// across the arena's growth.
func TestArenaHoldsABatch(t *testing.T) {
	s := mustParse(t, orderSchema)
	var a Arena
	for round := range 3 {
		a.Reset()
		var values []Value
		var want []string
		for i := range 300 {
			datum := orderDatum(t, s, i)
			v, err := s.Decode(&a, datum)
			if err != nil {
				t.Fatal(err)
			}
			values, want = append(values, v), append(want, show(v))
			if _, err := s.Decode(&a, datum[:len(datum)-1-i%20]); err == nil {
				t.Fatal("a cut record was decoded")
			}
		}
		for i, v := range values {
			if got := show(v); got != want[i] {
				t.Fatalf("round %d: record %d changed:\n%s\n%s", round, i, got, want[i])
			}
		}
	}
}

// TestArenaGivesBackWhatIsLarge: one giant record must not cost memory for ever.
func TestArenaGivesBackWhatIsLarge(t *testing.T) {
	var a Arena
	a.take(keptValues + 1)
	a.text = make([]byte, keptText+1)
	a.Reset()
	if cap(a.vals) != 0 || cap(a.text) != 0 {
		t.Errorf("%d values, %d bytes kept", cap(a.vals), cap(a.text))
	}
	a.take(keptValues)
	a.Reset()
	if cap(a.vals) != keptValues {
		t.Errorf("%d values kept, want %d", cap(a.vals), keptValues)
	}
}

// TestArenaForgetsWhatWasRefused: undecodable records do not fill the arena of a batch, within a chunk or beyond it.
func TestArenaForgetsWhatWasRefused(t *testing.T) {
	s := mustParse(t, `{"type":"array","items":"int"}`)
	bad := append(binary.AppendVarint(nil, 500), make([]byte, 500)...) // no end
	var a Arena
	a.take(100)
	for range 1000 {
		if _, err := s.Decode(&a, bad); !errors.Is(err, ErrUndecodable) {
			t.Fatal(err)
		}
		if len(a.vals) > 100 {
			t.Fatalf("%d values in use", len(a.vals))
		}
	}
	if cap(a.vals) > 4096 {
		t.Errorf("the arena grew to %d values", cap(a.vals))
	}
}
