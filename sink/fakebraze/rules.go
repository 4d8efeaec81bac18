package fakebraze

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Braze's own texts of per-object errors, then texts in the same form where none is published.
const (
	textNoUser        = "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
	textBadProperties = "Invalid 'properties' field"
	textBadCurrency   = "'currency' must be an ISO 4217 currency"
	textBadQuantity   = "'quantity' is not valid"
	textBadEmail      = "The value provided for the 'email' field is not a valid email."
	textBlocked       = "provided external_id is blacklisted and disallowed"

	textManyUsers = "Only one of 'external_id', 'braze_id' or 'user_alias' may be specified"
	textBadPhone  = "The value provided for the 'phone' field is not a valid phone number."
	textBadAlias  = "'user_alias' must hold an 'alias_name' and an 'alias_label'"
	textNoObject  = "Each element must be an object"
	textTooLarge  = "EXTERNAL_USER_ID_TOO_LARGE"
)

// Documented sizes.
const (
	maxExternalID = 987    // bytes
	maxProperties = 102400 // bytes of all properties of an event or purchase
	maxName       = 255    // characters of an event's, property's or product's name
	maxQuantity   = 100
)

// check returns the error of an object, or nothing. An object has one error, the first that is found.
func (s *Server) check(o *object) string {
	if o.fields == nil {
		return textNoObject
	}
	if err := s.checkUser(o); err != "" {
		return err
	}
	switch o.array {
	case attributesArray:
		return checkAttributes(o.fields)
	case eventsArray:
		return checkEvent(o)
	}
	return checkPurchase(o)
}

// checkUser: exactly one primary identifier; email or phone identify only without one.
func (s *Server) checkUser(o *object) string {
	if o.array == attributesArray && o.fields["push_token_import"] == true {
		return "" // such an object must carry no identifier; checkAttributes sees to it
	}
	f := o.fields
	primaries := 0
	for _, name := range []string{"external_id", "braze_id", "user_alias"} {
		if f[name] == nil || f[name] == "" {
			continue
		}
		primaries++
		if _, isText := f[name].(string); !isText && name != "user_alias" {
			return notValid(name)
		}
	}
	if primaries > 1 {
		return textManyUsers
	}
	id, _ := f["external_id"].(string)
	switch {
	case len(id) > maxExternalID:
		return textTooLarge
	case s.blocked[id] && id != "":
		return textBlocked
	case f["user_alias"] != nil && f["user_alias"] != "" && !validAlias(f["user_alias"]):
		return textBadAlias
	}
	return checkContact(o, primaries == 1)
}

// checkContact checks email and phone: always where they identify the user, the email also as an attribute.
func checkContact(o *object, identified bool) string {
	email, phone := o.fields["email"], o.fields["phone"]
	hasEmail, hasPhone := email != nil && email != "", phone != nil && phone != ""
	switch {
	case !identified && !hasEmail && !hasPhone:
		return textNoUser
	case hasEmail && !validEmail(email):
		return textBadEmail
	case !identified && !hasEmail && !validPhone(phone):
		return textBadPhone
	}
	return ""
}

func notValid(name string) string { return "'" + name + "' is not valid" }

func validAlias(v any) bool {
	m, _ := v.(map[string]any)
	name, _ := m["alias_name"].(string)
	label, _ := m["alias_label"].(string)
	return name != "" && label != ""
}

// validEmail is what every mail system agrees on: one @, something before it, a domain with a dot after it.
func validEmail(v any) bool {
	s, _ := v.(string)
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || len(s) > 320 || strings.ContainsAny(s, " \t\r\n,;<>()[]\"\\") {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(s, "..") {
		return false
	}
	labels := strings.Split(domain, ".")
	return len(labels) > 1 && !strings.Contains(domain, "@") && !slices.ContainsFunc(labels, badLabel)
}

func badLabel(l string) bool {
	return l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsAny(l, "_!#$%&'*+/=?^`{|}~")
}

// validPhone takes 7 to 15 digits (E.164 allows 15) with the usual punctuation.
func validPhone(v any) bool {
	s, _ := v.(string)
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -.()", r):
		default:
			return false
		}
	}
	return digits >= 7 && digits <= 15
}

func checkEvent(o *object) string {
	f := o.fields
	name, _ := f["name"].(string)
	if err := checkName("name", f["name"]); err != "" {
		return err
	}
	if strings.HasPrefix(name, "$") {
		return notValid("name")
	}
	if err := checkShared(f); err != "" {
		return err
	}
	// The strict schemas come first: they say more about their properties than the general rules.
	if schema, strict := ecommerce[name]; strict {
		if err := schema.check(f["properties"]); err != "" {
			return err
		}
	}
	return checkProperties(o, "time", "event_name")
}

func checkPurchase(o *object) string {
	f := o.fields
	if err := checkName("product_id", f["product_id"]); err != "" {
		return err
	}
	if code, _ := f["currency"].(string); !currencies[code] {
		return textBadCurrency
	}
	if _, ok := f["price"].(json.Number); !ok {
		return notValid("price")
	}
	if _, ok := quantityOf(f); !ok {
		return textBadQuantity
	}
	if err := checkShared(f); err != "" {
		return err
	}
	return checkProperties(o, "time", "product_id", "quantity", "event_name", "price", "currency")
}

// quantityOf is 1 where none is given, and false where it is no integer from 1 to 100.
func quantityOf(f map[string]any) (int, bool) {
	v, given := f["quantity"]
	if !given {
		return 1, true
	}
	n, _ := v.(json.Number)
	q, _ := strconv.Atoi(string(n)) // of what is none zero, of what is too long for one far too much
	return q, q >= 1 && q <= maxQuantity
}

func checkName(field string, v any) string {
	name, ok := v.(string)
	switch {
	case v == nil || name == "" && ok:
		return "'" + field + "' is required"
	case !ok || utf8.RuneCountInString(name) > maxName:
		return notValid(field)
	}
	return ""
}

// checkShared checks what events and purchases share.
func checkShared(f map[string]any) string {
	text, ok := f["time"].(string)
	if f["time"] == nil || ok && text == "" {
		return "'time' is required"
	}
	if _, parsed := parseTime(text); !parsed {
		return notValid("time")
	}
	if v := f["app_id"]; v != nil {
		if _, ok := v.(string); !ok {
			return notValid("app_id")
		}
	}
	if v := f["_update_existing_only"]; v != nil && v != true && v != false {
		return notValid("_update_existing_only")
	}
	return ""
}

// checkProperties applies the rules of names and the total size. The size of what is sent decides; white space
// between tokens does not count.
func checkProperties(o *object, reserved ...string) string {
	v := o.fields["properties"]
	if v == nil {
		return ""
	}
	props, ok := v.(map[string]any)
	if !ok {
		return textBadProperties
	}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		if name == "" || name[0] == '$' || utf8.RuneCountInString(name) > maxName || slices.Contains(reserved, name) {
			return textBadProperties
		}
	}
	if len(o.raw) > maxProperties && propertiesSize(o.raw) > maxProperties {
		return textBadProperties
	}
	return ""
}
