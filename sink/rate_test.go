package sink

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is our clock in the tests; the server's may differ.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func date(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

func TestWaitThatAnAnswerAsksFor(t *testing.T) {
	hourOff := now.Add(-time.Hour)
	for _, c := range []struct {
		name   string
		header http.Header
		want   RateInfo
	}{
		{"seconds", http.Header{"Retry-After": {"7"}}, RateInfo{Wait: 7 * time.Second, Asked: true}},
		{"at once", http.Header{"Retry-After": {"0"}}, RateInfo{Asked: true}},
		{"space around", http.Header{"Retry-After": {" 7 "}}, RateInfo{Wait: 7 * time.Second, Asked: true}},
		{"fraction", http.Header{"Retry-After": {"7.5"}}, RateInfo{}},
		{"negative", http.Header{"Retry-After": {"-1"}}, RateInfo{}},
		{"signed", http.Header{"Retry-After": {"+7"}}, RateInfo{}},
		{"words", http.Header{"Retry-After": {"abc"}}, RateInfo{}},
		{"empty", http.Header{"Retry-After": {""}}, RateInfo{}},
		{"absent", http.Header{}, RateInfo{}},
		{"date ahead", http.Header{"Retry-After": {date(now.Add(20 * time.Second))}}, RateInfo{Wait: 20 * time.Second, Asked: true}},
		{"date now", http.Header{"Retry-After": {date(now)}}, RateInfo{}},
		{"date in the past", http.Header{"Retry-After": {date(now.Add(-20 * time.Second))}}, RateInfo{}},
		{"date by a clock an hour off", http.Header{"Retry-After": {date(hourOff.Add(20 * time.Second))}, "Date": {date(hourOff)}}, RateInfo{Wait: 20 * time.Second, Asked: true}},
		{"seconds that overflow a duration", http.Header{"Retry-After": {"9223372037"}}, RateInfo{Wait: (1<<31 - 1) * time.Second, Asked: true}},
		{"seconds that overflow an integer", http.Header{"Retry-After": {"99999999999999999999999"}}, RateInfo{Wait: (1<<31 - 1) * time.Second, Asked: true}},
		{"days", http.Header{"Retry-After": {"999999"}}, RateInfo{Wait: 999999 * time.Second, Asked: true}},
		{"date a day ahead", http.Header{"Retry-After": {date(now.Add(24 * time.Hour))}}, RateInfo{Wait: 24 * time.Hour, Asked: true}},
		{"Braze's own header", http.Header{"X-Ratelimit-Retry-After": {"12"}}, RateInfo{Wait: 12 * time.Second, Asked: true}},
		{"both, the longer first", http.Header{"X-Ratelimit-Retry-After": {"12"}, "Retry-After": {"7"}}, RateInfo{Wait: 12 * time.Second, Asked: true}},
		{"both, the longer second", http.Header{"X-Ratelimit-Retry-After": {"7"}, "Retry-After": {"12"}}, RateInfo{Wait: 12 * time.Second, Asked: true}},
		{"both, one unreadable", http.Header{"X-Ratelimit-Retry-After": {"soon"}, "Retry-After": {"7"}}, RateInfo{Wait: 7 * time.Second, Asked: true}},
		{"one header twice", http.Header{"Retry-After": {"7", "12"}}, RateInfo{Wait: 12 * time.Second, Asked: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, status := range []int{429, 503} {
				if diff := cmp.Diff(c.want, rateInfo(status, c.header, now)); diff != "" {
					t.Errorf("%d: %s", status, diff)
				}
			}
			for _, status := range []int{201, 400, 401, 500} {
				if diff := cmp.Diff(RateInfo{}, rateInfo(status, c.header, now)); diff != "" {
					t.Errorf("%d asks for a wait: %s", status, diff)
				}
			}
		})
	}
}

func TestBothDialectsOfReset(t *testing.T) {
	triple := func(limit, remaining, reset string) http.Header {
		return http.Header{"X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}}
	}
	with := func(h http.Header, name, value string) http.Header {
		h.Set(name, value)
		return h
	}
	epoch := "1772366402" // two seconds after now
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		want   RateInfo
	}{
		{"epoch", 201, triple("3000", "2999", epoch), RateInfo{Limit: 3000, Remaining: 2999, Known: true, Reset: 2 * time.Second}},
		{"epoch by the server's clock", 201, with(triple("3000", "2999", epoch), "Date", date(now.Add(time.Second))), RateInfo{Limit: 3000, Remaining: 2999, Known: true, Reset: time.Second}},
		{"epoch in the past", 201, with(triple("3000", "2999", epoch), "Date", date(now.Add(time.Minute))), RateInfo{Limit: 3000, Remaining: 2999, Known: true}},
		{"epoch far ahead", 201, triple("3000", "2999", "1999999999"), RateInfo{Limit: 3000, Remaining: 2999, Known: true, Reset: maxReset}},
		{"seconds left", 201, triple("250000", "1", "3599"), RateInfo{Limit: 250000, Remaining: 1, Known: true, Reset: 3599 * time.Second}},
		{"seconds left, too many", 201, triple("250000", "1", "999999999"), RateInfo{Limit: 250000, Remaining: 1, Known: true, Reset: maxReset}},
		{"no numbers", 201, triple("many", "some", "soon"), RateInfo{}},
		{"negative", 201, triple("3000", "-1", "-1"), RateInfo{}},
		{"remaining missing", 201, http.Header{"X-Ratelimit-Limit": {"3000"}}, RateInfo{}},
		{"429 from an exhausted window", 429, triple("3000", "0", epoch), RateInfo{Limit: 3000, Known: true, Reset: 2 * time.Second, Wait: 2 * time.Second, Asked: true}},
		{"429 with nothing but a reset", 429, http.Header{"X-Ratelimit-Reset": {"3"}}, RateInfo{Reset: 3 * time.Second, Wait: 3 * time.Second, Asked: true}},
		{"429 from another window than the one described", 429, triple("250000", "90000", "1800"), RateInfo{Limit: 250000, Remaining: 90000, Known: true, Reset: 1800 * time.Second}},
		{"429 from an exhausted hour", 429, triple("250000", "0", "1800"), RateInfo{Limit: 250000, Known: true, Reset: 1800 * time.Second, Wait: 1800 * time.Second, Asked: true}},
		{"429 that asks for less than the reset", 429, with(triple("3000", "0", epoch), "Retry-After", "1"), RateInfo{Limit: 3000, Known: true, Reset: 2 * time.Second, Wait: time.Second, Asked: true}},
		{"503 is not about the window", 503, triple("3000", "0", epoch), RateInfo{Limit: 3000, Known: true, Reset: 2 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rateInfo(c.status, c.header, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMaxWait: what is asked for is waited for up to the bound, and what was named beyond it is told.
func TestMaxWait(t *testing.T) {
	for _, c := range []struct {
		max, wait, named time.Duration
		asked            string
	}{
		{0, 15 * time.Minute, 0, "900"},
		{0, 15 * time.Minute, 901 * time.Second, "901"},
		{0, 15 * time.Minute, (1<<31 - 1) * time.Second, "9223372037"},
		{5 * time.Minute, 5 * time.Minute, 6 * time.Minute, "360"},
		{5 * time.Minute, 3 * time.Second, 0, "3"},
		{2 * time.Hour, time.Hour, 0, "3600"},
		{time.Second, 0, 0, "0"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.asked)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		client, err := NewClient(ClientOptions{Endpoint: srv.URL, Key: func(bool) (string, error) { return "key", nil }, MaxWait: c.max})
		if err != nil {
			t.Fatal(err)
		}
		r := NewRequest(nil, []Item{{Kind: Event, JSON: []byte(goodEvent)}})
		if got := client.Send(t.Context(), &r).Rate; !got.Asked || got.Wait != c.wait || got.Named != c.named {
			t.Errorf("at most %s, asked for %s s: %+v", c.max, c.asked, got)
		}
		srv.Close()
	}
}
