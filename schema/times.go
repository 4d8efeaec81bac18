package schema

import "errors"

const (
	secondsPerDay = 24 * 60 * 60
	firstSecond   = -62167219200 // 0000-01-01T00:00:00Z
	lastSecond    = 253402300799 // 9999-12-31T23:59:59Z
)

var (
	errYear = errors.New("a time outside the years 0 to 9999")
	errDay  = errors.New("a time of day outside the day")
)

// appendDate writes a count of days since the epoch as YYYY-MM-DD. The arithmetic counts days in the proleptic
// Gregorian calendar from 1 March of the year 0, so that the leap day is a year's last.
func appendDate(dst []byte, days int64) []byte {
	const daysPerEra = 146097 // 400 years
	z := days + 719468        // from 0000-03-01
	era := z / daysPerEra
	if z < 0 {
		era = (z - daysPerEra + 1) / daysPerEra
	}
	doe := z - era*daysPerEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day := doy - (153*mp+2)/5 + 1
	year, month := yoe+era*400, mp+3
	if month > 12 {
		year, month = year+1, month-12
	}
	dst = appendDigits(dst, year, 4)
	dst = append(dst, '-')
	dst = appendDigits(dst, month, 2)
	dst = append(dst, '-')
	return appendDigits(dst, day, 2)
}

// appendClock writes seconds of a day as hh:mm:ss, and a fraction with so many digits.
func appendClock(dst []byte, sec, fraction int64, digits int) []byte {
	dst = appendDigits(dst, sec/3600, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, sec/60%60, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, sec%60, 2)
	if digits > 0 {
		dst = append(dst, '.')
		dst = appendDigits(dst, fraction, digits)
	}
	return dst
}

// appendDigits writes n with leading zeros.
func appendDigits(dst []byte, n int64, width int) []byte {
	var buf [20]byte
	for i := width - 1; i >= 0; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, buf[:width]...)
}

// appendInstant writes a point in time as YYYY-MM-DDThh:mm:ss.fff with its unit's digits.
func appendInstant(dst []byte, n, unit int64, digits int) ([]byte, error) {
	sec, fraction := split(n, unit)
	if sec < firstSecond || sec > lastSecond {
		return dst, errYear
	}
	days, clock := split(sec, secondsPerDay)
	dst = appendDate(dst, days)
	dst = append(dst, 'T')
	return appendClock(dst, clock, fraction, digits), nil
}
