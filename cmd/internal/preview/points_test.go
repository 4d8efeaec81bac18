package preview

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// The figures of Braze's page on data points, object by object.
func TestDataPoints(t *testing.T) {
	for _, c := range []struct {
		kind sink.Kind
		json string
		want int
	}{
		{sink.Event, `{"external_id":"u","name":"e","time":"2026-01-01T00:00:00Z","properties":{"a":1,"b":2}}`, 1},
		{sink.Event, `{"external_id":"u","name":"ecommerce.order_placed","time":"2026-01-01T00:00:00Z"}`, 0},
		{sink.Event, `{"external_id":"u","name":"ecommerce.something","time":"2026-01-01T00:00:00Z"}`, 1},
		{sink.Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"time":"2026-01-01T00:00:00Z"}`, 1},
		{sink.Purchase, `{"external_id":"u","product_id":"p","currency":"EUR","price":1,"quantity":7,"time":"2026-01-01T00:00:00Z"}`, 7},
		{sink.Attributes, `{"external_id":"u"}`, 0},
		{sink.Attributes, `{"external_id":"u","a":1,"b":null,"first_name":"x","email":"a@example.com"}`, 4},
		{sink.Attributes, `{"external_id":"u","_update_existing_only":true,"email_subscribe":"opted_in","push_subscribe":"opted_in"}`, 0},
		{sink.Attributes, `{"email":"a@example.com","a":1}`, 1},
		{sink.Attributes, `{"user_alias":{"alias_name":"a","alias_label":"b"},"phone":"+4930123456","a":1}`, 2},
		{sink.Attributes, `{"external_id":"u","list":["a","b"],"none":[],"empty":{}}`, 3},
		{sink.Attributes, `{"external_id":"u","list":{"add":["a","b"],"remove":["c"]},"n":{"inc":1}}`, 4},
		{sink.Attributes, `{"external_id":"u","nested":{"a":1,"b":{"c":1,"d":2}}}`, 4},
		{sink.Attributes, `{"external_id":"u","when":{"$time":"2026-01-01T00:00:00Z"}}`, 1},
		{sink.Attributes, `{"external_id":"u","things":[{"a":1,"b":2},{"a":3}]}`, 3},
		{sink.Attributes, `{"external_id":"u","things":{"$add":[{"a":1,"b":2}],"$remove":[{"$identifier_key":"a","$identifier_value":1}]}}`, 3},
	} {
		if got := DataPoints(sink.Item{Kind: c.kind, JSON: []byte(c.json)}); got != c.want {
			t.Errorf("%s costs %d, want %d", c.json, got, c.want)
		}
	}
}

// The fake Braze counts by itself, from the same page: both agree on what it accepts.
func TestDataPointsAsTheFake(t *testing.T) {
	for _, body := range []string{
		`{"attributes":[{"external_id":"u","a":1,"b":null,"first_name":"x","list":["a","b"],"email":"ann@example.com"}]}`,
		`{"attributes":[{"external_id":"u","nested":{"a":1,"b":{"c":1,"d":2}},"tags":{"add":["a","b"]},"n":{"inc":2}}]}`,
		`{"attributes":[{"external_id":"u","things":[{"a":1,"b":2},{"a":3}],"when":{"$time":"2026-01-01T00:00:00Z"}}]}`,
		`{"attributes":[{"email":"ann@example.com","phone":"+4930123456","a":1}]}`,
		`{"events":[{"external_id":"u","name":"e","time":"2026-01-01T00:00:00Z","properties":{"a":1}}]}`,
		`{"purchases":[{"external_id":"u","product_id":"p","currency":"EUR","price":1,"quantity":3,"time":"2026-01-01T00:00:00Z"}]}`,
	} {
		fake := httptest.NewServer(fakebraze.New(fakebraze.Options{}))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fake.URL+"/users/track", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer k")
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		stats, err := http.Get(fake.URL + "/_fake/stats")
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			DataPoints     int `json:"data_points"`
			RefusedObjects int `json:"refused_objects"`
		}
		if err := json.NewDecoder(stats.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		_ = stats.Body.Close()
		fake.Close()
		var arrays map[string][]json.RawMessage
		if err := json.Unmarshal([]byte(body), &arrays); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, kind := range []sink.Kind{sink.Attributes, sink.Event, sink.Purchase} {
			for _, object := range arrays[kind.Array()] {
				sum += DataPoints(sink.Item{Kind: kind, JSON: object})
			}
		}
		if sum != s.DataPoints || s.RefusedObjects > 0 || sum == 0 {
			t.Errorf("%s: %d, the fake says %d (%d refused)", body, sum, s.DataPoints, s.RefusedObjects)
		}
	}
}
