package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Duration is a time.Duration that is written as 250ms, 3s, 5m, 2h or 14d, or several of them: 1d12h.
type Duration time.Duration

// D is the duration as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String writes the duration as the file would: whole days as d, 0 as 0s.
func (d Duration) String() string {
	t := time.Duration(d)
	if t != 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

var errDuration = errors.New("is no duration; write a number and a unit (ms, s, m, h, d), such as 250ms, 3s or 14d")

// UnmarshalText reads what String writes, and any sum of whole numbers with ns, us, ms, s, m, h and d. A number without a
// unit, a sign and anything beyond 290 years are errors. The error does not hold the text.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	var sum time.Duration
	if s == "" {
		return errDuration
	}
	for s != "" {
		n, unit, rest, ok := cutQuantity(s)
		each, known := durationUnits[unit]
		if unit == "" && n == "0" && len(text) == 1 {
			each, known = 1, true
		}
		if !ok || !known {
			return errDuration
		}
		part, err := scale(n, int64(each))
		if errors.Is(err, strconv.ErrSyntax) {
			return errDuration
		}
		if err != nil || sum > math.MaxInt64-time.Duration(part) {
			return errors.New("is too long a duration")
		}
		sum += time.Duration(part)
		s = rest
	}
	*d = Duration(sum)
	return nil
}

var durationUnits = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day,
}

// Bytes is a size that is written as a plain number of bytes or with KiB, MiB, GiB, kB, MB, GB.
type Bytes int64

// String writes the size with the largest binary unit that divides it, or as a plain number.
func (b Bytes) String() string {
	for _, u := range []string{"GiB", "MiB", "KiB"} {
		if each := byteUnits[u]; b != 0 && int64(b)%each == 0 {
			return strconv.FormatInt(int64(b)/each, 10) + u
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText is String.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

var errBytes = errors.New("is no size; write bytes as a number, or a number with KiB, MiB, GiB, kB, MB or GB, such as 32MiB")

// UnmarshalText reads what String writes, with a space before the unit and a fraction if need be. A sign and anything
// beyond an int64 are errors. The error does not hold the text.
func (b *Bytes) UnmarshalText(text []byte) error {
	n, unit, rest, ok := cutQuantity(string(text))
	each, known := byteUnits[strings.TrimLeft(unit, " ")]
	if !ok || !known || rest != "" {
		return errBytes
	}
	size, err := scale(n, each)
	if errors.Is(err, strconv.ErrSyntax) {
		return errBytes
	}
	if err != nil {
		return errors.New("is too large a size")
	}
	*b = Bytes(size)
	return nil
}

var byteUnits = map[string]int64{
	"": 1, "B": 1,
	"kB": 1000, "KB": 1000, "MB": 1000 * 1000, "GB": 1000 * 1000 * 1000,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
}

// cutQuantity cuts a number and the unit behind it off the beginning of s.
func cutQuantity(s string) (number, unit, rest string, ok bool) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' || c == '.' }
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	j := i
	for j < len(s) && !digit(s[j]) {
		j++
	}
	return s[:i], s[i:j], s[j:], i > 0
}

// scale multiplies a decimal number by a unit. The error is strconv.ErrSyntax or strconv.ErrRange.
// Whole numbers do not pass through a float, which would round them beyond 2^53.
func scale(number string, unit int64) (int64, error) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n > math.MaxInt64/unit {
			return 0, strconv.ErrRange
		}
		return n * unit, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, err
	}
	if f *= float64(unit); f < math.MaxInt64 {
		return int64(math.Round(f)), nil
	}
	return 0, strconv.ErrRange
}

// StringList is one string or a list of them.
type StringList []string
