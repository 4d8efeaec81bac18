package fakebraze

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Header names go out in lower case, as Braze sends them.
const (
	headerLimit      = "x-ratelimit-limit"
	headerRemaining  = "x-ratelimit-remaining"
	headerReset      = "x-ratelimit-reset"
	headerRetryAfter = "x-ratelimit-retry-after"
)

// window counts requests in a fixed window that begins at a multiple of its length since the Unix epoch, so an
// hourly one begins on the clock hour. Requests that were turned away do not count.
type window struct {
	limit int
	per   time.Duration
	start int64 // number of the window
	used  int
}

func (w *window) advance(now time.Time) {
	if n := now.UnixNano() / int64(w.per); n != w.start {
		w.start, w.used = n, 0
	}
}

func (w *window) full() bool { return w.limit > 0 && w.used >= w.limit }

func (w *window) end() time.Time { return time.Unix(0, (w.start+1)*int64(w.per)) }

// rateLimit holds Braze's two dialects. Classic: a window whose end goes out as UTC epoch seconds. Newer
// contracts: a limit per clock hour, whose rest goes out as seconds, and a burst window; a 429 of theirs
// carries nothing but the seconds to wait.
type rateLimit struct {
	mu      sync.Mutex
	seconds bool
	burst   window
	hour    window
}

func newRateLimit(o Options) *rateLimit {
	r := &rateLimit{seconds: o.RateHeaders == "seconds", burst: window{limit: o.Rate, per: o.RatePer}}
	hourly := o.Hourly
	if hourly == 0 {
		hourly = int(float64(o.Rate) * float64(time.Hour) / float64(o.RatePer))
	}
	r.hour = window{limit: hourly, per: time.Hour}
	return r
}

func (r *rateLimit) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.burst.used, r.hour.used = 0, 0
}

// take counts a request if it may pass, and says when to come back if not.
func (r *rateLimit) take(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.burst.advance(now)
	r.hour.advance(now)
	if r.burst.full() || r.seconds && r.hour.full() {
		return false
	}
	r.burst.used++
	r.hour.used++
	return true
}

// describe sets the headers of an answer; limited says that it is a 429.
func (r *rateLimit) describe(h http.Header, now time.Time, limited bool) {
	if r.burst.limit == 0 && (!r.seconds || r.hour.limit == 0) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.burst.advance(now)
	r.hour.advance(now)
	shown, reset := &r.burst, func() int64 { return ceilSeconds(time.Duration(r.burst.end().UnixNano())) }
	if r.seconds {
		shown, reset = &r.hour, func() int64 { return ceilSeconds(r.hour.end().Sub(now)) }
	}
	if r.seconds && limited {
		setLower(h, headerRetryAfter, r.wait(now))
		return
	}
	setLower(h, headerLimit, int64(shown.limit))
	setLower(h, headerRemaining, int64(max(shown.limit-shown.used, 0)))
	setLower(h, headerReset, reset())
}

// wait is the time until the window that is full ends, in whole seconds, at least one.
func (r *rateLimit) wait(now time.Time) int64 {
	end := r.burst.end()
	if r.hour.full() {
		end = r.hour.end()
	}
	return max(ceilSeconds(end.Sub(now)), 1)
}

func ceilSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func setLower(h http.Header, name string, v int64) {
	h[name] = []string{strconv.FormatInt(v, 10)} // not Set, which would change the case
}
