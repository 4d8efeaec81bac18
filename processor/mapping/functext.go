package mapping

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// text1 makes a function of one text. Text that is not valid is refused here: changing case would repair it unseen.
func text1(f func(string) (any, error)) func([]any) (any, error) {
	return func(args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, typeOrNull(args[0])
		}
		if !utf8.ValidString(s) {
			return nil, errUTF8
		}
		return f(s)
	}
}

// texts are the arguments where all of them are text.
func texts(args []any) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		s, ok := a.(string)
		if !ok {
			return nil, typeOrNull(a)
		}
		out[i] = s
	}
	return out, nil
}

var textFunctions = map[string]function{
	"trim": {usage: "trim(text)", params: [][]class{pText}, min: 1, result: gives(cText),
		impl: text1(func(s string) (any, error) { return strings.TrimSpace(s), nil })},
	"upper": {usage: "upper(text)", params: [][]class{pText}, min: 1, result: gives(cText),
		impl: text1(func(s string) (any, error) { return boundText(strings.ToUpper(s)) })},
	"lower": {usage: "lower(text)", params: [][]class{pText}, min: 1, result: gives(cText),
		impl: text1(func(s string) (any, error) { return boundText(strings.ToLower(s)) })},
	"replace": {usage: "replace(text, old, new)", params: [][]class{pText, pText, pText}, min: 3, result: gives(cText), impl: replaceText},
	"split": {usage: "split(text, separator)", params: [][]class{pText, pText}, min: 2,
		result: func([]typ) typ { return typ{class: cArray, elem: &typ{class: cText}} }, impl: splitText},
	"join": {usage: "join(list, separator)", params: [][]class{pList, pText}, min: 1, result: gives(cText), impl: joinTexts, check: checkJoin},
	"string": {usage: "string(value)", params: [][]class{pScalar}, min: 1, result: gives(cText), impl: func(args []any) (any, error) {
		if args[0] == nil {
			return nil, errNull
		}
		out, err := appendText(nil, args[0], true)
		return string(out), err
	}},
	"typeName": {usage: "typeName(record)", params: [][]class{{cRecord}}, min: 1, result: givesTypeName, impl: typeName},
}

func givesTypeName(args []typ) typ {
	t := typ{class: cText}
	if len(args) > 0 {
		for _, r := range args[0].records() {
			t.names = append(t.names, r.Name)
		}
	}
	return t
}

func boundText(s string) (any, error) {
	if len(s) > maxText {
		return nil, errTooLong
	}
	return s, nil
}

func replaceText(args []any) (any, error) {
	t, err := texts(args)
	if err != nil {
		return nil, err
	}
	if grow := len(t[2]) - len(t[1]); grow > 0 && len(t[0])+strings.Count(t[0], t[1])*grow > maxText {
		return nil, errTooLong
	}
	return boundText(strings.ReplaceAll(t[0], t[1], t[2]))
}

func splitText(args []any) (any, error) {
	t, err := texts(args)
	if err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(t[0]); t[1] == "" && n > maxText/16 {
		return nil, errTooLong
	}
	pieces := strings.Split(t[0], t[1])
	out := make([]any, len(pieces))
	for i, p := range pieces {
		out[i] = p
	}
	return out, nil
}

func joinTexts(args []any) (any, error) {
	list, ok := args[0].([]any)
	if !ok {
		return nil, typeOrNull(args[0])
	}
	sep := ""
	if len(args) > 1 {
		if sep, ok = args[1].(string); !ok {
			return nil, typeOrNull(args[1])
		}
	}
	t, err := texts(list)
	if err != nil {
		return nil, err
	}
	size := len(sep) * len(t)
	for _, s := range t {
		if size += len(s); size > maxText {
			return nil, errTooLong
		}
	}
	return strings.Join(t, sep), nil
}

func typeName(args []any) (any, error) {
	a, ok := args[0].(avro)
	if !ok || a.v.IsNull() {
		return nil, typeOrNull(args[0])
	}
	return a.v.Type().Name, nil
}

// checkJoin refuses a list whose elements are known to be no text: joining would fail for every record.
func checkJoin(k *checker, _ ast.Node, args []ast.Node, ts []typ) {
	e := ts[0].elemType()
	switch {
	case e.class == cAny && len(e.alts) == 0 || e.textual() && !e.opt:
		return
	case len(e.records()) > 0:
		k.fault(args[0], "join a field of the elements: join(map(list, .field), \", \")", "join takes texts, and the elements are %s", plural(e))
	case e.opt:
		k.fault(args[0], `say what a null becomes: join(map(list, # ?? ""), ", ")`, "join takes texts, and an element may be null")
	default:
		k.fault(args[0], `make the elements text: join(map(list, string(#)), ", ")`, "join takes texts, and the elements are %s", plural(e))
	}
}

func plural(t typ) string { return "of type " + t.required().String() }
