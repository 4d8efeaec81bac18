package mapping

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"brazebridge/schema"
)

const (
	errNaN      = plainError("not a number or infinite: JSON has no such number")
	errYear     = plainError("a year outside 0 to 9999")
	errUTF8     = plainError("text is not valid UTF-8")
	errOutput   = plainError("the record's objects grow beyond 16 MiB")
	errDuration = plainError("a duration is no value for Braze: use seconds(…)")
)

// appendString appends text as a JSON string.
func appendString(dst []byte, s string) ([]byte, error) {
	mark := len(dst)
	dst, err := schema.AppendText(dst, s)
	if err != nil {
		return dst[:mark], errUTF8
	}
	return dst, nil
}

// appendFloat appends a float as a JSON number: its shortest text, or, where it was computed, at most 15 significant
// digits, so that 19.99 times 3 is 59.97.
func appendFloat(dst []byte, f float64, round bool) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errNaN
	}
	if round {
		f = round15(f)
	}
	if f == 0 {
		return append(dst, '0'), nil
	}
	format := byte('f')
	if abs := math.Abs(f); abs < 1e-6 || abs >= 1e21 {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64), nil
}

func round15(f float64) float64 {
	var buf [32]byte
	r, err := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], f, 'g', 15, 64)), 64)
	if err != nil {
		return f
	}
	return r
}

func appendDecimal(dst []byte, d decimal.Decimal) []byte {
	if d.Exponent() < 0 {
		return append(dst, d.StringFixed(-d.Exponent())...)
	}
	return append(dst, d.String()...)
}

// appendTime appends an instant as RFC 3339 in UTC.
func appendTime(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return dst, errYear
	}
	return t.AppendFormat(dst, time.RFC3339Nano), nil
}

// appendText appends a computed value as bare text: what identifiers, names and holes take.
func appendText(dst []byte, v any, round bool) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return append(dst, v...), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case decimal.Decimal:
		return appendDecimal(dst, v), nil
	case float64:
		return appendFloat(dst, v, round)
	case time.Time:
		return appendTime(dst, v)
	case date:
		t := v.time()
		if t.Year() < 0 || t.Year() > 9999 {
			return dst, errYear
		}
		return t.AppendFormat(dst, time.DateOnly), nil
	case localTime:
		if v.wall.Year() < 0 || v.wall.Year() > 9999 {
			return dst, errYear
		}
		return v.wall.AppendFormat(dst, "2006-01-02T15:04:05.999999999"), nil
	}
	return dst, errType
}

// appendAny appends a computed value as JSON. ok is false for null, and for what holds nothing but nulls.
func (m *Mapper) appendAny(dst []byte, v any, round bool) (out []byte, ok bool, err error) {
	switch v := v.(type) {
	case nil:
		return dst, false, nil
	case avro:
		m.doubt = true
		return m.appendValue(dst, &v.v)
	case []any:
		m.doubt = true
		return m.appendList(dst, v, round)
	case map[string]any:
		m.doubt = true
		return m.appendMap(dst, v, round)
	}
	mark := len(dst)
	dst, err = appendOne(dst, v, round)
	m.watch(dst, mark)
	return dst, err == nil, err
}

// appendOne appends a single computed value as JSON.
func appendOne(dst []byte, v any, round bool) ([]byte, error) {
	switch v := v.(type) {
	case bool, int, float64, decimal.Decimal:
		return appendText(dst, v, round)
	case string:
		return appendString(dst, v)
	case time.Time, date, localTime:
		dst, err := appendText(append(dst, '"'), v, round)
		return append(dst, '"'), err
	case time.Duration:
		return dst, errDuration
	}
	return dst, errType
}

func (m *Mapper) appendList(dst []byte, list []any, round bool) ([]byte, bool, error) {
	dst = append(dst, '[')
	first := len(dst)
	for _, e := range list {
		mark := len(dst)
		if mark > first {
			dst = append(dst, ',')
		}
		var ok bool
		var err error
		if dst, ok, err = m.appendAny(dst, e, round); err != nil {
			return dst, false, err
		}
		if !ok {
			dst = dst[:mark]
		}
		if len(dst)-m.start > maxOutput {
			return dst, false, errOutput
		}
	}
	return append(dst, ']'), true, nil
}

// appendMap writes the keys in order, so that equal values are equal bytes.
func (m *Mapper) appendMap(dst []byte, v map[string]any, round bool) ([]byte, bool, error) {
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	start := len(dst)
	dst = append(dst, '{')
	for _, k := range keys {
		mark := len(dst)
		if mark > start+1 {
			dst = append(dst, ',')
		}
		var ok bool
		var err error
		if dst, err = appendString(dst, k); err != nil {
			return dst, false, err
		}
		if dst, ok, err = m.appendAny(append(dst, ':'), v[k], round); err != nil {
			return dst, false, err
		}
		if !ok {
			dst = dst[:mark]
		}
		if len(dst)-m.start > maxOutput {
			return dst, false, errOutput
		}
	}
	if len(dst) == start+1 && len(v) > 0 {
		return dst[:start], false, nil
	}
	return append(dst, '}'), true, nil
}
