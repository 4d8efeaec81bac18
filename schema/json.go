package schema

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

var (
	errNotFinite = errors.New("a number that is not finite")
	errUTF8      = errors.New("text that is not UTF-8")
)

// AppendJSON appends the value as JSON: timestamps as RFC 3339 in UTC with all the digits of their unit
// (2006-01-02T15:04:05.120Z for millis), local timestamps likewise but without a zone, which their text cannot name;
// times of day as 15:04:05.120, dates as YYYY-MM-DD, durations as ISO 8601 (P1M2DT3.004S), decimals as exact numbers
// with the schema's scale, bytes and fixed as base64, enums and UUIDs as text, a Float with float32's shortest digits,
// a map's entries in the order of the bytes. HTML's characters are not escaped. An error (NaN, infinity, a year beyond
// 9999, invalid UTF-8) names no value; dst then is as it was given.
func (v *Value) AppendJSON(dst []byte) ([]byte, error) {
	out, err := v.appendJSON(dst)
	if err != nil {
		return dst, err
	}
	return out, nil
}

func (v *Value) appendJSON(dst []byte) ([]byte, error) {
	switch v.Kind() {
	case Null, Union:
		return append(dst, "null"...), nil
	case Boolean:
		return strconv.AppendBool(dst, v.Bool()), nil
	case Int, Long:
		return strconv.AppendInt(dst, int64(v.n), 10), nil
	case Float:
		return appendFloat(dst, float64(math.Float32frombits(uint32(v.n))), 32)
	case Double:
		return appendFloat(dst, math.Float64frombits(v.n), 64)
	case String, UUID:
		return v.appendText(dst)
	case Enum:
		return AppendText(dst, v.Str())
	case Bytes, Fixed:
		return appendBase64(dst, v.s), nil
	case Decimal:
		return v.AppendDecimal(dst), nil
	case Duration:
		return appendDuration(dst, v.s), nil
	case Record:
		return v.appendRecord(dst)
	case Array:
		return v.appendArray(dst)
	case Map:
		return v.appendMap(dst)
	}
	return v.appendTime(dst)
}

// appendText writes a String, a UUID or a map's key.
func (v *Value) appendText(dst []byte) ([]byte, error) {
	if v.n != asIs {
		return AppendText(dst, v.s)
	}
	dst = append(dst, '"')
	dst = append(dst, v.s...)
	return append(dst, '"'), nil
}

func (v *Value) appendRecord(dst []byte) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	for i := range v.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, v.typ.Fields[i].Key...)
		if dst, err = v.kids[i].appendJSON(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (v *Value) appendArray(dst []byte) ([]byte, error) {
	dst = append(dst, '[')
	var err error
	for i := range v.kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = v.kids[i].appendJSON(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func (v *Value) appendMap(dst []byte) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	for i := 0; i < len(v.kids); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = v.kids[i].appendText(dst); err != nil {
			return dst, err
		}
		dst = append(dst, ':')
		if dst, err = v.kids[i+1].appendJSON(dst); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendTime writes the kinds that are points in time, or times of day, as text.
func (v Value) appendTime(dst []byte) ([]byte, error) {
	dst = append(dst, '"')
	n := int64(v.n)
	var err error
	switch v.typ.Kind {
	case Date:
		if n < firstSecond/secondsPerDay || n > lastSecond/secondsPerDay {
			return dst, errYear
		}
		dst = appendDate(dst, n)
	case TimeMillis:
		dst, err = appendTimeOfDay(dst, n, 1e3, 3)
	case TimeMicros:
		dst, err = appendTimeOfDay(dst, n, 1e6, 6)
	case TimestampMillis, LocalTimestampMillis:
		dst, err = appendInstant(dst, n, 1e3, 3)
	case TimestampMicros, LocalTimestampMicros:
		dst, err = appendInstant(dst, n, 1e6, 6)
	default:
		dst, err = appendInstant(dst, n, 1e9, 9)
	}
	if err != nil {
		return dst, err
	}
	if k := v.typ.Kind; k == TimestampMillis || k == TimestampMicros || k == TimestampNanos {
		dst = append(dst, 'Z')
	}
	return append(dst, '"'), nil
}

func appendTimeOfDay(dst []byte, n, unit int64, digits int) ([]byte, error) {
	if n < 0 || n >= secondsPerDay*unit {
		return dst, errDay
	}
	return appendClock(dst, n/unit, n%unit, digits), nil
}

// appendFloat writes the shortest digits that read back as the same number, without an exponent where encoding/json
// has none.
func appendFloat(dst []byte, f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errNotFinite
	}
	abs := math.Abs(f)
	if bits == 64 && abs < 1e12 {
		if out, ok := appendCents(dst, f); ok {
			return out, nil
		}
	}
	if abs != 0 && (bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits), nil
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits), nil
}

// appendCents writes a double that is nearest to a whole number of hundredths, as prices are. It has at most 14
// digits then, and no two decimals of up to 15 digits share a double: these are its shortest digits.
func appendCents(dst []byte, f float64) ([]byte, bool) {
	cents := math.Round(f * 100)
	if cents/100 != f || cents == 0 {
		return dst, false // zero has a sign that an integer has not
	}
	n := int64(cents)
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	dst = strconv.AppendInt(dst, n/100, 10)
	switch c := n % 100; {
	case c == 0:
	case c%10 == 0:
		dst = append(dst, '.', byte('0'+c/10))
	default:
		dst = append(dst, '.', byte('0'+c/10), byte('0'+c%10))
	}
	return dst, true
}

func appendBase64(dst []byte, s string) []byte {
	dst = append(dst, '"')
	var in [48]byte // a multiple of three: the pieces join without padding
	for len(s) > 0 {
		n := copy(in[:], s)
		dst = base64.StdEncoding.AppendEncode(dst, in[:n])
		s = s[n:]
	}
	return append(dst, '"')
}

// appendDuration writes months, days and milliseconds as ISO 8601.
func appendDuration(dst []byte, s string) []byte {
	var b [12]byte
	copy(b[:], s)
	months := binary.LittleEndian.Uint32(b[0:])
	days := binary.LittleEndian.Uint32(b[4:])
	millis := binary.LittleEndian.Uint32(b[8:])
	dst = append(dst, `"P`...)
	if months > 0 {
		dst = append(strconv.AppendUint(dst, uint64(months), 10), 'M')
	}
	if days > 0 {
		dst = append(strconv.AppendUint(dst, uint64(days), 10), 'D')
	}
	if millis > 0 || months == 0 && days == 0 {
		dst = append(dst, 'T')
		dst = strconv.AppendUint(dst, uint64(millis/1000), 10)
		if rest := millis % 1000; rest > 0 {
			dst = appendDigits(append(dst, '.'), int64(rest), 3)
		}
		dst = append(dst, 'S')
	}
	return append(dst, '"')
}
