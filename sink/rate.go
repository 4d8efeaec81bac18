package sink

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// DefaultMaxWait bounds what a 429 or 503 can ask for, where ClientOptions don't. Braze's windows are 3 seconds and an hour;
// beyond a quarter of an hour asking again costs one request and finds out sooner that the limit was lifted.
const DefaultMaxWait = 15 * time.Minute

// maxReset bounds X-RateLimit-Reset: the hourly window and a minute for clocks that differ.
const maxReset = 3660 * time.Second

// epochFrom tells the two dialects of X-RateLimit-Reset apart: epoch seconds are beyond it (since 2001), seconds left are not.
const epochFrom = 1_000_000_000

// rateInfo reads the rate-limit headers, both dialects. now stands in for a missing Date header.
func rateInfo(status int, header http.Header, now time.Time) RateInfo {
	var r RateInfo
	limit, okLimit := wholeNumber(header.Get("X-Ratelimit-Limit"))
	remaining, okRemaining := wholeNumber(header.Get("X-Ratelimit-Remaining"))
	if okLimit && okRemaining {
		r.Limit, r.Remaining, r.Known = int(limit), int(remaining), true
	}
	if s := header.Get("X-Ratelimit-Reset"); s != "" {
		r.Reset = reset(s, header, now)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		r.ask(status, header, now)
	}
	return r
}

// wholeNumber reads digits only; a number too large to matter is as large as an int32 can be.
func wholeNumber(s string) (int64, bool) {
	const most = 1<<31 - 1
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > most {
		return most, true // all digits: the only error is its range
	}
	return n, true
}

// reset is the time until the window ends: from epoch seconds by the server's own clock, or from seconds left.
func reset(s string, header http.Header, now time.Time) time.Duration {
	n, ok := wholeNumber(s)
	if !ok {
		return 0
	}
	d := time.Duration(n) * time.Second
	if n > epochFrom {
		d = time.Unix(n, 0).Sub(serverTime(header, now))
	}
	return min(max(d, 0), maxReset)
}

// serverTime is the answer's own clock: ours may be an hour off.
func serverTime(header http.Header, now time.Time) time.Time {
	if t, err := http.ParseTime(header.Get("Date")); err == nil {
		return t
	}
	return now
}

// ask fills in what a 429 or 503 asks for: the longest of all its headers. A 429 without any, from an exhausted window, asks
// to wait for the window's end.
func (r *RateInfo) ask(status int, header http.Header, now time.Time) {
	for _, name := range [...]string{"X-Ratelimit-Retry-After", "Retry-After"} {
		for _, s := range header.Values(name) {
			r.askFor(s, header, now)
		}
	}
	if !r.Asked && status == http.StatusTooManyRequests && r.Reset > 0 && (!r.Known || r.Remaining == 0) {
		r.Wait, r.Asked = r.Reset, true
	}
}

// askFor takes in one value: whole seconds or an HTTP date. Fractions, negative numbers and dates in the past say nothing.
func (r *RateInfo) askFor(s string, header http.Header, now time.Time) {
	var wait time.Duration
	if n, ok := wholeNumber(s); ok {
		wait = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(strings.TrimSpace(s)); err == nil {
		if wait = t.Sub(serverTime(header, now)); wait <= 0 {
			return
		}
	} else {
		return
	}
	r.Asked = true
	r.Wait = max(r.Wait, wait)
}

// limitWait cuts the wait to most, and notes what was named.
func (r *RateInfo) limitWait(most time.Duration) {
	if r.Wait > most {
		r.Wait, r.Named = most, r.Wait
	}
}
