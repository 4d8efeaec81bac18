package mappingtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"brazebridge/config"
)

// value is a JSON value with the order of its keys and the digits of its numbers.
type value struct {
	kind  config.NodeKind
	text  string // of a scalar; for a string its content
	items []*value
	keys  []string // of items, where it is an object
}

// get is the value of an object's key, or nil.
func (v *value) get(name string) *value {
	for i, k := range v.keys {
		if k == name {
			return v.items[i]
		}
	}
	return nil
}

// readJSON reads one JSON value.
func readJSON(text []byte) (*value, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read an object: something is left over behind it")
	}
	return v, nil
}

func decodeValue(d *json.Decoder) (*value, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return decodeNested(d, t)
	case string:
		return &value{kind: config.NodeString, text: t}, nil
	case json.Number:
		return &value{kind: config.NodeNumber, text: t.String()}, nil
	case bool:
		return &value{kind: config.NodeBool, text: strconv.FormatBool(t)}, nil
	}
	return &value{kind: config.NodeNull, text: "null"}, nil
}

func decodeNested(d *json.Decoder, open json.Delim) (*value, error) {
	v := &value{kind: config.NodeList}
	if open == '{' {
		v.kind = config.NodeMap
	}
	for d.More() {
		if v.kind == config.NodeMap {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, _ := token.(string)
			v.keys = append(v.keys, name)
		}
		item, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	_, err := d.Token()
	return v, err
}

// valueOf is a node of the file as JSON would have it.
func valueOf(n *config.Node) *value {
	v := &value{kind: n.Kind, text: n.Text}
	switch n.Kind {
	case config.NodeNull:
		v.text = "null"
	case config.NodeNumber:
		v.text = number(n.Text)
		if v.text == "" {
			v.kind, v.text = config.NodeString, notFinite(n.Text)
		}
	case config.NodeList:
		for _, item := range n.Items {
			v.items = append(v.items, valueOf(item))
		}
	case config.NodeMap:
		for i := range n.Keys {
			v.keys = append(v.keys, n.Keys[i].Name)
			v.items = append(v.items, valueOf(n.Keys[i].Value))
		}
	}
	return v
}

// leadingZero is what YAML 1.1 reads as octal, and a person as a postcode or as decimal.
var leadingZero = regexp.MustCompile(`^[-+]?0[0-9]`)

// number is a number of YAML as JSON writes it: digits stay as they are where JSON allows. Empty: it is not finite, or begins
// with a zero, and is text then.
func number(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	if leadingZero.MatchString(text) {
		return ""
	}
	plain := strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// notFinite is the text by which a record in JSON says what no number of JSON can.
func notFinite(text string) string {
	switch strings.ToLower(strings.TrimLeft(text, "+-.")) {
	case "inf":
		if strings.HasPrefix(text, "-") {
			return "-Infinity"
		}
		return "Infinity"
	case "nan":
		return "NaN"
	}
	return text
}

// appendJSON writes the value.
func (v *value) appendJSON(b []byte) []byte {
	switch v.kind {
	case config.NodeString:
		return appendText(b, v.text)
	case config.NodeList:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case config.NodeMap:
		b = append(b, '{')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, v.keys[i]), ':')
			b = item.appendJSON(b)
		}
		return append(b, '}')
	}
	return append(b, v.text...)
}

func appendText(b []byte, s string) []byte {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string builder takes everything, and every string has a JSON text
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}

func (v *value) json() string { return string(v.appendJSON(nil)) }
