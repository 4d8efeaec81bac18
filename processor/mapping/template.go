package mapping

import "strings"

// part is a piece of a scalar's text: literal text, or an expression with its byte offset in the scalar.
type part struct {
	lit    string
	expr   string
	isExpr bool
	off    int
}

// templateFault is a hole that does not end.
type templateFault struct {
	off int
	msg string
}

// splitTemplate cuts a scalar's text into literal text and ${expressions}. $${ is a literal ${.
func splitTemplate(text string) ([]part, *templateFault) {
	var parts []part
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			parts = append(parts, part{lit: lit.String()})
			lit.Reset()
		}
	}
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "$${"):
			lit.WriteString("${")
			i += 3
		case strings.HasPrefix(text[i:], "${"):
			end := exprEnd(text, i+2)
			if end < 0 {
				return nil, &templateFault{i, "${ without its }"}
			}
			flush()
			parts = append(parts, part{expr: text[i+2 : end], isExpr: true, off: i + 2})
			i = end + 1
		default:
			lit.WriteByte(text[i])
			i++
		}
	}
	flush()
	return parts, nil
}

// exprEnd finds the } that ends an expression: braces nest, and those in quotes don't count.
func exprEnd(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		case '"', '\'', '`':
			if i = quoteEnd(text, i); i < 0 {
				return -1
			}
		}
	}
	return -1
}

func quoteEnd(text string, i int) int {
	q := text[i]
	for i++; i < len(text); i++ {
		if text[i] == '\\' && q != '`' {
			i++
		} else if text[i] == q {
			return i
		}
	}
	return -1
}

// single returns the one expression that the text consists of; a block scalar's line breaks around it don't count.
func single(parts []part) (part, bool) {
	var one part
	for _, p := range parts {
		switch {
		case !p.isExpr && strings.Trim(p.lit, " \t\r\n") == "" && strings.Contains(p.lit, "\n"):
		case p.isExpr && !one.isExpr:
			one = p
		default:
			return part{}, false
		}
	}
	return one, one.isExpr
}
