package integration_test

import (
	"testing"
	"time"
)

// patience is how long a test waits for what should take a second or two: generous, since the machine may be busy, and
// never what a passing test has to wait.
const patience = 60 * time.Second

// pollInterval is short against everything a test waits for, and long against the cost of asking.
const pollInterval = 25 * time.Millisecond

// until asks seen again and again until it says true, and fails the test with the last thing seen if that does not come.
// stop, where given, is asked each time for a reason why waiting has become pointless.
func until(t testing.TB, within time.Duration, what string, seen func() (ok bool, state string), stop ...func() string) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		ok, state := seen()
		if ok {
			return
		}
		for _, f := range stop {
			if why := f(); why != "" {
				t.Fatalf("%s: waiting became pointless: %s; last seen: %s", what, why, state)
			}
		}
		select {
		case <-deadline.C:
			t.Fatalf("%s: not within %s; last seen: %s", what, within, state)
		case <-tick.C:
		}
	}
}
