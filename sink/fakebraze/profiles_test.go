package fakebraze

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const (
	aliasObject = `"user_alias":{"alias_name":"n","alias_label":"l"}`
	seenAt      = `"name":"seen","time":"` + at + `"`
)

func TestUnknownUsers(t *testing.T) {
	for _, c := range []struct {
		name, body, key, value string
		want                   bool
	}{
		{"external_id is created", `{"events":[{"external_id":"u",` + seenAt + `}]}`, "external_id", "u", true},
		{"external_id by update only", `{"events":[{"external_id":"u","_update_existing_only":true,` + seenAt + `}]}`, "external_id", "u", false},
		{"email is created", `{"events":[{"email":"a@b.co",` + seenAt + `}]}`, "email", "a@b.co", true},
		{"phone is created", `{"events":[{"phone":"1234567",` + seenAt + `}]}`, "phone", "1234567", true},
		{"email by update only", `{"attributes":[{"email":"a@b.co","_update_existing_only":true}]}`, "email", "a@b.co", false},
		{"braze_id is never created", `{"attributes":[{"braze_id":"b","_update_existing_only":false}]}`, "braze_id", "b", false},
		{"alias by event", `{"events":[{` + aliasObject + `,"_update_existing_only":false,` + seenAt + `}]}`, "alias", "l\x00n", false},
		{"alias by attributes", `{"attributes":[{` + aliasObject + `,"_update_existing_only":false}]}`, "alias", "l\x00n", true},
		{"push tokens without user", `{"attributes":[{"push_token_import":true,"push_tokens":[{"app_id":"a","token":"t"}]}]}`, "external_id", "", false},
		{"unknown kind of key", `{"events":[{"external_id":"u",` + seenAt + `}]}`, "name", "u", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, Options{})
			accept(t, s, c.body)
			if _, ok := s.User(c.key, c.value); ok != c.want {
				t.Errorf("profile exists: %v", ok)
			}
		})
	}
}

// TestKnownAlias: once the profile is there, an alias reaches it in every array.
func TestKnownAlias(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{`+aliasObject+`,"_update_existing_only":false,"a":1}]}`)
	accept(t, s, `{"attributes":[{`+aliasObject+`,"b":2}],"events":[{`+aliasObject+`,`+seenAt+`}]}`)
	u := user(t, s, "alias", "l\x00n")
	equalJSON(t, u.Attributes, `{"a":1,"b":2}`)
	equalJSON(t, u.Aliases, `{"l":"n"}`)
	if len(u.Events) != 1 || u.ExternalID != "" || u.BrazeID == "" {
		t.Errorf("profile %+v", u)
	}
	if again := user(t, s, "braze_id", u.BrazeID); len(again.Events) != 1 {
		t.Error("the braze_id does not lead to the same profile")
	}
	if _, ok := s.User("alias", "n\x00l"); ok {
		t.Error("label and name are mixed up")
	}
}

func TestEmailOfAProfile(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"email":"a@b.co","only":"email"}]}`)
	// An external_id with the email of another profile makes a second profile.
	accept(t, s, `{"attributes":[{"external_id":"u","email":"a@b.co","phone":"1234567"}]}`)
	if n := s.Stats().Profiles; n != 2 {
		t.Errorf("%d profiles", n)
	}
	// Of the two, the one with an external_id is meant, although the other is newer then.
	accept(t, s, `{"attributes":[{"email":"a@b.co","seen":1}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"email":"a@b.co","phone":"1234567","seen":1}`)
	// Without an email the profile is found no more, and the other one is.
	accept(t, s, `{"attributes":[{"external_id":"u","email":null}]}`)
	equalJSON(t, user(t, s, "email", "a@b.co").Attributes, `{"email":"a@b.co","only":"email"}`)
	equalJSON(t, user(t, s, "phone", "1234567").Attributes, `{"phone":"1234567","seen":1}`)
	accept(t, s, `{"attributes":[{"external_id":"u","phone":"7654321"}]}`)
	if _, ok := s.User("phone", "1234567"); ok {
		t.Error("the former phone still finds the profile")
	}
}

// TestNewestOfSeveral: among profiles with an external_id the most recently updated one is meant.
func TestNewestOfSeveral(t *testing.T) {
	s := newServer(t, Options{})
	for _, id := range []string{"u", "v", "w", "v"} {
		accept(t, s, `{"attributes":[{"external_id":"`+id+`","email":"a@b.co"}]}`)
	}
	if u := user(t, s, "email", "a@b.co"); u.ExternalID != "v" {
		t.Errorf("found %q", u.ExternalID)
	}
	accept(t, s, `{"events":[{"external_id":"w",`+seenAt+`}]}`)
	if u := user(t, s, "email", "a@b.co"); u.ExternalID != "w" {
		t.Errorf("after an event found %q", u.ExternalID)
	}
}

// TestEmailOfAnEvent: with a primary identifier an event's email is no attribute.
func TestEmailOfAnEvent(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"events":[{"external_id":"u","email":"a@b.co",`+seenAt+`}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{}`)
}

func TestSubscriptionIsShared(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"external_id":"u","email":"a@b.co"},{"external_id":"v","email":"a@b.co"},{"external_id":"w","email":"c@b.co"}]}`)
	accept(t, s, `{"attributes":[{"external_id":"u","email_subscribe":"unsubscribed"}]}`)
	equalJSON(t, user(t, s, "external_id", "v").Attributes, `{"email":"a@b.co","email_subscribe":"unsubscribed"}`)
	equalJSON(t, user(t, s, "external_id", "w").Attributes, `{"email":"c@b.co"}`)
}

func TestEventsAndPurchasesOfAProfile(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"events":[{"external_id":"u","app_id":"app","properties":{"n":1},`+seenAt+`}],
		"purchases":[{"external_id":"u","product_id":"tea","currency":"EUR","price":-4.50,"quantity":3,"time":"`+at+`","properties":{"n":2}}]}`)
	u := user(t, s, "external_id", "u")
	delete(u.Events[0], "event_id")
	equalJSON(t, u.Events, `[{"app_id":"app","name":"seen","time":"`+at+`","properties":{"n":1}}]`)
	ids := map[any]bool{}
	for _, p := range u.Purchases {
		ids[p["purchase_id"]] = true
		delete(p, "purchase_id")
		equalJSON(t, p, `{"product_id":"tea","currency":"EUR","price":-4.50,"quantity":1,"time":"`+at+`","properties":{"n":2}}`)
	}
	if len(ids) != 3 {
		t.Errorf("%d purchases of quantity 3: %v", len(ids), u.Purchases)
	}
	if st := s.Stats(); st.Purchases != 1 || st.Events != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestFutureTimesBecomeNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{ApplyDelay: time.Minute})
		defer s.Close()
		now := time.Now()
		for _, d := range []time.Duration{-time.Hour, 0, time.Second, 24 * time.Hour} {
			accept(t, s, `{"events":[{"external_id":"u","name":"seen","time":"`+now.Add(d).Format(time.RFC3339)+`"}]}`)
		}
		time.Sleep(2 * time.Minute)
		want := []time.Time{now.Add(-time.Hour), now, now, now}
		for i, e := range user(t, s, "external_id", "u").Events {
			if got, ok := parseTime(e["time"].(string)); !ok || !got.Equal(want[i]) {
				t.Errorf("event %d at %v, want %v", i, e["time"], want[i])
			}
		}
	})
}

func TestFirst256PropertiesAreKept(t *testing.T) {
	s := newServer(t, Options{})
	for _, n := range []int{256, 300} {
		props := ""
		for i := range n {
			// Sent in falling order, so that neither the sorted nor a map's order would do.
			props += fmt.Sprintf(`"p%03d":{"deep":[%d]},`, 999-i, i)
		}
		accept(t, s, `{"events":[{"external_id":"u",`+seenAt+`,"properties":{`+props[:len(props)-1]+`}}]}`)
	}
	for _, e := range user(t, s, "external_id", "u").Events {
		kept := e["properties"].(map[string]any)
		if len(kept) != 256 || kept["p999"] == nil || kept["p744"] == nil || kept["p743"] != nil {
			t.Errorf("kept %d properties: %v", len(kept), kept)
		}
	}
}

func TestApplyDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{ApplyDelay: time.Second})
		defer s.Close()
		accept(t, s, all(1))
		if st := s.Stats(); st.Events != 1 || st.Profiles != 0 {
			t.Errorf("accepted: %+v", st)
		}
		time.Sleep(time.Second - time.Nanosecond)
		if _, ok := s.User("external_id", "u"); ok {
			t.Error("applied too early")
		}
		time.Sleep(time.Nanosecond)
		if u := user(t, s, "external_id", "u"); len(u.Events) != 1 {
			t.Errorf("applied %+v", u)
		}
	})
}

// TestOrderWithoutReorder: with one delay for all, requests are applied in the order of acceptance.
func TestOrderWithoutReorder(t *testing.T) {
	if swaps := overtaken(t, Options{ApplyDelay: time.Second}); swaps != 0 {
		t.Errorf("%d requests were overtaken", swaps)
	}
}

// TestReorder: Braze promises no order between requests.
func TestReorder(t *testing.T) {
	first := overtaken(t, Options{ApplyDelay: time.Second, Reorder: true, Seed: 7})
	if first == 0 {
		t.Error("no request was overtaken")
	}
	if again := overtaken(t, Options{ApplyDelay: time.Second, Reorder: true, Seed: 7}); again != first {
		t.Errorf("the same seed gave %d and %d", first, again)
	}
}

// overtaken counts events that lie behind a later one in the profile.
func overtaken(t *testing.T, o Options) (swaps int) {
	synctest.Test(t, func(t *testing.T) {
		s := New(o)
		defer s.Close()
		for i := range 50 {
			accept(t, s, fmt.Sprintf(`{"events":[{"external_id":"u","name":"e%02d","time":%q}]}`, i, at))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		list := user(t, s, "external_id", "u").Events
		if len(list) != 50 {
			t.Errorf("%d events applied", len(list))
		}
		for i := 1; i < len(list); i++ {
			if list[i]["name"].(string) < list[i-1]["name"].(string) {
				swaps++
			}
		}
	})
	return swaps
}

func TestKeepEntries(t *testing.T) {
	s := newServer(t, Options{KeepEntries: 3})
	accept(t, s, events(5))
	st := s.Stats()
	if st.Events != 5 || st.Profiles != 3 || st.NotKept != 2 {
		t.Errorf("profiles: %+v", st)
	}
	accept(t, s, `{"purchases":[{"external_id":"u0","product_id":"tea","currency":"EUR","price":1,"quantity":5,"time":"`+at+`"}],
		"events":[{"external_id":"u0",`+seenAt+`}]}`)
	if u := user(t, s, "external_id", "u0"); len(u.Events) != 1 || len(u.Purchases) != 0 {
		t.Errorf("logs: %+v", u)
	}
}

func TestDataPoints(t *testing.T) {
	event := func(name, props string) string {
		return `{"events":[{"external_id":"u","name":"` + name + `","time":"` + at + `","properties":` + props + `}]}`
	}
	attribute := func(fields string) string { return `{"attributes":[{"external_id":"u",` + fields + `}]}` }
	for body, want := range map[string]int64{
		event("seen", `{"a":1,"b":2}`):                         1,
		event("ecommerce.order_placed", orderPlaced):           0,
		event("ecommerce.OrderPlaced", orderPlaced):            1,
		attribute(`"a":1`):                                     1,
		attribute(`"a":1,"b":"x","c":null`):                    3,
		attribute(`"a":{"inc":1}`):                             1,
		attribute(`"a":["x","y","z"]`):                         1,
		attribute(`"a":{"add":["x","y"]}`):                     2,
		attribute(`"a":{"remove":["x"]}`):                      1,
		attribute(`"a":{"add":[]}`):                            1,
		attribute(`"a":{"b":1,"c":{"d":2,"e":3}}`):             4,
		attribute(`"a":{"on":{"$time":"2020-01-01"}}`):         1,
		attribute(`"a":[{"b":1,"c":2},{"b":3}]`):               3,
		attribute(`"a":{"$add":[{"b":1,"c":2}]}`):              2,
		attribute(`"a":{"$remove":[{"$identifier_key":"b"}]}`): 1,
		attribute(`"a":{"$update":[{"$identifier_key":"b","$identifier_value":1,"$new_object":{"c":1,"d":2}}]}`):           2,
		attribute(`"first_name":"A","last_name":"B","email":"a@b.co","gender":"F","dob":"1815-12-10"`):                     5,
		attribute(`"phone":"1234567","home_city":"x","time_zone":"UTC","country":"GB","language":"en"`):                    5,
		attribute(`"current_location":{"longitude":1,"latitude":2}`):                                                       1,
		attribute(`"email_subscribe":"opted_in","push_subscribe":"subscribed"`):                                            0,
		attribute(`"subscription_groups":[],"push_tokens":[],"_merge_objects":true`):                                       0,
		`{"attributes":[{"email":"a@b.co","a":1}]}`:                                                                        1,
		`{"attributes":[{"external_id":"u","_update_existing_only":true,"a":1}]}`:                                          1,
		`{"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":1,"quantity":7,"time":"` + at + `"}]}`: 7,
		`{"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"` + at + `"}]}`:              1,
	} {
		s := newServer(t, Options{})
		accept(t, s, body)
		if got := s.Stats().DataPoints; got != want {
			t.Errorf("%s: %d data points, want %d", body, got, want)
		}
	}
}

// TestSentIsBilled: what is sent again unchanged costs again; what is refused costs nothing.
func TestSentIsBilled(t *testing.T) {
	s := newServer(t, Options{})
	for range 3 {
		accept(t, s, `{"attributes":[{"external_id":"u","a":1}]}`)
	}
	post(t, s, `{"events":[{"name":"seen","time":"`+at+`"}]}`)
	if got := s.Stats().DataPoints; got != 3 {
		t.Errorf("%d data points", got)
	}
}
