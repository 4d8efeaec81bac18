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
	dst = append(dst, "0000-00-00"...)
	out := dst[len(dst)-len("0000-00-00"):]
	put(out[0:], year/100)
	put(out[2:], year%100)
	put(out[5:], month)
	put(out[8:], day)
	return dst
}

// appendClock writes seconds of a day as hh:mm:ss, and a fraction with so many digits.
func appendClock(dst []byte, sec, fraction int64, digits int) []byte {
	dst = append(dst, "00:00:00"...)
	out := dst[len(dst)-len("00:00:00"):]
	put(out[0:], sec/3600)
	put(out[3:], sec/60%60)
	put(out[6:], sec%60)
	if digits > 0 {
		dst = append(dst, '.')
		dst = appendDigits(dst, fraction, digits)
	}
	return dst
}

// hundred holds the two digits of every number below a hundred.
var hundred = func() (text [200]byte) {
	for i := range 100 {
		text[2*i], text[2*i+1] = byte('0'+i/10), byte('0'+i%10)
	}
	return text
}()

// put writes two digits.
func put(dst []byte, n int64) { dst[0], dst[1] = hundred[2*n], hundred[2*n+1] }

// appendDigits writes n with leading zeros, in up to nine digits.
func appendDigits(dst []byte, n int64, width int) []byte {
	dst = append(dst, "000000000"[:width]...)
	out := dst[len(dst)-width:]
	for width > 1 {
		width -= 2
		put(out[width:], n%100)
		n /= 100
	}
	if width == 1 {
		out[0] = byte('0' + n)
	}
	return dst
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
