package sink

import (
	"fmt"
	"strings"
	"testing"
)

const goodProducts = `[{"product_id":"s1","product_name":"Socks","variant_id":"s1m","quantity":2,"price":9.5,"image_url":"i","product_url":"p","metadata":{"fit":"wide"}}]`

// Good eCommerce events with every documented property.
var (
	goodViewed = ecommerceEvent("product_viewed", `"product_id":"s1","product_name":"Socks","variant_id":"s1m","price":9.5,"currency":"EUR","source":"web",`+
		`"image_url":"i","product_url":"p","type":["price_drop","back_in_stock"],"metadata":{"sku":"x"}`)
	goodCart = ecommerceEvent("cart_updated", `"cart_id":"c1","currency":"EUR","products":`+goodProducts+`,"source":"web","total_value":19,"action":"replace",`+
		`"subtotal_value":19,"tax":1.5,"shipping":0,"metadata":{}`)
	goodCheckout = ecommerceEvent("checkout_started", `"checkout_id":"k1","total_value":19,"currency":"EUR","products":`+goodProducts+`,"source":"web",`+
		`"cart_id":"c1","subtotal_value":19,"tax":1.5,"shipping":0,"metadata":{"checkout_url":"u"}`)
	goodOrder = ecommerceEvent("order_placed", `"order_id":"o-1","total_value":19,"currency":"EUR","products":`+goodProducts+`,"source":"web","cart_id":"c1",`+
		`"subtotal_value":19,"tax":1.5,"shipping":0,"total_discounts":1,"discounts":[{"code":"x","amount":1}],"metadata":{"note":"blue"}`)
	goodCancelled = ecommerceEvent("order_cancelled", `"order_id":"o-1","cancel_reason":"late","total_value":19,"currency":"EUR","products":`+goodProducts+`,"source":"web",`+
		`"subtotal_value":19,"tax":1.5,"shipping":0,"total_discounts":1,"discounts":[],"metadata":{}`)
	goodRefunded = ecommerceEvent("order_refunded", `"order_id":"o-1","total_value":19,"currency":"EUR","products":`+goodProducts+`,"source":"web",`+
		`"total_discounts":1,"discounts":[],"metadata":{}`)
)

func ecommerceEvent(name, properties string) string {
	return `{"external_id":"u1","name":"ecommerce.` + name + `","time":"2026-01-15T09:35:20Z","properties":{` + properties + `}}`
}

var ecommerceCases = []ruleCase{
	{RuleEcommerceMissing, Event, goodEvent, `"page_viewed","time":"2026-01-15T09:35:20.123Z","app_id":"a1","properties":{"page":"home","depth":2}`,
		`"ecommerce.order_placed","time":"2026-01-15T09:35:20.123Z"`},
	{RuleEcommerceMissing, Event, goodOrder, `"order_id":"o-1",`, ``},
	{RuleEcommerceMissing, Event, goodOrder, `"variant_id":"s1m",`, ``},
	{RuleEcommerceMissing, Event, goodCart, `"total_value":19,`, ``},
	{RuleEcommerceMissing, Event, goodCart, `"total_value":19,"action":"replace",`, ``},
	{RuleEcommerceExtra, Event, goodOrder, `"order_id"`, `"gift_wrapped":true,"order_id"`},
	{RuleEcommerceExtra, Event, goodViewed, `"source"`, `"products":[],"source"`},
	{RuleEcommerceExtra, Event, goodRefunded, `"source"`, `"subtotal_value":1,"source"`},
	{RuleEcommerceExtra, Event, goodRefunded, `"source"`, `"tax":1,"source"`},
	{RuleEcommerceExtra, Event, goodRefunded, `"source"`, `"shipping":1,"source"`},
	{RuleEcommerceType, Event, goodOrder, `"total_value":19`, `"total_value":"19"`},
	{RuleEcommerceType, Event, goodOrder, `"order_id":"o-1"`, `"order_id":17`},
	{RuleEcommerceType, Event, goodOrder, `"cart_id":"c1"`, `"cart_id":null`},
	{RuleEcommerceType, Event, goodOrder, `"quantity":2`, `"quantity":2.5`},
	{RuleEcommerceType, Event, goodOrder, `"quantity":2`, `"quantity":"2"`},
	{RuleEcommerceType, Event, goodOrder, `"price":9.5`, `"price":"9.5"`},
	{RuleEcommerceType, Event, goodOrder, goodProducts, `{}`},
	{RuleEcommerceType, Event, goodOrder, goodProducts, `["s1"]`},
	{RuleEcommerceType, Event, goodOrder, `[{"code":"x","amount":1}]`, `["x"]`},
	{RuleEcommerceType, Event, goodOrder, `{"note":"blue"}`, `"blue"`},
	{RuleEcommerceType, Event, goodViewed, `["price_drop","back_in_stock"]`, `"price_drop"`},
	{RuleEcommerceType, Event, goodViewed, `["price_drop","back_in_stock"]`, `[1]`},
	{RuleEcommerceType, Event, goodViewed, `"price_drop"`, `"sale"`},
	{RuleEcommerceType, Event, goodCart, `"action":"replace"`, `"action":1`},
	{RuleEcommerceType, Event, goodOrder, `"currency":"EUR"`, `"currency":978`},
	{RuleEcommerceNegative, Event, goodOrder, `"total_value":19`, `"total_value":-19`},
	{RuleEcommerceNegative, Event, goodRefunded, `"total_value":19`, `"total_value":-0.01`},
	{RuleEcommerceNegative, Event, goodOrder, `"price":9.5`, `"price":-1e-3`},
	{RuleEcommerceAction, Event, goodCart, `"replace"`, `"set"`},
	{RuleEcommerceAction, Event, goodCart, `"replace"`, `""`},
	{RuleCurrency, Event, goodOrder, `"EUR"`, `"gbp"`},
	{RuleCurrencyMix, Event, goodOrder, `"product_id":"s1"`, `"product_id":"s1","currency":"USD"`},
}

// TestEcommerceSchemas goes through every row of the tables: the good event passes; without a required field, with each field of another type,
// with each amount below zero it does not.
func TestEcommerceSchemas(t *testing.T) {
	wrong := map[fieldType]string{fieldText: "1", fieldAmount: `"1"`, fieldInteger: "1.5", fieldCurrency: "1", fieldObject: "[]",
		fieldProducts: "{}", fieldObjects: "[1]", fieldKinds: "[1]", fieldAction: "1"}
	for schema, good := range map[*ecommerceSchema]string{productViewed: goodViewed, cartUpdated: goodCart, checkoutStarted: goodCheckout,
		orderPlaced: goodOrder, orderCancelled: goodCancelled, orderRefunded: goodRefunded, ecommerceProduct: goodOrder} {
		if r := checkOne(t, Event, good); r.Rule != "" {
			t.Errorf("%s is refused: %s", schema.name, r.Text)
		}
		for _, f := range schema.fields {
			without, value := cutMember(t, good, f.name)
			r := checkOne(t, Event, without)
			required := f.required || schema == cartUpdated && f.name == "total_value" // as the event's action is replace
			if got := r.Rule == RuleEcommerceMissing && strings.HasPrefix(r.Text, f.name+" of"); got != required {
				t.Errorf("%s without %s: %+v", schema.name, f.name, r)
			}
			if !required && r.Rule != "" {
				t.Errorf("%s without %s is refused: %s", schema.name, f.name, r.Text)
			}
			for _, bad := range []string{wrong[f.is], "null", "true"} {
				if r = checkOne(t, Event, strings.Replace(good, value, `"`+f.name+`":`+bad, 1)); r.Rule != RuleEcommerceType || !strings.HasPrefix(r.Text, f.name+" of") {
					t.Errorf("%s with %s %s: %+v", schema.name, f.name, bad, r)
				}
			}
			if f.is == fieldAmount {
				if r = checkOne(t, Event, strings.Replace(good, value, `"`+f.name+`":-1`, 1)); r.Rule != RuleEcommerceNegative {
					t.Errorf("%s with negative %s: %+v", schema.name, f.name, r)
				}
				if r = checkOne(t, Event, strings.Replace(good, value, `"`+f.name+`":-0.0`, 1)); r.Rule != "" {
					t.Errorf("%s with %s of nought: %+v", schema.name, f.name, r)
				}
			}
		}
	}
}

// cutMember returns the event without its first member of that name, and the member as written.
func cutMember(t *testing.T, event, name string) (without, member string) {
	t.Helper()
	var s scanner
	if !s.scan([]byte(event)) {
		t.Fatal("the event is no JSON")
	}
	props, _ := s.find(0, "properties")
	for i := props + 1; i < len(s.nodes); i++ {
		n := &s.nodes[i]
		if n.keyAt == 0 || string(s.keyOf(n)) != name {
			continue
		}
		end := int(n.at) + len(s.raw(n))
		if n.kind == scanString {
			end--
		}
		member = event[n.keyAt-1 : end]
		without = strings.Replace(event, member+",", "", 1)
		if without == event {
			without = strings.Replace(event, ","+member, "", 1)
		}
		return without, member
	}
	t.Fatalf("no %s in %s", name, event)
	return "", ""
}

// TestEcommerceCounted shows what passes although it may not be meant: the documents do not say that Braze refuses it.
func TestEcommerceCounted(t *testing.T) {
	for note, object := range map[string]string{
		"empty_required":             strings.Replace(goodOrder, `"o-1"`, `""`, 1),
		"empty_products":             strings.Replace(goodOrder, goodProducts, `[]`, 1),
		"odd_quantity":               strings.Replace(goodOrder, `"quantity":2`, `"quantity":0`, 1),
		"unknown_product_key":        strings.Replace(goodOrder, `"product_id":"s1"`, `"product_id":"s1","sku":"x"`, 1),
		"unvalidated_ecommerce_name": strings.Replace(goodOrder, `ecommerce.order_placed`, `ecommerce.OrderPlaced`, 1),
	} {
		if got := countedOf(t, Event, object); len(got) != 1 || got[note] != 1 {
			t.Errorf("%s: counted %v", note, got)
		}
	}
}

// TestCartSnapshotsAndDeltas: a snapshot of a cart replaces it and has a total; a delta adds or removes, and need have none.
func TestCartSnapshotsAndDeltas(t *testing.T) {
	noTotal := strings.Replace(goodCart, `"total_value":19,`, ``, 1)
	for _, tc := range []struct{ action, total, rule string }{
		{`"action":"replace",`, `"total_value":19,`, ""},
		{``, `"total_value":19,`, ""},
		{`"action":"replace",`, ``, RuleEcommerceMissing},
		{``, ``, RuleEcommerceMissing},
		{`"action":"add",`, ``, ""},
		{`"action":"remove",`, ``, ""},
		{`"action":"add",`, `"total_value":19,`, ""},
		{`"action":"add",`, `"total_value":-19,`, RuleEcommerceNegative},
		{`"action":"Add",`, ``, RuleEcommerceAction},
	} {
		event := strings.Replace(noTotal, `"action":"replace",`, tc.action+tc.total, 1)
		if r := checkOne(t, Event, event); r.Rule != tc.rule {
			t.Errorf("%s%s: %+v, want %q", tc.action, tc.total, r, tc.rule)
		}
	}
}

// TestCurrency: the ISO list, not the few dozen codes that the documents name; nothing else, and never a silent default.
func TestCurrency(t *testing.T) {
	for _, good := range []string{"EUR", "USD", "JPY", "KWD", "CLP", "BHD", "XAU", "ZWG", "HRK"} {
		for _, bad := range []bool{false, true} {
			code, want := good, ""
			if bad {
				code, want = strings.ToLower(good), RuleCurrency
			}
			for kind, object := range map[Kind]string{Purchase: goodPurchase, Event: goodOrder} {
				if r := checkOne(t, kind, strings.Replace(object, "EUR", code, 1)); r.Rule != want {
					t.Errorf("%s in %s: %+v", code, kind, r)
				}
			}
		}
	}
	for _, code := range []string{"", "XYZ", "usd1", "gbp", "EURO", "E R", "XXX", "XTS", "ÄÖÜ", "AAA", "ZZZ"} {
		for kind, object := range map[Kind]string{Purchase: goodPurchase, Event: goodOrder} {
			if r := checkOne(t, kind, strings.Replace(object, "EUR", code, 1)); r.Rule != RuleCurrency {
				t.Errorf("%q in %s: %+v", code, kind, r)
			}
		}
	}
	if r := checkOne(t, Purchase, strings.Replace(goodPurchase, `"currency":"EUR",`, "", 1)); r.Rule != RuleCurrency {
		t.Errorf("no currency in a purchase: %+v", r)
	}
	if r := checkOne(t, Event, strings.Replace(goodOrder, `"currency":"EUR",`, "", 1)); r.Rule != RuleEcommerceMissing {
		t.Errorf("no currency in an order: %+v", r)
	}
	if r := checkOne(t, Event, strings.Replace(goodOrder, `"product_id":"s1"`, `"product_id":"s1","currency":"EUR"`, 1)); r.Rule != "" {
		t.Errorf("a line with its order's currency: %+v", r)
	}
}

func TestEcommerceNearMiss(t *testing.T) {
	for name, want := range map[string]string{
		"ecommerce.OrderPlaced": "ecommerce.order_placed", "eCommerce.order_placed": "ecommerce.order_placed", "ecommerce_order_placed": "ecommerce.order_placed",
		"ecommerce.order_place": "ecommerce.order_placed", "ecommerce.order_canceled": "ecommerce.order_cancelled", "e-commerce cart updated": "ecommerce.cart_updated",
		"ecommerce.cart_update": "ecommerce.cart_updated", "ecommerce.product_view": "ecommerce.product_viewed", "ECOMMERCE.CHECKOUT_STARTED": "ecommerce.checkout_started",
		"ecommerce.order_refund": "ecommerce.order_refunded", " ecommerce.order_placed": "ecommerce.order_placed",
		"order_placed": "", "ecommerce.order_shipped": "", "ecommerce": "", "ecommerce.": "", "": "", "page_viewed": "", "ecommerce.wishlist_updated": "",
	} {
		if got, ok := EcommerceNearMiss(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range EcommerceEvents() {
		if got, ok := EcommerceNearMiss(name); ok {
			t.Errorf("%s is said to be a near miss of %s", name, got)
		}
		if ecommerceSchemaOf([]byte(name)) == nil {
			t.Errorf("%s has no schema", name)
		}
	}
}

// countedOf checks an object that must pass and returns what was counted.
func countedOf(t *testing.T, kind Kind, object string) map[string]int64 {
	t.Helper()
	c := NewChecker(CheckOptions{})
	if _, refusals := c.Check([]Item{{Kind: kind, JSON: []byte(object)}}); refusals != nil {
		t.Fatalf("%s is refused: %v", shorten(object), refusals)
	}
	counted := map[string]int64{}
	c.TakeCounted(func(note string, n int64) { counted[note] += n })
	c.TakeCounted(func(note string, n int64) { t.Errorf("%s is reported twice", fmt.Sprint(note, n)) })
	return counted
}
