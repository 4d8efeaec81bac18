package sink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// Here the client meets the fake: the conformance vectors of /users/track as the client sees their answers. Both know the
// rules from Braze's documents and neither from the other.

const (
	seen  = `{"external_id":"u%d","name":"seen","time":"2026-01-15T09:35:20Z"%s}`
	bare  = `{"name":"seen","time":"2026-01-15T09:35:20Z"}`
	tea   = `{"external_id":"u","product_id":"tea","currency":"EUR","price":4.5,"time":"2026-01-15T09:35:20Z"%s}`
	gold  = `{"external_id":"u%d","tier":"gold"%s}`
	order = `{"external_id":"u","name":"%s","time":"2026-01-15T09:35:20Z","properties":{%s"total_value":%s,"currency":"EUR","source":"web",
		"products":[{"product_id":"p","product_name":"P","variant_id":"v","quantity":1,"price":29.99}]%s}}`
)

func clientOf(t *testing.T, fake *fakebraze.Server) *sink.Client {
	t.Helper()
	t.Cleanup(fake.Close)
	c, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", HTTP: &http.Client{Transport: fake.Transport()}, Key: func(bool) (string, error) { return "key", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func item(kind sink.Kind, format string, args ...any) sink.Item {
	return sink.Item{Kind: kind, JSON: fmt.Appendf(nil, format, args...)}
}

func many(kind sink.Kind, format string, n int) []sink.Item {
	items := make([]sink.Item, n)
	for i := range items {
		items[i] = item(kind, format, i, "")
	}
	return items
}

func send(t *testing.T, c *sink.Client, items ...sink.Item) sink.Answer {
	t.Helper()
	r := sink.NewRequest(nil, items)
	return c.Send(t.Context(), &r)
}

// refusal is the answer's only error.
func refusal(t *testing.T, a sink.Answer) string {
	t.Helper()
	if len(a.Errors) != 1 {
		t.Fatalf("%+v, want one error", a)
	}
	return a.Errors[0].Text
}

// TestConformanceThroughTheClient: what the client makes of the answer to each vector.
func TestConformanceThroughTheClient(t *testing.T) {
	purchases := make([]sink.Item, 75)
	for i := range purchases {
		purchases[i] = item(sink.Purchase, tea, "")
	}
	all := append(append(many(sink.Attributes, gold, 75), many(sink.Event, seen, 75)...), purchases...)
	placed := func(id, total, extra string) sink.Item {
		return item(sink.Event, order, "ecommerce.order_placed", id, total, extra)
	}
	const id = `"order_id":"o",`
	for _, c := range []struct {
		name   string
		fake   fakebraze.Options
		items  []sink.Item
		class  sink.Class
		status int
		errors string // "index: text" of each
	}{
		{"1 one of each", fakebraze.Options{}, []sink.Item{item(sink.Attributes, gold, 0, ""), item(sink.Event, seen, 0, ""), item(sink.Purchase, tea, "")}, sink.Accepted, 201, ""},
		{"2 one of two without a user", fakebraze.Options{}, []sink.Item{item(sink.Event, seen, 0, ""), item(sink.Event, bare)}, sink.Accepted, 201, "1: 'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"},
		{"2 behind objects of another array", fakebraze.Options{}, []sink.Item{item(sink.Purchase, tea, ""), item(sink.Event, bare), item(sink.Event, seen, 0, "")}, sink.Accepted, 201, "1: 'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"},
		{"3 only invalid ones", fakebraze.Options{}, []sink.Item{item(sink.Event, bare)}, sink.ObjectsRefused, 400, "0: 'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"},
		{"4 76 events", fakebraze.Options{}, many(sink.Event, seen, 76), sink.TooLarge, 400, ""},
		{"5 75 of each, combined", fakebraze.Options{}, all, sink.TooLarge, 400, ""},
		{"5 75 of each, per array", fakebraze.Options{PerArray: true}, all, sink.Accepted, 201, ""},
		{"6 quantity 101", fakebraze.Options{}, []sink.Item{item(sink.Purchase, tea, `,"quantity":101`)}, sink.ObjectsRefused, 400, "0: 'quantity' is not valid"},
		{"6 quantity 0", fakebraze.Options{}, []sink.Item{item(sink.Purchase, tea, `,"quantity":0`)}, sink.ObjectsRefused, 400, "0: 'quantity' is not valid"},
		{"6 quantity 1.5", fakebraze.Options{}, []sink.Item{item(sink.Purchase, tea, `,"quantity":1.5`)}, sink.ObjectsRefused, 400, "0: 'quantity' is not valid"},
		{"7 currency usd1", fakebraze.Options{}, []sink.Item{item(sink.Purchase, strings.Replace(tea, "EUR", "usd1", 1), "")}, sink.ObjectsRefused, 400, "0: 'currency' must be an ISO 4217 currency"},
		{"8 event property event_name", fakebraze.Options{}, []sink.Item{item(sink.Event, seen, 0, `,"properties":{"event_name":"x"}`)}, sink.ObjectsRefused, 400, "0: Invalid 'properties' field"},
		{"8 purchase property price", fakebraze.Options{}, []sink.Item{item(sink.Purchase, tea, `,"properties":{"price":1}`)}, sink.ObjectsRefused, 400, "0: Invalid 'properties' field"},
		{"9 order without its id", fakebraze.Options{}, []sink.Item{placed("", "29.99", ""), item(sink.Event, seen, 0, "")}, sink.Accepted, 201, "0: The property '#/' did not contain a required property of 'order_id'"},
		{"9 order with a key too many", fakebraze.Options{}, []sink.Item{item(sink.Event, seen, 0, ""), placed(id, "29.99", `,"gift_wrapped":true`)}, sink.Accepted, 201, `1: The property '#/' contains additional properties ["gift_wrapped"] outside of the schema when none are allowed`},
		{"9 amount as text", fakebraze.Options{}, []sink.Item{placed(id, `"29.99"`, ""), item(sink.Event, seen, 0, "")}, sink.Accepted, 201, "0: The property '#/total_value' of type string did not match the following type: number"},
		{"9 near miss of the name", fakebraze.Options{}, []sink.Item{item(sink.Event, order, "ecommerce.OrderPlaced", "", `"29.99"`, "")}, sink.Accepted, 201, ""},
		{"10 a body beyond 4 MB", fakebraze.Options{}, fat(), sink.TooLarge, 413, ""},
		{"10 a body beyond 4 MB, the other way", fakebraze.Options{OversizeStatus: 400}, fat(), sink.TooLarge, 400, ""},
		{"13 two primary identifiers", fakebraze.Options{}, []sink.Item{item(sink.Event, seen, 0, `,"user_alias":{"alias_name":"n","alias_label":"l"}`)}, sink.ObjectsRefused, 400, "0: Only one of 'external_id', 'braze_id' or 'user_alias' may be specified"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := fakebraze.New(c.fake)
			a := send(t, clientOf(t, fake), c.items...)
			var errs []string
			for _, e := range a.Errors {
				errs = append(errs, fmt.Sprintf("%d: %s", e.Item, e.Text))
			}
			if a.Class != c.class || a.Status != c.status || strings.Join(errs, "|") != c.errors || a.Unattributed != 0 || a.Ambiguous {
				t.Errorf("%+v\nwant %v, %d, %s", a, c.class, c.status, c.errors)
			}
			st := fake.Stats()
			accepted, want := st.Attributes+st.Events+st.Purchases, int64(0)
			if c.class == sink.Accepted {
				want = int64(len(c.items) - len(a.Errors))
			}
			if accepted != want {
				t.Errorf("%d objects were accepted, want %d", accepted, want)
			}
		})
	}
}

// fat is a request of 4 MB and more whose objects are all good.
func fat() []sink.Item {
	items := make([]sink.Item, 60)
	for i := range items {
		items[i] = item(sink.Event, seen, i, `,"properties":{`+wide(i)+`}`)
	}
	return items
}

// wide are properties of about 80 KB.
func wide(n int) string {
	parts := make([]string, 320)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"p%d":"%0240d"`, i, n)
	}
	return strings.Join(parts, ",")
}

// TestConformanceBurstThroughTheClient is vector 11: what a 429 says in both dialects.
func TestConformanceBurstThroughTheClient(t *testing.T) {
	for _, dialect := range []string{"epoch", "seconds"} {
		t.Run(dialect, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(2 * 366 * 24 * time.Hour) // virtual time begins in 2000, when epoch seconds had nine digits
				c := clientOf(t, fakebraze.New(fakebraze.Options{Rate: 3000, RatePer: 3 * time.Second, RateHeaders: dialect, Stateless: true}))
				for i := range 3000 {
					a := send(t, c, item(sink.Event, seen, i, ""))
					if a.Class != sink.Accepted || !a.Rate.Known || dialect == "epoch" && a.Rate.Remaining != 2999-i {
						t.Fatalf("request %d: %+v", i+1, a)
					}
				}
				a := send(t, c, item(sink.Event, seen, 0, ""))
				if a.Class != sink.Throttled || !a.Rate.Asked || a.Rate.Wait <= 0 || a.Rate.Wait > 3*time.Second {
					t.Fatalf("request 3,001: %+v", a)
				}
				time.Sleep(a.Rate.Wait)
				if a := send(t, c, item(sink.Event, seen, 0, "")); a.Class != sink.Accepted {
					t.Errorf("after the wait that was asked for: %+v", a)
				}
			})
		})
	}
}

// TestConformanceResendThroughTheClient is vector 12: nothing tells Braze that a request is the same as another.
func TestConformanceResendThroughTheClient(t *testing.T) {
	fake := fakebraze.New(fakebraze.Options{})
	c := clientOf(t, fake)
	r := sink.NewRequest(nil, []sink.Item{item(sink.Event, seen, 1, "")})
	for range 2 {
		if a := c.Send(t.Context(), &r); a.Class != sink.Accepted {
			t.Fatalf("%+v", a)
		}
	}
	if u, ok := fake.User("external_id", "u1"); !ok || len(u.Events) != 2 {
		t.Errorf("a request sent twice left %v", u.Events)
	}
}

// TestConformanceAliasThroughTheClient is vector 14: an unknown alias without _update_existing_only: false is accepted and
// goes nowhere, which is why the check counts it.
func TestConformanceAliasThroughTheClient(t *testing.T) {
	for extra, want := range map[string]bool{``: false, `,"_update_existing_only":false`: true} {
		fake := fakebraze.New(fakebraze.Options{})
		object := item(sink.Attributes, `{"user_alias":{"alias_name":"n","alias_label":"l"},"tier":"gold"%s}`, extra)
		if a := send(t, clientOf(t, fake), object); a.Class != sink.Accepted {
			t.Fatalf("%+v", a)
		}
		if _, ok := fake.User("alias", "l\x00n"); ok != want {
			t.Errorf("with %q there is a profile: %v", extra, ok)
		}
		checker, noted := sink.NewChecker(sink.CheckOptions{}), false
		if _, refused := checker.Check([]sink.Item{object}); len(refused) > 0 {
			t.Errorf("with %q the check refuses it: %+v", extra, refused)
		}
		checker.TakeCounted(func(note string, _ int64) { noted = noted || note == "alias_update_only" })
		if noted == want {
			t.Errorf("with %q the check notes it: %v", extra, noted)
		}
	}
}

// TestConformanceBadNestedTimeThroughTheClient is vector 15: Braze drops the nested attribute and says nothing, so the check
// has to.
func TestConformanceBadNestedTimeThroughTheClient(t *testing.T) {
	fake := fakebraze.New(fakebraze.Options{})
	c := clientOf(t, fake)
	bad := item(sink.Attributes, `{"external_id":"u","tier":"gold","trip":{"to":"Oslo","on":{"$time":"soon"}}}`)
	for _, it := range []sink.Item{item(sink.Attributes, `{"external_id":"u","trip":{"to":"Rome"}}`), bad} {
		if a := send(t, c, it); a.Class != sink.Accepted || len(a.Errors) != 0 {
			t.Fatalf("%+v", a)
		}
	}
	u, _ := fake.User("external_id", "u")
	if text, _ := json.Marshal(u.Attributes); string(text) != `{"tier":"gold","trip":{"to":"Rome"}}` {
		t.Errorf("the profile is %s", text)
	}
	if _, refused := sink.NewChecker(sink.CheckOptions{}).Check([]sink.Item{bad}); len(refused) != 1 {
		t.Errorf("the check lets it pass: %v", refused)
	}
}

// TestCheckAndFakeAgree sends what the check finds good to a Braze that judges by itself: it refuses nothing. Of the vectors'
// faulty objects the check finds each.
func TestCheckAndFakeAgree(t *testing.T) {
	const id = `"order_id":"o",`
	for text, good := range map[string]bool{
		fmt.Sprintf(seen, 1, ""): true,
		bare:                     false,
		fmt.Sprintf(seen, 1, `,"properties":{"event_name":"x"}`):                             false,
		fmt.Sprintf(seen, 1, `,"properties":{"time":1}`):                                     false,
		fmt.Sprintf(seen, 1, `,"user_alias":{"alias_name":"n","alias_label":"l"}`):           false,
		fmt.Sprintf(seen, 1, `,"email":"x@example.com"`):                                     true,
		fmt.Sprintf(order, "ecommerce.order_placed", id, "29.99", ""):                        true,
		fmt.Sprintf(order, "ecommerce.order_placed", "", "29.99", ""):                        false,
		fmt.Sprintf(order, "ecommerce.order_placed", id, "-29.99", ""):                       false,
		fmt.Sprintf(order, "ecommerce.order_placed", id, `"29.99"`, ""):                      false,
		fmt.Sprintf(order, "ecommerce.order_placed", id, "29.99", `,"gift":true`):            false,
		fmt.Sprintf(order, "ecommerce.order_placed", id, "29.99", `,"metadata":{"gift":1}`):  true,
		fmt.Sprintf(order, "ecommerce.order_refunded", id, "29.99", `,"tax":1`):              false,
		fmt.Sprintf(order, "ecommerce.order_cancelled", id, "29.99", ""):                     false,
		fmt.Sprintf(order, "ecommerce.order_cancelled", id, "29.99", `,"cancel_reason":"x"`): true,
		fmt.Sprintf(order, "ecommerce.cart_updated", `"cart_id":"c",`, "29.99", ""):          true,
		fmt.Sprintf(order, "ecommerce.OrderPlaced", "", `"x"`, ""):                           true,
	} {
		object := item(sink.Event, "%s", text)
		_, refused := sink.NewChecker(sink.CheckOptions{}).Check([]sink.Item{object})
		a := send(t, clientOf(t, fakebraze.New(fakebraze.Options{})), object)
		if (len(refused) == 0) != good || (a.Class == sink.Accepted) != good {
			t.Errorf("%s\ncheck %v, fake %+v, want good: %v", text, refused, a, good)
		}
		if !good && a.Class == sink.ObjectsRefused {
			refusal(t, a)
		}
	}
}

// TestKeyRotatedMidRun has Braze replace the key while requests run: the client reads it again once and goes on.
func TestKeyRotatedMidRun(t *testing.T) {
	fake := fakebraze.New(fakebraze.Options{APIKeys: []string{"old"}})
	t.Cleanup(fake.Close)
	file := "old"
	held := file
	c, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", HTTP: &http.Client{Transport: fake.Transport()},
		Key: func(refresh bool) (string, error) {
			if refresh {
				held = file
			}
			return held, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := sink.NewRequest(nil, []sink.Item{item(sink.Event, seen, 1, "")})
	for _, step := range []struct {
		braze, file string
		class       sink.Class
	}{{"old", "old", sink.Accepted}, {"new", "old", sink.Refused}, {"new", "new", sink.Accepted}, {"new", "new", sink.Accepted}} {
		fake.SetAPIKeys(step.braze)
		file = step.file
		if a := c.Send(ctx, &r); a.Class != step.class {
			t.Errorf("Braze knows %s, the file holds %s: %+v", step.braze, step.file, a)
		}
	}
	if st := fake.Stats(); st.Statuses["401"] != 2 || st.Events != 3 {
		t.Errorf("%v, %d events", st.Statuses, st.Events)
	}
}
