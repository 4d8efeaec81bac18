package sink

import (
	"encoding/json"
	"slices"
	"strconv"
)

// noReason stands where an entry of errors[] has no text of its own.
const noReason = "refused without a reason"

// attribute maps the entries of errors[] to the items of the request. Several entries of one object become one, their
// texts joined. Entries that name no object are that of the only object there is, or are counted (see the package comment).
func (p reply) attribute(a *Answer, r *Request) {
	texts := make(map[int][]string, len(p.errors))
	for _, raw := range p.errors {
		array, index, text := entryOf(raw)
		item, ok := r.Item(array, index)
		if !ok && r.Len() == 1 {
			item, ok = 0, true
		}
		if !ok {
			a.Unattributed++
			if a.Text == "" {
				a.Text = "an error that names no object: " + text
			}
			continue
		}
		if !slices.Contains(texts[item], text) {
			texts[item] = append(texts[item], text)
		}
	}
	for item, said := range texts {
		a.Errors = append(a.Errors, ObjectError{Item: item, Text: r.redactItem(item, joinBounded(said))})
	}
	slices.SortFunc(a.Errors, func(x, y ObjectError) int { return x.Item - y.Item })
}

// joinBounded joins texts up to the bound of one text.
func joinBounded(texts []string) string {
	joined := ""
	for i, t := range texts {
		if i > 0 {
			joined += "; "
		}
		if joined += t; len(joined) > maxText {
			break
		}
	}
	return bounded(joined, maxText)
}

// entryOf reads one entry of errors[]: {"type","input_array","index"}, or on some endpoints a bare string. What is missing
// or of another type names nobody: index is then -1.
func entryOf(raw json.RawMessage) (array string, index int, text string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return "", -1, cmpText(textOf(raw))
	}
	text = textOf(fields["type"])
	if text == "" {
		text = textOf(fields["message"])
	}
	return textOf(fields["input_array"]), indexOf(fields["index"]), cmpText(text)
}

// cmpText is the text, or noReason where there is none.
func cmpText(text string) string {
	if text == "" {
		return noReason
	}
	return bounded(text, maxText)
}

// indexOf reads an index: a whole number, also as text or with a zero fraction. Anything else is -1.
func indexOf(raw json.RawMessage) int {
	s := textOf(raw)
	if s == "" {
		s = string(raw)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1e6 || f != float64(int(f)) {
		return -1
	}
	return int(f)
}
