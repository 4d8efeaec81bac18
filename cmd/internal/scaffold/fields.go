package scaffold

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"brazebridge/schema"
)

// field is a field of a record, or of a record in it.
type field struct {
	path     string // as an expression names it
	names    []string
	t        *schema.Type // without the null of a union
	nullable bool
	depth    int // 0: of the record itself
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// fieldsOf lists a record's fields, outer ones first, and those of records in it, at most two levels down. Names that a path
// cannot spell are left out.
func fieldsOf(root *schema.Type, prefix string, nullable bool) []field {
	return appendFields(nil, field{path: prefix, t: root, nullable: nullable}, 0)
}

// speaking are names that say what they are wherever they stand; another single word needs the record's name around it: an
// id, a name or a time alone is anybody's.
var speaking = []string{"currency", "email", "sku", "msisdn"}

func appendFields(all []field, of field, depth int) []field {
	first := len(all)
	for i := range of.t.Fields {
		f := &of.t.Fields[i]
		if !identifier.MatchString(f.Name) {
			continue
		}
		t, nullable := present(f.Type)
		in := field{path: of.path + "." + f.Name, t: t, nullable: nullable || of.nullable, depth: depth}
		if of.path == "" {
			in.path = f.Name
			if slices.Contains([]string{"kafka", "record", "item"}, f.Name) {
				in.path = "record." + f.Name
			}
		}
		own := snake(f.Name)
		in.names = append(in.names, own)
		for _, outer := range of.names {
			in.names = append(in.names, outer+"_"+own)
		}
		if depth > 0 && !strings.Contains(own, "_") && !slices.Contains(speaking, own) {
			in.names = in.names[1:]
		}
		if own == "amount" || own == "value" {
			in.names = append(in.names, of.names...) // the number of an amount of money, beside its currency
		}
		all = append(all, in)
	}
	if depth == 2 {
		return all
	}
	for _, in := range all[first:] {
		if in.t.Kind == schema.Record {
			all = appendFields(all, in, depth+1)
		}
	}
	return all
}

// words mean something to an expression by themselves. A path alone may begin with one; in a larger expression it goes through
// record.
var words = strings.Fields(`in not and or matches contains startsWith endsWith let if else true false nil null
	all any none one filter map count find findIndex findLast findLastIndex sum sortBy groupBy reduce`)

// inside is the field's path in a larger expression.
func (f *field) inside() string {
	head, _, _ := strings.Cut(f.path, ".")
	if slices.Contains(words, head) {
		return "record." + f.path
	}
	return f.path
}

// present is a type without the null that it may be.
func present(t *schema.Type) (of *schema.Type, nullable bool) {
	if t.Kind != schema.Union {
		return t, false
	}
	rest := slices.DeleteFunc(slices.Clone(t.Branches), func(b *schema.Type) bool { return b.Kind == schema.Null })
	if len(rest) == 1 {
		return rest[0], len(t.Branches) > 1
	}
	return t, len(rest) < len(t.Branches)
}

// snake turns orderId, OrderID and order-id into order_id.
func snake(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '-' || r == '.' || r == ' ':
			r = '_'
		case unicode.IsUpper(r):
			afterLower := i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]))
			wordBegins := i > 0 && unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || wordBegins {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// The kinds that a value of Braze can be made of.
func isText(t *schema.Type) bool {
	return t.Kind == schema.String || t.Kind == schema.Enum || t.Kind == schema.UUID
}

func isID(t *schema.Type) bool { return isText(t) || isInteger(t) }

func isInteger(t *schema.Type) bool { return t.Kind == schema.Int || t.Kind == schema.Long }

func isNumber(t *schema.Type) bool {
	return isInteger(t) || t.Kind == schema.Decimal || t.Kind == schema.Double || t.Kind == schema.Float
}

func isTime(t *schema.Type) bool {
	return t.Kind == schema.TimestampMillis || t.Kind == schema.TimestampMicros || t.Kind == schema.TimestampNanos
}

// pick finds the field that has the first of the names that any has, and is of a kind that suits.
func pick(fields []field, suits func(*schema.Type) bool, names ...string) *field {
	for _, name := range names {
		for i := range fields {
			if slices.Contains(fields[i].names, name) && suits(fields[i].t) {
				return &fields[i]
			}
		}
	}
	return nil
}

// The names that fields have in the schemas of shops, the likeliest first.
var (
	userNames = []string{"external_id", "customer_id", "user_id", "customer_external_id", "user_external_id", "braze_external_id", "external_user_id",
		"member_id", "account_id", "profile_id", "person_id", "client_id", "buyer_id", "shopper_id", "consumer_id", "contact_id",
		"customer_number", "customer_no", "customer_uuid", "user_uuid", "buyer_customer_id", "uid"}
	timeNames = []string{"occurred_at", "event_time", "event_timestamp", "event_ts", "placed_at", "ordered_at", "happened_at", "updated_at", "created_at",
		"order_time", "order_date", "viewed_at", "timestamp", "time", "ts", "at", "created", "updated"}
	emailNames    = []string{"email", "customer_email", "user_email", "buyer_email", "e_mail", "mail", "email_address"}
	phoneNames    = []string{"phone", "customer_phone", "user_phone", "phone_number", "mobile", "msisdn"}
	stateNames    = []string{"status", "order_status", "state", "kind", "type", "event_type", "action", "event"}
	totalNames    = []string{"total_value", "total", "total_amount", "order_total", "grand_total", "total_price", "cart_total", "amount", "value", "sum"}
	currencyNames = []string{"currency", "currency_code", "iso_currency", "total_currency", "price_currency"}
	sourceNames   = []string{"source", "channel", "platform", "device", "sales_channel", "origin"}
	linesNames    = []string{"products", "items", "line_items", "lines", "order_lines", "order_items", "positions", "cart_items", "articles", "entries"}
	orderNames    = []string{"order_id", "order_number", "order_no", "order_uuid"}
	cartNames     = []string{"cart_id", "basket_id", "cart_uuid"}
	checkoutNames = []string{"checkout_id"}
	productNames  = []string{"product_id", "product_number", "product_no", "article_id", "article_number", "article_no", "product_code", "product_sku", "sku",
		"item_id", "item_number"}
	variantNames  = []string{"variant_id", "sku", "product_variant_id", "variant", "product_sku", "product_id", "article_number"}
	titleNames    = []string{"product_name", "name", "title", "product_title", "article_name", "article_title", "item_name", "item_title"}
	quantityNames = []string{"quantity", "qty", "count", "amount"}
	priceNames    = []string{"price", "unit_price", "product_price", "price_per_unit", "unit_amount", "price_amount"}
)
