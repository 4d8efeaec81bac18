package sink

import (
	"strings"
	"testing"
)

func userOf(t *testing.T, object string) uint64 {
	t.Helper()
	items := []Item{{Kind: Attributes, JSON: []byte(object)}}
	if _, refusals := NewChecker(CheckOptions{}).Check(items); refusals != nil {
		t.Fatalf("%s: %v", object, refusals)
	}
	if items[0].User == 0 {
		t.Errorf("%s has no user", object)
	}
	return items[0].User
}

// TestUser: equal identifiers are one user, whatever stands beside them and however they are escaped; all others are different ones.
func TestUser(t *testing.T) {
	classes := [][]string{
		{`{"external_id":"u1"}`, `{"a":1,"external_id":"u1"}`, `{"external_id":"\u00751","email":"jo@example.com"}`, `{"external_id":"u1","phone":"+49301234567"}`},
		{`{"external_id":"U1"}`},
		{`{"external_id":"u2"}`},
		{`{"braze_id":"u1"}`, `{"braze_id":"u1","email":"x@example.com"}`},
		{`{"user_alias":{"alias_name":"u1","alias_label":"crm"}}`, `{"user_alias":{"alias_label":"crm","alias_name":"u1"},"email":"jo@example.com"}`},
		{`{"user_alias":{"alias_name":"crm","alias_label":"u1"}}`},
		{`{"user_alias":{"alias_name":"u1","alias_label":"u1"}}`},
		{`{"user_alias":{"alias_name":"u2","alias_label":"u2"}}`},
		{`{"email":"jo@example.com"}`, `{"email":"JO@Example.Com"}`, `{"email":"jo@example.com","phone":"+49301234567"}`},
		{`{"email":"joe@example.com"}`},
		{`{"phone":"+49301234567"}`, `{"phone":"+49 (30) 123-45.67"}`, `{"email":null,"phone":"+49301234567"}`},
		{`{"phone":"+49301234568"}`},
		{`{"external_id":"49301234567"}`},
	}
	seen := map[uint64]string{}
	for _, class := range classes {
		user := userOf(t, class[0])
		for _, same := range class {
			if userOf(t, same) != user {
				t.Errorf("%s and %s are two users", same, class[0])
			}
		}
		if other, ok := seen[user]; ok {
			t.Errorf("%s and %s are one user", class[0], other)
		}
		seen[user] = class[0]
	}
}

// TestUserOfKinds: one user's event, purchase and attributes have the same hash, in any Checker of the process.
func TestUserOfKinds(t *testing.T) {
	items := []Item{{Kind: Event, JSON: []byte(goodEvent)}, {Kind: Purchase, JSON: []byte(goodPurchase)}, {Kind: Attributes, JSON: []byte(goodAttributes)}}
	_, refusals := NewChecker(CheckOptions{}).Check(items)
	if refusals != nil || items[0].User == 0 || items[0].User != items[1].User || items[0].User != items[2].User || items[0].User != userOf(t, goodAttributes) {
		t.Errorf("%v, refusals %v", items, refusals)
	}
}

// TestUserOfRefused: a hash left over from another object would tie two users together.
func TestUserOfRefused(t *testing.T) {
	items := []Item{{Kind: Event, JSON: []byte(`{"name":"x"`), User: 5}, {Kind: Event, JSON: []byte(goodEvent)}, {Kind: 9, JSON: []byte(goodEvent)}}
	_, refusals := NewChecker(CheckOptions{}).Check(items)
	if len(refusals) != 2 || refusals[0].Item != 0 || refusals[1].Item != 2 || items[0].User != 0 || items[1].User == 0 {
		t.Errorf("users %d %d, refusals %v", items[0].User, items[1].User, refusals)
	}
}

func TestGoodIdentifiers(t *testing.T) {
	for _, member := range []string{
		`"external_id":"` + strings.Repeat("x", 987) + `"`, `"external_id":"` + strings.Repeat(`\u0041`, 987) + `"`, `"external_id":" "`,
		`"email":"jo+tag@example.co.uk"`, `"email":"o'neil@example.com"`, `"email":"jürgen@xn--exmple-cua.com"`, `"email":"a@1-2.io"`, `"email":"a_b-c.d@example.com"`, `"email":"#!$%&'*+-/=?^_` + "`" + `{|}~@example.com"`,
		`"phone":"+14155550100"`, `"phone":"030/123456"`, `"phone":"(030) 12-34.56"`, `"phone":"12345"`,
	} {
		if r := checkOne(t, Attributes, "{"+member+"}"); r.Rule != "" {
			t.Errorf("%s is refused: %s", shorten(member), r.Text)
		}
	}
}

// TestGoodTimes are the forms that an event's time may have.
func TestGoodTimes(t *testing.T) {
	for _, good := range []string{"2026-01-15T09:35:20Z", "2026-01-15T09:35:20.123456789Z", "2026-01-15T09:35:20+01:00", "2026-01-15T09:35:20.5-0530", "2026-01-15t09:35:20z",
		"2026-01-15T09:35:20:123Z", "2026-01-15T09:35:20:123+0100", "1900-01-01T00:00:00Z", "3000-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2026-01-15T09:35:20+01"} {
		if ok, zoned := isEventTime([]byte(good)); !ok || !zoned || !isAttributeTime([]byte(good)) {
			t.Errorf("%s is refused", good)
		}
	}
	for good, want := range map[string]bool{"2026-01-15T09:35Z": true, "2026-01-15T09:35+01:00": true, "2026-01-15T09:35-03": true, "2026-01-15T09:35:20.5": false, "2026-01-15T09:35": false, "2026-01-15": false} {
		if ok, zoned := isEventTime([]byte(good)); !ok || zoned != want {
			t.Errorf("%s: %v, with a zone %v", good, ok, zoned)
		}
	}
	for _, bad := range []string{"", "2026", "2026-01-15T09:35:20:12Z", "2026-01-15T09:35:20:1234Z", "2026-01-15T09", "2026-01-15T9:35Z", "2026-01-15T", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-15T09:35:20 Z", "2026-01-15T09:35:20+1:00", "2026-01-15T09:35:20+01-00", "2026-01-15T09:35:20*01:00", "2026-01-15T09:35:61Z", "2026/01/15T09:35:20Z", "x026-01-15T09:35:20Z", "2026-01-15T09:35:20ZZ"} {
		if ok, _ := isEventTime([]byte(bad)); ok {
			t.Errorf("%s passes", bad)
		}
	}
	for _, bad := range []string{"13/01/2026", "02/30/2026", "01-15-2026", "01/15/26", "Thu 13 15 09:35:20.UTC 2026", "Thu 01 15 09:35:20 UTC 2026", "now", "2026-01-15T"} {
		if isAttributeTime([]byte(bad)) {
			t.Errorf("%s passes", bad)
		}
	}
}
