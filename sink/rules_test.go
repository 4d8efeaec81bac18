package sink

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The good objects that the cases below spoil in one place.
const (
	goodEvent      = `{"external_id":"u1","name":"page_viewed","time":"2026-01-15T09:35:20.123Z","app_id":"a1","properties":{"page":"home","depth":2}}`
	goodPurchase   = `{"external_id":"u1","product_id":"socks","currency":"EUR","price":9.95,"quantity":2,"time":"2026-01-15T09:35:20Z","properties":{"size":"m"}}`
	goodAttributes = `{"external_id":"u1","loyalty":"gold"}`
	goodAlias      = `{"user_alias":{"alias_label":"crm","alias_name":"n1"},"_update_existing_only":false,"loyalty":"gold"}`
	goodEmail      = `{"email":"jo@example.com","loyalty":"gold"}`
	goodPhone      = `{"phone":"+49 30 1234567","loyalty":"gold"}`
)

// ruleCase spoils the good object by writing one text for another; all else stays good, so the object passes if the rule is gone.
type ruleCase struct {
	rule     string
	kind     Kind
	good     string
	old, new string
}

func attributeCase(rule, member string) ruleCase {
	return ruleCase{rule, Attributes, goodAttributes, `"loyalty":"gold"`, member}
}

func propertyCase(rule, member string) ruleCase {
	return ruleCase{rule, Event, goodEvent, `"page":"home"`, member}
}

func manyProperties(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	return b.String()
}

var ruleCases = slices.Concat(jsonCases, userCases, eventCases, purchaseCases, attributeCases, ecommerceCases)

var jsonCases = []ruleCase{
	{RuleJSON, Event, goodEvent, `"depth":2`, `"depth":02`},
	{RuleJSON, Event, goodEvent, `"depth":2`, `"depth":NaN`},
	{RuleJSON, Event, goodEvent, `"depth":2`, `"depth":1e999`},
	{RuleJSON, Event, goodEvent, `"depth":2`, `"depth":` + strings.Repeat("[", scanDepth) + strings.Repeat("]", scanDepth)},
	{RuleJSON, Event, goodEvent, "home", "\xff"},
	{RuleJSON, Event, goodEvent, "home", `\ud800`},
	{RuleJSON, Event, goodEvent, "home", "a\nb"},
	{RuleJSON, Event, goodEvent, "2}}", "2}"},
	{RuleJSON, Event, goodEvent, "2}}", "2}}{}"},
	{RuleDuplicateKey, Event, goodEvent, `"depth":2`, `"page":2`},
	{RuleDuplicateKey, Event, goodEvent, `"depth":2`, `"p\u0061ge":2`},
	{RuleDuplicateKey, Event, goodEvent, `"depth":2`, `"depth":{"a":1,"b":2,"a":3}`},
	{RuleDuplicateKey, Event, goodEvent, `"depth":2`, manyProperties(40) + `"k7":2`},
	{RuleDuplicateKey, Event, goodEvent, `"app_id":"a1"`, `"name":"other"`},
}

var userCases = []ruleCase{
	{RuleUserMissing, Event, goodEvent, `"external_id":"u1",`, ``},
	{RuleUserMissing, Attributes, goodEmail, `"jo@example.com"`, `null`},
	{RuleUserMissing, Attributes, goodPhone, `"+49 30 1234567"`, `null`},
	{RuleUserAmbiguous, Event, goodEvent, `"external_id":"u1"`, `"external_id":"u1","braze_id":"b1"`},
	{RuleUserAmbiguous, Event, goodEvent, `"external_id":"u1"`, `"external_id":"u1","user_alias":{"alias_label":"a","alias_name":"b"}`},
	{RuleUserAmbiguous, Attributes, goodAlias, `"_update_existing_only":false`, `"braze_id":"b"`},
	{RuleUserID, Event, goodEvent, `"u1"`, `""`},
	{RuleUserID, Event, goodEvent, `"u1"`, `17`},
	{RuleUserID, Event, goodEvent, `"u1"`, `null`},
	{RuleUserID, Event, goodEvent, `"external_id":"u1"`, `"braze_id":""`},
	{RuleUserIDLength, Event, goodEvent, `u1`, strings.Repeat("é", 494)},
	{RuleUserAlias, Attributes, goodAlias, `"n1"`, `""`},
	{RuleUserAlias, Attributes, goodAlias, `"n1"`, `5`},
	{RuleUserAlias, Attributes, goodAlias, `"alias_label":"crm",`, ``},
	{RuleUserAlias, Attributes, goodAlias, `{"alias_label":"crm","alias_name":"n1"}`, `"crm"`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `jo`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `j o@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `.jo@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `jo.@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `j..o@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, `jo@jo@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, "j\u00a0o@"},
	{RuleEmail, Attributes, goodEmail, `jo@`, `j(o@`},
	{RuleEmail, Attributes, goodEmail, `jo@`, "j\u0081o@"},
	{RuleEmail, Attributes, goodEmail, `example.com`, `example`},
	{RuleEmail, Attributes, goodEmail, `example.com`, `exämple.com`},
	{RuleEmail, Attributes, goodEmail, `example.com`, `example..com`},
	{RuleEmail, Attributes, goodEmail, `example.com`, `-example.com`},
	{RuleEmail, Attributes, goodEmail, `"jo@example.com"`, `""`},
	{RuleEmail, Attributes, goodEmail, `"jo@example.com"`, `3`},
	attributeCase(RuleEmail, `"email":"no address"`),
	{RuleEmail, Event, goodEvent, `"app_id":"a1"`, `"email":"no address"`},
	{RuleEmail, Event, goodEvent, `"app_id":"a1"`, `"email":null`},
	{RulePhone, Attributes, goodPhone, `+49 30 1234567`, `+49`},
	{RulePhone, Attributes, goodPhone, `+49 30 1234567`, `+49 30 123456789012345`},
	{RulePhone, Attributes, goodPhone, `+49 30 1234567`, `call me`},
	{RulePhone, Attributes, goodPhone, `+49 30 1234567`, `49+301234567`},
	{RulePhone, Attributes, goodPhone, `"+49 30 1234567"`, `493012345678`},
	attributeCase(RulePhone, `"phone":"12"`),
	{RuleUpdateOnly, Attributes, goodAlias, `:false`, `:"false"`},
	{RuleUpdateOnly, Event, goodEvent, `"app_id":"a1"`, `"_update_existing_only":null`},
}

var eventCases = []ruleCase{
	{RuleAppID, Event, goodEvent, `"a1"`, `1`},
	{RuleAppID, Purchase, goodPurchase, `"quantity":2`, `"app_id":null`},
	{RuleEventName, Event, goodEvent, `"name":"page_viewed",`, ``},
	{RuleEventName, Event, goodEvent, `"page_viewed"`, `""`},
	{RuleEventName, Event, goodEvent, `"page_viewed"`, `7`},
	{RuleEventName, Event, goodEvent, `page_viewed`, `$page`},
	{RuleEventName, Event, goodEvent, `page_viewed`, `\u0024page`},
	{RuleEventName, Event, goodEvent, `page_viewed`, strings.Repeat("é", 256)},
	{RuleTime, Event, goodEvent, `"time":"2026-01-15T09:35:20.123Z",`, ``},
	{RuleTime, Event, goodEvent, `"2026-01-15T09:35:20.123Z"`, `1768469720`},
	{RuleTime, Event, goodEvent, `"2026-01-15T09:35:20.123Z"`, `null`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:20.123X`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:3x`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `24:00`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `x9:35`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:60Z`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09-35Z`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:20 01`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:20+24`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:20+x1`},
	{RuleTime, Event, goodEvent, `09:35:20.123Z`, `09:35:20+01:00[Europe/Paris]`},
	{RuleTime, Event, goodEvent, `T09:35:20.123Z`, `T`},
	{RuleTime, Event, goodEvent, `T09:35:20.123Z`, `TZ`},
	{RuleTime, Event, goodEvent, `2026-01-15`, `2026-02-29`},
	{RuleTime, Event, goodEvent, `2026-01-15`, `2026-13-01`},
	{RuleTime, Event, goodEvent, `2026-01-15`, `0001-01-01`},
	{RuleTime, Event, goodEvent, `2026-01-15`, `9999-12-31`},
	{RuleTime, Event, goodEvent, `2026-01-15`, `55000-01-15`},
	{RuleTime, Event, goodEvent, `09:35`, `24:35`},
	{RuleTime, Event, goodEvent, `09:35`, `09:60`},
	{RuleTime, Event, goodEvent, `20.123Z`, `20.Z`},
	{RuleTime, Event, goodEvent, `20.123Z`, `20+25:00`},
	{RuleTime, Event, goodEvent, `15T09`, `15 09`},
	{RuleTime, Purchase, goodPurchase, `,"time":"2026-01-15T09:35:20Z"`, ``},
	{RuleProperties, Event, goodEvent, `{"page":"home","depth":2}`, `[]`},
	{RuleProperties, Event, goodEvent, `{"page":"home","depth":2}`, `null`},
	{RuleProperties, Purchase, goodPurchase, `{"size":"m"}`, `"m"`},
	{RulePropertiesSize, Event, goodEvent, `home`, strings.Repeat("x", limitProperties-20)},
	{RulePropertiesSize, Purchase, goodPurchase, `"m"`, `"` + strings.Repeat("x", limitPurchaseProps-10) + `"`},
	propertyCase(RulePropertiesCount, manyProperties(256)+`"page":"home"`),
	propertyCase(RulePropertyName, `"":"home"`),
	propertyCase(RulePropertyName, `"$page":"home"`),
	propertyCase(RulePropertyName, `"`+strings.Repeat("é", 256)+`":"home"`),
	propertyCase(RulePropertyReserved, `"time":"home"`),
	propertyCase(RulePropertyReserved, `"event_name":"home"`),
	{RuleProperties, Event, goodOrder, goodOrder[strings.Index(goodOrder, `{"order_id"`) : len(goodOrder)-1], `"none"`},
	{RulePropertiesSize, Event, goodOrder, `blue`, strings.Repeat("x", limitProperties)},
	{RulePropertyName, Event, goodOrder, `"order_id"`, `"$gift":1,"order_id"`},
	{RulePropertyReserved, Event, goodOrder, `"order_id"`, `"time":1,"order_id"`},
}

var purchaseCases = []ruleCase{
	{RuleProductID, Purchase, goodPurchase, `"product_id":"socks",`, ``},
	{RuleProductID, Purchase, goodPurchase, `"socks"`, `""`},
	{RuleProductID, Purchase, goodPurchase, `"socks"`, `12`},
	{RuleProductID, Purchase, goodPurchase, `socks`, strings.Repeat("é", 256)},
	{RuleCurrency, Purchase, goodPurchase, `"currency":"EUR",`, ``},
	{RuleCurrency, Purchase, goodPurchase, `"EUR"`, `978`},
	{RuleCurrency, Purchase, goodPurchase, `"EUR"`, `"eur"`},
	{RulePrice, Purchase, goodPurchase, `"price":9.95,`, ``},
	{RulePrice, Purchase, goodPurchase, `9.95`, `"9.95"`},
	{RulePrice, Purchase, goodPurchase, `9.95`, `null`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:0`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:101`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:-1`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:1.5`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:"2"`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:4294967298`},
	{RuleQuantity, Purchase, goodPurchase, `:2`, `:18446744073709551618`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"time"`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"event_name"`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"product_id"`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"quantity"`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"price"`},
	{RulePropertyReserved, Purchase, goodPurchase, `"size"`, `"currency"`},
	{RulePropertyName, Purchase, goodPurchase, `"size"`, `"$size"`},
}

// TestRules shows that each rule refuses what it is there for, and that the object is good but for that one place.
func TestRules(t *testing.T) {
	for i, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		if bad == tc.good {
			t.Errorf("case %d (%s): %q is not in the good object", i, tc.rule, tc.old)
			continue
		}
		if r := checkOne(t, tc.kind, tc.good); r.Rule != "" {
			t.Errorf("case %d (%s): the good object is refused: %s: %s", i, tc.rule, r.Rule, r.Text)
		}
		if r := checkOne(t, tc.kind, bad); r.Rule != tc.rule {
			t.Errorf("case %d: %s\n got %q (%s)\nwant %q", i, shorten(bad), r.Rule, r.Text, tc.rule)
		}
	}
}

// TestRulesHaveCases shows that no rule is without a case above, and that no refusal names a rule outside the closed set.
func TestRulesHaveCases(t *testing.T) {
	covered := map[string]bool{}
	for _, tc := range ruleCases {
		covered[tc.rule] = true
		if !slices.Contains(Rules(), tc.rule) {
			t.Errorf("%s is not among Rules()", tc.rule)
		}
	}
	for _, rule := range Rules() {
		if !covered[rule] {
			t.Errorf("no case for %s", rule)
		}
	}
}

// TestRefusalTexts shows that a text is bounded, not empty, and holds no value: each value of the objects is swapped for a marked one.
func TestRefusalTexts(t *testing.T) {
	refused := 0
	for i, tc := range ruleCases {
		bad := strings.Replace(tc.good, tc.old, tc.new, 1)
		for _, value := range []string{"u1", "home", "socks", "gold", "n1", "jo@", "no address", "call me", "o-1", "blue"} {
			bad = strings.ReplaceAll(bad, `"`+value, `"SECRET`)
		}
		r := checkOne(t, tc.kind, bad)
		if r.Rule == "" { // the mark mended what the case is about
			continue
		}
		refused++
		if r.Text == "" || len(r.Text) > limitRuleText || strings.Contains(r.Text, "SECRET") || strings.Contains(r.Text, "example") {
			t.Errorf("case %d: text %q", i, r.Text)
		}
	}
	if refused < len(ruleCases)*9/10 {
		t.Errorf("only %d of %d cases were refused", refused, len(ruleCases))
	}
}

// TestRefusalNamesEscapedKey shows that a name with escapes is named, and that the value beside it is not.
func TestRefusalNamesEscapedKey(t *testing.T) {
	r := checkOne(t, Attributes, `{"external_id":"u1","l\u006fyal":{"a":"SECRET\n","b":null}}`)
	if r.Rule != RuleAttributeNested || !strings.HasPrefix(r.Text, `"loyal" holds`) {
		t.Errorf("got %s: %s", r.Rule, r.Text)
	}
	r = checkOne(t, Attributes, `{"external_id":"u1","`+strings.Repeat("k", 500)+`":1}`)
	if r.Rule != RuleAttributeName || len(r.Text) > 130 {
		t.Errorf("got %s: %s", r.Rule, r.Text)
	}
}

// checkOne checks one object and returns its refusal, the zero one where it passes.
func checkOne(t testing.TB, kind Kind, object string) Refusal {
	t.Helper()
	items, refusals := NewChecker(CheckOptions{}).Check([]Item{{Kind: kind, JSON: []byte(object)}})
	if len(items) != 1 || string(items[0].JSON) != object {
		t.Fatalf("the item has changed: %s", items[0].JSON)
	}
	if len(refusals) == 0 {
		return Refusal{}
	}
	if len(refusals) > 1 || refusals[0].Item != 0 {
		t.Fatalf("refusals %v", refusals)
	}
	return refusals[0]
}

func shorten(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}
