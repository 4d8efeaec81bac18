package config

import (
	"regexp"
	"strings"
)

// YAML ends a plain scalar at ` #` and reads `: ` in it as a key, and a { after $ opens a mapping in flow style. Expressions
// hold all three. Where one was cut or refused for it, the fault shows the line as it should be.

// explain makes a fault of what the parser says. Only the message is used: the library's excerpt of the source could show
// a secret.
func explain(src *source, at Pos, problem string) *Fault {
	line := src.line(at.Line)
	if column := tabColumn(line); column > 0 {
		at.Column = column
		return tabFault(at)
	}
	if quotedLine(src, at.Line) != "" {
		at.Column = expressionColumn(line)
		reason := "a { after $ opens a mapping in YAML"
		switch _, value := splitValue(line); {
		case strings.HasPrefix(value, "- "):
			reason = "`- ` begins an item of a list in YAML"
		case !strings.HasPrefix(value, "{") && !strings.HasPrefix(value, "["):
			reason = colonReason
		}
		return faultAt(at, "", lineHint(src, at.Line), "this expression needs quotes around it: %s", reason)
	}
	hint := ""
	switch {
	case strings.Contains(problem, "mapping value is not allowed") && valueBegins(line, "? "):
		hint = "a value that begins with `? ` needs quotes"
	case strings.Contains(problem, "mapping value is not allowed"):
		hint = "a value with `: ` in it needs quotes"
		if fixed := fixedColon(src, at.Line); fixed != "" {
			return faultAt(at, "", quoteHint(fixed), "this value needs quotes around it: %s", colonReason)
		}
		if _, value := splitValue(line); !strings.Contains(value, ":") {
			hint = "the line below is indented as if it were part of this value"
		}
	case strings.Contains(problem, "block sequence entries are not allowed"):
		hint = "a value that begins with `- ` needs quotes; a list begins on a line of its own"
	case strings.Contains(problem, "value is not allowed in this context") && strings.ContainsAny(line, `"'`):
		hint = "nothing but a comment may follow the closing quote of a value; a single quote inside single quotes is doubled"
	case strings.Contains(problem, "reserved character"), strings.Contains(problem, "directive"):
		hint = "a value that begins with @, ` or % needs quotes"
	case strings.Contains(line, "{{"):
		hint = "{{ }} belongs to a template: render it first, or put quotes around the whole value"
	case strings.Contains(problem, "undefined anchor value"):
		hint = "a value that begins with & needs quotes"
	case strings.Contains(problem, "invalid header option"):
		hint = "a value that begins with | or > needs quotes; the text of a block begins on the next line"
	case strings.Contains(problem, "end character of"):
		hint = "close the quote; inside double quotes a quote is written \\\", inside single quotes it is doubled"
	case strings.Contains(problem, "invalid key"):
		hint = "write KEY: VALUE with a plain or quoted key"
	}
	if strings.Contains(problem, `"`) { // some messages repeat what stands in the file
		problem = "this is no YAML"
	}
	return faultAt(at, "", hint, "%s", strings.ReplaceAll(problem, "\t", `\t`))
}

func valueBegins(line, sign string) bool {
	_, value := splitValue(line)
	return strings.HasPrefix(value, sign)
}

const colonReason = "`: ` separates a key from its value in YAML"

const tabMessage = "a tab in the indentation, which YAML does not allow"

func tabFault(at Pos) *Fault { return faultAt(at, "", "replace the tab by spaces", tabMessage) }

// tabColumn is the column of a tab in a line's indentation, or 0.
func tabColumn(line string) int {
	trimmed := strings.TrimLeft(line, " ")
	if !strings.HasPrefix(trimmed, "\t") || strings.TrimSpace(trimmed) == "" {
		return 0
	}
	return 1 + len(line) - len(trimmed)
}

// otherTabs finds the lines further down that will be at fault for the same reason. How many spaces a tab stood for cannot be
// known, so nothing else of the file is judged.
func otherTabs(src *source, after int) Faults {
	var faults Faults
	for number := after + 1; number <= len(src.lines); number++ {
		if column := tabColumn(src.line(number)); column > 0 {
			faults.add(tabFault(Pos{src.file, number, column}))
		}
	}
	return faults
}

// quoteHint tells how to write a line; where it may not be shown, in general.
func quoteHint(fixed string) string {
	if fixed == "" {
		return "put single quotes around the whole value, and double those inside it"
	}
	return "write: " + strings.TrimSpace(fixed)
}

// lineHint tells how to write a line with expressions that need quotes.
func lineHint(src *source, number int) string {
	if fixed := fixedLine(src, number); fixed != "" {
		return quoteHint(fixed)
	}
	return `put quotes around the whole value, such as "${env:NAME}"` // the line may hold a secret
}

// repair returns the source with the fault's line as it should be.
func repair(src *source, f *Fault) (*source, bool) {
	line := src.line(f.Line)
	fixed := quotedLine(src, f.Line)
	if fixed == "" && strings.HasSuffix(f.Message, colonReason) {
		fixed = fixedColon(src, f.Line)
	}
	if fixed == "" || fixed == line {
		return nil, false
	}
	start := src.lines[f.Line-1]
	repaired, fault := newSource(src.file, []byte(src.text[:start]+fixed+src.text[start+len(line):]))
	return repaired, fault == nil
}

// secretKey finds keys whose values must not be shown, wherever they stand in a line, and addresses with a password.
var secretKey = regexp.MustCompile(`(?i)(password|api_key|token|secret)\w*["']?\s*:|://.*@`)

// openSecretKey is such a key at the end of a line, whose value stands on the next.
var openSecretKey = regexp.MustCompile(`(?i)(password|api_key|token|secret)\w*["']?\s*:\s*([&!|>]\S*\s*)?$`)

// mayHoldSecret tells whether a line must not be shown.
func mayHoldSecret(src *source, number int) bool {
	if secretKey.MatchString(src.line(number)) {
		return true
	}
	for number--; number > 0; number-- {
		if line := strings.TrimSpace(src.line(number)); line != "" {
			return openSecretKey.MatchString(line)
		}
	}
	return false
}

// fixedLine is quotedLine, to be shown: empty where the line may hold a secret.
func fixedLine(src *source, number int) string {
	if mayHoldSecret(src, number) {
		return ""
	}
	return quotedLine(src, number)
}

// quotedLine is a line with its unquoted expressions quoted; empty where there is none, or where quotes would not help.
func quotedLine(src *source, number int) string {
	line := src.line(number)
	if len(line) > 2000 {
		return ""
	}
	prefix, value := splitValue(line)
	fixed := ""
	switch {
	case strings.HasPrefix(value, "${"), value != "" && !strings.ContainsAny(value[:1], `"'{[|>&*!`) && strings.Contains(value, "${"):
		fixed = prefix + quote(strings.TrimRight(value, " "))
	case strings.HasPrefix(value, "{"), strings.HasPrefix(value, "["):
		fixed = prefix + quoteInFlow(value)
	}
	if fixed == line {
		return ""
	}
	return fixed
}

// fixedColon is a line with its value quoted, which holds a `: ` that was meant as text; empty where it holds none.
func fixedColon(src *source, number int) string {
	_, value := splitValue(src.line(number))
	if !strings.Contains(value, ": ") && !strings.HasSuffix(value, ":") {
		return ""
	}
	return fixedText(src, number)
}

// fixedText is a line with its whole plain value quoted, comment and all; empty where there is none, or where the line may
// hold a secret.
func fixedText(src *source, number int) string {
	line := src.line(number)
	prefix, value := splitValue(line)
	if mayHoldSecret(src, number) || len(line) > 2000 || value == "" || strings.ContainsAny(value[:1], "\"'{}[]|>&*!%@`#") || strings.HasPrefix(value, "- ") {
		return ""
	}
	return prefix + quote(strings.TrimRight(value, " \t"))
}

// keyPrefix is what stands before a value in block style: dashes and a key.
var keyPrefix = regexp.MustCompile(`^\s*(- +)*([^\s:"'{}\[\]#$][^:"'{}\[\]#$]*: +|"[^"]*": +|'(?:[^']|'')*': +)?`)

func splitValue(line string) (prefix, value string) {
	prefix = keyPrefix.FindString(line)
	return prefix, line[len(prefix):]
}

// expressionColumn is where the first value with an expression begins, in characters from 1.
func expressionColumn(line string) int {
	prefix, value := splitValue(line)
	if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
		fixed := quoteInFlow(value)
		same := 0
		for same < len(value) && same < len(fixed) && value[same] == fixed[same] {
			same++
		}
		prefix += value[:same]
	}
	return 1 + len([]rune(prefix))
}

// quote puts a text in the quotes that change it least: single ones, where only ' is doubled; double ones where it holds ' but
// nothing that they would change. A comment behind a complete expression stays a comment.
func quote(s string) string {
	comment := ""
	if end := expressionEnd(s); end > 0 && strings.HasPrefix(s, "${") {
		if rest := strings.TrimLeft(s[end:], " "); strings.HasPrefix(rest, "#") {
			s, comment = s[:end], s[end:]
		}
	}
	if strings.Contains(s, "'") && !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"` + comment
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'" + comment
}

// quoteInFlow quotes the expressions of a value in flow style that stand outside quotes.
func quoteInFlow(value string) string {
	var out strings.Builder
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '"' || c == '\'':
			end := quotedEnd(value[i:])
			out.WriteString(value[i : i+end])
			i += end
		case strings.HasPrefix(value[i:], "${"):
			end := expressionEnd(value[i:])
			if end == 0 {
				return value
			}
			out.WriteString(quote(value[i : i+end]))
			i += end
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String()
}

// quotedEnd is the length of the quoted text at the beginning of s, its quotes included, or all of s.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// expressionEnd is the length of the ${…} at the beginning of s, or 0 where it is not closed. Braces nest; those in the
// expression's own texts do not count.
func expressionEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\'', '`':
			if depth > 0 {
				i += literalEnd(s[i:]) - 1
			}
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// literalEnd is the length of the expression language's text literal at the beginning of s.
func literalEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// openExpression tells whether a text holds a ${ that is not closed. $${ opens nothing.
func openExpression(s string) bool {
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			return false
		}
		if i > 0 && s[i-1] == '$' {
			s = s[i+2:]
			continue
		}
		end := expressionEnd(s[i:])
		if end == 0 {
			return true
		}
		s = s[i+end:]
	}
}
