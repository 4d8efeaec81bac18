package sink

import (
	"encoding/json"
	"strconv"
	"time"
)

// form is how much of a letter is written. Each is smaller than the one before.
type form int

const (
	whole     form = iota
	brief          // .objects and .error shortened
	valueless      // and the value left out
	bare           // and key and original headers left out: coordinates and reason only
)

// field is one header of the bridge.
type field struct{ name, text string }

// The bounds of .error and .objects in bytes, whole and brief. What is beyond 32 KiB of outcomes nobody reads, and the header
// of a record is no place for it.
const (
	errorWhole, errorBrief     = 2 << 10, 120
	objectsWhole, objectsBrief = 32 << 10, 200
)

// fields are the headers that tell what happened, in a fixed order. What is unknown has none.
func (l *Letter) fields(f form, version string) []field {
	const prefix = "brazebridge."
	errorBound, objectsBound := errorWhole, objectsWhole
	if f >= brief {
		errorBound, objectsBound = errorBrief, objectsBrief
	}
	at := l.At
	if at.IsZero() {
		at = time.Now()
	}
	all := []field{
		{prefix + "reason", string(l.Reason)},
		{prefix + "stage", string(l.Stage)},
		{prefix + "error", bounded(l.Error, errorBound)},
		{prefix + "topic", l.Record.Topic},
		{prefix + "partition", strconv.Itoa(int(l.Record.Partition))},
		{prefix + "offset", strconv.FormatInt(l.Record.Offset, 10)},
		{prefix + "timestamp", instant(l.Record.Timestamp)},
	}
	if l.SchemaID != 0 {
		all = append(all, field{prefix + "schema_id", strconv.Itoa(l.SchemaID)})
	}
	if len(l.Objects) > 0 {
		all = append(all, field{prefix + "objects", objectsText(l.Objects, objectsBound)})
	}
	if l.Status != 0 {
		all = append(all, field{prefix + "status", strconv.Itoa(l.Status)})
	}
	all = append(all, field{prefix + "version", version}, field{prefix + "at", instant(at)})
	if f >= valueless {
		all = append(all, field{prefix + "value", "omitted"})
	}
	if f >= bare {
		all = append(all, field{prefix + "key", "omitted"}, field{prefix + "headers", "omitted"})
	}
	return all
}

// instant is a time as the headers have it.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// objectsText is the outcomes as JSON of at most limit bytes, always a valid list: where it is too long the errors go, then
// the outcomes at its end.
func objectsText(objects []ObjectOutcome, limit int) string {
	short := make([]ObjectOutcome, len(objects))
	for i, o := range objects {
		o.Error = bounded(o.Error, maxText)
		short[i] = o
	}
	text := jsonText(short)
	if len(text) <= limit {
		return text
	}
	for i := range short {
		short[i].Error = ""
	}
	text = "["
	for i := range short {
		one := jsonText(short[i])
		if len(text)+len(one)+len(",]") > limit {
			break
		}
		if i > 0 {
			text += ","
		}
		text += one
	}
	return text + "]"
}

// jsonText encodes what cannot fail: numbers and valid text.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "[]"
	}
	return string(b)
}
