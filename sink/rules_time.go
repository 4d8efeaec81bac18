package sink

// The times that Braze documents to read, as far as an object may hold them. Source: api/objects_filters/event_object and
// user_attributes_object, "Date and time formats".

// The years that an event's time may have. Braze documents no lower bound and moves times in the future to now. What lies outside is a
// time that was never set (0001-01-01), or seconds taken for milliseconds (the year 55000), and would be stored without a word.
const (
	firstEventYear = 1900
	lastEventYear  = 3000
)

// isEventTime reports whether b is a date, or a date and time, of ISO 8601, or with the colon before milliseconds that Braze documents
// besides; and whether it has a zone. Without one it is sent and counted: what Braze makes of it in an event is not documented.
func isEventTime(b []byte) (ok, zoned bool) {
	year, rest, ok := cutDate(b)
	if !ok || year < firstEventYear || year > lastEventYear {
		return false, false
	}
	if len(rest) == 0 {
		return true, false
	}
	if rest[0]|0x20 != 't' {
		return false, false
	}
	rest, ok = cutMinutes(rest[1:])
	zoned = len(rest) > 0
	return ok && (!zoned || isZone(rest)), zoned
}

// cutMinutes reads HH:MM, or HH:MM:SS with or without a fraction. Java writes a time of no seconds without them.
func cutMinutes(b []byte) (rest []byte, ok bool) {
	if rest, ok = cutClock(b); ok {
		return cutFraction(rest), true
	}
	if len(b) < 5 || b[2] != ':' {
		return nil, false
	}
	hour, minute := two(b), two(b[3:])
	return b[5:], hour >= 0 && hour < 24 && minute >= 0 && minute < 60
}

// isAttributeTime reports whether b is one of the forms that Braze reads in attributes and within nested ones: with or without zone or
// clock. $time stores no year beyond 3000.
func isAttributeTime(b []byte) bool {
	if year, rest, ok := cutDate(b); ok {
		return year <= 3000 && (len(rest) == 0 || (rest[0]|0x20 == 't' || rest[0] == ' ') && isClockAndZone(rest[1:]))
	}
	return isSlashDate(b) || isWeekdayTime(b)
}

// isDate reports whether b is YYYY-MM-DD.
func isDate(b []byte) bool {
	_, rest, ok := cutDate(b)
	return ok && len(rest) == 0
}

func isClockAndZone(b []byte) bool {
	rest, ok := cutClock(b)
	if !ok {
		return false
	}
	rest = cutFraction(rest)
	return len(rest) == 0 || isZone(rest)
}

// cutDate reads YYYY-MM-DD, a day that exists.
func cutDate(b []byte) (year int, rest []byte, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, nil, false
	}
	century, y, month, day := two(b), two(b[2:]), two(b[5:]), two(b[8:])
	if century < 0 || y < 0 || month < 1 || month > 12 || day < 1 {
		return 0, nil, false
	}
	year = century*100 + y
	return year, b[10:], day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// cutClock reads HH:MM:SS; the second 60 is a leap second.
func cutClock(b []byte) (rest []byte, ok bool) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return nil, false
	}
	hour, minute, second := two(b), two(b[3:]), two(b[6:])
	return b[8:], hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60
}

// cutFraction drops a fraction of a second: digits behind a dot, or three behind a colon. What is none is left for isZone to refuse.
func cutFraction(b []byte) []byte {
	if len(b) > 1 && b[0] == '.' && b[1]-'0' <= 9 {
		return b[digits(b, 1):]
	}
	if len(b) > 4 && b[0] == ':' && digits(b[:4], 1) == 4 {
		return b[4:]
	}
	return b
}

// isZone reports whether b is Z, +HH:MM, +HHMM or +HH.
func isZone(b []byte) bool {
	switch len(b) {
	case 1:
		return b[0]|0x20 == 'z'
	case 3:
		hours := two(b[1:])
		return (b[0] == '+' || b[0] == '-') && hours >= 0 && hours < 24
	case 5, 6:
		minutes := two(b[len(b)-2:])
		hours := two(b[1:])
		return (b[0] == '+' || b[0] == '-') && (len(b) == 5 || b[3] == ':') && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60
	}
	return false
}

// isSlashDate reports whether b is MM/DD/YYYY.
func isSlashDate(b []byte) bool {
	if len(b) != 10 || b[2] != '/' || b[5] != '/' || two(b[6:]) < 0 || two(b[8:]) < 0 {
		return false
	}
	month, day, year := two(b), two(b[3:]), two(b[6:])*100+two(b[8:])
	return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && year <= 3000
}

// isWeekdayTime reports whether b is of the form "Thu 01 15 09:35:20.UTC 2026".
func isWeekdayTime(b []byte) bool {
	if len(b) < 24 || b[3] != ' ' || b[6] != ' ' || b[9] != ' ' || b[len(b)-5] != ' ' {
		return false
	}
	month, day, year := two(b[4:]), two(b[7:]), b[len(b)-4:]
	rest, ok := cutClock(b[10:])
	return ok && month >= 1 && month <= 12 && day >= 1 && day <= 31 && digits(year, 0) == 4 && rest[0] == '.'
}

// two is the value of two digits; negative where there are none. The caller knows that b holds two bytes.
func two(b []byte) int {
	hi, lo := b[0]-'0', b[1]-'0'
	if hi > 9 || lo > 9 {
		return -1
	}
	return int(hi)*10 + int(lo)
}
