package mapping

import (
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const errNumber = plainError("the text is no number")

var numberFunctions = map[string]function{
	"int":     {usage: "int(number or text)", params: [][]class{{cInt, cFloat, cDecimal, cText, cEnum}}, min: 1, result: gives(cInt), impl: toInt},
	"float":   {usage: "float(number or text)", params: [][]class{{cInt, cFloat, cDecimal, cText, cEnum}}, min: 1, result: gives(cFloat), impl: toFloat},
	"decimal": {usage: "decimal(number or text)", params: [][]class{{cInt, cFloat, cDecimal, cText, cEnum}}, min: 1, result: gives(cDecimal), impl: toDecimal},
	"abs":     {usage: "abs(number)", params: [][]class{pNumber}, min: 1, result: givesFirst, impl: absolute},
	"round":   {usage: "round(number, digits)", params: [][]class{pNumber, pInt}, min: 1, result: givesFirst, impl: roundNumber},
	"floor":   {usage: "floor(number)", params: [][]class{pNumber}, min: 1, result: gives(cInt), impl: rounding(math.Floor, decimal.Decimal.Floor)},
	"ceil":    {usage: "ceil(number)", params: [][]class{pNumber}, min: 1, result: gives(cInt), impl: rounding(math.Ceil, decimal.Decimal.Ceil)},
	"min":     {usage: "min(a, b, …)", params: [][]class{pNumber}, min: 1, variadic: true, result: givesNumber, impl: extreme(-1)},
	"max":     {usage: "max(a, b, …)", params: [][]class{pNumber}, min: 1, variadic: true, result: givesNumber, impl: extreme(1)},
	"minorUnits": {usage: "minorUnits(amount, digits or currency)", params: [][]class{pInt, {cInt, cText, cEnum}}, min: 2,
		result: gives(cDecimal), impl: minorUnits},
}

func givesNumber(args []typ) typ {
	out := typ{class: cInt}
	for _, a := range args {
		switch {
		case a.class == cAny:
			return typ{class: cAny}
		case a.class == cDecimal || out.class == cDecimal:
			out.class = cDecimal
		case a.class == cFloat:
			out.class = cFloat
		}
	}
	return out
}

func toInt(args []any) (any, error) {
	switch v := args[0].(type) {
	case int:
		return v, nil
	case float64:
		return floatToInt(math.Trunc(v))
	case decimal.Decimal:
		return decimalToInt(v.Truncate(0))
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return nil, errNumber
		}
		return int(n), nil
	}
	return nil, typeOrNull(args[0])
}

func floatToInt(f float64) (any, error) {
	if !(f >= -1<<63 && f < 1<<63) {
		return nil, errOverflow
	}
	return int(f), nil
}

func decimalToInt(d decimal.Decimal) (any, error) {
	if d.NumDigits() > 40 {
		return nil, errOverflow
	}
	if n := d.BigInt(); n.IsInt64() {
		return int(n.Int64()), nil
	}
	return nil, errOverflow
}

func toFloat(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errNumber
		}
		return f, nil
	}
	f, ok := floatOf(args[0])
	if !ok {
		return nil, typeOrNull(args[0])
	}
	return f, nil
}

func toDecimal(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return parseDecimal(s)
	}
	d, ok := decimalOf(args[0])
	if !ok {
		return nil, typeOrNull(args[0])
	}
	return d, nil
}

// parseDecimal reads plain decimal text; an exponent could ask for any number of digits, so it is refused.
func parseDecimal(s string) (any, error) {
	s = strings.TrimSpace(s)
	if len(s) > 100 || strings.ContainsAny(s, "eE") {
		return nil, errNumber
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil, errNumber
	}
	return d, nil
}

func absolute(args []any) (any, error) {
	switch v := args[0].(type) {
	case int:
		if v < 0 {
			return neg(v)
		}
		return v, nil
	case float64:
		return math.Abs(v), nil
	case decimal.Decimal:
		return v.Abs(), nil
	}
	return nil, typeOrNull(args[0])
}

// roundNumber rounds half away from zero, on the decimal text of a float: round(1.005, 2) is 1.01.
func roundNumber(args []any) (any, error) {
	digits := 0
	if len(args) > 1 {
		n, ok := args[1].(int)
		if !ok {
			return nil, typeOrNull(args[1])
		}
		digits = min(max(n, -18), 18)
	}
	switch v := args[0].(type) {
	case int:
		if digits >= 0 {
			return v, nil
		}
		return decimalToInt(decimal.NewFromInt(int64(v)).Round(int32(digits)))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errNaN
		}
		return decimal.NewFromFloat(round15(v)).Round(int32(digits)).InexactFloat64(), nil
	case decimal.Decimal:
		return v.Round(int32(digits)), nil
	}
	return nil, typeOrNull(args[0])
}

func rounding(f func(float64) float64, d func(decimal.Decimal) decimal.Decimal) func([]any) (any, error) {
	return func(args []any) (any, error) {
		switch v := args[0].(type) {
		case int:
			return v, nil
		case float64:
			return floatToInt(f(round15(v)))
		case decimal.Decimal:
			return decimalToInt(d(v))
		}
		return nil, typeOrNull(args[0])
	}
}

func extreme(want int) func([]any) (any, error) {
	return func(args []any) (any, error) {
		best := args[0]
		if best == nil {
			return nil, errNull
		}
		for _, a := range args[1:] {
			c, err := compareNumbers(a, best)
			if err != nil {
				return nil, err
			}
			if c == want {
				best = a
			}
		}
		return best, nil
	}
}

// currencyDigits are the currencies whose minor unit is not a hundredth (ISO 4217).
var currencyDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0,
	"VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}

// minorUnits makes an exact amount of cents, or of whatever the currency's minor unit is.
func minorUnits(args []any) (any, error) {
	n, ok := args[0].(int)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	digits := 2
	switch d := args[1].(type) {
	case int:
		digits = d
	case string:
		if c, special := currencyDigits[strings.ToUpper(strings.TrimSpace(d))]; special {
			digits = c
		}
	default:
		return nil, typeOrNull(args[1])
	}
	if digits < 0 || digits > 18 {
		return nil, errType
	}
	return decimal.New(int64(n), int32(-digits)), nil
}
