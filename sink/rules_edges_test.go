package sink

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestAttributeTimes: each form that Braze documents for dates in attributes, and each of them spoiled in one place.
func TestAttributeTimes(t *testing.T) {
	for text, want := range map[string]bool{
		"01/15/2026": true, "12/31/3000": true, "01x15/2026": false, "01/15x2026": false, "01/15/x026": false, "01/15/20x6": false, "01/15/3001": false,
		"Thu 01 15 09:35:20.UTC 2026": true, "Thu 12 31 23:59:60.CEST 2026": true, "Thux01 15 09:35:20.UTC 2026": false,
		"Thu 01x15 09:35:20.UTC 2026": false, "Thu 01 15x09:35:20.UTC 2026": false, "Thu 01 15 09:35:20.UTCx2026": false,
		"Thu 01 15 09:35:20.UTC 202x": false, "Thu 01 15 25:35:20.UTC 2026": false, "Thu 00 15 09:35:20.UTC 2026": false,
		"Thu 13 15 09:35:20.UTC 2026": false, "Thu 01 00 09:35:20.UTC 2026": false, "Thu 01 32 09:35:20.UTC 2026": false,
		"Thu 01 15 09:35:20 UTC 2026": false, "Thu 01 15 09:35:20.U 2026": true, "2026-01-15x09:35:20": false, "2026-01-15 09:35:20x": false,
		"x026-01-15": false, "2026-01-15T09:35:20+01:00": true, "3001-01-15": false, "": false,
	} {
		if got := isAttributeTime([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestOddNumbers: forms of numbers at the edge of what a schema takes.
func TestOddNumbers(t *testing.T) {
	for value, rule := range map[string]string{"-0e5": "", "-0.0": "", "0": "", "-0e-5": "", "-1e-5": RuleEcommerceNegative, "-0.01": RuleEcommerceNegative} {
		if r := checkOne(t, Event, strings.Replace(goodOrder, `"total_value":19`, `"total_value":`+value, 1)); r.Rule != rule {
			t.Errorf("total_value %s: %q, want %q", value, r.Rule, rule)
		}
	}
	for value, count := range map[string]int64{"2": 0, "0": 1, "-2": 1, "-0": 1} {
		if got := countedOf(t, Event, strings.Replace(goodOrder, `"quantity":2`, `"quantity":`+value, 1)); got["odd_quantity"] != count {
			t.Errorf("quantity %s: counted %v", value, got)
		}
	}
}

// TestEcommerceLookalikes: which names are counted as perhaps meant to be one of the six, and which are near misses.
func TestEcommerceLookalikes(t *testing.T) {
	for name, counted := range map[string]int64{"ecommerce": 0, "Ecommerce.order": 1, "eCommerce order": 1, "economics.order": 0, "fcommerce.order": 0, "ecommerce_": 1} {
		if got := countedOf(t, Event, strings.Replace(goodEvent, "page_viewed", name, 1)); got["unvalidated_ecommerce_name"] != counted {
			t.Errorf("%s: counted %v", name, got)
		}
	}
	for name, near := range map[string]bool{"ecommerce": false, "ecommerce.order_placed_12": true, "ecommerce.order_placed_1234": false} {
		if _, ok := EcommerceNearMiss(name); ok != near {
			t.Errorf("%s is a near miss: %v", name, ok)
		}
	}
}

// TestRefusalTextIsCut: a key of control characters is quoted fourfold, and the text still keeps to its bound, whole to the last byte of it.
func TestRefusalTextIsCut(t *testing.T) {
	var c Checker
	for _, n := range []int{limitRuleText - 1, limitRuleText, limitRuleText + 1} {
		if c.refuse(RuleJSON, strings.Repeat("x", n)); len(c.refusal.Text) != min(n, limitRuleText) {
			t.Errorf("%d bytes become %d", n, len(c.refusal.Text))
		}
		if c.refuse(RuleJSON, "x"+strings.Repeat("é", n/2)); len(c.refusal.Text) > limitRuleText || !utf8.ValidString(c.refusal.Text) {
			t.Errorf("%d two-byte characters become %q", n/2, c.refusal.Text)
		}
	}
	r := checkOne(t, Event, strings.Replace(goodOrder, `"order_id"`, `"`+strings.Repeat(`\u0001`, 70)+`":1,"order_id"`, 1))
	if r.Rule != RuleEcommerceExtra || len(r.Text) != limitRuleText {
		t.Errorf("%d bytes: %s", len(r.Text), r.Text)
	}
}

// TestRepairLeavesIdentifiers: neither an alias nor what is named an id is cut, whatever else is; and a quantity below one is no
// quantity to split.
func TestRepairLeavesIdentifiers(t *testing.T) {
	alias := strings.Replace(goodAlias, "n1", long256, 1)
	for _, object := range []string{
		strings.Replace(alias, "gold", long256, 1),
		strings.Replace(goodEmail, "jo@", strings.Repeat("j", 256)+"@", 1),
		strings.Replace(goodAttributes, `"loyalty":"gold"`, `"id":"`+long256+`"`, 1),
	} {
		want := strings.Replace(object, `"loyalty":"`+long256, `"loyalty":"`+long256[2:], 1)
		if got, _, refusals := repairOne(t, Attributes, object); len(got) != 1 || got[0] != want || refusals != nil {
			t.Errorf("%s\nbecomes %s %v", shorten(object), got, refusals)
		}
	}
	for _, quantity := range []string{"-3", "-300", "0", `"300"`, "1e3", "300.0", "10001"} {
		object := strings.Replace(goodPurchase, `"quantity":2`, `"quantity":`+quantity, 1)
		if got, _, refusals := repairOne(t, Purchase, object); len(got) != 1 || got[0] != object || len(refusals) != 1 || refusals[0].Rule != RuleQuantity {
			t.Errorf("%s becomes %s %v", object, got, refusals)
		}
	}
}
