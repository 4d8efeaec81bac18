package fakebraze

import (
	"fmt"
	"strings"
	"testing"
)

// ruleCase changes a valid object and expects one error, or none.
type ruleCase struct {
	name   string
	array  string
	change map[string]any
	want   string
}

var validObjects = map[string]string{
	attributesArray: `{"external_id":"u","tier":"gold"}`,
	eventsArray:     `{"external_id":"u","name":"seen","time":"` + at + `","properties":{"page":"/"}}`,
	purchasesArray: `{"external_id":"u","product_id":"tea","currency":"EUR","price":4.5,"time":"` + at + `",` +
		`"properties":{"colour":"green"}}`,
}

func testRules(t *testing.T, cases []ruleCase) {
	t.Helper()
	s := newServer(t, Options{Blocked: []string{"robot"}})
	for _, c := range cases {
		t.Run(c.array+" "+c.name, func(t *testing.T) {
			object := with(t, validObjects[c.array], c.change)
			// A valid neighbour keeps the request a 201, so that the rule is seen on its own.
			body := fmt.Sprintf(`{"%s":[%s,%s]}`, c.array, validObjects[c.array], object)
			status, a := post(t, s, body)
			if status != 201 {
				t.Fatalf("status %d, answer %+v", status, a)
			}
			got := ""
			if len(a.Errors) == 1 && a.Errors[0].Index == 1 && a.Errors[0].InputArray == c.array {
				got = a.Errors[0].Type
			}
			if got != c.want || len(a.Errors) > 1 {
				t.Errorf("%s\ngot  %q %v\nwant %q", object, got, a.Errors, c.want)
			}
		})
	}
}

func TestIdentifierRules(t *testing.T) {
	alias := map[string]any{"alias_name": "n", "alias_label": "l"}
	var cases []ruleCase
	for array := range validObjects {
		for _, c := range []ruleCase{
			{"none", "", map[string]any{"external_id": absent}, textNoUser},
			{"null", "", map[string]any{"external_id": nil}, textNoUser},
			{"empty", "", map[string]any{"external_id": ""}, textNoUser},
			{"number", "", map[string]any{"external_id": 7}, "'external_id' is not valid"},
			{"braze_id number", "", map[string]any{"external_id": absent, "braze_id": 7}, "'braze_id' is not valid"},
			{"braze_id", "", map[string]any{"external_id": absent, "braze_id": "b"}, ""},
			{"alias", "", map[string]any{"external_id": absent, "user_alias": alias}, ""},
			{"alias text", "", map[string]any{"external_id": absent, "user_alias": "n"}, textBadAlias},
			{"alias without label", "", map[string]any{"external_id": absent, "user_alias": map[string]any{"alias_name": "n"}}, textBadAlias},
			{"alias without name", "", map[string]any{"external_id": absent, "user_alias": map[string]any{"alias_label": "n"}}, textBadAlias},
			{"email", "", map[string]any{"external_id": absent, "email": "ada@example.com"}, ""},
			{"phone", "", map[string]any{"external_id": absent, "phone": "+4915112345678"}, ""},
			{"bad email", "", map[string]any{"external_id": absent, "email": "ada"}, textBadEmail},
			{"bad phone", "", map[string]any{"external_id": absent, "phone": "call me"}, textBadPhone},
			{"email decides over phone", "", map[string]any{"external_id": absent, "email": "ada@example.com", "phone": "?"}, ""},
			{"external_id and alias", "", map[string]any{"user_alias": alias}, textManyUsers},
			{"external_id and braze_id", "", map[string]any{"braze_id": "b"}, textManyUsers},
			{"alias and braze_id", "", map[string]any{"external_id": absent, "braze_id": "b", "user_alias": alias}, textManyUsers},
			{"external_id and email", "", map[string]any{"email": "ada@example.com"}, ""},
			{"987 bytes", "", map[string]any{"external_id": strings.Repeat("é", 493) + "x"}, ""},
			{"988 bytes", "", map[string]any{"external_id": strings.Repeat("é", 494)}, textTooLarge},
			{"blocked", "", map[string]any{"external_id": "robot"}, textBlocked},
		} {
			c.array = array
			cases = append(cases, c)
		}
	}
	testRules(t, cases)
}

func TestEventRules(t *testing.T) {
	testRules(t, []ruleCase{
		{"valid", eventsArray, nil, ""},
		{"no name", eventsArray, map[string]any{"name": absent}, "'name' is required"},
		{"empty name", eventsArray, map[string]any{"name": ""}, "'name' is required"},
		{"name number", eventsArray, map[string]any{"name": 1}, "'name' is not valid"},
		{"name of 255", eventsArray, map[string]any{"name": strings.Repeat("ü", 255)}, ""},
		{"name of 256", eventsArray, map[string]any{"name": strings.Repeat("ü", 256)}, "'name' is not valid"},
		{"name with dollar", eventsArray, map[string]any{"name": "$seen"}, "'name' is not valid"},
		{"no time", eventsArray, map[string]any{"time": absent}, "'time' is required"},
		{"time number", eventsArray, map[string]any{"time": 1768469720}, "'time' is not valid"},
		{"time words", eventsArray, map[string]any{"time": "yesterday"}, "'time' is not valid"},
		{"app_id number", eventsArray, map[string]any{"app_id": 1}, "'app_id' is not valid"},
		{"app_id", eventsArray, map[string]any{"app_id": "8d2d8a6a-0c48-4e5c-9a21-6f3f7a1b2c3d"}, ""},
		{"update only text", eventsArray, map[string]any{"_update_existing_only": "no"}, "'_update_existing_only' is not valid"},
		{"properties null", eventsArray, map[string]any{"properties": nil}, ""},
		{"properties list", eventsArray, map[string]any{"properties": []any{}}, textBadProperties},
		{"property time", eventsArray, map[string]any{"properties": map[string]any{"time": at}}, textBadProperties},
		{"property event_name", eventsArray, map[string]any{"properties": map[string]any{"event_name": "x"}}, textBadProperties},
		{"property price is free here", eventsArray, map[string]any{"properties": map[string]any{"price": 1}}, ""},
		{"property with dollar", eventsArray, map[string]any{"properties": map[string]any{"$x": 1}}, textBadProperties},
		{"property without name", eventsArray, map[string]any{"properties": map[string]any{"": 1}}, textBadProperties},
		{"property name of 255", eventsArray, map[string]any{"properties": map[string]any{strings.Repeat("ü", 255): 1}}, ""},
		{"property name of 256", eventsArray, map[string]any{"properties": map[string]any{strings.Repeat("ü", 256): 1}}, textBadProperties},
		{"dollar deeper down", eventsArray, map[string]any{"properties": map[string]any{"x": map[string]any{"$y": 1}}}, ""},
		{"properties of 102,400 bytes", eventsArray, map[string]any{"properties": map[string]any{"x": strings.Repeat("y", 102400-8)}}, ""},
		{"properties of 102,401 bytes", eventsArray, map[string]any{"properties": map[string]any{"x": strings.Repeat("y", 102400-7)}}, textBadProperties},
	})
}

func TestPurchaseRules(t *testing.T) {
	cases := []ruleCase{
		{"valid", purchasesArray, nil, ""},
		{"no product", purchasesArray, map[string]any{"product_id": absent}, "'product_id' is required"},
		{"product number", purchasesArray, map[string]any{"product_id": 5}, "'product_id' is not valid"},
		{"product of 255", purchasesArray, map[string]any{"product_id": strings.Repeat("x", 255)}, ""},
		{"product of 256", purchasesArray, map[string]any{"product_id": strings.Repeat("x", 256)}, "'product_id' is not valid"},
		{"no currency", purchasesArray, map[string]any{"currency": absent}, textBadCurrency},
		{"lower-case currency", purchasesArray, map[string]any{"currency": "eur"}, textBadCurrency},
		{"unknown currency", purchasesArray, map[string]any{"currency": "EUX"}, textBadCurrency},
		{"no price", purchasesArray, map[string]any{"price": absent}, "'price' is not valid"},
		{"price as text", purchasesArray, map[string]any{"price": "4.5"}, "'price' is not valid"},
		{"refund", purchasesArray, map[string]any{"price": -4.5}, ""},
		{"quantity 1", purchasesArray, map[string]any{"quantity": 1}, ""},
		{"quantity 100", purchasesArray, map[string]any{"quantity": 100}, ""},
		{"quantity 101", purchasesArray, map[string]any{"quantity": 101}, textBadQuantity},
		{"quantity 0", purchasesArray, map[string]any{"quantity": 0}, textBadQuantity},
		{"quantity -1", purchasesArray, map[string]any{"quantity": -1}, textBadQuantity},
		{"quantity text", purchasesArray, map[string]any{"quantity": "2"}, textBadQuantity},
		{"quantity null", purchasesArray, map[string]any{"quantity": nil}, textBadQuantity},
		{"no time", purchasesArray, map[string]any{"time": absent}, "'time' is required"},
		{"bad time", purchasesArray, map[string]any{"time": "2026-13-01T00:00:00Z"}, "'time' is not valid"},
		{"properties of 102,401 bytes", purchasesArray, map[string]any{"properties": map[string]any{"x": strings.Repeat("y", 102400-7)}}, textBadProperties},
		{"properties text", purchasesArray, map[string]any{"properties": "x"}, textBadProperties},
	}
	for _, name := range []string{"time", "product_id", "quantity", "event_name", "price", "currency"} {
		cases = append(cases, ruleCase{"property " + name, purchasesArray, map[string]any{"properties": map[string]any{name: 1}}, textBadProperties})
	}
	testRules(t, cases)
}

func TestAttributeRules(t *testing.T) {
	const group = "4c1b9d9e-1d4f-4f0e-9a52-1d2a3b4c5d6e"
	groups := func(change map[string]any) map[string]any {
		g := map[string]any{"subscription_group_id": group, "subscription_state": "subscribed"}
		for k, v := range change {
			if g[k] = v; v == absent {
				delete(g, k)
			}
		}
		return map[string]any{"subscription_groups": []any{g}}
	}
	tokens := func(change map[string]any) map[string]any {
		g := map[string]any{"app_id": "app", "token": "t"}
		for k, v := range change {
			if g[k] = v; v == absent {
				delete(g, k)
			}
		}
		return map[string]any{"push_tokens": []any{g}}
	}
	place := func(lon, lat any) map[string]any {
		return map[string]any{"current_location": map[string]any{"longitude": lon, "latitude": lat}}
	}
	cases := []ruleCase{
		{"email", "", map[string]any{"email": "a.b+c@mail.example.org"}, ""},
		{"email null", "", map[string]any{"email": nil}, ""},
		{"bad email", "", map[string]any{"email": "a@b@example.org"}, textBadEmail},
		{"phone is not checked here", "", map[string]any{"phone": "call me"}, ""},
		{"opted in", "", map[string]any{"email_subscribe": "opted_in", "push_subscribe": "subscribed"}, ""},
		{"unsubscribed", "", map[string]any{"email_subscribe": "unsubscribed"}, ""},
		{"email state", "", map[string]any{"email_subscribe": "yes"}, "BAD_EMAIL_SUBSCRIPTION_STATE"},
		{"push state", "", map[string]any{"push_subscribe": true}, "BAD_PUSH_SUBSCRIPTION_STATE"},
		{"location", "", place(13.4, 52.5), ""},
		{"location as text", "", place("13.4", 52.5), "BAD_LOCATION_UPDATE"},
		{"location at the edge", "", place(-180, 90), ""},
		{"location at the other edge", "", place(180, -90), ""},
		{"location too far north", "", place(13.4, 90.1), "BAD_LOCATION_UPDATE"},
		{"location too far south", "", place(13.4, -90.1), "BAD_LOCATION_UPDATE"},
		{"location too far east", "", place(180.1, 0), "BAD_LOCATION_UPDATE"},
		{"location too far west", "", place(-180.1, 0), "BAD_LOCATION_UPDATE"},
		{"location half", "", map[string]any{"current_location": map[string]any{"latitude": 1}}, "BAD_LOCATION_UPDATE"},
		{"location list", "", map[string]any{"current_location": []any{1, 2}}, "BAD_LOCATION_UPDATE"},
		{"email_subscription_info", "", map[string]any{"email_subscription_info": "x"}, "INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO"},
		{"update only", "", map[string]any{"_update_existing_only": true}, ""},
		{"update only text", "", map[string]any{"_update_existing_only": "true"}, "'_update_existing_only' is not valid"},
		{"merge text", "", map[string]any{"_merge_objects": "true"}, "'_merge_objects' is not valid"},
		{"group", "", groups(nil), ""},
		{"groups no list", "", map[string]any{"subscription_groups": "x"}, "BAD_SUBSCRIPTION_GROUP_ARRAY"},
		{"group no object", "", map[string]any{"subscription_groups": []any{"x"}}, "BAD_SUBSCRIPTION_GROUP_HASH"},
		{"group without state", "", groups(map[string]any{"subscription_state": absent}), "BAD_SUBSCRIPTION_GROUP_HASH"},
		{"group without id", "", groups(map[string]any{"subscription_group_id": absent}), "BAD_SUBSCRIPTION_GROUP_HASH"},
		{"group id", "", groups(map[string]any{"subscription_group_id": "news"}), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group id no hex", "", groups(map[string]any{"subscription_group_id": "z" + group[1:]}), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group state", "", groups(map[string]any{"subscription_state": "opted_in"}), "BAD_SUBSCRIPTION_GROUP_STATE"},
		{"token", "", tokens(nil), ""},
		{"tokens no list", "", map[string]any{"push_tokens": "x"}, "BAD_PUSH_TOKEN_VALUE"},
		{"token no object", "", map[string]any{"push_tokens": []any{1}}, "BAD_PUSH_TOKEN_VALUE"},
		{"token number", "", tokens(map[string]any{"token": 1}), "BAD_PUSH_TOKEN_STRING"},
		{"token without app", "", tokens(map[string]any{"app_id": absent}), "BAD_PUSH_TOKEN_APP_ID"},
		{"device of 8", "", tokens(map[string]any{"device_id": "12345678"}), ""},
		{"device of 7", "", tokens(map[string]any{"device_id": "1234567"}), "BAD_DEVICE_ID"},
		{"device of 256", "", tokens(map[string]any{"device_id": strings.Repeat("x", 256)}), "BAD_DEVICE_ID"},
		{"import with user", "", map[string]any{"push_token_import": true, "push_tokens": []any{}}, "BAD_PUSH_TOKEN_IMPORT"},
		{"import without tokens", "", map[string]any{"external_id": absent, "push_token_import": true}, "BAD_PUSH_TOKEN_IMPORT"},
		{"import", "", map[string]any{"external_id": absent, "push_token_import": true,
			"push_tokens": []any{map[string]any{"app_id": "a", "token": "t"}}}, ""},
	}
	for i := range cases {
		cases[i].array = attributesArray
	}
	testRules(t, cases)
}

func TestEmails(t *testing.T) {
	for email, want := range map[string]bool{
		"ada@example.com": true, "a@b.co": true, "a.b-c_d+e@sub.example.museum": true, "ö@example.com": true,
		"": false, "ada": false, "@example.com": false, "ada@": false, "ada@example": false, "ada@.com": false,
		"ada@example.": false, "a b@example.com": false, ".a@example.com": false, "a.@example.com": false,
		"a..b@example.com": false, "a@-example.com": false, "a@example-.com": false, "a@ex_ample.com": false,
		"<a@example.com>": false, "a@example.com\n": false, "a,b@example.com": false,
		"a@" + strings.Repeat("x", 64) + ".com": false, strings.Repeat("x", 320) + "@example.com": false,
	} {
		if got := validEmail(email); got != want {
			t.Errorf("validEmail(%q) = %v", email, got)
		}
	}
	if validEmail(7) {
		t.Error("a number is an email")
	}
}

func TestPhones(t *testing.T) {
	for phone, want := range map[string]bool{
		"+4915112345678": true, "(555) 123-4567": true, "555.123.4567": true, "1234567": true,
		"123456": false, "+1234567890123456": false, "12+34567": false, "call 1234567": false, "": false,
	} {
		if got := validPhone(phone); got != want {
			t.Errorf("validPhone(%q) = %v", phone, got)
		}
	}
}

func TestTimes(t *testing.T) {
	const want = "2026-01-15T09:35:20"
	for _, text := range []string{
		"2026-01-15T09:35:20Z", "2026-01-15T10:35:20+01:00", "2026-01-15T10:35:20+0100", "2026-01-15T10:35:20+01",
		"2026-01-15T09:35:20", "2026-01-15T09:35:20.999Z", "2026-01-15T09:35:20,5Z", "2026-01-15T09:35:20.123456789Z",
		"2026-01-15T09:35:20:123Z", "2026-01-15T10:35:20:123+0100", "20260115T093520Z",
	} {
		got, ok := parseTime(text)
		if !ok || got.UTC().Format("2006-01-02T15:04:05") != want {
			t.Errorf("parseTime(%q) = %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "2026-01-15 09:35:20", "01/15/2026", "2026-02-30", "1768469720", "2026-01-15T25:00:00Z", "2026-01-15T09:35:20::1Z"} {
		if got, ok := parseTime(text); ok {
			t.Errorf("parseTime(%q) = %v", text, got)
		}
	}
	for _, text := range []string{"2026-01-15 09:35:20", "01/15/2026", "2026-01-15", at} {
		if _, ok := parseAttributeTime(text); !ok {
			t.Errorf("parseAttributeTime(%q) fails", text)
		}
	}
}

func TestElementThatIsNoObject(t *testing.T) {
	for _, element := range []string{`1`, `"x"`, `null`, `[]`, `true`} {
		status, a := post(t, newServer(t, Options{}), `{"events":[`+element+`]}`)
		if status != 400 || len(a.Errors) != 1 || a.Errors[0].Type != textNoObject {
			t.Errorf("%s: %d %+v", element, status, a)
		}
	}
}
