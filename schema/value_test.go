package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scalar makes a Value of a kind by hand.
func scalar(k Kind, n int64) Value { return Value{typ: &Type{Kind: k, Base: k}, n: uint64(n)} }

// TestTimesAgainstTheLibrary compares the hand-written forms with time.Format, over all that they can hold.
func TestTimesAgainstTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	units := []struct {
		kinds  [2]Kind
		unit   int64
		layout string
	}{
		{[2]Kind{TimestampMillis, LocalTimestampMillis}, 1e3, "2006-01-02T15:04:05.000"},
		{[2]Kind{TimestampMicros, LocalTimestampMicros}, 1e6, "2006-01-02T15:04:05.000000"},
		{[2]Kind{TimestampNanos, LocalTimestampNanos}, 1e9, "2006-01-02T15:04:05.000000000"},
	}
	for range 20_000 {
		sec := firstSecond + r.Int64N(lastSecond-firstSecond+1)
		if r.IntN(2) == 0 {
			sec = r.Int64N(8e9) - 4e9
		}
		for _, u := range units {
			if u.unit == 1e9 && (sec > math.MaxInt64/1_000_000_000-1 || sec < math.MinInt64/1_000_000_000+1) {
				continue
			}
			n := sec*u.unit + r.Int64N(u.unit)
			at := time.Unix(sec, (n-sec*u.unit)*(1e9/u.unit)).UTC()
			for i, k := range u.kinds {
				want := `"` + at.Format(u.layout) + `"`
				if i == 0 {
					want = `"` + at.Format(u.layout) + `Z"`
				}
				v := scalar(k, n)
				if got := show(v); got != want {
					t.Fatalf("%s %d: %s, want %s", k, n, got, want)
				}
				if got, err := v.Time(); err != nil || !got.Equal(at) || got.Location() != time.UTC {
					t.Fatalf("%s %d: %v, %v", k, n, got, err)
				}
			}
		}
		days, _ := split(sec, secondsPerDay)
		v := scalar(Date, days)
		want := time.Unix(days*secondsPerDay, 0).UTC()
		if got := show(v); got != want.Format(`"2006-01-02"`) {
			t.Fatalf("day %d: %s", days, got)
		}
		if got, err := v.Time(); err != nil || !got.Equal(want) {
			t.Fatalf("day %d: %v, %v", days, got, err)
		}
	}
}

// TestOneValueFails: what has no JSON form is an error that names no value, and leaves dst as it was.
func TestOneValueFails(t *testing.T) {
	f32 := func(f float32) Value { return Value{typ: &Type{Kind: Float, Base: Float}, n: float32Bits(f)} }
	f64 := func(f float64) Value { return Value{typ: &Type{Kind: Double, Base: Double}, n: float64Bits(f)} }
	text := func(s string) Value { return Value{typ: &Type{Kind: String, Base: String}, s: s} }
	tests := []struct {
		name string
		v    Value
		want error
	}{
		{"NaN", f64(math.NaN()), errNotFinite},
		{"infinity", f64(math.Inf(1)), errNotFinite},
		{"minus infinity", f32(float32(math.Inf(-1))), errNotFinite},
		{"float NaN", f32(float32(math.NaN())), errNotFinite},
		{"year 10000", scalar(TimestampMillis, (lastSecond+1)*1000), errYear},
		{"year -1", scalar(TimestampMillis, firstSecond*1000-1), errYear},
		{"largest millis", scalar(TimestampMillis, math.MaxInt64), errYear},
		{"smallest micros", scalar(TimestampMicros, math.MinInt64), errYear},
		{"local", scalar(LocalTimestampMicros, math.MaxInt64), errYear},
		{"largest date", scalar(Date, math.MaxInt32), errYear},
		{"smallest date", scalar(Date, math.MinInt32), errYear},
		{"negative time of day", scalar(TimeMillis, -1), errDay},
		{"24:00:00", scalar(TimeMillis, 86_400_000), errDay},
		{"24:00:00 micros", scalar(TimeMicros, 86_400_000_000), errDay},
		{"text", text("secret\xff"), errUTF8},
		{"cut text", text("secret\xe2\x82"), errUTF8},
		{"surrogate", text("\xed\xa0\x80"), errUTF8},
	}
	for _, test := range tests {
		within := Value{typ: &Type{Kind: Array, Base: Array}, kids: []Value{scalar(Int, 1), test.v}}
		for _, v := range []Value{test.v, within} {
			got, err := v.AppendJSON([]byte("before"))
			if !errors.Is(err, test.want) || string(got) != "before" {
				t.Errorf("%s: %q, %v", test.name, got, err)
			}
		}
	}
	if _, err := scalar(Long, 5).Time(); err == nil || strings.Contains(err.Error(), "5") {
		t.Errorf("a long's instant: %v", err)
	}
	if _, err := scalar(TimestampMillis, math.MaxInt64).Time(); !errors.Is(err, errYear) {
		t.Errorf("largest instant: %v", err)
	}
}

// TestNanosReachTheirEnds: every count of nanoseconds has a year that can be written.
func TestNanosReachTheirEnds(t *testing.T) {
	for n, want := range map[int64]string{
		math.MaxInt64: `"2262-04-11T23:47:16.854775807Z"`,
		math.MinInt64: `"1677-09-21T00:12:43.145224192Z"`,
	} {
		if got := show(scalar(TimestampNanos, n)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := show(scalar(TimeMicros, 86_399_999_999)); got != `"23:59:59.999999"` {
		t.Error(got)
	}
}

// TestFloatsAgainstTheLibrary: digits that read back as the same number, and as encoding/json's value.
func TestFloatsAgainstTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	check := func(f float64) {
		t.Helper()
		out, err := appendFloat(nil, f, 64)
		if err != nil {
			t.Fatal(err)
		}
		back, err := strconv.ParseFloat(string(out), 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(f) {
			t.Fatalf("%v became %s", f, out)
		}
		want, err := json.Marshal(f)
		if err != nil || !json.Valid(out) || len(out) > len(want)+1 { // e-09 where encoding/json writes e-9
			t.Fatalf("%v became %s, encoding/json writes %s", f, out, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.01, 0.001, -0.05, 19.99, 1e12, 1e12 - 0.01, 999_999_999_999.99,
		1e20, 1e21, 1e-6, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64, 123456.789, 0.07, 2.675, 1.005} {
		check(f)
	}
	for range 100_000 {
		check(math.Float64frombits(r.Uint64() & (1<<62 - 1)))
		check(float64(r.Int64N(1e14)) / 100)
		check(-float64(r.Int64N(1e7)) / 1000)
	}
	for range 20_000 {
		f := float32(r.NormFloat64() * 1000)
		out, err := appendFloat(nil, float64(f), 32)
		want, wantErr := json.Marshal(f)
		if err != nil || wantErr != nil || string(out) != string(want) {
			t.Fatalf("%v: %s, want %s", f, out, want)
		}
	}
}

// TestFloatPrices: a price keeps the digits that its producer wrote.
func TestFloatPrices(t *testing.T) {
	for cents := range 200_000 {
		text := fmt.Sprintf("%d.%02d", cents/100, cents%100)
		f, err := strconv.ParseFloat(text, 32)
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		v := Value{typ: &Type{Kind: Float, Base: Float}, n: float32Bits(float32(f))}
		if got := v.Float(); got != want {
			t.Fatalf("%s: %v", text, got)
		}
		if got, want := show(v), strings.TrimSuffix(strings.TrimRight(text, "0"), "."); got != want && cents > 0 {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	for _, f := range []float32{0, float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, math.SmallestNonzeroFloat32, 1 << 24, -3} {
		v := Value{typ: &Type{Kind: Float, Base: Float}, n: float32Bits(f)}
		if got := v.Float(); float32(got) != f {
			t.Errorf("%v became %v", f, got)
		}
	}
	v := Value{typ: &Type{Kind: Float, Base: Float}, n: float32Bits(float32(math.NaN()))}
	if !math.IsNaN(v.Float()) {
		t.Error("NaN is a number")
	}
	if d := (Value{typ: &Type{Kind: Double, Base: Double}, n: float64Bits(0.1)}); d.Float() != 0.1 {
		t.Error(d.Float())
	}
}

// TestDecimalsAgainstBig: any bytes, any scale, exactly.
func TestDecimalsAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		b := make([]byte, r.IntN(24))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if r.IntN(3) == 0 && len(b) > 2 {
			fill := []byte{0, 0xff}[r.IntN(2)]
			for i := range r.IntN(len(b)) {
				b[i] = fill
			}
		}
		scale := r.IntN(30)
		want := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 {
			want.Sub(want, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		v := Value{typ: &Type{Kind: Decimal, Base: Bytes, Precision: 50, Scale: scale}, s: string(b)}
		text := string(v.AppendDecimal(nil))
		rat, ok := new(big.Rat).SetString(text)
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
		if !ok || rat.Cmp(new(big.Rat).SetFrac(want, power)) != 0 || !json.Valid([]byte(text)) {
			t.Fatalf("%x scale %d: %s", b, scale, text)
		}
		if _, digits, _ := strings.Cut(text, "."); len(digits) != scale {
			t.Fatalf("%x scale %d: %s", b, scale, text)
		}
		if n, s := v.Decimal(); n.Cmp(want) != 0 || s != scale {
			t.Fatalf("%x: %v, %d", b, n, s)
		}
		if n, s, ok := v.Unscaled(); ok != want.IsInt64() || ok && (n != want.Int64() || s != scale) {
			t.Fatalf("%x: %v, %v", b, n, ok)
		}
	}
	if _, _, ok := scalar(Long, 1).Unscaled(); ok {
		t.Error("a long is no decimal")
	}
}

// TestLargestDecimalIsBounded: the largest that is decoded still costs little to write.
func TestLargestDecimalIsBounded(t *testing.T) {
	s := mustParse(t, `{"type":"bytes","logicalType":"decimal","precision":2400,"scale":4}`)
	b := make1(maxDecimalBytes)
	padded := append(make([]byte, 5000), b...) // zeros in front cost nothing
	for _, bytes := range [][]byte{b, padded} {
		datum := append(lengthOf(bytes), bytes...)
		v, err := s.Decode(&Arena{}, datum)
		if err != nil {
			t.Fatal(err)
		}
		if out := v.AppendDecimal(nil); len(out) > 2500 {
			t.Errorf("%d digits", len(out))
		}
	}
}

func lengthOf(b []byte) []byte {
	return (&generator{Rand: rand.New(rand.NewPCG(1, 1))}).varint(nil, int64(len(b)))
}

// TestAccessors reads a record as mappings do.
func TestAccessors(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","namespace":"n","fields":[
		{"name":"b","type":"boolean"},{"name":"n","type":["null","int"]},{"name":"l","type":{"type":"array","items":"long"}},
		{"name":"m","type":{"type":"map","values":"bytes"}},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
		{"name":"u","type":["null",{"type":"record","name":"X","fields":[]},{"type":"record","name":"Y","fields":[]}]}]}`)
	v, err := s.Decode(&Arena{}, []byte("\x01\x00\x04\x02\x04\x00\x02\x02k\x02\x09\x00\x02\x04"))
	if err != nil {
		t.Fatal(err)
	}
	if v.Kind() != Record || v.Type() != s.Root || v.IsNull() {
		t.Error("the record")
	}
	if !v.Field(0).Bool() {
		t.Error("the boolean")
	}
	if n := v.Field(1); !n.IsNull() || n.Type() != nil || n.Kind() != Null {
		t.Error("null")
	}
	if l := v.Field(2); l.Len() != 2 || l.Elem(1).Int() != 2 {
		t.Error("the array")
	}
	m := v.Field(3)
	if key, val := m.Entry(0); m.Len() != 1 || key != "k" || val.Str() != "\x09" || string(val.Bytes()) != "\x09" {
		t.Error("the map")
	}
	if e := v.Field(4); e.Str() != "B" || e.Int() != 1 {
		t.Error("the enum")
	}
	if u := v.Field(5); u.Type().Name != "n.Y" || u.Kind() != Record {
		t.Error("the union's branch")
	}
}

// TestStringShowsNoValue: formatting verbs reach for String, and values are private.
func TestStringShowsNoValue(t *testing.T) {
	s := mustParse(t, `{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}`)
	v, err := s.Decode(&Arena{}, []byte("\x0csecret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(v), fmt.Sprintf("%v %+v %s", v, v, v), fmt.Sprint(v.Field(0))} {
		if strings.Contains(got, "secret") {
			t.Error(got)
		}
	}
	if got := v.String(); got != "record R" {
		t.Error(got)
	}
	if got := (Value{}).String(); got != "null" {
		t.Error(got)
	}
	if got := Kind(200).String(); got != "unknown kind" {
		t.Error(got)
	}
}

// TestEqual: each pair of these differs, and each equals itself decoded anew.
func TestEqual(t *testing.T) {
	decoded := []struct{ schema, datum string }{
		{`"null"`, ""}, {`"boolean"`, "\x00"}, {`"boolean"`, "\x01"}, {`"int"`, "\x02"}, {`"long"`, "\x02"}, {`"long"`, "\x04"},
		{`"float"`, "\x00\x00\x80\x3f"}, {`"float"`, "\x00\x00\xc0\x7f"}, {`"string"`, "\x02a"}, {`"bytes"`, "\x02a"}, {`"bytes"`, "\x02b"},
		{`{"type":"fixed","name":"F","size":1}`, "a"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "\x00"}, {`{"type":"enum","name":"E","symbols":["A","B"]}`, "\x02"}, {`{"type":"enum","name":"E2","symbols":["A"]}`, "\x00"},
		{`{"type":"array","items":"int"}`, "\x00"}, {`{"type":"array","items":"int"}`, "\x02\x02\x00"}, {`{"type":"array","items":"int"}`, "\x02\x04\x00"},
		{`{"type":"map","values":"int"}`, "\x00"}, {`{"type":"map","values":"int"}`, "\x02\x02a\x02\x00"}, {`{"type":"map","values":"int"}`, "\x02\x02b\x02\x00"}, {`{"type":"map","values":"int"}`, "\x02\x02a\x04\x00"},
		{`{"type":"record","name":"R","fields":[]}`, ""}, {`{"type":"record","name":"R2","fields":[]}`, ""}, {`{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`, "\x02"},
		{`{"type":"bytes","logicalType":"decimal","precision":4}`, "\x02\x01"}, {`{"type":"bytes","logicalType":"decimal","precision":4,"scale":1}`, "\x02\x01"}, {`{"type":"bytes","logicalType":"decimal","precision":4}`, "\x02\x02"},
		{`{"type":"int","logicalType":"date"}`, "\x02"}, {`{"type":"string","logicalType":"uuid"}`, "\x02a"},
	}
	decode := func(i int) Value {
		v, err := mustParse(t, decoded[i].schema).Decode(&Arena{}, []byte(decoded[i].datum))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i := range decoded {
		for j := range decoded {
			if got := decode(i).Equal(decode(j)); got != (i == j) {
				t.Errorf("%v and %v: %v", decoded[i], decoded[j], got)
			}
		}
	}
	dec := &Type{Kind: Decimal, Base: Bytes}
	for _, same := range [][2]string{{"", "\x00"}, {"\x00\x00\x05", "\x05"}, {"\xff\xff\x80", "\x80"}} {
		if !(Value{typ: dec, s: same[0]}).Equal(Value{typ: dec, s: same[1]}) {
			t.Errorf("%q", same)
		}
	}
	maps := mustParse(t, `{"type":"map","values":"int"}`)
	v, _ := maps.Decode(&Arena{}, []byte("\x04\x02a\x02\x02b\x04\x00"))
	w, _ := maps.Decode(&Arena{}, []byte("\x04\x02b\x04\x02a\x02\x00"))
	if !v.Equal(w) {
		t.Error("the order of a map's entries counts")
	}
}

// Nth is the same value as the accessors copy, for fields, elements, and keys and values of maps in turn.
func TestNthIsWhatTheAccessorsCopy(t *testing.T) {
	text := Value{typ: mapKey, s: "x"}
	record := Value{typ: &Type{Kind: Record}, kids: []Value{{}, text}}
	array := Value{typ: &Type{Kind: Array}, kids: []Value{text, {}}}
	entries := Value{typ: &Type{Kind: Map}, kids: []Value{{typ: mapKey, s: "key"}, text}}
	for i := range 2 {
		if got, want := record.Nth(i).Str(), record.Field(i).Str(); got != want {
			t.Errorf("field %d: %q, want %q", i, got, want)
		}
		if got, want := array.Nth(i).Str(), array.Elem(i).Str(); got != want {
			t.Errorf("element %d: %q, want %q", i, got, want)
		}
	}
	if key, val := entries.Entry(0); entries.Nth(0).Str() != key || entries.Nth(1).Str() != val.Str() {
		t.Errorf("entry %q: %q", entries.Nth(0).Str(), entries.Nth(1).Str())
	}
	if record.Nth(1) != &record.kids[1] {
		t.Error("a copy")
	}
}
