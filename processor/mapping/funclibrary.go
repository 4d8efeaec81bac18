package mapping

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/expr-lang/expr/ast"
)

const errJSON = plainError("the text is no JSON")

var libraryFunctions = map[string]function{
	"sha256": {usage: "sha256(text)", params: [][]class{pText}, min: 1, result: gives(cText), impl: text1(func(s string) (any, error) {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:]), nil
	})},
	"email": {usage: "email(text)", params: [][]class{pText}, min: 1, result: gives(cText),
		impl: text1(func(s string) (any, error) { return boundText(strings.ToLower(strings.TrimSpace(s))) })},
	"phone": {usage: `phone(text, "DE")`, params: [][]class{pText, pText}, min: 1,
		result: func([]typ) typ { return typ{class: cText, opt: true} }, impl: phone, check: checkRegion},
	"slug":     {usage: "slug(text)", params: [][]class{pText}, min: 1, result: gives(cText), impl: text1(slug)},
	"fromJSON": {usage: "fromJSON(text)", params: [][]class{pText}, min: 1, result: func([]typ) typ { return typ{class: cAny, opt: true} }, impl: text1(fromJSON)},
}

// maxPhone is longer than any way to write a telephone number.
const maxPhone = 100

// phone writes a number in E.164. One that is not valid in its region is null, so that it can have a default or be left out.
func phone(args []any) (any, error) {
	t, err := texts(args)
	if err != nil {
		return nil, err
	}
	region := ""
	if len(t) > 1 {
		region = strings.ToUpper(t[1])
	}
	if len(t[0]) > maxPhone {
		return nil, nil
	}
	number, err := phonenumbers.Parse(t[0], region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return nil, nil
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// checkRegion checks a literal region when the expression is compiled.
func checkRegion(k *checker, _ ast.Node, args []ast.Node, _ []typ) {
	if len(args) < 2 {
		return
	}
	if lit, ok := args[1].(*ast.StringNode); ok && !phonenumbers.GetSupportedRegions()[strings.ToUpper(lit.Value)] {
		k.fault(lit, `write a country's two letters: "DE"`, "unknown region %q", lit.Value)
	}
}

// unaccented are the letters that lose their accents by no decomposition.
var unaccented = strings.NewReplacer("ß", "ss", "æ", "ae", "Æ", "ae", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l")

// slug makes lower-case words joined by hyphens, without accents: "Größe L" is grosse-l.
func slug(s string) (any, error) {
	if len(s) > maxText {
		return nil, errTooLong
	}
	s = unaccented.Replace(s)
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(unicode.ToLower(r))
		default:
			hyphen = true
		}
	}
	return b.String(), nil
}

// fromJSON reads JSON that a text field holds. Whole numbers stay integers, other plain numbers are exact decimals.
func fromJSON(s string) (any, error) {
	if len(s) > maxText {
		return nil, errTooLong
	}
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errJSON
	}
	return plainNumbers(v)
}

func plainNumbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		return plainNumber(string(v))
	case []any:
		for i := range v {
			if v[i], err = plainNumbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = plainNumbers(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func plainNumber(s string) (any, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return int(n), nil
	}
	if d, err := parseDecimal(s); err == nil {
		return d, nil
	}
	return toFloat([]any{s})
}
