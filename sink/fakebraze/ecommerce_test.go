package fakebraze

import (
	"maps"
	"slices"
	"testing"
)

const (
	line        = `{"product_id":"p","product_name":"Tea","variant_id":"v","quantity":2,"price":4.5}`
	orderPlaced = `{"order_id":"o","total_value":9,"currency":"EUR","products":[` + line + `],"source":"web"}`
)

// fullProperties are complete properties of each event, optional ones included.
var fullProperties = map[string]string{
	"ecommerce.product_viewed": `{"product_id":"p","product_name":"Tea","variant_id":"v","price":4.5,"currency":"EUR","source":"web",
		"image_url":"i","product_url":"u","type":["price_drop","back_in_stock"],"metadata":{"sku":"s"}}`,
	"ecommerce.cart_updated": `{"cart_id":"c","currency":"EUR","products":[` + line + `],"source":"web","total_value":9,
		"action":"replace","subtotal_value":8,"tax":1,"shipping":0,"metadata":{}}`,
	"ecommerce.checkout_started": `{"checkout_id":"c","total_value":9,"currency":"EUR","products":[` + line + `],"source":"web",
		"cart_id":"c","subtotal_value":8,"tax":1,"shipping":0.0,"metadata":{"checkout_url":"u"}}`,
	"ecommerce.order_placed": `{"order_id":"o","total_value":9,"currency":"EUR","products":[` + line + `],"source":"web","cart_id":"c",
		"subtotal_value":8,"tax":1,"shipping":0,"total_discounts":1,"discounts":[{"code":"X","amount":1}],"metadata":{}}`,
	"ecommerce.order_cancelled": `{"order_id":"o","cancel_reason":"late","total_value":9,"currency":"EUR","products":[` + line + `],
		"source":"web","subtotal_value":8,"tax":1,"shipping":0,"total_discounts":1,"discounts":[],"metadata":{}}`,
	"ecommerce.order_refunded": `{"order_id":"o","total_value":9,"currency":"EUR","products":[` + line + `],"source":"web",
		"total_discounts":1,"discounts":[],"metadata":{}}`,
}

var requiredProperties = map[string][]string{
	"ecommerce.product_viewed":   {"product_id", "product_name", "variant_id", "price", "currency", "source"},
	"ecommerce.cart_updated":     {"cart_id", "currency", "products", "source", "total_value"},
	"ecommerce.checkout_started": {"checkout_id", "total_value", "currency", "products", "source"},
	"ecommerce.order_placed":     {"order_id", "total_value", "currency", "products", "source"},
	"ecommerce.order_cancelled":  {"order_id", "cancel_reason", "total_value", "currency", "products", "source"},
	"ecommerce.order_refunded":   {"order_id", "total_value", "currency", "products", "source"},
}

// checkProps judges the properties of an event by the handler's own way in.
func checkProps(t *testing.T, s *Server, name, properties string) string {
	t.Helper()
	o := &object{array: eventsArray, raw: []byte(`{"external_id":"u","name":"` + name + `","time":"` + at + `","properties":` + properties + `}`)}
	o.fields = decodeObject(o.raw)
	if o.fields == nil {
		t.Fatalf("no JSON: %s", properties)
	}
	return s.check(o)
}

func TestEcommerceSchemasKnowTheirProperties(t *testing.T) {
	s := newServer(t, Options{})
	if len(ecommerce) != len(fullProperties) {
		t.Fatalf("%d schemas", len(ecommerce))
	}
	for name, full := range fullProperties {
		if err := checkProps(t, s, name, full); err != "" {
			t.Errorf("%s: %s", name, err)
		}
		props := decode[map[string]any](t, []byte(full))
		for _, p := range slices.Sorted(maps.Keys(props)) {
			without := checkProps(t, s, name, with(t, full, map[string]any{p: absent}))
			want := ""
			if slices.Contains(requiredProperties[name], p) {
				want = "The property '#/' did not contain a required property of '" + p + "'"
			}
			if without != want {
				t.Errorf("%s without %s: %q, want %q", name, p, without, want)
			}
			// Every property has a type, and null is no value of any.
			if err := checkProps(t, s, name, with(t, full, map[string]any{p: nil})); err == "" {
				t.Errorf("%s: null as %s passes", name, p)
			}
			if err := checkProps(t, s, name, with(t, full, map[string]any{p: true})); err == "" {
				t.Errorf("%s: true as %s passes", name, p)
			}
		}
		want := `The property '#/' contains additional properties ["a", "b"] outside of the schema when none are allowed`
		if err := checkProps(t, s, name, with(t, full, map[string]any{"b": 1, "a": 1})); err != want {
			t.Errorf("%s with more: %q", name, err)
		}
	}
}

func TestEcommerceValues(t *testing.T) {
	s := newServer(t, Options{})
	item := func(change map[string]any) map[string]any {
		return map[string]any{"products": []any{decode[any](t, []byte(line)), decode[any](t, []byte(with(t, line, change)))}}
	}
	for _, c := range []struct {
		name   string
		event  string
		change map[string]any
		want   string
	}{
		{"text as number", "order_placed", map[string]any{"order_id": 7}, "The property '#/order_id' of type integer did not match the following type: string"},
		{"fraction as text", "order_placed", map[string]any{"source": 1.5}, "The property '#/source' of type number did not match the following type: string"},
		{"negative amount", "order_placed", map[string]any{"total_value": -1}, "The property '#/total_value' did not have a minimum value of 0, inclusively"},
		{"negative shipping", "order_placed", map[string]any{"shipping": -0.01}, "The property '#/shipping' did not have a minimum value of 0, inclusively"},
		{"no currency", "order_placed", map[string]any{"currency": "usd1"}, "The property '#/currency' must be an ISO 4217 currency"},
		{"products as object", "order_placed", map[string]any{"products": map[string]any{}}, "The property '#/products' of type object did not match the following type: array"},
		{"product as text", "order_placed", map[string]any{"products": []any{"tea"}}, "The property '#/products/0' of type string did not match the following type: object"},
		{"product without price", "order_placed", item(map[string]any{"price": absent}), "The property '#/products/1' did not contain a required property of 'price'"},
		{"product quantity fraction", "order_placed", item(map[string]any{"quantity": 1.5}), "The property '#/products/1/quantity' of type number did not match the following type: integer"},
		{"product quantity text", "order_placed", item(map[string]any{"quantity": "2"}), "The property '#/products/1/quantity' of type string did not match the following type: integer"},
		{"product price negative", "order_placed", item(map[string]any{"price": -1}), "The property '#/products/1/price' did not have a minimum value of 0, inclusively"},
		{"product with more", "order_placed", item(map[string]any{"colour": "green"}), ""},
		{"product metadata", "order_placed", item(map[string]any{"metadata": "x"}), "The property '#/products/1/metadata' of type string did not match the following type: object"},
		{"no products", "order_placed", map[string]any{"products": []any{}}, ""},
		{"metadata list", "order_placed", map[string]any{"metadata": []any{}}, "The property '#/metadata' of type array did not match the following type: object"},
		{"discount text", "order_placed", map[string]any{"discounts": []any{"X"}}, "The property '#/discounts/0' of type string did not match the following type: object"},
		{"shipping of a refund", "order_refunded", map[string]any{"shipping": 1}, `The property '#/' contains additional properties ["shipping"] outside of the schema when none are allowed`},
		{"cart action", "cart_updated", map[string]any{"action": "clear"}, "The property '#/action' did not match one of the following values: add, remove, replace"},
		{"cart delta needs no total", "cart_updated", map[string]any{"action": "add", "total_value": absent}, ""},
		{"cart removal needs no total", "cart_updated", map[string]any{"action": "remove", "total_value": absent}, ""},
		{"cart without action needs total", "cart_updated", map[string]any{"action": absent, "total_value": absent}, "The property '#/' did not contain a required property of 'total_value'"},
		{"products of a view", "product_viewed", map[string]any{"products": []any{}}, `The property '#/' contains additional properties ["products"] outside of the schema when none are allowed`},
		{"view type", "product_viewed", map[string]any{"type": []any{"price_drop", "new"}}, "The property '#/type/1' did not match one of the following values: price_drop, back_in_stock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := "ecommerce." + c.event
			if got := checkProps(t, s, name, with(t, fullProperties[name], c.change)); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	for props, want := range map[string]string{
		"null": "The property '#/' did not contain a required property of 'currency'",
		"[]":   "The property '#/' of type array did not match the following type: object",
	} {
		if got := checkProps(t, s, "ecommerce.order_placed", props); got != want {
			t.Errorf("properties %s: %q", props, got)
		}
	}
}

func TestCurrencies(t *testing.T) {
	for code := range currencies {
		if len(code) != 3 {
			t.Errorf("code %q", code)
		}
	}
	for _, code := range []string{"USD", "EUR", "JPY", "GBP", "CHF", "KWD", "ZWG"} {
		if !currencies[code] {
			t.Errorf("%s is missing", code)
		}
	}
	if len(currencies) < 170 {
		t.Errorf("only %d codes", len(currencies))
	}
}
