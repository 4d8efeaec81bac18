package sink

import (
	"fmt"
	"strings"
	"testing"
)

// padded returns an object in which PAD stands for as many letters as bring the value of the member to the size wanted, in bytes.
func padded(object, member string, size int) string {
	var s scanner
	s.scan([]byte(object))
	i, _ := s.find(0, member)
	return strings.Replace(object, "PAD", strings.Repeat("x", size-s.nodes[i].bytes()+len("PAD")), 1)
}

// TestLimits: what is exactly as long as Braze allows passes, one more does not. Lengths in characters are tried in two-byte ones.
func TestLimits(t *testing.T) {
	text := func(n int) string { return strings.Repeat("é", n) }
	event := func(old, by string) string { return strings.Replace(goodEvent, old, by, 1) }
	purchase := func(old, by string) string { return strings.Replace(goodPurchase, old, by, 1) }
	attributes := func(member string) string { return strings.Replace(goodAttributes, `"loyalty":"gold"`, member, 1) }
	for _, tc := range []struct {
		rule  string
		kind  Kind
		limit int
		make  func(n int) string
	}{
		{RuleEventName, Event, 255, func(n int) string { return event("page_viewed", text(n)) }},
		{RulePropertyName, Event, 255, func(n int) string { return event(`"page"`, `"`+text(n)+`"`) }},
		{RulePropertyName, Purchase, 255, func(n int) string { return purchase(`"size"`, `"`+text(n)+`"`) }},
		{RuleProductID, Purchase, 255, func(n int) string { return purchase("socks", text(n)) }},
		{RuleAttributeName, Attributes, 255, func(n int) string { return attributes(`"` + text(n) + `":1`) }},
		{RuleAttributeKey, Attributes, 255, func(n int) string { return attributes(`"car":{"` + text(n) + `":1}`) }},
		{RuleUserIDLength, Attributes, 987, func(n int) string { return `{"external_id":"` + strings.Repeat("x", n) + `"}` }},
		{RulePropertiesSize, Event, 102_400, func(n int) string { return padded(event("home", "PAD"), "properties", n) }},
		{RulePropertiesSize, Event, 102_400, func(n int) string { return padded(strings.Replace(goodOrder, "blue", "PAD", 1), "properties", n) }},
		{RulePropertiesSize, Purchase, 51_200, func(n int) string { return padded(purchase(`"m"`, `"PAD"`), "properties", n) }},
		{RuleAttributeSize, Attributes, 102_400, func(n int) string { return padded(attributes(`"car":["PAD"]`), "car", n) }},
		{RuleAttributeSize, Attributes, 102_400, func(n int) string { return padded(attributes(`"car":{"a":"PAD"}`), "car", n) }},
		{RulePropertiesCount, Event, 256, func(n int) string { return event(`"page":"home"`, manyProperties(n-2)+`"page":"home"`) }},
		{RuleQuantity, Purchase, 100, func(n int) string { return purchase(":2", fmt.Sprint(":", n)) }},
		{RuleJSON, Event, scanDepth, func(n int) string {
			return event(`"home"`, strings.Repeat("[", n-2)+strings.Repeat("]", n-2)) // two levels around it
		}},
		{RulePushToken, Attributes, 255, func(n int) string {
			return attributes(`"push_tokens":[{"app_id":"a","token":"t","device_id":"` + strings.Repeat("x", n) + `"}]`)
		}},
		{RulePhone, Attributes, 15, func(n int) string { return `{"phone":"+` + strings.Repeat("1", n) + `"}` }},
		{RuleEmail, Attributes, 63, func(n int) string { return `{"email":"jo@` + strings.Repeat("x", n) + `.com"}` }},
		{RuleEmail, Attributes, 253, func(n int) string {
			return `{"email":"jo@` + strings.Repeat("x", n-192) + "." + strings.Repeat(strings.Repeat("x", 62)+".", 3) + `xx"}`
		}},
		{RuleTime, Event, 3000, func(n int) string { return event("2026-", fmt.Sprint(n, "-")) }},
	} {
		if r := checkOne(t, tc.kind, tc.make(tc.limit)); r.Rule != "" {
			t.Errorf("%s: %d is refused: %s: %s", tc.rule, tc.limit, r.Rule, r.Text)
		}
		if r := checkOne(t, tc.kind, tc.make(tc.limit+1)); r.Rule != tc.rule {
			t.Errorf("%s: %d beyond the limit gives %q (%s)", tc.rule, tc.limit+1, r.Rule, r.Text)
		}
	}
	for rule, tc := range map[string]struct {
		kind     Kind
		good, no string
	}{
		RuleQuantity:  {Purchase, purchase(":2", ":1"), purchase(":2", ":0")},
		RulePushToken: {Attributes, attributes(`"push_tokens":[{"app_id":"a","token":"t","device_id":"12345678"}]`), attributes(`"push_tokens":[{"app_id":"a","token":"t","device_id":"1234567"}]`)},
		RulePhone:     {Attributes, `{"phone":"12345"}`, `{"phone":"1234"}`},
		RuleTime:      {Event, event("2026-", "1900-"), event("2026-", "1899-")},
	} {
		if r := checkOne(t, tc.kind, tc.good); r.Rule != "" {
			t.Errorf("%s: the least is refused: %s", rule, r.Text)
		}
		if r := checkOne(t, tc.kind, tc.no); r.Rule != rule {
			t.Errorf("%s: less than the least gives %q", rule, r.Rule)
		}
	}
}

// TestGoodObjects: the objects that all spoiled ones are made of pass, uncounted, and so do these forms of them.
func TestGoodObjects(t *testing.T) {
	for _, object := range goodObjects() {
		if got := countedOf(t, object.Kind, string(object.JSON)); len(got) != 0 && !strings.Contains(string(object.JSON), `"k0"`) {
			t.Errorf("%s: counted %v", object.JSON, got)
		}
	}
	for _, event := range []string{
		strings.Replace(goodEvent, `,"properties":{"page":"home","depth":2}`, ``, 1),
		strings.Replace(goodEvent, `{"page":"home","depth":2}`, `{}`, 1),
		strings.Replace(goodEvent, `"page":"home"`, `"pa$ge":"home","product_id":"x","price":1,"currency":"whatever","quantity":1.5`, 1),
		strings.Replace(goodEvent, `"page":"home"`, `"page":{"a":[1,{"time":"x","$b":true}]}`, 1),
		strings.Replace(goodEvent, `"external_id":"u1"`, `"braze_id":"b1","email":"jo@example.com","phone":"+4930123456","_update_existing_only":true`, 1),
		strings.Replace(goodEvent, `"external_id":"u1"`, `"phone":"+4930123456"`, 1),
		strings.Replace(goodEvent, `page_viewed`, `Page viewed: €, $ and all`, 1),
		strings.Replace(goodOrder, `"image_url":"i",`, ``, 1),
		strings.Replace(goodOrder, `"quantity":2`, `"quantity":2000`, 1),
		strings.Replace(goodOrder, `"total_value":19`, `"total_value":1.9e1`, 1),
		strings.Replace(goodOrder, `{"note":"blue"}`, `{"time":"x","deep":{"deeper":[{}]}}`, 1),
	} {
		if r := checkOne(t, Event, event); r.Rule != "" {
			t.Errorf("%s is refused: %s", event, r.Text)
		}
	}
	for _, purchase := range []string{
		strings.Replace(goodPurchase, `9.95`, `-9.95`, 1), // a refund
		strings.Replace(goodPurchase, `9.95`, `0`, 1),
		strings.Replace(goodPurchase, `,"quantity":2`, ``, 1),
		strings.Replace(goodPurchase, `,"properties":{"size":"m"}`, ``, 1),
		strings.Replace(goodPurchase, `"size":"m"`, `"name":"x","id":1`, 1),
	} {
		if r := checkOne(t, Purchase, purchase); r.Rule != "" {
			t.Errorf("%s is refused: %s", purchase, r.Text)
		}
	}
}
