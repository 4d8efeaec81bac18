package mapping

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"brazebridge/config"
)

func TestSplitTemplate(t *testing.T) {
	lit := func(s string) part { return part{lit: s} }
	ex := func(s string, off int) part { return part{expr: s, isExpr: true, off: off} }
	tests := []struct {
		in   string
		want []part
		bad  int // offset of the fault, -1 for none
	}{
		{"plain", []part{lit("plain")}, -1},
		{"${a}", []part{ex("a", 2)}, -1},
		{"x ${a} y ${b}", []part{lit("x "), ex("a", 4), lit(" y "), ex("b", 11)}, -1},
		{"$${a}", []part{lit("${a}")}, -1},
		{"$$${a}", []part{lit("$${a}")}, -1},
		{"$ {a} $5", []part{lit("$ {a} $5")}, -1},
		{`${{"a": {"b": 1}}}`, []part{ex(`{"a": {"b": 1}}`, 2)}, -1},
		{`${a == "}"}`, []part{ex(`a == "}"`, 2)}, -1},
		{`${a == "\"}"}`, []part{ex(`a == "\"}"`, 2)}, -1},
		{"${a == '}'}", []part{ex("a == '}'", 2)}, -1},
		{"${a == `\\`}", []part{ex("a == `\\`", 2)}, -1},
		{"x ${a", nil, 2},
		{`${"a}`, nil, 0},
		{"", nil, -1},
	}
	for _, tt := range tests {
		got, bad := splitTemplate(tt.in)
		if (bad != nil) != (tt.bad >= 0) || bad != nil && bad.off != tt.bad {
			t.Errorf("%q: fault %v, want one at %d", tt.in, bad, tt.bad)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(part{})); bad == nil && diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestScanPath(t *testing.T) {
	tests := map[string]string{
		"a": "a", " a . b ": "a.b", "a?.b": "a.b", `a["x y"].b`: `a["x y"].b`, "a['x']": `a["x"]`, "a[0].b": "a[0].b", "a[ -1 ]": "a[-1]",
		"type": "type", "not": "not", "größe": "größe", "a?.[0]": "a[0]",
		"a+b": "", "a.b()": "", "a b": "", "a[b]": "", "1": "", "": "", "a.": "", "a..b": "", "a[": "", `a["x`: "", `a["\n"]`: "", "a | b": "", "[0]": "", "a[0": "",
	}
	for in, want := range tests {
		segs, ok := scanPath(in)
		got := ""
		if ok {
			got = pathText(segs)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"order_id", "customer", "total", "x"}
	for in, want := range map[string]string{
		"odrer_id": "did you mean order_id?", "orderId": "did you mean order_id?", "OrderID": "did you mean order_id?", "custmer": "did you mean customer?",
		"totals": "did you mean total?", "zzz": "", "y": "", "": "",
	} {
		if got := didYouMean(in, known); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestAppendString compares with encoding/json over texts of every awkward byte.
func TestAppendString(t *testing.T) {
	texts := []string{"", "plain", "\"\\/", "\x00\x1f\x7f", "a\nb\rc\td", "ü€😀", "\u2028\u2029", "<&>", strings.Repeat("x\"", 1000)}
	for b := range 256 {
		texts = append(texts, string(rune(b)))
	}
	for _, s := range texts {
		got, err := appendString([]byte("pre"), s)
		if err != nil || !strings.HasPrefix(string(got), "pre") {
			t.Fatalf("%q: %q, %v", s, got, err)
		}
		var back string
		if err := json.Unmarshal(got[3:], &back); err != nil || back != s {
			t.Errorf("%q is written %s, read back %q, %v", s, got[3:], back, err)
		}
	}
	for _, s := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "ok\x80"} {
		if got, err := appendString([]byte("pre"), s); err == nil || string(got) != "pre" {
			t.Errorf("%q: %q, %v; want an error and nothing written", s, got, err)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	tenth, fifth, price := 0.1, 0.2, 19.99 // variables: constants are computed exactly
	tests := []struct {
		f     float64
		round bool
		want  string
	}{
		{price * 3, true, "59.97"}, {price * 100, true, "1999"}, {tenth + fifth, true, "0.3"}, {tenth + fifth, false, "0.30000000000000004"},
		{1e21, false, "1e+21"}, {1e-7, false, "1e-07"}, {123456789012345678, true, "123456789012346000"}, {math.Copysign(0, -1), false, "0"},
		{-2.5, false, "-2.5"}, {math.MaxFloat64, true, "1.7976931348623157e+308"}, {5e-324, true, "5e-324"},
	}
	for _, tt := range tests {
		got, err := appendFloat(nil, tt.f, tt.round)
		if err != nil || string(got) != tt.want || !json.Valid(got) {
			t.Errorf("%v is %s, %v; want %s", tt.f, got, err, tt.want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := appendFloat(nil, f, true); err == nil {
			t.Errorf("%v is no error", f)
		}
	}
}

// TestIntegerArithmetic compares with big integers: equal where the result fits, an error where it does not.
func TestIntegerArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edge := []int{0, 1, -1, 2, math.MaxInt, math.MinInt, math.MaxInt - 1, math.MinInt + 1, 1 << 32, -(1 << 31)}
	pick := func() int {
		if r.IntN(2) == 0 {
			return edge[r.IntN(len(edge))]
		}
		return int(r.Uint64() >> r.IntN(64))
	}
	ops := []struct {
		name string
		ours func(a, b any) (any, error)
		want func(z, x, y *big.Int) *big.Int
	}{{"+", add, (*big.Int).Add}, {"-", sub, (*big.Int).Sub}, {"*", mul, (*big.Int).Mul}}
	for range 20000 {
		a, b := pick(), pick()
		for _, op := range ops {
			want := op.want(new(big.Int), big.NewInt(int64(a)), big.NewInt(int64(b)))
			got, err := op.ours(a, b)
			if err != nil {
				if want.IsInt64() {
					t.Fatalf("%d %s %d: %v, want %v", a, op.name, b, err, want)
				}
				continue
			}
			if !want.IsInt64() || got != int(want.Int64()) {
				t.Fatalf("%d %s %d = %v, want %v", a, op.name, b, got, want)
			}
		}
	}
}

func TestMod(t *testing.T) {
	if got, err := mod(math.MinInt, -1); err != nil || got != 0 {
		t.Errorf("the smallest integer %% -1 = %v, %v", got, err)
	}
	if _, err := mod(1, 0); err != errDivZero {
		t.Errorf("1 %% 0: %v", err)
	}
}

// TestEqual holds which values are equal: numbers by value, null with null alone.
func TestEqual(t *testing.T) {
	d := decimal.RequireFromString
	tests := []struct {
		a, b any
		want bool
	}{
		{1, 1.0, true}, {1, d("1.00"), true}, {0.1, d("0.1"), true}, {1, 2, false}, {"a", "a", true}, {"1", 1, false}, {nil, nil, true}, {nil, 0, false},
		{nil, "", false}, {true, true, true}, {true, 1, false}, {[]any{1, "a"}, []any{1.0, "a"}, true}, {[]any{1}, []any{1, 2}, false},
		{map[string]any{"a": 1}, map[string]any{"a": d("1")}, true}, {map[string]any{"a": nil}, map[string]any{"b": nil}, false}, {date(1), date(1).time(), true},
		{9007199254740993, 9007199254740992.0, false},
	}
	for _, tt := range tests {
		if got := equal(tt.a, tt.b); got != tt.want {
			t.Errorf("%v == %v is %v", tt.a, tt.b, got)
		}
		if got := equal(tt.b, tt.a); got != tt.want {
			t.Errorf("%v == %v is %v", tt.b, tt.a, got)
		}
	}
}

func TestSnakeCase(t *testing.T) {
	for in, want := range map[string]string{
		"orderId": "order_id", "OrderID": "order_id", "HTTPStatusCode": "http_status_code", "already_snake": "already_snake", "Order_Id": "order_id",
		"order-id": "order_id", "a1B2": "a1_b2", "x": "x", "": "", "ÄnderungsDatum": "änderungs_datum",
	} {
		if got := snakeCase(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestExclusive(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{`${channel == "store"}`, `${channel != "store"}`, true},
		{`${channel == "store"}`, `${status == "PLACED" && channel != "store"}`, true},
		{`${channel == "store"}`, `${channel == "web"}`, true},
		{`${channel == "store"}`, `${channel == 'store'}`, false},
		{`${channel != "store"}`, `${channel != "web"}`, false},
		{`${channel == "store" || paid}`, `${channel != "store"}`, false},
		{`${channel == "store"}`, `${paid}`, false},
		{`${a.channel == "store"}`, `${channel != "store"}`, false},
	}
	for _, tt := range tests {
		a, b := &config.Node{Text: tt.a}, &config.Node{Text: tt.b}
		if got := exclusive(a, b); got != tt.want {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
		if got := exclusive(b, a); got != tt.want {
			t.Errorf("%s and %s: %v", tt.b, tt.a, got)
		}
	}
	if exclusive(nil, &config.Node{Text: "${a == 1}"}) {
		t.Error("a rule without a condition excludes nothing")
	}
}

// TestFunctions is the library by example.
func TestFunctions(t *testing.T) {
	d := decimal.RequireFromString
	list := []any{3, 1, 3}
	tests := []struct {
		name string
		args []any
		want any
	}{
		{"trim", []any{" a "}, "a"}, {"upper", []any{"ä"}, "Ä"}, {"lower", []any{"Ä"}, "ä"}, {"replace", []any{"aXbX", "X", "-"}, "a-b-"},
		{"join", []any{[]any{"a", "b"}, ","}, "a,b"}, {"join", []any{[]any{}}, ""}, {"string", []any{9007199254740993}, "9007199254740993"},
		{"string", []any{0.1 + 0.2}, "0.3"}, {"string", []any{d("12.30")}, "12.30"}, {"string", []any{date(1)}, "1970-01-02"},
		{"slug", []any{"Größe L / Ærø"}, "grosse-l-aero"}, {"slug", []any{"--"}, ""},
		{"sha256", []any{"a"}, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
		{"email", []any{" A@Example.COM "}, "a@example.com"},
		{"phone", []any{"030 901820", "DE"}, "+4930901820"}, {"phone", []any{"+49 30 901820"}, "+4930901820"}, {"phone", []any{"12", "DE"}, nil}, {"phone", []any{"", "DE"}, nil},
		{"phone", []any{strings.Repeat("1", 1000), "DE"}, nil},
		{"int", []any{2.9}, 2}, {"int", []any{-2.9}, -2}, {"int", []any{" 7 "}, 7}, {"int", []any{d("7.99")}, 7}, {"float", []any{"1.5"}, 1.5},
		{"abs", []any{-3}, 3}, {"abs", []any{-1.5}, 1.5}, {"floor", []any{-1.5}, -2}, {"ceil", []any{1.2}, 2}, {"floor", []any{0.1 * 3 * 10}, 3},
		{"round", []any{1.005, 2}, 1.01}, {"round", []any{2.5}, 3.0}, {"round", []any{-2.5}, -3.0}, {"round", []any{1250, -2}, 1300},
		{"min", []any{3, 1.5, 2}, 1.5}, {"max", []any{3, 1.5}, 3},
		{"len", []any{"äö"}, 2}, {"len", []any{list}, 3}, {"len", []any{map[string]any{"a": 1}}, 1}, {"first", []any{list}, 3}, {"last", []any{[]any{}}, nil},
		{"seconds", []any{mustDuration(t, "1h30m")}, 5400.0},
		{"date", []any{"2026-02-28"}, date(20512)}, {"date", []any{date(5)}, date(5)},
	}
	for _, tt := range tests {
		got, err := functions[tt.name].impl(tt.args)
		if err != nil || !equal(got, tt.want) {
			t.Errorf("%s(%v) = %v, %v; want %v", tt.name, tt.args, got, err, tt.want)
		}
	}
	decimals := []struct {
		name string
		args []any
		want string
	}{
		{"minorUnits", []any{1999, "EUR"}, "19.99"}, {"minorUnits", []any{1999, "JPY"}, "1999"}, {"minorUnits", []any{1999, "kwd"}, "1.999"}, {"minorUnits", []any{-5, 3}, "-0.005"},
		{"decimal", []any{"12.30"}, "12.30"}, {"decimal", []any{19.99}, "19.99"}, {"round", []any{d("2.345"), 2}, "2.35"},
	}
	for _, tt := range decimals {
		got, err := functions[tt.name].impl(tt.args)
		dec, ok := got.(decimal.Decimal)
		if err != nil || !ok || string(appendDecimal(nil, dec)) != tt.want {
			t.Errorf("%s(%v) = %v, %v; want %s", tt.name, tt.args, got, err, tt.want)
		}
	}
}

func mustDuration(t *testing.T, s string) any {
	t.Helper()
	d, err := toDuration([]any{s})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestFunctionsTakeNulls holds that a function of any number of nulls or odd values is an error or a value, never a panic.
func TestFunctionsTakeAnything(t *testing.T) {
	odd := []any{nil, true, 1, -1, 1.5, math.NaN(), math.Inf(1), "x", "", []any{}, []any{nil}, map[string]any{}, decimal.New(1, 5), date(0), date(math.MaxInt64), localTime{}, avro{}}
	for name, f := range functions {
		for _, a := range odd {
			for _, b := range odd {
				args := []any{a, b, b}[:max(1, min(3, len(f.params)))]
				if _, err := f.impl(args); err != nil {
					if _, plain := err.(plainError); !plain {
						t.Errorf("%s: %v is not one of our fixed texts", name, err)
					}
				}
			}
		}
	}
}

// TestDocumentedFunctions holds that the documentation names every function.
func TestDocumentedFunctions(t *testing.T) {
	doc := readDoc(t)
	for name := range functions {
		if !strings.Contains(doc, name+"(") {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}
