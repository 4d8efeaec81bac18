package config

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDidYouMean(t *testing.T) {
	keys := []string{"brokers", "group", "client_id", "instance_id", "session_timeout", "tls", "sasl", "warn"}
	for name, want := range map[string]string{
		"broker": "brokers", "borkers": "brokers", "BROKERS": "brokers", "grp": "", "gruop": "group", "client-id": "client_id", "clientid": "client_id", "tsl": "tls",
		"sasl": "sasl", "warning": "warn", "sessionTimeout": "session_timeout", "": "", "x": "", "zzzzzz": "", "group_id": "group", "instance": "instance_id",
		strings.Repeat("group", 50): "",
	} {
		if got := DidYouMean(name, keys); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := DidYouMean("ab", []string{"", "aa", "bb", strings.Repeat("a", 500)}); got != "aa" {
		t.Errorf("among equals: %q, want the first", got)
	}
	if got := DidYouMean("héllo", []string{"hello"}); got != "hello" {
		t.Errorf("characters of several bytes: %q", got)
	}
}

// TestDistanceAgainstTheDefinition compares with the recursive definition of optimal string alignment.
func TestDistanceAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() []rune {
		s := make([]rune, r.IntN(6))
		for i := range s {
			s[i] = 'a' + rune(r.IntN(3))
		}
		return s
	}
	for range 3000 {
		a, b := random(), random()
		if got, want := distance(a, b), naive(a, b); got != want {
			t.Fatalf("%q and %q: %d, want %d", string(a), string(b), got, want)
		}
	}
}

func naive(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	i, j := len(a), len(b)
	cost := 1
	if a[i-1] == b[j-1] {
		cost = 0
	}
	best := min(naive(a[:i-1], b)+1, naive(a, b[:j-1])+1, naive(a[:i-1], b[:j-1])+cost)
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		best = min(best, naive(a[:i-2], b[:j-2])+1)
	}
	return best
}
