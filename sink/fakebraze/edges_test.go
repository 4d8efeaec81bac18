package fakebraze

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestEmptyIdentifiers: an empty text is no identifier, and beside a primary one no error.
func TestEmptyIdentifiers(t *testing.T) {
	none := map[string]any{"external_id": absent, "email": "", "phone": ""}
	testRules(t, []ruleCase{
		{"empty email beside an id", attributesArray, map[string]any{"email": ""}, ""},
		{"empty email and phone alone", attributesArray, none, textNoUser},
		{"empty phone alone", attributesArray, map[string]any{"external_id": absent, "phone": ""}, textNoUser},
		{"alias without a name", attributesArray, map[string]any{"external_id": absent, "user_alias": map[string]any{"alias_name": "", "alias_label": "l"}}, textBadAlias},
		{"alias without a label", attributesArray, map[string]any{"external_id": absent, "user_alias": map[string]any{"alias_name": "n", "alias_label": ""}}, textBadAlias},
		{"alias name number", attributesArray, map[string]any{"external_id": absent, "user_alias": map[string]any{"alias_name": 1, "alias_label": "l"}}, textBadAlias},
		{"phone number as number", attributesArray, map[string]any{"external_id": absent, "phone": 4915112345678}, textBadPhone},
		{"empty time", eventsArray, map[string]any{"time": ""}, "'time' is required"},
		{"currency number", purchasesArray, map[string]any{"currency": 978}, textBadCurrency},
		{"quantity beyond any integer", purchasesArray, map[string]any{"quantity": 1e30}, textBadQuantity},
	})
}

// TestObjectsOfAttributes: groups, tokens and flags, each spoiled in one place.
func TestObjectsOfAttributes(t *testing.T) {
	group := func(id any) map[string]any {
		return map[string]any{"subscription_groups": []any{map[string]any{"subscription_group_id": id, "subscription_state": "subscribed"}}}
	}
	token := func(app, token, device any) map[string]any {
		m := map[string]any{"app_id": app, "token": token, "device_id": device}
		if device == nil {
			delete(m, "device_id")
		}
		return map[string]any{"push_tokens": []any{m}}
	}
	importing := func(id string) map[string]any {
		m := token("a", "t", nil)
		m["external_id"], m["push_token_import"] = absent, true
		if id != "" {
			m[id] = "x"
		}
		return m
	}
	testRules(t, []ruleCase{
		{"group", attributesArray, group("0f8fad5b-d9cb-469f-a165-70867728950e"), ""},
		{"group in capitals", attributesArray, group("0F8FAD5B-D9CB-469F-A165-70867728950E"), ""},
		{"group number", attributesArray, group(7), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group too short", attributesArray, group("0f8fad5b-d9cb-469f-a165-70867728950"), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group too long", attributesArray, group("0f8fad5b-d9cb-469f-a165-70867728950e0"), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group with a dash for a digit", attributesArray, group("0f8fad5--d9cb-469f-a165-70867728950e"), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group with a digit for a dash", attributesArray, group("0f8fad5b0d9cb-469f-a165-70867728950e"), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"group with a letter", attributesArray, group("gf8fad5b-d9cb-469f-a165-70867728950e"), "BAD_SUBSCRIPTION_GROUP_ID"},
		{"token", attributesArray, token("a", "t", nil), ""},
		{"token for no app", attributesArray, token("", "t", nil), "BAD_PUSH_TOKEN_APP_ID"},
		{"token for a number", attributesArray, token(1, "t", nil), "BAD_PUSH_TOKEN_APP_ID"},
		{"empty token", attributesArray, token("a", "", nil), "BAD_PUSH_TOKEN_STRING"},
		{"token number", attributesArray, token("a", 1, nil), "BAD_PUSH_TOKEN_STRING"},
		{"device", attributesArray, token("a", "t", "12345678"), ""},
		{"device number", attributesArray, token("a", "t", 1234567890), "BAD_DEVICE_ID"},
		{"device of 7 bytes", attributesArray, token("a", "t", "1234567"), "BAD_DEVICE_ID"},
		{"import flag text", attributesArray, map[string]any{"push_token_import": "yes"}, "BAD_PUSH_TOKEN_IMPORT"},
		{"import", attributesArray, importing(""), ""},
		{"import with external_id", attributesArray, importing("external_id"), "BAD_PUSH_TOKEN_IMPORT"},
		{"import with braze_id", attributesArray, importing("braze_id"), "BAD_PUSH_TOKEN_IMPORT"},
		{"location text", attributesArray, map[string]any{"current_location": "here"}, "BAD_LOCATION_UPDATE"},
	})
}

// TestRequiredOfAProduct: each property that a product needs.
func TestRequiredOfAProduct(t *testing.T) {
	s := newServer(t, Options{})
	for _, name := range []string{"product_id", "product_name", "variant_id", "quantity", "price"} {
		product := decode[any](t, []byte(with(t, line, map[string]any{name: absent})))
		want := "The property '#/products/0' did not contain a required property of '" + name + "'"
		if got := checkProps(t, s, "ecommerce.order_placed", with(t, orderPlaced, map[string]any{"products": []any{product}})); got != want {
			t.Errorf("without %s: %q", name, got)
		}
	}
}

// TestFormsOfTime: each form that is taken, in its own words.
func TestFormsOfTime(t *testing.T) {
	for _, text := range []string{"2026-01-15T09:35Z", "2026-01-15T09:35+01:00", "2026-01-15T09:35+0100", "2026-01-15T09:35+01", "2026-01-15T09:35", "20260115T093520Z", "20260115T093520+01:00", "20260115T093520+0100"} {
		if _, ok := parseTime(text); !ok {
			t.Errorf("parseTime(%q) fails", text)
		}
	}
	for _, text := range []string{"2026-01-15 09:35:20+01:00", "Thu 01 15 09:35:20.UTC 2026", "Thu Jan 15 09:35:20 UTC 2026"} {
		if _, ok := parseAttributeTime(text); !ok {
			t.Errorf("parseAttributeTime(%q) fails", text)
		}
	}
}

// profileAfter applies attributes objects of one user in one request and returns what the profile holds then.
func profileAfter(t *testing.T, objects ...string) map[string]any {
	t.Helper()
	s := newServer(t, Options{})
	for i, o := range objects {
		objects[i] = `{"external_id":"u",` + o + `}`
	}
	accept(t, s, `{"attributes":[`+strings.Join(objects, ",")+`]}`)
	return user(t, s, "external_id", "u").Attributes
}

// TestEdgesOfAttributes: what becomes of values at the edge of what Braze takes.
func TestEdgesOfAttributes(t *testing.T) {
	text := func(n int) string { return strings.Repeat("ü", n) }
	for name, c := range map[string]struct {
		objects []string
		want    string
	}{
		"genders":                                 {[]string{`"gender":"M"`, `"gender":"x"`}, `{"gender":"M"}`},
		"gender O":                                {[]string{`"gender":"O"`}, `{"gender":"O"}`},
		"gender N":                                {[]string{`"gender":"N"`}, `{"gender":"N"}`},
		"gender P":                                {[]string{`"gender":"P"`}, `{"gender":"P"}`},
		"gender number":                           {[]string{`"gender":1`}, `{}`},
		"texts":                                   {[]string{`"first_name":"a","last_name":"b","home_city":"c","language":"d","time_zone":"e"`}, `{"first_name":"a","last_name":"b","home_city":"c","language":"d","time_zone":"e"}`},
		"texts that are none":                     {[]string{`"first_name":1,"last_name":1,"home_city":1,"language":1,"time_zone":1`}, `{}`},
		"day that is no day":                      {[]string{`"dob":"1980-02-30"`, `"dob":""`}, `{}`},
		"plumbing is no attribute":                {[]string{`"alias_name":"n","alias_label":"l","push_token_import":false,"_merge_objects":true,"_update_existing_only":false`}, `{}`},
		"a list may gain a null":                  {[]string{`"tags":{"add":["x",null]}`}, `{"tags":["x",null]}`},
		"null beside a nested value":              {[]string{`"a":{"b":1}`, `"c":1`, `"a":null`, `"a":{"b":2}`}, `{"a":{"b":2},"c":1}`},
		"text within of 255":                      {[]string{`"a":{"b":"` + text(255) + `"}`}, `{"a":{"b":"` + text(255) + `"}}`},
		"text within of 256":                      {[]string{`"a":{"b":"` + text(256) + `"}`}, `{}`},
		"key within of 255":                       {[]string{`"a":{"` + text(255) + `":1}`}, `{"a":{"` + text(255) + `":1}}`},
		"key within of 256":                       {[]string{`"a":{"` + text(256) + `":1}`}, `{}`},
		"increment by a fraction":                 {[]string{`"n":1`, `"n":{"inc":1.5}`}, `{"n":1}`},
		"increment by a power":                    {[]string{`"n":1`, `"n":{"inc":1e3}`}, `{"n":1}`},
		"increment by text":                       {[]string{`"n":1`, `"n":{"inc":"2"}`}, `{"n":1}`},
		"increment of text":                       {[]string{`"n":"x"`, `"n":{"inc":2}`}, `{"n":2}`},
		"an object that grows by too long a text": {[]string{`"a":[{"id":1}]`, `"a":{"$add":[{"id":"` + text(256) + `"}]}`}, `{"a":[{"id":1}]}`},
		"a removal that says no value":            {[]string{`"a":[{"id":1},{"x":1}]`, `"a":{"$remove":[{"$identifier_key":"id"}]}`}, `{"a":[{"id":1},{"x":1}]}`},
		"a removal by number":                     {[]string{`"a":[{"id":1},{"id":2}]`, `"a":{"$remove":[{"$identifier_key":"id","$identifier_value":2}]}`}, `{"a":[{"id":1}]}`},
		"subscription groups, the newest of each": {[]string{`"subscription_groups":[{"subscription_group_id":"0f8fad5b-d9cb-469f-a165-70867728950e","subscription_state":"subscribed"}]`, `"subscription_groups":[{"subscription_group_id":"0f8fad5b-d9cb-469f-a165-70867728950e","subscription_state":"unsubscribed"}]`}, `{"subscription_groups":[{"subscription_group_id":"0f8fad5b-d9cb-469f-a165-70867728950e","subscription_state":"unsubscribed"}]}`},
	} {
		t.Run(name, func(t *testing.T) { equalJSON(t, profileAfter(t, c.objects...), c.want) })
	}
}

// TestListsUpToTheirSize: a list of objects grows to 102,400 bytes and not by one more.
func TestListsUpToTheirSize(t *testing.T) {
	full := fmt.Sprintf(`{"id":%q}`, strings.Repeat("y", 200))
	n := maxAttributeNested / (len(full) + 1)
	old := "[" + strings.Repeat(full+",", n-1) + full + "]"
	for _, size := range []int{maxAttributeNested, maxAttributeNested + 1} {
		added := fmt.Sprintf(`{"id":%q}`, strings.Repeat("z", size-len(old)-len(`,{"id":""}`)))
		list, _ := profileAfter(t, `"a":`+old, `"a":{"$add":[`+added+`]}`)["a"].([]any)
		want := n
		if size <= maxAttributeNested {
			want++
		}
		if len(list) != want {
			t.Errorf("%d bytes: %d elements, want %d", size, len(list), want)
		}
	}
}

// TestEventsDoNotDropAttributes: properties that an attribute could not have drop no attribute of their name.
func TestEventsDoNotDropAttributes(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"external_id":"u","properties":{"a":1}}],"events":[{"external_id":"u","name":"seen","time":"`+at+`","properties":{"a":null}}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"properties":{"a":1}}`)
}

// TestWhoseProfile: an email that several profiles share means the one with an external_id, even if another is newer; an import
// of tokens and an unknown braze_id make no profile.
func TestWhoseProfile(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"external_id":"u","email":"ada@example.com"}]}`)
	accept(t, s, `{"attributes":[{"user_alias":{"alias_name":"n","alias_label":"l"},"_update_existing_only":false,"email":"ada@example.com"}]}`)
	accept(t, s, `{"attributes":[{"email":"ada@example.com","tier":"gold"}]}`)
	if got := user(t, s, "external_id", "u").Attributes["tier"]; got != "gold" {
		t.Errorf("the profile with an external_id has tier %v", got)
	}
	before := s.Stats().Profiles
	accept(t, s, `{"attributes":[{"braze_id":"unknown","tier":"gold"},{"push_token_import":true,"push_tokens":[{"app_id":"a","token":"t"}]}]}`)
	if got := s.Stats().Profiles; got != before {
		t.Errorf("%d profiles, want %d", got, before)
	}
	known := user(t, s, "external_id", "u").BrazeID
	accept(t, s, `{"attributes":[{"braze_id":"`+known+`","city":"Paris"}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"email":"ada@example.com","tier":"gold","city":"Paris"}`)
	if _, ok := s.User("nickname", "u"); ok {
		t.Error("a profile is found by a key that there is not")
	}
}

// TestContactsAreOneHoweverWritten: an email in another case, a phone with other punctuation, are the same user, and are kept as sent.
func TestContactsAreOneHoweverWritten(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"email":"Ada@Example.com","a":1},{"phone":"+49 (151) 123-45678","a":1}]}`)
	accept(t, s, `{"attributes":[{"email":"ada@example.COM","b":2},{"phone":"4915112345678","b":2}]}`)
	if n := s.Stats().Profiles; n != 2 {
		t.Errorf("%d profiles", n)
	}
	equalJSON(t, user(t, s, "email", "ADA@example.com").Attributes, `{"a":1,"b":2,"email":"ada@example.COM"}`)
	equalJSON(t, user(t, s, "phone", "tel:+4915112345678").Attributes, `{"a":1,"b":2,"phone":"4915112345678"}`)
	if _, ok := s.User("phone", "4915112345679"); ok {
		t.Error("another number is found")
	}
}

// TestNullArray: null is no array, so the answer counts nothing for it.
func TestNullArray(t *testing.T) {
	if a := accept(t, newServer(t, Options{}), `{"attributes":null,"events":[{"external_id":"u","name":"seen","time":"`+at+`"}]}`); a.Attributes != nil || a.Events == nil {
		t.Errorf("answer %+v", a)
	}
}

// TestHourlyWithoutABurst: in the seconds dialect the hour alone may be limited.
func TestHourlyWithoutABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(10 * time.Minute)
		s := newServer(t, Options{RateHeaders: "seconds", Hourly: 7})
		equalJSON(t, headersOf(ask(s, trackRequest(events(1))).Header()), `{"x-ratelimit-limit":"7","x-ratelimit-remaining":"6","x-ratelimit-reset":"3000"}`)
		for _, o := range []Options{{RateHeaders: "seconds"}, {Hourly: 7}} {
			if got := headersOf(ask(newServer(t, o), trackRequest(events(1))).Header()); len(got) != 0 {
				t.Errorf("%+v: headers %v without a limit", o, got)
			}
		}
	})
}

// TestScanIsNotFooled: brackets that close what was not opened, and names that name no array.
func TestScanIsNotFooled(t *testing.T) {
	for body, want := range map[string]string{
		`{}}{`: "[0 0 0] false", `{"events":{}}`: "[0 0 0] true", `{"events" [{}]}`: "[0 0 0] true", `{"x":"events","y":[{}]}`: "[0 0 0] true",
		`{"events":`: "[0 0 0] false", `{"events"`: "[0 0 0] false", `{"x":"events"}`: "[0 0 0] true", `{"events":5,"y":[{}]}`: "[0 0 0] true", `{"events":[{}]}`: "[0 1 0] true", `{"events" : [{},{}]}`: "[0 2 0] true",
		`{"events":"a","b":"[{}]"}`: "[0 0 0] true", `{"events"x[{}]}`: "[0 0 0] true",
	} {
		counts, _, ok := scanCounts([]byte(body))
		if got := fmt.Sprint(counts, ok); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// TestContentTypes: the type decides, whatever stands behind it.
func TestContentTypes(t *testing.T) {
	for value, want := range map[string]bool{
		"application/json": true, "Application/JSON": true, "application/json;": true, "application/json; charset=utf-8": true, " application/json ;x": true,
		"application/jsonp": false, "text/json": false, "": false, "charset=utf-8; application/json": false,
	} {
		if got := isJSON(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
