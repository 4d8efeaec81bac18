package fakebraze

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The three arrays of a request, in the order in which Braze begins to process them.
const (
	attributesArray = "attributes"
	eventsArray     = "events"
	purchasesArray  = "purchases"
)

var arrayNames = [3]string{attributesArray, eventsArray, purchasesArray}

// object is one element of an array of a request.
type object struct {
	array  string
	index  int
	raw    json.RawMessage
	fields map[string]any // numbers as json.Number; nil if the element is no JSON object
	err    string         // what errors[] says; empty: accepted
}

// tracked is a parsed body of /users/track.
type tracked struct {
	objects []*object // attributes, then events, then purchases
	present [3]bool   // arrays that the body holds, even if empty
	counts  [3]int
}

var errNotArray = errors.New("not an array")

// parseBody reads a body. Names are matched exactly; unknown top-level keys are ignored, as partners send some.
func parseBody(body []byte) (*tracked, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("parse body: not UTF-8")
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(body, &top); err != nil {
		return nil, fmt.Errorf("parse body: %w", err)
	}
	t := &tracked{}
	for i, name := range arrayNames {
		raw, ok := top[name]
		if !ok || string(raw) == "null" {
			continue
		}
		t.present[i] = true
		if err := t.add(i, raw); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
	}
	return t, nil
}

func (t *tracked) add(array int, raw json.RawMessage) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return errNotArray
	}
	t.counts[array] = len(elements)
	for i, e := range elements {
		t.objects = append(t.objects, &object{array: arrayNames[array], index: i, raw: e, fields: decodeObject(e)})
	}
	return nil
}

// decodeObject returns nil for what is no JSON object.
func decodeObject(raw json.RawMessage) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return nil
	}
	return m
}

// tooMany applies the limit of objects per request: in total, or for accounts on the older limits per array.
func (t *tracked) tooMany(limit int, perArray bool) bool {
	return tooMany(t.counts, limit, perArray)
}

func tooMany(counts [3]int, limit int, perArray bool) bool {
	if perArray {
		return max(counts[0], counts[1], counts[2]) > limit
	}
	return counts[0]+counts[1]+counts[2] > limit
}

// firstKeys returns the first n keys of a JSON object in the order sent, which a map does not keep. The object was decoded before.
func firstKeys(raw json.RawMessage, n int) map[string]bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	keys := make(map[string]bool, n)
	_, _ = d.Token() // the brace
	for len(keys) < n && d.More() {
		key, _ := d.Token()
		name, _ := key.(string)
		keys[name] = true
		var skip json.RawMessage
		_ = d.Decode(&skip)
	}
	return keys
}
