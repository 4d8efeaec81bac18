package mapping

import (
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

const (
	errTime     = plainError("the text is no time in the wanted form")
	errZone     = plainError("unknown time zone")
	errSpan     = plainError("the text is no duration")
	errTimeSpan = plainError("a time outside what can be written")
)

// checkFunc looks at a call's arguments when the expression is compiled.
type checkFunc = func(k *checker, n ast.Node, args []ast.Node, ts []typ)

var timeFunctions = map[string]function{
	"time":        {usage: "time(text) or time(text, layout)", params: [][]class{pText, pText}, min: 1, result: gives(cTime), impl: parseTime},
	"date":        {usage: "date(text or timestamp)", params: [][]class{{cText, cEnum, cTime, cDate, cLocal}}, min: 1, result: gives(cDate), impl: toDate},
	"fromSeconds": {usage: "fromSeconds(integer)", params: [][]class{pInt}, min: 1, result: gives(cTime), impl: fromEpoch(time.Second)},
	"fromMillis":  {usage: "fromMillis(integer)", params: [][]class{pInt}, min: 1, result: gives(cTime), impl: fromEpoch(time.Millisecond)},
	"toSeconds":   {usage: "toSeconds(timestamp)", params: [][]class{{cTime, cDate}}, min: 1, result: gives(cInt), impl: toEpoch(time.Second)},
	"toMillis":    {usage: "toMillis(timestamp)", params: [][]class{{cTime, cDate}}, min: 1, result: gives(cInt), impl: toEpoch(time.Millisecond)},
	"duration":    {usage: `duration("24h") of hours, minutes and seconds: "1h30m"`, params: [][]class{pText}, min: 1, result: gives(cDuration), impl: toDuration},
	"seconds":     {usage: "seconds(duration)", params: [][]class{{cDuration}}, min: 1, result: gives(cFloat), impl: seconds},
	"inZone": {usage: `inZone(local timestamp, "Europe/Berlin")`, params: [][]class{{cLocal, cDate}, pText}, min: 2, result: gives(cTime),
		impl: inZone, check: checkZone},
	"formatTime": {usage: `formatTime(timestamp, "2006-01-02 15:04") or with a zone`, params: [][]class{{cTime, cDate, cLocal}, pText, pText}, min: 2,
		result: gives(cText), impl: formatTime, check: checkLayout},
}

// checkLayout checks a literal layout and a literal zone. A layout in the letters of another language would be printed as
// it stands, for every record.
func checkLayout(k *checker, n ast.Node, args []ast.Node, ts []typ) {
	if lit, ok := args[1].(*ast.StringNode); ok && someTime.Format(lit.Value) == lit.Value {
		k.fault(lit, `write the moment 2006-01-02 15:04:05 in your form: "02.01.2006 15:04"`, "the layout %q names no part of a time", lit.Value)
		return
	}
	if len(args) > 2 {
		checkZone(k, n, args, ts)
	}
}

// someTime differs from Go's reference time in every part.
var someTime = time.Date(1987, time.November, 28, 20, 37, 49, 0, time.UTC)

// checkZone checks a literal zone when the expression is compiled.
func checkZone(k *checker, _ ast.Node, args []ast.Node, _ []typ) {
	last := args[len(args)-1]
	lit, ok := last.(*ast.StringNode)
	if !ok {
		return
	}
	if _, err := zone(lit.Value); err != nil {
		k.fault(lit, `write a name of the IANA data base: "Europe/Berlin"`, "unknown time zone %q", lit.Value)
	}
}

func zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errZone
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, errZone
	}
	return loc, nil
}

// parseTime reads ISO 8601 text, or text in a layout of Go's time package. Without a zone it is UTC.
func parseTime(args []any) (any, error) {
	t, err := texts(args)
	if err != nil {
		return nil, err
	}
	layouts := []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", time.DateOnly}
	if len(t) > 1 {
		layouts = t[1:]
	}
	for _, l := range layouts {
		if v, err := time.Parse(l, strings.TrimSpace(t[0])); err == nil {
			return v, nil
		}
	}
	return nil, errTime
}

func toDate(args []any) (any, error) {
	switch v := args[0].(type) {
	case date:
		return v, nil
	case time.Time:
		return dateOf(v.UTC()), nil
	case localTime:
		return dateOf(v.wall), nil
	case string:
		t, err := time.Parse(time.DateOnly, strings.TrimSpace(v))
		if err != nil {
			return nil, errTime
		}
		return dateOf(t), nil
	}
	return nil, typeOrNull(args[0])
}

func dateOf(t time.Time) date {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return date(midnight.Unix() / 86400)
}

// maxEpochSeconds is the last second of the year 9999.
const maxEpochSeconds = 253402300799

func fromEpoch(unit time.Duration) func([]any) (any, error) {
	return func(args []any) (any, error) {
		n, ok := args[0].(int)
		if !ok {
			return nil, typeOrNull(args[0])
		}
		perSecond := int(time.Second / unit)
		if n/perSecond > maxEpochSeconds || n/perSecond < -maxEpochSeconds {
			return nil, errTimeSpan
		}
		return time.Unix(int64(n/perSecond), int64(n%perSecond)*int64(unit)).UTC(), nil
	}
}

// toEpoch counts whole seconds or milliseconds since 1970, rounded down, so that what is before 1970 stays in order.
func toEpoch(unit time.Duration) func([]any) (any, error) {
	return func(args []any) (any, error) {
		t, ok := instant(args[0])
		if !ok {
			return nil, typeOrNull(args[0])
		}
		perSecond := int64(time.Second / unit)
		return int(t.Unix()*perSecond + int64(t.Nanosecond())/int64(unit)), nil
	}
}

func toDuration(args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil {
		return nil, errSpan
	}
	return d, nil
}

func seconds(args []any) (any, error) {
	d, ok := args[0].(time.Duration)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	return d.Seconds(), nil
}

// inZone makes an instant of a wall clock that was read in a zone.
func inZone(args []any) (any, error) {
	name, ok := args[1].(string)
	if !ok {
		return nil, typeOrNull(args[1])
	}
	loc, err := zone(name)
	if err != nil {
		return nil, err
	}
	var w time.Time
	switch v := args[0].(type) {
	case localTime:
		w = v.wall
	case date:
		w = v.time()
	default:
		return nil, typeOrNull(args[0])
	}
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), loc), nil
}

func formatTime(args []any) (any, error) {
	t, err := texts(args[1:])
	if err != nil {
		return nil, err
	}
	var at time.Time
	switch v := args[0].(type) {
	case time.Time:
		at = v.UTC()
	case date:
		at = v.time()
	case localTime:
		at = v.wall
	default:
		return nil, typeOrNull(args[0])
	}
	if len(t) > 1 {
		loc, err := zone(t[1])
		if err != nil {
			return nil, err
		}
		at = at.In(loc)
	}
	return boundText(at.Format(t[0]))
}
