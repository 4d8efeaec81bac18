package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"brazebridge/schema"
)

// ecommerce proposes a recommended eCommerce event where the fields suffice for all that it requires; nil where not.
func ecommerce(s *subject) *rule {
	name, fields := s.name, s.fields
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	order, cart, checkout := pick(fields, isID, orderNames...), pick(fields, isID, cartNames...), pick(fields, isID, checkoutNames...)
	switch {
	case checkout != nil && has("checkout"):
		return purchaseEvent(fields, "ecommerce.checkout_started", "checkout_id", checkout)
	case cart != nil && has("cart", "basket"):
		return purchaseEvent(fields, "ecommerce.cart_updated", "cart_id", cart)
	case order != nil && has("refund"):
		return purchaseEvent(fields, "ecommerce.order_refunded", "order_id", order)
	case order != nil && has("order", "purchase", "sale"):
		return purchaseEvent(fields, "ecommerce.order_placed", "order_id", order)
	case has("view", "behaviour", "behavior", "product"):
		return viewed(fields)
	}
	return nil
}

func shortName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// purchaseEvent is an event about several products.
func purchaseEvent(fields []field, event, idKey string, id *field) *rule {
	total, currency := pick(fields, isNumber, totalNames...), pick(fields, isText, currencyNames...)
	lines := pick(fields, isLines, linesNames...)
	if total == nil || currency == nil || lines == nil {
		return nil
	}
	products := productsOf(lines)
	if products == nil {
		return nil
	}
	r := &rule{event: event, comment: "proposed because its fields suffice; Braze checks these events strictly"}
	if id.nullable || total.nullable || currency.nullable {
		r.comment += ", and some of these may be null"
	}
	r.add(idKey, id)
	r.add("total_value", total)
	r.add("currency", currency)
	r.source(fields)
	if event == "ecommerce.cart_updated" {
		r.properties = append(r.properties, "action: replace              # the whole cart; add or remove if records hold only what changed")
	}
	r.properties = append(r.properties, products...)
	if event == "ecommerce.cart_updated" && !lines.nullable {
		r.conditions = append(r.conditions, fmt.Sprintf("when: ${len(%s) > 0}             # Braze processes no cart without products", lines.inside()))
		return r
	}
	r.when(fields, likely[event]...)
	return r
}

func isLines(t *schema.Type) bool {
	if t.Kind != schema.Array {
		return false
	}
	elem, _ := present(t.Elem)
	return elem.Kind == schema.Record
}

// productsOf are the lines that make products of line items; nil where the items lack what is required.
func productsOf(lines *field) []string {
	elem, _ := present(lines.t.Elem)
	items := fieldsOf(elem, "item", false)
	for i := range items {
		if own := snake(lastName(items[i].path)); own != "amount" && own != "value" {
			items[i].names = append(items[i].names, own)
		}
	}
	out := []string{"products:", "  for_each: ${" + lines.path + "}", "  value:"}
	for _, want := range []struct {
		key   string
		suits func(*schema.Type) bool
		names []string
	}{
		{"product_id", isID, productNames}, {"product_name", isText, titleNames}, {"variant_id", isID, variantNames},
		{"quantity", isInteger, quantityNames}, {"price", isNumber, priceNames},
	} {
		f := pick(items, want.suits, want.names...)
		if f == nil {
			return nil
		}
		out = append(out, fmt.Sprintf("    %s: ${%s}", want.key, f.path))
	}
	return out
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// viewed is the event about one product.
func viewed(fields []field) *rule {
	r := &rule{event: "ecommerce.product_viewed", comment: "proposed because its fields suffice; Braze checks these events strictly"}
	for _, want := range []struct {
		key   string
		suits func(*schema.Type) bool
		names []string
	}{
		{"product_id", isID, productNames}, {"product_name", isText, append([]string{"product_name", "product_title"}, titleNames...)},
		{"variant_id", isID, variantNames}, {"price", isNumber, priceNames},
		{"currency", isText, append(currencyNames, "product_currency")},
	} {
		f := pick(fields, want.suits, want.names...)
		if f == nil {
			return nil
		}
		r.add(want.key, f)
	}
	r.source(fields)
	r.when(fields, likely[r.event]...)
	return r
}

// rule is an object that a record becomes: an event.
type rule struct {
	event      string
	comment    string
	conditions []string // comments
	properties []string
}

func (r *rule) add(key string, f *field) {
	r.properties = append(r.properties, fmt.Sprintf("%s: ${%s}", key, f.path))
}

func (r *rule) source(fields []field) {
	if f := pick(fields, isText, sourceNames...); f != nil && !f.nullable {
		r.add("source", f)
		return
	}
	r.properties = append(r.properties, "source: web                  # no field for it was found: where does this happen?")
}

// likely are what the symbols of an enum contain that stand for an event.
var likely = map[string][]string{
	"ecommerce.order_placed":     {"placed", "created", "confirmed", "new"},
	"ecommerce.order_refunded":   {"refunded"},
	"ecommerce.checkout_started": {"started", "created"},
	"ecommerce.product_viewed":   {"viewed", "view"},
}

// when proposes a condition: which records an event stands for is for people to say, so it is a comment, unless one of the
// words is a symbol of the enum that tells the records apart.
func (r *rule) when(fields []field, words ...string) {
	f := pick(fields, isText, stateNames...)
	if f == nil {
		return
	}
	if f.t.Kind != schema.Enum || len(f.t.Symbols) == 0 {
		r.conditions = append(r.conditions, fmt.Sprintf(`# when: ${%s == "…"}   # which records are meant?`, f.inside()))
		return
	}
	mark, symbol := "# ", f.t.Symbols[0]
	for _, w := range slices.Backward(words) {
		for _, s := range f.t.Symbols {
			if strings.Contains(strings.ToLower(s), w) {
				mark, symbol = "", s
			}
		}
	}
	r.conditions = append(r.conditions,
		fmt.Sprintf("%swhen: ${%s == %q}", mark, f.inside(), symbol),
		"#     which records are meant? "+lastName(f.path)+" is one of "+strings.Join(f.t.Symbols[:min(12, len(f.t.Symbols))], ", "))
}

// plain is a custom event with the record's fields: those that a path can spell, then those that need brackets.
func plain(s *subject) *rule {
	r := &rule{event: s.name, comment: "a name of your own; these are the record's fields, drop what Braze does not need"}
	used := map[string]bool{}
	free := func(name string) string { // orderId and order_id are two
		k := key(name)
		for n := 2; used[k]; n++ {
			k = fmt.Sprintf("%s_%d", key(name), n)
		}
		used[k] = true
		return k
	}
	for _, f := range s.fields {
		if f.depth > 0 {
			continue // copied whole with what it is in
		}
		if f.t.Kind == schema.Bytes || f.t.Kind == schema.Fixed {
			r.properties = append(r.properties, fmt.Sprintf("# %s: ${%s}   # bytes, which would be sent as base64", free(lastName(f.path)), f.path))
			continue
		}
		r.properties = append(r.properties, fmt.Sprintf("%s: ${%s}%s", free(lastName(f.path)), f.path, several(f)))
	}
	for i := range s.t.Fields {
		if name := s.t.Fields[i].Name; !identifier.MatchString(name) && bracketed.MatchString(name) {
			r.properties = append(r.properties, fmt.Sprintf("%s: ${%s[%q]}", quotedUnlessPlain(free(strings.ReplaceAll(name, ".", "_"))), s.record, name))
		}
	}
	r.when(s.fields)
	return r
}

// bracketed are names that a path reaches in brackets, and that no reader of YAML takes for anything else.
var bracketed = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// several tells of a field that may be one of several records how to reach into one of them.
func several(f field) string {
	var names []string
	example := ""
	for _, b := range f.t.Branches {
		if b.Kind != schema.Record {
			continue
		}
		name := shortName(b.Name)
		names = append(names, name)
		if example == "" && len(b.Fields) > 0 && identifier.MatchString(b.Fields[0].Name) && identifier.MatchString(name) {
			example = fmt.Sprintf(": ${%s.%s.%s} reaches into one", f.path, name, b.Fields[0].Name)
		}
	}
	if len(names) < 2 {
		return ""
	}
	return "   # one of " + strings.Join(names[:min(8, len(names))], ", ") + example
}

// key is a property's name: one that means something to a mapping is prefixed.
func key(name string) string {
	name = snake(name)
	switch name {
	case "include", "exclude", "rename", "for_each", "as", "when", "value", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return "record_" + name
	}
	return name
}
