package mapping

import (
	"math"
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"brazebridge/schema"
)

// What the functions of an expression may refuse at run time. The texts are fixed: they hold no value.
const (
	errOverflow  = plainError("integer overflow")
	errDivZero   = plainError("division by zero")
	errType      = plainError("a value of this type cannot be used here")
	errNull      = plainError("null where a value is needed")
	errTooLong   = plainError("text grows beyond 1 MiB")
	errSpanSize  = plainError("a span of more than 292 years")
	errSteps     = plainError("too many steps for one record")
	errBigNumber = plainError("a number beyond 10000 digits")
)

const (
	maxText   = 1 << 20
	maxDigits = 10000
)

// decimalOf turns a number into an exact decimal; a float by its shortest text.
func decimalOf(v any) (decimal.Decimal, bool) {
	switch v := v.(type) {
	case decimal.Decimal:
		return v, true
	case int:
		return decimal.NewFromInt(int64(v)), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return decimal.Decimal{}, false
		}
		return decimal.NewFromFloat(v), true
	}
	return decimal.Decimal{}, false
}

// decimalValue is an Avro decimal as an exact number.
func decimalValue(v schema.Value) decimal.Decimal {
	raw := v.Str()
	scale := v.Type().Scale
	if len(raw) <= 8 {
		var n int64
		if len(raw) > 0 && raw[0]&0x80 != 0 {
			n = -1
		}
		for i := 0; i < len(raw); i++ {
			n = n<<8 | int64(raw[i])
		}
		return decimal.New(n, int32(-scale))
	}
	n := new(big.Int).SetBytes([]byte(raw))
	if raw[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(raw))*8))
	}
	return decimal.NewFromBigInt(n, int32(-scale))
}

// bounded refuses a decimal that would need too many digits.
func bounded(d decimal.Decimal) (any, error) {
	if d.NumDigits() > maxDigits || d.Exponent() > maxDigits || d.Exponent() < -maxDigits {
		return nil, errBigNumber
	}
	return d, nil
}

func add(a, b any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			s := x + y
			if (s > x) != (y > 0) {
				return nil, errOverflow
			}
			return s, nil
		}
	case string:
		if y, ok := b.(string); ok {
			if len(x)+len(y) > maxText {
				return nil, errTooLong
			}
			return x + y, nil
		}
	case time.Time:
		if y, ok := b.(time.Duration); ok {
			return x.Add(y), nil
		}
	}
	return numbers(a, b, func(x, y float64) float64 { return x + y }, decimal.Decimal.Add)
}

func sub(a, b any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			d := x - y
			if (d < x) != (y > 0) {
				return nil, errOverflow
			}
			return d, nil
		}
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return span(x, y)
		case time.Duration:
			return x.Add(-y), nil
		}
	}
	return numbers(a, b, func(x, y float64) float64 { return x - y }, decimal.Decimal.Sub)
}

// span is the time between two instants; Go's own difference stops at its largest value without a word.
func span(x, y time.Time) (any, error) {
	d := x.Sub(y)
	if !y.Add(d).Equal(x) {
		return nil, errSpanSize
	}
	return d, nil
}

func mul(a, b any) (any, error) {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			p := x * y
			if x != 0 && (p/x != y || x == -1 && y == math.MinInt) {
				return nil, errOverflow
			}
			return p, nil
		}
	}
	return numbers(a, b, func(x, y float64) float64 { return x * y }, decimal.Decimal.Mul)
}

// divideDigits is how many digits after the point a quotient of decimals keeps.
const divideDigits = 16

func div(a, b any) (any, error) {
	if isZero(b) {
		return nil, errDivZero
	}
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			return float64(x) / float64(y), nil
		}
	}
	return numbers(a, b, func(x, y float64) float64 { return x / y }, func(x, y decimal.Decimal) decimal.Decimal {
		return trimZeros(x.DivRound(y, divideDigits))
	})
}

func mod(a, b any) (any, error) {
	x, okA := a.(int)
	y, okB := b.(int)
	switch {
	case !okA || !okB:
		return nil, errType
	case y == 0:
		return nil, errDivZero
	case y == -1:
		return 0, nil
	}
	return x % y, nil
}

func neg(a any) (any, error) {
	switch x := a.(type) {
	case int:
		if x == math.MinInt {
			return nil, errOverflow
		}
		return -x, nil
	case float64:
		return -x, nil
	case decimal.Decimal:
		return x.Neg(), nil
	}
	return nil, errType
}

func isZero(v any) bool {
	switch v := v.(type) {
	case int:
		return v == 0
	case float64:
		return v == 0
	case decimal.Decimal:
		return v.IsZero()
	}
	return false
}

// numbers computes with two numbers that are not both integers: with a decimal exactly, otherwise in floats.
func numbers(a, b any, f func(x, y float64) float64, d func(x, y decimal.Decimal) decimal.Decimal) (any, error) {
	_, decA := a.(decimal.Decimal)
	_, decB := b.(decimal.Decimal)
	if decA || decB {
		x, okX := decimalOf(a)
		y, okY := decimalOf(b)
		if !okX || !okY {
			return nil, typeOrNull(a, b)
		}
		return bounded(d(x, y))
	}
	x, okX := floatOf(a)
	y, okY := floatOf(b)
	if !okX || !okY {
		return nil, typeOrNull(a, b)
	}
	return f(x, y), nil
}

func typeOrNull(vs ...any) error {
	for _, v := range vs {
		if v == nil {
			return errNull
		}
	}
	return errType
}

func floatOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case decimal.Decimal:
		return v.InexactFloat64(), true
	}
	return 0, false
}

// trimZeros drops the zeros that a division leaves behind the point.
func trimZeros(d decimal.Decimal) decimal.Decimal {
	if d.Exponent() >= 0 {
		return d
	}
	if d.NumDigits() <= 18 { // an int64, by far the most often
		n, exp := d.CoefficientInt64(), d.Exponent()
		for ; exp < 0 && n%10 == 0; exp++ {
			n /= 10
		}
		return decimal.New(n, exp)
	}
	n, exp := d.Coefficient(), d.Exponent()
	ten, rest := big.NewInt(10), new(big.Int)
	for exp < 0 {
		q := new(big.Int)
		if q.QuoRem(n, ten, rest); rest.Sign() != 0 {
			break
		}
		n, exp = q, exp+1
	}
	return decimal.NewFromBigInt(n, exp)
}
