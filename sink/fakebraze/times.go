package fakebraze

import (
	"strings"
	"time"
)

// timeLayouts are the forms of ISO 8601 that Braze's clients send. Go accepts a fraction of a second after the
// seconds of each, with a full stop or a comma.
var timeLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07", "2006-01-02T15:04", "2006-01-02", "20060102T150405Z0700",
	"20060102T150405Z07:00",
}

// parseTime reads the time of an event or purchase; one without a zone is taken as UTC, as Braze does with
// attributes. Braze also documents a colon before the milliseconds.
func parseTime(s string) (time.Time, bool) {
	for _, l := range timeLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	if len(s) > 19 && s[19] == ':' && strings.Count(s[:19], ":") == 2 {
		return parseTime(s[:19] + "." + s[20:])
	}
	return time.Time{}, false
}

// attributeLayouts are the further forms documented for dates in attributes.
var attributeLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "01/02/2006", "Mon 01 02 15:04:05.MST 2006",
	"Mon Jan 02 15:04:05 MST 2006",
}

// parseAttributeTime reads a $time.
func parseAttributeTime(s string) (time.Time, bool) {
	if t, ok := parseTime(s); ok {
		return t, true
	}
	for _, l := range attributeLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
