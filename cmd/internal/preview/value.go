package preview

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"brazebridge/schema"
)

// recordJSON is a decoded record as JSON. What no JSON can hold is shown as a record in JSON would say it: NaN and the
// infinities as text, a time beyond the year 9999 as the number that the schema stores; of a text that is not UTF-8 the
// wrong bytes are replaced.
func recordJSON(v schema.Value) json.RawMessage { return appendValue(nil, v) }

func appendValue(out []byte, v schema.Value) []byte {
	if text, err := v.AppendJSON(out); err == nil {
		return text
	}
	switch v.Kind() {
	case schema.Record:
		fields := v.Type().Fields
		return appendEach(out, "{}", v.Len(), func(out []byte, i int) []byte {
			return appendValue(append(appendText(out, fields[i].Name), ':'), v.Field(i))
		})
	case schema.Array:
		return appendEach(out, "[]", v.Len(), func(out []byte, i int) []byte { return appendValue(out, v.Elem(i)) })
	case schema.Map:
		return appendEach(out, "{}", v.Len(), func(out []byte, i int) []byte {
			key, value := v.Entry(i)
			return appendValue(append(appendText(out, key), ':'), value)
		})
	case schema.Float, schema.Double:
		switch f := v.Float(); {
		case math.IsNaN(f):
			return append(out, `"NaN"`...)
		case f < 0:
			return append(out, `"-Infinity"`...)
		}
		return append(out, `"Infinity"`...)
	case schema.String, schema.Enum, schema.UUID:
		return appendText(out, v.Str())
	}
	return strconv.AppendInt(out, v.Int(), 10)
}

// appendEach writes n things between brackets.
func appendEach(out []byte, brackets string, n int, write func(out []byte, i int) []byte) []byte {
	out = append(out, brackets[0])
	for i := range n {
		if i > 0 {
			out = append(out, ',')
		}
		out = write(out, i)
	}
	return append(out, brackets[1])
}

func appendText(out []byte, s string) []byte {
	if text, err := schema.AppendText(out, s); err == nil {
		return text
	}
	text, _ := schema.AppendText(out, strings.ToValidUTF8(s, "\ufffd")) // valid now
	return text
}
