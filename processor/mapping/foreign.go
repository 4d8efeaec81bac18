package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Hints for those who come from another language: what they write, and what it is here.

const (
	useDefault  = "a default is x ?? default"
	useTernary  = "write condition ? a : b"
	useNilTest  = "compare with nil: x == nil, x != nil"
	useLen      = "the number of elements is len(…)"
	useSlice    = "take a part of a text: text[0:3]"
	useHoles    = `build text with holes, "${a}-${b}", or join texts with +`
	useFormat   = `it is formatTime(timestamp, "02.01.2006 15:04"), in a layout of Go`
	usePart     = `take a part of it as text: formatTime(timestamp, "2006")`
	useString   = "it is string(value)"
	useInt      = "it is int(value)"
	useNumber   = "it is decimal(value), or int(value)"
	useClock    = "a mapping reads no clock: use kafka.timestamp"
	noRandom    = "a mapping is pure: the same record gives the same objects. kafka.topic, kafka.partition and kafka.offset name a record"
	noEnv       = "a mapping reads neither the environment nor files: write the value, or name it in set"
	useSHA      = "the one hash is sha256(text)"
	useEmpty    = `compare it: x == "", len(x) == 0`
	useTimespan = `add a duration: timestamp + duration("24h")`
	useReplace  = "it is replace(text, old, new), without patterns; x matches \"pattern\" tests one"
)

// otherFunctions are functions of other languages, in lower case and without underscores, with what to write here.
var otherFunctions = map[string]string{
	"coalesce": "give a default: a ?? b", "nvl": useDefault, "ifnull": useDefault, "default": useDefault, "orelse": useDefault, "getordefault": useDefault,
	"if": useTernary, "iif": useTernary, "ifelse": useTernary, "switch": useTernary, "case": useTernary, "when": useTernary, "choose": useTernary, "cond": useTernary,
	"isnull": useNilTest, "isnil": useNilTest, "isnone": useNilTest, "defined": useNilTest, "has": useNilTest, "ispresent": useNilTest, "notnull": useNilTest,
	"isnotnull": useNilTest, "isempty": useEmpty, "empty": useEmpty, "isblank": useEmpty, "size": useLen, "length": useLen, "cardinality": useLen,
	"concat": useHoles, "concatws": useHoles, "format": useHoles, "sprintf": useHoles, "printf": useHoles, "print": useHoles,
	"substring": useSlice, "substr": useSlice, "slice": useSlice, "left": useSlice, "right": useSlice, "mid": useSlice, "truncate": useSlice,
	"tolowercase": "it is lower(text)", "tolower": "it is lower(text)", "lowercase": "it is lower(text)", "lcase": "it is lower(text)", "downcase": "it is lower(text)",
	"touppercase": "it is upper(text)", "toupper": "it is upper(text)", "uppercase": "it is upper(text)", "ucase": "it is upper(text)", "upcase": "it is upper(text)",
	"strip": "it is trim(text)", "ltrim": "it is trim(text)", "rtrim": "it is trim(text)", "trimspace": "it is trim(text)",
	"dateformat": useFormat, "formatdate": useFormat, "strftime": useFormat, "tochar": useFormat, "timeformat": useFormat, "formatdatetime": useFormat,
	"formattimestamp": useFormat, "toisostring": "pass the timestamp on as it is: ${placed_at} is written in ISO 8601", "isoformat": "pass the timestamp on as it is: ${placed_at} is written in ISO 8601",
	"year": usePart, "month": usePart, "day": usePart, "hour": usePart, "minute": usePart, "weekday": usePart, "datepart": usePart, "extract": usePart,
	"dateadd": useTimespan, "adddays": useTimespan, "interval": useTimespan, "datesub": useTimespan, "datediff": "it is seconds(a - b)",
	"parsedate": "it is time(text), or date(text)", "strptime": "it is time(text, layout), in a layout of Go", "parsetime": "it is time(text)", "todate": "it is date(text or timestamp)",
	"todatetime": "it is time(text)", "datetime": "it is time(text)", "totimestamp": "it is time(text), or fromMillis(n), fromSeconds(n) of a number",
	"timestamp": "it is time(text), or fromMillis(n), fromSeconds(n) of a number", "fromunixtime": "it is fromSeconds(n)", "fromepoch": "it is fromMillis(n), or fromSeconds(n)",
	"epoch": "it is toSeconds(timestamp), or toMillis(timestamp)", "unix": "it is toSeconds(timestamp)", "unixtimestamp": "it is toSeconds(timestamp)",
	"gettime": "it is toMillis(timestamp)", "unixmilli": "it is toMillis(timestamp)", "toepoch": "it is toSeconds(timestamp), or toMillis(timestamp)",
	"tostring": useString, "str": useString, "text": useString, "string": useString, "cast": "convert with string(value), int(value), decimal(value) or time(value)",
	"toint": useInt, "parseint": useInt, "integer": useInt, "tointeger": useInt, "long": useInt, "tonumber": useNumber, "number": useNumber, "parsefloat": useNumber,
	"tofloat": "it is float(value)", "double": "it is float(value)", "trunc": useInt, "ceiling": "it is ceil(number)",
	"pow": "multiply: x * x", "power": "multiply: x * x", "mod": "it is a % b, of integers", "sqrt": "a mapping has no such function: compute it in the producer",
	"log": "a mapping has no such function: compute it in the producer", "avg": "divide: sum(list) / len(list)", "average": "divide: sum(list) / len(list)",
	"mean": "divide: sum(list) / len(list)", "now": useClock, "today": useClock, "currenttimestamp": useClock, "currentdate": useClock, "sysdate": useClock,
	"getdate": useClock, "uuid": noRandom, "uuid4": noRandom, "newuuid": noRandom, "random": noRandom, "rand": noRandom, "env": noEnv, "getenv": noEnv, "file": noEnv,
	"md5": useSHA, "sha1": useSHA, "sha512": useSHA, "hash": useSHA, "hmac": useSHA,
	"base64": "bytes are written as base64 by themselves", "tobase64": "bytes are written as base64 by themselves",
	"json": "it is fromJSON(text)", "parsejson": "it is fromJSON(text)", "jsonparse": "it is fromJSON(text)", "jsonextract": "it is fromJSON(text).name",
	"jsonvalue": "it is fromJSON(text).name", "getjsonobject": "it is fromJSON(text).name", "tojson": "copy it whole: ${customer} is an object", "jsonstringify": "copy it whole: ${customer} is an object",
	"typeof": "the record type of a value is typeName(x)", "type": "the record type of a value is typeName(x)", "instanceof": "compare typeName(x)",
	"regexreplace": useReplace, "regexpreplace": useReplace, "replaceall": useReplace, "sub": useReplace, "gsub": useReplace,
	"regexmatch": `write x matches "pattern"`, "regexplike": `write x matches "pattern"`, "match": `write x matches "pattern"`, "test": `write x matches "pattern"`,
	"contains": `it is an operator: x contains "y"`, "includes": `it is an operator: x contains "y", or "y" in list`, "startswith": `it is an operator: x startsWith "y"`,
	"endswith": `it is an operator: x endsWith "y"`, "indexof": `test with x contains "y", or take pieces with split(x, "y")[0]`,
	"capitalize": "a mapping has lower(text) and upper(text): upper(x[0:1]) + x[1:]", "ucfirst": "a mapping has lower(text) and upper(text): upper(x[0:1]) + x[1:]",
	"title": "a mapping has lower(text) and upper(text): upper(x[0:1]) + x[1:]", "initcap": "a mapping has lower(text) and upper(text): upper(x[0:1]) + x[1:]",
	"exists": "it is any(list, condition)", "some": "it is any(list, condition)", "every": "it is all(list, condition)", "where": "it is filter(list, condition)",
	"select": "it is map(list, value)", "foreach": "it is map(list, value), or for_each beside a value", "distinct": "it is unique(list)", "uniq": "it is unique(list)",
	"dedupe": "it is unique(list)", "sort": "it is sortBy(list, .field)", "reverse": "sortBy(list, .field, \"desc\") puts the last first", "sorted": "it is sortBy(list, .field)",
	"flatten": "a mapping cannot flatten: nest for_each", "head": "it is first(list)", "tail": "it is list[1:]", "range": "write the list: [1, 2, 3]", "push": "write the list: [a, b]",
	"repeat": "a mapping builds no text without bound", "padleft": "a mapping does not pad text", "lpad": "a mapping does not pad text",
	"reduce": "use sum, or map and join", "fold": "use sum, or map and join", "groupby": "a mapping cannot group: use filter for the groups you need",
}

// plainForm is a name as otherFunctions spells it.
func plainForm(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// functionHint says what to call instead of a function that is not there.
func functionHint(name string) string {
	for _, known := range functionNames() {
		if plainForm(known) == plainForm(name) {
			return "did you mean " + known + "?"
		}
	}
	return cmp.Or(otherFunctions[plainForm(name)], didYouMean(name, functionNames()), "the functions are "+joinNames(functionNames()))
}

// methodHint says how a function is called that was written behind its value.
func methodHint(name string) string {
	if slices.Contains(functionNames(), name) {
		return fmt.Sprintf("call a function: %s(value)", name)
	}
	return functionHint(name)
}

// foreignName says what an unknown first name of a path is called here.
func (c *compiler) foreignName(name string, segs []segment) string {
	rest := ""
	if len(segs) > 1 && !segs[1].isIndex && c.rootHas(segs[1].name) {
		rest = pathText(segs[1:])
	}
	switch {
	case slices.Contains([]string{"null", "none", "undefined"}, strings.ToLower(name)) || name == "NIL":
		return "it is nil"
	case name == "True" || name == "TRUE", name == "False" || name == "FALSE":
		return "it is " + strings.ToLower(name)
	case rest != "" && slices.Contains([]string{"$", "this", "self", "value", "payload", "event", "data", "root", "it", "_", "msg", "message"}, name):
		return "fields stand by their names: " + rest
	case slices.Contains([]string{"env", "ENV", "process"}, name):
		return noEnv
	case slices.Contains(kafkaParts(), strings.TrimPrefix(name, "_")):
		return "did you mean kafka." + strings.TrimPrefix(name, "_") + "?"
	case (name == "metadata" || name == "meta") && len(segs) > 1 && slices.Contains(kafkaParts(), segs[1].name):
		return "did you mean " + pathText(append([]segment{{name: "kafka"}}, segs[1:]...)) + "?"
	}
	return ""
}

// otherSyntax are forms of other languages that the parser stumbles over, by the text from where it stumbles.
var otherSyntax = []struct {
	at   *regexp.Regexp // matched at the place
	hint string
}{
	{regexp.MustCompile(`^(?i:and)\b`), "and is written and, or &&"},
	{regexp.MustCompile(`^(?i:or)\b`), "or is written or, or ||"},
	{regexp.MustCompile(`^(?i:not\s+in)\b`), "it is not in, in small letters"},
	{regexp.MustCompile(`^(?i:in)\b`), `it is in, in small letters, and takes a list: x in ["A", "B"]`},
	{regexp.MustCompile(`^(?i:is)\b`), useNilTest},
	{regexp.MustCompile(`^(?i:i?like|rlike|regexp)\b`), `write x matches "pattern", x contains "y", or x startsWith "y"`},
	{regexp.MustCompile(`^(?i:as)\b`), "convert with string(value), int(value), decimal(value) or time(value)"},
	{regexp.MustCompile(`^::`), "convert with string(value), int(value), decimal(value) or time(value)"},
	{regexp.MustCompile(`^=~`), `write x matches "pattern"`},
	{regexp.MustCompile(`^(contains|startsWith|endsWith|matches)\b`), `it is an operator, between two texts: x contains "y"`},
	{regexp.MustCompile(`^\*\s*\]`), "go through the elements: map(list, .field), or for_each"},
	{regexp.MustCompile(`^\]`), "go through the elements: map(list, .field), or name one: list[0]"},
	{regexp.MustCompile(`^>`), "a part is behind a point: customer.email"},
	{regexp.MustCompile(`^;`), "arguments are parted by commas"},
	{regexp.MustCompile(`^=`), "compare with =="},
	{regexp.MustCompile(`^[&|]`), "and is &&, or is ||"},
	{regexp.MustCompile(`^"`), "texts are joined with +, or are text with holes outside ${…}"},
	{regexp.MustCompile(`^for\b`), "go through the elements: map(list, .field), filter(list, condition), or for_each"},
}

// syntaxHint says what to write instead of what the parser could not read; off is where it stopped.
func syntaxHint(msg, src string, off int) string {
	rest, before := src[min(off, len(src)):], strings.TrimSpace(src[:min(off, len(src))])
	call := lastCall(before)
	switch {
	case strings.HasPrefix(rest, ">") && strings.HasSuffix(before, "<"):
		return "it is !="
	case strings.Contains(src, "=>"):
		return "the element is #, and needs no arrow: map(items, #.sku)"
	case strings.HasPrefix(strings.TrimSpace(src), "if "), strings.HasPrefix(strings.TrimSpace(src), "case "):
		return useTernary
	case strings.HasPrefix(strings.TrimSpace(src), "for "):
		return "go through the elements: map(list, .field), filter(list, condition), or for_each"
	case strings.HasPrefix(src, "env:"), strings.HasPrefix(src, "file:"):
		return noEnv
	case strings.HasPrefix(src, "{"):
		return "write the expression between one ${ and one }"
	case strings.Contains(msg, "coalesce expressions"):
		return "put the part with ?? in parentheses"
	case strings.Contains(msg, "integer literal"):
		return "an integer has 64 bits: write it with a point, 1.0, or in quotes"
	case strings.Contains(msg, "float literal"):
		return "write a number that fits 64 bits"
	case strings.Contains(msg, "number syntax"), strings.Contains(msg, "expected name"):
		return "name one element, list[0].field, or go through them: map(list, .field)"
	case strings.Contains(msg, `Operator(".")`) && call != "" && !slices.Contains(functionNames(), call) && otherFunctions[plainForm(call)] != "":
		return otherFunctions[plainForm(call)] + ", with .field as the element's"
	case strings.Contains(msg, `Operator(".")`):
		return ".field stands only inside filter, map, any …: sum(map(items, .price))"
	case strings.Contains(msg, `Operator("#")`):
		return "# is an element inside filter, map, any, all, count …: filter(items, #.quantity > 1)"
	case strings.Contains(msg, `Operator(":")`) && strings.Contains(before, "{"):
		return `put a map inside a predicate in parentheses: map(list, ({"a": .b}))`
	case strings.Contains(msg, `Operator(":")`):
		return "a part is behind a point: customer.email"
	case strings.HasPrefix(rest, ",") && strings.Contains(before, " in ("):
		return `a list stands in brackets: x in ["A", "B"]`
	case strings.HasPrefix(rest, "/") && strings.HasSuffix(before, "matches"):
		return `a pattern is text: x matches "pattern"`
	}
	for i := range otherSyntax {
		if otherSyntax[i].at.MatchString(rest) {
			return otherSyntax[i].hint
		}
	}
	switch {
	case strings.Contains(msg, "token EOF") && strings.Contains(src, "|") && !strings.HasSuffix(strings.TrimSpace(src), ")"):
		return "a function behind | has parentheses: x | lower()"
	case strings.Contains(msg, "token EOF") && strings.Contains(src, "?"):
		return useTernary
	case strings.Contains(msg, "token EOF"):
		return "something is missing at the end"
	case strings.Contains(msg, "unexpected token Identifier"):
		return "something is missing before it: an operator, a comma, or the parentheses of a function"
	case strings.Contains(src, "$"):
		return "inside ${…} names stand without ${}"
	}
	return ""
}

var callBefore = regexp.MustCompile(`([\pL_][\pL\pN_]*)\s*\([^()]*$`)

// lastCall is the function whose parentheses are open at the end of the text.
func lastCall(before string) string {
	if m := callBefore.FindStringSubmatch(before); m != nil {
		return m[1]
	}
	return ""
}

// plainSyntax leaves out of a message of the parser what only its authors understand.
func plainSyntax(msg string) string {
	if i := strings.Index(msg, ": strconv."); i >= 0 {
		return msg[:i]
	}
	return msg
}
