package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
)

// scalar decodes a text, number or boolean into anything that one value fits in. For a text, the source counts, whatever
// YAML would make of it.
func (d *decoder) scalar(n *Node, v reflect.Value, path string) {
	if n.Kind == NodeMap || n.Kind == NodeList {
		d.want(n, scalarKind(v), path)
		return
	}
	if v.Type() == reflect.TypeFor[string]() {
		d.whole(n, path)
	}
	f := d.fill(n, path, false)
	val := d.values[path]
	val.shown, val.missing = strconv.Quote(clip(n.Text)), f.missing
	if f.missing {
		return
	}
	problem, hint := assign(v, f.text)
	if problem == "" {
		return
	}
	if f.referred {
		hint = "" // it could repeat what was filled in
	}
	val.missing = true // said; no range to check
	d.fault(n.Pos, path, hint, "%s %s", val.shown, problem)
}

// whole says so where a ` #` has cut a text: a comment behind a number or a duration harms nobody.
func (d *decoder) whole(n *Node, path string) {
	if n.cut == nil {
		return
	}
	f := *n.cut
	f.Path = path
	d.faults.add(&f)
}

func scalarKind(v reflect.Value) NodeKind {
	switch v.Kind() {
	case reflect.Bool:
		return NodeBool
	case reflect.Int, reflect.Float64:
		return NodeNumber
	}
	return NodeString
}

// assign converts a text; the problem is empty where it fits.
func assign(v reflect.Value, text string) (problem, hint string) {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		err := u.UnmarshalText([]byte(text))
		if err == nil {
			return "", ""
		}
		return err.Error(), ""
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		return assignInt(v, text)
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "is no number", "write a decimal such as 0.5"
		}
		v.SetFloat(x)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return "is no boolean", "write true or false"
		}
		v.SetBool(text == "true")
	default:
		panic("no conversion to " + v.Type().String())
	}
	return "", ""
}

var wholeNumber = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)$`)

// assignInt takes decimal digits only. What YAML reads as another number than a person does is refused: 010 is 8 in
// YAML 1.1 and 10 in YAML 1.2.
func assignInt(v reflect.Value, text string) (problem, hint string) {
	if wholeNumber.MatchString(text) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "is too large a number", ""
		}
		v.SetInt(int64(n))
		return "", ""
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		hint = fmt.Sprintf("YAML may read it as %d; write the number in plain decimal digits", n)
	} else if x, err := strconv.ParseFloat(text, 64); err == nil && x == math.Trunc(x) && math.Abs(x) < 1e15 {
		hint = fmt.Sprintf("write %d", int64(x))
	}
	return "is no whole number in decimal digits", hint
}
