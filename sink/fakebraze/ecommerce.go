package fakebraze

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// property types of the strict schemas, named as their errors name them. money is a number that may not be
// negative; code is an ISO 4217 currency.
const (
	typeText     = "string"
	typeNumber   = "number"
	typeInteger  = "integer"
	typeList     = "array"
	typeObject   = "object"
	typeMoney    = "money"
	typeCurrency = "code"
	typeProducts = "products"
	typeObjects  = "objects"
)

// schema is the strict schema of a recommended event: other properties are refused, as are wrong types.
type schema struct {
	required map[string]string
	optional map[string]string
	enums    map[string][]string // allowed values of a text, or of a list's elements
}

// ecommerce are the six names that Braze validates. A near miss is an ordinary custom event.
var ecommerce = map[string]*schema{
	"ecommerce.product_viewed": {
		required: types("product_id product_name variant_id source", typeText, "price", typeMoney, "currency", typeCurrency),
		optional: types("image_url product_url", typeText, "type", typeList, "metadata", typeObject),
		enums:    map[string][]string{"type": {"price_drop", "back_in_stock"}},
	},
	"ecommerce.cart_updated": {
		required: types("cart_id source", typeText, "currency", typeCurrency, "products", typeProducts),
		optional: types("action", typeText, "total_value subtotal_value tax shipping", typeMoney, "metadata", typeObject),
		enums:    map[string][]string{"action": {"add", "remove", "replace"}},
	},
	"ecommerce.checkout_started": order("checkout_id", "cart_id", "subtotal_value tax shipping"),
	"ecommerce.order_placed":     order("order_id", "cart_id", "subtotal_value tax shipping total_discounts", "discounts"),
	"ecommerce.order_cancelled":  order("order_id cancel_reason", "", "subtotal_value tax shipping total_discounts", "discounts"),
	"ecommerce.order_refunded":   order("order_id", "", "total_discounts", "discounts"),
}

// product is an element of products. Braze does not say whether other keys fail there, so they pass.
var product = &schema{
	required: types("product_id product_name variant_id", typeText, "quantity", typeInteger, "price", typeMoney),
	optional: types("image_url product_url", typeText, "metadata", typeObject),
}

// order makes the schemas that differ only in names.
func order(required, optionalTexts, amounts string, lists ...string) *schema {
	return &schema{
		required: types(required+" source", typeText, "total_value", typeMoney, "currency", typeCurrency,
			"products", typeProducts),
		optional: types(optionalTexts, typeText, amounts, typeMoney, strings.Join(lists, " "), typeObjects,
			"metadata", typeObject),
	}
}

// types pairs lists of names with a type each.
func types(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		for _, name := range strings.Fields(pairs[i]) {
			m[name] = pairs[i+1]
		}
	}
	return m
}

// check returns the first error of an event's properties: a missing property, then a wrong value, then one that
// does not belong, each in the order of names.
func (s *schema) check(v any) string {
	if v == nil {
		v = map[string]any{}
	}
	props, ok := v.(map[string]any)
	if !ok {
		return wrongType("#/", v, typeObject)
	}
	if err := s.checkKnown("#/", props); err != "" {
		return err
	}
	// A cart that replaces the former one must say what it is worth; a delta may.
	action := props["action"]
	if _, isCart := s.optional["action"]; isCart && props["total_value"] == nil && (action == nil || action == "replace") {
		return missing("#/", "total_value")
	}
	var extra []string
	for _, name := range slices.Sorted(maps.Keys(props)) {
		if s.required[name] == "" && s.optional[name] == "" {
			extra = append(extra, fmt.Sprintf("%q", name))
		}
	}
	if extra != nil {
		return fmt.Sprintf("The property '#/' contains additional properties [%s] outside of the schema when none are allowed",
			strings.Join(extra, ", "))
	}
	return ""
}

// checkKnown checks the properties that the schema names.
func (s *schema) checkKnown(at string, props map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(s.required)) {
		if _, ok := props[name]; !ok {
			return missing(at, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		want := s.required[name] + s.optional[name] // at most one of them names it
		if want == "" {
			continue
		}
		if err := checkValue(inside(at, name), props[name], want, s.enums[name]); err != "" {
			return err
		}
	}
	return ""
}

func inside(at, name string) string {
	if at == "#/" {
		return at + name
	}
	return at + "/" + name
}

func missing(at, name string) string {
	return fmt.Sprintf("The property '%s' did not contain a required property of '%s'", at, name)
}

func wrongType(at string, v any, want string) string {
	return fmt.Sprintf("The property '%s' of type %s did not match the following type: %s", at, typeOf(v), want)
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return typeText
	case []any:
		return typeList
	case json.Number:
		if isInteger(v) {
			return typeInteger
		}
		return typeNumber
	}
	return typeObject
}

// jsonType is the type that an error names.
func jsonType(want string) string {
	switch want {
	case typeMoney:
		return typeNumber
	case typeCurrency:
		return typeText
	case typeProducts, typeObjects:
		return typeList
	}
	return want
}

func checkValue(at string, v any, want string, enum []string) string {
	got, base := typeOf(v), jsonType(want)
	isNumber := base == typeNumber && got == typeInteger // an integer is a number too
	if got != base && !isNumber {
		return wrongType(at, v, base)
	}
	switch want {
	case typeMoney:
		if n, ok := v.(json.Number); ok && n[0] == '-' && asFloat(n) != 0 {
			return fmt.Sprintf("The property '%s' did not have a minimum value of 0, inclusively", at)
		}
	case typeCurrency:
		if code, _ := v.(string); !currencies[code] {
			return fmt.Sprintf("The property '%s' must be an ISO 4217 currency", at)
		}
	case typeText, typeList:
		return checkEnum(at, v, enum)
	case typeProducts, typeObjects:
		return checkElements(at, v, want)
	}
	return ""
}

func checkElements(at string, v any, want string) string {
	list, _ := v.([]any)
	for i, e := range list {
		here := fmt.Sprintf("%s/%d", at, i)
		m, ok := e.(map[string]any)
		if !ok {
			return wrongType(here, e, typeObject)
		}
		if want == typeProducts {
			if err := product.checkKnown(here, m); err != "" {
				return err
			}
		}
	}
	return ""
}

func checkEnum(at string, v any, enum []string) string {
	if enum == nil {
		return ""
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for i, e := range list {
		text, ok := e.(string)
		if ok && slices.Contains(enum, text) {
			continue
		}
		if isList {
			at = fmt.Sprintf("%s/%d", at, i)
		}
		return fmt.Sprintf("The property '%s' did not match one of the following values: %s", at, strings.Join(enum, ", "))
	}
	return ""
}
