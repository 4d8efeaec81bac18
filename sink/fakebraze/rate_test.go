package fakebraze

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// headersOf returns the rate-limit headers of an answer as sent, in lower case.
func headersOf(h http.Header) map[string]string {
	out := map[string]string{}
	for _, name := range []string{headerLimit, headerRemaining, headerReset, headerRetryAfter} {
		if v := h[name]; len(v) == 1 {
			out[name] = v[0]
		}
	}
	return out
}

func TestNoRateNoHeaders(t *testing.T) {
	w := ask(newServer(t, Options{}), trackRequest(events(1)))
	if got := headersOf(w.Header()); len(got) != 0 {
		t.Errorf("headers %v", got)
	}
}

// TestEpochDialect: synctest starts at a full second, so windows of three seconds begin there or later.
func TestEpochDialect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rate: 3, RatePer: 3 * time.Second})
		defer s.Close()
		toWindow(3 * time.Second)
		end := strconv.FormatInt(time.Now().Unix()+3, 10)
		time.Sleep(1500 * time.Millisecond)
		for i, want := range []int{201, 201, 201, 429, 429} {
			w := ask(s, trackRequest(events(1)))
			equalJSON(t, headersOf(w.Header()), `{"x-ratelimit-limit":"3","x-ratelimit-remaining":"`+
				strconv.Itoa(max(2-i, 0))+`","x-ratelimit-reset":"`+end+`"}`)
			if w.Code != want {
				t.Errorf("request %d: %d", i+1, w.Code)
			}
		}
		time.Sleep(1500 * time.Millisecond)
		if w := ask(s, trackRequest(events(1))); w.Code != 201 || headersOf(w.Header())[headerRemaining] != "2" {
			t.Errorf("in the next window: %d %v", w.Code, w.Header())
		}
	})
}

// TestSecondsDialect: three headers about the clock hour, on a 429 only the time to wait.
func TestSecondsDialect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rate: 2, RatePer: 3 * time.Second, RateHeaders: "seconds", Hourly: 5})
		defer s.Close()
		toWindow(time.Hour)
		time.Sleep(10*time.Minute + 1500*time.Millisecond) // in the middle of a burst window
		var got []int
		for range 3 {
			w := ask(s, trackRequest(events(1)))
			got = append(got, w.Code)
			switch w.Code {
			case 201:
				equalJSON(t, headersOf(w.Header()), `{"x-ratelimit-limit":"5","x-ratelimit-remaining":"`+
					strconv.Itoa(5-len(got))+`","x-ratelimit-reset":"2999"}`)
			default:
				equalJSON(t, headersOf(w.Header()), `{"x-ratelimit-retry-after":"2"}`)
			}
		}
		equalJSON(t, got, `[201,201,429]`)
		time.Sleep(1500 * time.Millisecond)
		equalJSON(t, codes(s, 3), `[201,201,429]`)
		time.Sleep(3 * time.Second)
		equalJSON(t, codes(s, 2), `[201,429]`) // the hour's five are used up
		w := ask(s, trackRequest(events(1)))
		equalJSON(t, headersOf(w.Header()), `{"x-ratelimit-retry-after":"2994"}`)
		toWindow(time.Hour)
		equalJSON(t, codes(s, 1), `[201]`)
	})
}

// TestRateAgainstAModel: requests at random times pass as a list of all that passed in their window says.
func TestRateAgainstAModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(20) {
			random := rand.New(rand.NewPCG(seed, 9))
			o := Options{Rate: 1 + random.IntN(5), RatePer: time.Duration(1+random.IntN(5)) * time.Second, RateHeaders: "seconds", Hourly: 30}
			limit := newRateLimit(o)
			var passed []time.Time
			in := func(per time.Duration) (n int) {
				for _, p := range passed {
					if p.UnixNano()/int64(per) == time.Now().UnixNano()/int64(per) {
						n++
					}
				}
				return n
			}
			for range 200 {
				want := in(o.RatePer) < o.Rate && in(time.Hour) < o.Hourly
				if got := limit.take(time.Now()); got != want {
					t.Fatalf("seed %d at %v: %v, want %v", seed, time.Now(), got, want)
				}
				if want {
					passed = append(passed, time.Now())
				} else if wait := limit.wait(time.Now()); wait < 1 || wait > 3600 {
					t.Fatalf("seed %d: wait %d", seed, wait)
				}
				time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
				if random.IntN(40) == 0 {
					time.Sleep(time.Hour)
				}
			}
		}
	})
}

// TestWaitIsEnough: whoever waits as long as a 429 says gets through.
func TestWaitIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := newRateLimit(Options{Rate: 2, RatePer: 1500 * time.Millisecond, RateHeaders: "seconds", Hourly: 7})
		for range 100 {
			if limit.take(time.Now()) {
				time.Sleep(70 * time.Millisecond)
				continue
			}
			time.Sleep(time.Duration(limit.wait(time.Now())) * time.Second)
			if !limit.take(time.Now()) {
				t.Fatalf("refused again at %v", time.Now())
			}
		}
	})
}

// TestHourlyFollowsTheRate: without a figure of its own the hour allows what the bursts add up to.
func TestHourlyFollowsTheRate(t *testing.T) {
	s := newServer(t, Options{Rate: 3000, RateHeaders: "seconds"})
	w := ask(s, trackRequest(events(1)))
	if got := headersOf(w.Header())[headerLimit]; got != "3600000" {
		t.Errorf("limit %v", got)
	}
}

// TestRefusedForFree: requests that are turned away for their key or their rate do not use the limit up, those
// with a bad body do.
func TestRefusedForFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rate: 2, APIKeys: []string{"other"}})
		defer s.Close()
		toWindow(3 * time.Second)
		if w := ask(s, trackRequest(events(1))); w.Code != 401 || headersOf(w.Header())[headerRemaining] != "2" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		s.SetAPIKeys("test-key")
		if w := ask(s, trackRequest(`{`)); w.Code != 400 || headersOf(w.Header())[headerRemaining] != "1" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		equalJSON(t, codes(s, 2), `[201,429]`)
		s.Reset()
		equalJSON(t, codes(s, 3), `[201,201,429]`)
	})
}

func codes(s *Server, n int) (list []int) {
	for range n {
		list = append(list, ask(s, trackRequest(events(1))).Code)
	}
	return list
}

// toWindow sleeps until the next window of that length begins.
func toWindow(per time.Duration) {
	time.Sleep(per - time.Duration(time.Now().UnixNano()%int64(per)))
}
