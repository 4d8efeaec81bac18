package schema

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// plainInteger reads an integer, or a point in time, as the number that the schema stores.
func plainInteger(t *Type, doc any) (int64, error) {
	var n int64
	switch doc := doc.(type) {
	case json.Number:
		var err error
		if n, err = wholeNumber(doc.String()); err != nil {
			return 0, err
		}
	case string:
		if t.Kind == t.Base {
			return 0, wrong("want a whole number")
		}
		var err error
		if n, err = plainTime(t.Kind, doc); err != nil {
			return 0, err
		}
	default:
		return 0, wrong("want a whole number")
	}
	if t.Base == Int && n != int64(int32(n)) {
		return 0, wrong("a number of more than 32 bits")
	}
	return n, nil
}

// wholeNumber reads 3, and 3.0 and 3e0 as well: JSON makes no difference between them.
func wholeNumber(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, wrong("want a whole number of at most 64 bits")
	}
	return int64(f), nil
}

// timeForms are the texts that stand for a kind that is stored as a count of units of so many nanoseconds.
var timeForms = map[Kind]struct {
	layouts []string
	unit    int64
	want    string
}{
	Date:                 {[]string{time.DateOnly}, secondsPerDay * 1e9, "a date as YYYY-MM-DD"},
	TimeMillis:           {[]string{time.TimeOnly}, 1e6, "a time of day as 15:04:05.000"},
	TimeMicros:           {[]string{time.TimeOnly}, 1e3, "a time of day as 15:04:05.000000"},
	TimestampMillis:      {[]string{time.RFC3339}, 1e6, "a time as RFC 3339, no finer than milliseconds"},
	TimestampMicros:      {[]string{time.RFC3339}, 1e3, "a time as RFC 3339, no finer than microseconds"},
	TimestampNanos:       {[]string{time.RFC3339}, 1, "a time as RFC 3339"},
	LocalTimestampMillis: {localLayouts, 1e6, "a local time as 2006-01-02T15:04:05, no finer than milliseconds"},
	LocalTimestampMicros: {localLayouts, 1e3, "a local time as 2006-01-02T15:04:05, no finer than microseconds"},
	LocalTimestampNanos:  {localLayouts, 1, "a local time as 2006-01-02T15:04:05"},
}

var localLayouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"}

func plainTime(k Kind, s string) (int64, error) {
	form, ok := timeForms[k]
	if !ok {
		return 0, wrong("want a whole number")
	}
	for _, layout := range form.layouts {
		at, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if k == TimeMillis || k == TimeMicros {
			at = at.AddDate(1970, 0, 0) // a bare time of day parses as one of the year 0
		}
		n := new(big.Int).Mul(big.NewInt(at.Unix()), big.NewInt(1e9))
		n.Add(n, big.NewInt(int64(at.Nanosecond())))
		n, rest := n.DivMod(n, big.NewInt(form.unit), new(big.Int))
		if rest.Sign() == 0 && n.IsInt64() {
			return n.Int64(), nil
		}
	}
	return 0, wrong("want %s, or the number that the schema stores", form.want)
}

// plainDecimal reads a decimal exactly: what its scale cannot hold is an error, never rounded.
func plainDecimal(t *Type, s string) ([]byte, error) {
	n, ok := scaled(s, t.Scale)
	if !ok {
		return nil, wrong("want a decimal of at most %d digits, %d of them behind the point", t.Precision, t.Scale)
	}
	if digits := len(new(big.Int).Abs(n).String()); digits > t.Precision {
		return nil, wrong("want a decimal of at most %d digits, have %d", t.Precision, digits)
	}
	size := 0
	if t.Base == Fixed {
		size = t.Size
	}
	return twos(n, size), nil
}

// scaled reads a decimal number's text as a count of units of the scale.
func scaled(s string, scale int) (*big.Int, bool) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxDecimalDigits || e < -maxDecimalDigits {
			return nil, false
		}
		mantissa, exponent = s[:i], e
	}
	if len(mantissa) > 2*maxDecimalDigits {
		return nil, false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if strings.Trim(strings.TrimLeft(digits, "+-"), "0123456789") != "" || strings.ContainsAny(fraction, "+-") {
		return nil, false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, false
	}
	shift := scale + exponent - len(fraction)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		return n.Mul(n, power), true
	}
	n, rest := n.QuoRem(n, power, new(big.Int))
	return n, rest.Sign() == 0
}

// twos writes a number as two's complement, big-endian, in as few bytes as hold it, or filled up to size.
func twos(n *big.Int, size int) []byte {
	bits := n.BitLen()
	if n.Sign() < 0 {
		bits = new(big.Int).Not(n).BitLen()
	}
	size = max(size, bits/8+1)
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return n.FillBytes(make([]byte, size))
}

func plainUUID(s string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 || len(s) != 36 {
		return nil, wrong("want a UUID")
	}
	return b, nil
}

// plainDuration reads P1M2DT3.004S.
func plainDuration(s string) ([]byte, error) {
	bad := wrong("want a duration as P1M2DT3.004S")
	date, clock, _ := strings.Cut(s[1:], "T")
	var parts [3]uint64
	for i, unit := range []string{"M", "D"} {
		if n, rest, ok := strings.Cut(date, unit); ok {
			var err error
			if parts[i], err = strconv.ParseUint(n, 10, 32); err != nil {
				return nil, bad
			}
			date = rest
		}
	}
	if clock != "" {
		n, ok := scaled(strings.TrimSuffix(clock, "S"), 3)
		if !ok || !strings.HasSuffix(clock, "S") || !n.IsUint64() || n.Uint64() > math.MaxUint32 {
			return nil, bad
		}
		parts[2] = n.Uint64()
	}
	if date != "" {
		return nil, bad
	}
	var out []byte
	for _, p := range parts {
		out = binary.LittleEndian.AppendUint32(out, uint32(p))
	}
	return out, nil
}

// plainBytes reads what lies on bytes or fixed.
func plainBytes(t *Type, doc any, asDefault bool) ([]byte, error) {
	if n, ok := doc.(json.Number); ok && t.Kind == Decimal {
		return plainDecimal(t, n.String())
	}
	s, ok := doc.(string)
	if !ok {
		return nil, wrong("want %s as text", t.Kind)
	}
	if asDefault {
		return latin(s)
	}
	switch t.Kind {
	case Decimal:
		return plainDecimal(t, s)
	case UUID:
		return plainUUID(s)
	case Duration:
		if strings.HasPrefix(s, "P") && strings.ContainsAny(s, "MDTS") {
			return plainDuration(s)
		}
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, wrong("want bytes as base64")
	}
	return b, nil
}

// latin reads the form that bytes have in a schema's default.
func latin(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, wrong("the schema's default is no text of bytes")
		}
		out = append(out, byte(r))
	}
	return out, nil
}
