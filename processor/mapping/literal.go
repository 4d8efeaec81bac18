package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"brazebridge/config"
	"brazebridge/sink"
)

const pathPattern = `([\pL_][\pL\pN_]*(?:\.[\pL_][\pL\pN_]*|\[-?\d+\])*)`

var (
	// otherHole is how other languages write a hole in text: {{name}}, $name, $.name, $(name), #{name}, %{name}, <%= name %>, {name}.
	otherHole = regexp.MustCompile(`(?:\$\.|\$\(|\$|\{\{|#\{|%\{|<%=|\{)\s*` + pathPattern)
	wholePath = regexp.MustCompile(`^` + pathPattern + `$`)
)

// meantPath is the path that a literal text was probably meant as; empty where there is none. bare says whether the name of
// a field alone counts: in properties, such a text may well be what is meant.
func (c *compiler) meantPath(text string, bare bool) string {
	for _, m := range otherHole.FindAllStringSubmatch(text, 8) {
		if c.knowsPath(m[1]) {
			return m[1]
		}
	}
	if m := wholePath.FindStringSubmatch(text); m != nil && (bare || strings.ContainsAny(text, ".[")) && c.knowsPath(m[1]) {
		return m[1]
	}
	return ""
}

// knowsPath reports whether the path begins with a name that is known here; a built-in name needs a part of it behind.
func (c *compiler) knowsPath(path string) bool {
	segs, ok := scanPath(path)
	if !ok || isWord(segs) {
		return false
	}
	name := segs[0].name
	if c.rootHas(name) {
		return true
	}
	if len(segs) == 1 || c.kafkaOnly || c.tombstone {
		return false
	}
	_, isSet := c.sets[name]
	isLoop := slices.ContainsFunc(c.loops, func(l loopVar) bool { return l.name == name || name == "item" })
	return isSet || isLoop || name == "record" || name == "kafka"
}

// meantHint is what to write instead of a literal that was meant as a field; empty where none is.
func (c *compiler) meantHint(text string, bare bool) string {
	path := c.meantPath(text, bare)
	if path == "" {
		return ""
	}
	return "where the field is meant, write ${" + path + "}"
}

// warnLiteral warns of a text that was probably meant as a field.
func (c *compiler) warnLiteral(p place, v *scalarValue) {
	if v.konst == nil || v.t.class != cText {
		return
	}
	sameName := strings.HasSuffix(p.path, "."+v.konst.text)
	if hint := c.meantHint(v.konst.text, sameName); hint != "" {
		c.warn(p, 0, fmt.Sprintf("%q is sent as it stands, for every record", v.konst.text), hint)
	}
}

// warnBrace warns of a brace too many behind an expression. Text that opens braces itself may close them.
func (c *compiler) warnBrace(p place, parts []part) {
	for i := range parts {
		if strings.Contains(parts[i].lit, "{") {
			return
		}
		if i > 0 && parts[i-1].isExpr && strings.HasPrefix(parts[i].lit, "}") {
			c.warn(p, parts[i-1].off+len(parts[i-1].expr)+1, "a } too many: it is sent as text", "write ${"+strings.TrimSpace(parts[i-1].expr)+"}")
			return
		}
	}
}

// warnWithoutInclude warns of what belongs to include and stands without it.
func (c *compiler) warnWithoutInclude(p place) {
	for _, name := range []string{"exclude", "rename"} {
		if n := p.n.Get(name); n != nil && (n.Kind == config.NodeList || n.Text == "snake_case") {
			c.warn(place{n, join(p.path, name)}, 0, name+" without include is sent as a value of that name", "add include: all, or the fields to include")
		}
	}
}

// literalKeys are where the literals of a rule stand in the object, and what to write instead of one that Braze refuses.
var literalKeys = map[string]struct {
	kind      sink.Kind
	key, hint string
}{
	"an event's name": {sink.Event, "name", "shorten it"},
	"a product id":    {sink.Purchase, "product_id", "shorten it"},
	"a currency":      {sink.Purchase, "currency", "write the code of ISO 4217 in capitals, such as EUR"},
	"price":           {sink.Purchase, "price", "write a number"},
	"quantity":        {sink.Purchase, "quantity", "write a whole number from 1 to 100"},
	"a time":          {sink.Event, "time", "name a timestamp, ${…}, or leave time out: it is that of the Kafka record then"},
	"an identifier":   {sink.Event, "external_id", "name a field: ${…}"},
}

// refusedLiteral refuses a literal that the check refuses in every object, and warns of one that was meant as a field: an
// identifier that is spelled out is one user for all records.
func (c *compiler) refusedLiteral(p place, what string, json []byte) {
	at, ok := literalKeys[what]
	if !ok || at.key == "name" && sink.EcommerceFields(p.n.Text) != nil { // those are refused for their properties
		return
	}
	// An event or an alias's label may well be called like a field; a user, a product or a currency is not.
	own := what == "an event's name" || strings.HasSuffix(p.path, ".alias_label")
	hint := c.meantHint(p.n.Text, !own && p.n.Kind == config.NodeString)
	object := map[string]string{"external_id": `"u"`, "name": `"n"`, "time": `"2026-01-01T00:00:00Z"`}
	if at.kind == sink.Purchase {
		object = map[string]string{"external_id": `"u"`, "product_id": `"p"`, "currency": `"EUR"`, "price": "1", "time": `"2026-01-01T00:00:00Z"`}
	}
	object[at.key] = string(json)
	var parts []string
	for _, k := range sortedKeys(object) {
		parts = append(parts, fmt.Sprintf("%q:%s", k, object[k]))
	}
	items := []sink.Item{{Kind: at.kind, JSON: []byte("{" + strings.Join(parts, ",") + "}")}}
	repair := c.onCheck == config.OnCheckRepair
	if _, refusals := sink.NewChecker(sink.CheckOptions{Repair: repair}).Check(items); len(refusals) > 0 {
		c.report(p, 0, refusals[0].Text+": every record would be refused", cmp.Or(hint, at.hint))
		return
	}
	if hint != "" {
		c.warn(p, 0, fmt.Sprintf("%q is sent as it stands, for every record", p.n.Text), hint)
	}
}
