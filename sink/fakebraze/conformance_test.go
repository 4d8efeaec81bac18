package fakebraze

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// TestConformance holds the cases that any stand-in for /users/track should pass, numbered.
func TestConformance(t *testing.T) {
	event := `{"external_id":"u","name":"seen","time":"` + at + `"}`
	nobody := `{"name":"seen","time":"` + at + `"}`
	purchase := `{"external_id":"u","product_id":"tea","currency":"EUR","price":4.5,"time":"` + at + `"}`
	order := `{"external_id":"u","name":"ecommerce.order_placed","time":"` + at + `","properties":` + orderPlaced + `}`
	properties := func(change map[string]any) string {
		return with(t, order, map[string]any{"properties": decode[any](t, []byte(with(t, orderPlaced, change)))})
	}
	none := `{"message":"` + textNoneValid + `","errors":`
	for _, c := range []struct {
		name   string
		opts   Options
		body   string
		status int
		want   string // the answer; if it ends in … only its beginning
	}{
		{"1 one of each", Options{}, all(1), 201,
			`{"message":"success","attributes_processed":1,"events_processed":1,"purchases_processed":1}`},
		{"2 one of two without a user", Options{}, `{"events":[` + event + `,` + nobody + `]}`, 201,
			`{"message":"success","events_processed":1,"errors":[{"type":"'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required","input_array":"events","index":1}]}`},
		{"3 only invalid", Options{}, `{"events":[` + nobody + `]}`, 400,
			none + `[{"type":"'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required","input_array":"events","index":0}]}`},
		{"4 76 events", Options{}, events(76), 400, `{"message":"Max Input Length Exceeded"}`},
		{"4 75 events", Options{}, events(75), 201, `{"message":"success","events_processed":75}`},
		{"5 75 of each, combined", Options{}, all(75), 400, `{"message":"Max Input Length Exceeded"}`},
		{"5 75 of each, per array", Options{PerArray: true}, all(75), 201,
			`{"message":"success","attributes_processed":1,"events_processed":75,"purchases_processed":75}`},
		{"5 76 of each, per array", Options{PerArray: true}, all(76), 400, `{"message":"Max Input Length Exceeded"}`},
		{"6 quantity 101", Options{}, `{"purchases":[` + with(t, purchase, map[string]any{"quantity": 101}) + `]}`, 400,
			none + `[{"type":"'quantity' is not valid","input_array":"purchases","index":0}]}`},
		{"6 quantity 0", Options{}, `{"purchases":[` + with(t, purchase, map[string]any{"quantity": 0}) + `]}`, 400,
			none + `[{"type":"'quantity' is not valid","input_array":"purchases","index":0}]}`},
		{"6 quantity 1.5", Options{}, `{"purchases":[` + with(t, purchase, map[string]any{"quantity": 1.5}) + `]}`, 400,
			none + `[{"type":"'quantity' is not valid","input_array":"purchases","index":0}]}`},
		{"7 no currency", Options{}, `{"purchases":[` + with(t, purchase, map[string]any{"currency": "usd1"}) + `]}`, 400,
			none + `[{"type":"'currency' must be an ISO 4217 currency","input_array":"purchases","index":0}]}`},
		{"8 reserved property of an event", Options{}, `{"events":[` + with(t, event, map[string]any{"properties": map[string]any{"event_name": "x"}}) + `]}`, 400,
			none + `[{"type":"Invalid 'properties' field","input_array":"events","index":0}]}`},
		{"8 reserved property of a purchase", Options{}, `{"purchases":[` + with(t, purchase, map[string]any{"properties": map[string]any{"price": 1}}) + `]}`, 400,
			none + `[{"type":"Invalid 'properties' field","input_array":"purchases","index":0}]}`},
		{"9 order complete", Options{}, `{"events":[` + order + `]}`, 201, `{"message":"success","events_processed":1}`},
		{"9 order lacks its id", Options{}, `{"events":[` + properties(map[string]any{"order_id": absent}) + `]}`, 400,
			none + `[{"type":"The property '#/' did not contain a required property of 'order_id'","input_array":"events","index":0}]}`},
		{"9 order with an extra property", Options{}, `{"events":[` + properties(map[string]any{"gift_wrapped": true}) + `]}`, 400,
			none + `[{"type":"The property '#/' contains additional properties [\"gift_wrapped\"] outside of the schema when none are allowed","input_array":"events","index":0}]}`},
		{"9 amount as text", Options{}, `{"events":[` + properties(map[string]any{"total_value": "29.99"}) + `]}`, 400,
			none + `[{"type":"The property '#/total_value' of type string did not match the following type: number","input_array":"events","index":0}]}`},
		{"9 near miss of the name", Options{}, `{"events":[` + with(t, event, map[string]any{"name": "ecommerce.OrderPlaced"}) + `]}`, 201,
			`{"message":"success","events_processed":1}`},
		{"10 4 MB and a byte", Options{}, padded(4<<20 + 1), 413, `{"message":"Request Entity Too Large"}`},
		{"10 4 MB and a byte, the other way", Options{OversizeStatus: 400}, padded(4<<20 + 1), 400, `{"message":"Request Entity Too Large"}`},
		{"10 4 MB", Options{}, padded(4 << 20), 201, `{"message":"success","events_processed":1}`},
		{"13 two primary identifiers", Options{}, `{"events":[` + with(t, event, map[string]any{"user_alias": map[string]any{"alias_name": "n", "alias_label": "l"}}) + `]}`, 400,
			none + `[{"type":"Only one of 'external_id', 'braze_id' or 'user_alias' may be specified","input_array":"events","index":0}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(newServer(t, c.opts), trackRequest(c.body))
			if w.Code != c.status || w.Body.String() != c.want {
				t.Errorf("got  %d %s\nwant %d %s", w.Code, w.Body, c.status, c.want)
			}
		})
	}
}

// padded is a valid body of exactly n bytes, filled with white space.
func padded(n int) string {
	body := events(1)
	return body + strings.Repeat(" ", n-len(body))
}

// TestConformanceBurst is vector 11, with smaller windows in TestRate.
func TestConformanceBurst(t *testing.T) {
	for _, dialect := range []string{"epoch", "seconds"} {
		t.Run(dialect, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{Rate: 3000, RateHeaders: dialect, Stateless: true})
				defer s.Close()
				for i := range 3000 {
					if w := ask(s, trackRequest(events(1))); w.Code != http.StatusCreated {
						t.Fatalf("request %d: %d", i+1, w.Code)
					}
				}
				w := ask(s, trackRequest(events(1)))
				sent := headersOf(w.Header())
				retry, reset := sent[headerRetryAfter] != "", sent[headerReset] != ""
				if w.Code != 429 || retry != (dialect == "seconds") || reset != (dialect == "epoch") {
					t.Errorf("request 3,001: %d %v", w.Code, w.Header())
				}
			})
		})
	}
}

// TestConformanceResend is vector 12.
func TestConformanceResend(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, all(1))
	accept(t, s, all(1))
	u := user(t, s, "external_id", "u")
	if len(u.Events) != 2 || len(u.Purchases) != 2 || u.Events[0]["event_id"] == u.Events[1]["event_id"] {
		t.Errorf("a request sent twice left %v and %v", u.Events, u.Purchases)
	}
}

// TestConformanceAlias is vector 14.
func TestConformanceAlias(t *testing.T) {
	const unknown = `{"attributes":[{"user_alias":{"alias_name":"n","alias_label":"l"},"tier":"gold"%s}]}`
	for extra, want := range map[string]bool{
		``:                               false,
		`,"_update_existing_only":true`:  false,
		`,"_update_existing_only":false`: true,
	} {
		s := newServer(t, Options{})
		accept(t, s, strings.Replace(unknown, "%s", extra, 1))
		if _, ok := s.User("alias", "l\x00n"); ok != want {
			t.Errorf("with %q a profile exists: %v, want %v", extra, ok, want)
		}
	}
}

// TestConformanceBadNestedTime is vector 15.
func TestConformanceBadNestedTime(t *testing.T) {
	s := newServer(t, Options{})
	accept(t, s, `{"attributes":[{"external_id":"u","trip":{"to":"Rome"}}]}`)
	accept(t, s, `{"attributes":[{"external_id":"u","tier":"gold","trip":{"to":"Oslo","on":{"$time":"soon"}}}]}`)
	equalJSON(t, user(t, s, "external_id", "u").Attributes, `{"tier":"gold","trip":{"to":"Rome"}}`)
}
