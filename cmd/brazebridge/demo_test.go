package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The demo is the whole product on the example as it is shipped: if the two don't fit each other, this fails.
func TestDemo(t *testing.T) {
	for _, args := range [][]string{
		{"--records", "12"},
		{"--records", "600", "--seed", "7"},
		{"--records", "60", "--rate", "400"},
	} {
		con := newConsole()
		code := con.run(append([]string{"demo", "--output", "json"}, args...)...)
		lines := strings.Split(strings.TrimSpace(con.stdout.String()), "\n")
		var r struct {
			Consumed, Delivered, Filtered, Requests, Objects int64
			DeadLettered                                     int64 `json:"dead_lettered"`
			InFlight                                         int64 `json:"in_flight"`
			Seconds                                          float64
			DeadLetters                                      map[string]int64 `json:"dead_letters"`
			Agree                                            bool
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
			t.Fatalf("%v: %v in %q; %s", args, err, lines, con.stderr.String())
		}
		if code != exitDone || !r.Agree || r.InFlight != 0 || r.Consumed != r.Delivered+r.DeadLettered+r.Filtered {
			t.Errorf("%v: exit code %d, %+v; %s", args, code, r, con.stderr.String())
		}
		for _, reason := range []string{"undecodable", "mapping", "check", "rejected"} {
			if r.DeadLetters[reason] == 0 {
				t.Errorf("%v: no dead letter for %s: %v", args, reason, r.DeadLetters)
			}
		}
		if r.Delivered == 0 || r.Filtered == 0 || r.Requests == 0 || r.Objects < r.Delivered || r.Seconds <= 0 {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestDemoForPeople(t *testing.T) {
	con := newConsole()
	if code := con.run("demo", "--records", "200"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, con.stderr.String())
	}
	for _, want := range []string{"they agree", "A dead letter in braze.dead-letter", "brazebridge.reason       rejected", "POST /users/track", "brazebridge demo --serve"} {
		if !strings.Contains(con.stdout.String(), want) {
			t.Errorf("%q is missing from\n%s", want, con.stdout.String())
		}
	}
	if strings.Contains(con.stdout.String(), "\x1b") {
		t.Error("colours although nobody watches")
	}
}

// --serve goes on until a signal; then what was produced is seen through and accounted for.
func TestDemoServesUntilSignal(t *testing.T) {
	con := newConsole()
	announced, code := con.stderr.await(`readiness +(\S+)/readyz`), make(chan int)
	go func() { code <- con.run("demo", "--serve", "--records", "50", "--rate", "200") }()
	select {
	case <-announced:
		con.signals <- os.Interrupt
	case c := <-code:
		t.Fatalf("exit code %d: %s", c, con.stderr.String())
	}
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
	if !strings.Contains(con.stdout.String(), "they agree") {
		t.Errorf("printed\n%s", con.stdout.String())
	}
}
