package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

func TestParseRate(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		per  time.Duration
		ok   bool
	}{
		{"3000/3s", 3000, 3 * time.Second, true},
		{"1/1h", 1, time.Hour, true},
		{"3000", 0, 0, false},
		{"/3s", 0, 0, false},
		{"3000/", 0, 0, false},
		{"0/3s", 0, 0, false},
		{"-1/3s", 0, 0, false},
		{"10/-3s", 0, 0, false},
		{"10/0s", 0, 0, false},
		{"10/3s/2", 0, 0, false},
	} {
		n, per, err := parseRate(c.text)
		if n != c.n || per != c.per || (err == nil) != c.ok {
			t.Errorf("%s: %d/%s, %v", c.text, n, per, err)
		}
	}
}

func TestFinishFakeOptions(t *testing.T) {
	o := fakebraze.Options{RateHeaders: "seconds"}
	if err := finishFakeOptions(&o, "per_array", "10/1s"); err != nil || !o.PerArray || o.Rate != 10 || o.RatePer != time.Second {
		t.Errorf("%+v, %v", o, err)
	}
	o = fakebraze.Options{RateHeaders: "epoch"}
	if err := finishFakeOptions(&o, "combined", ""); err != nil || o.PerArray || o.Rate != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{"127.0.0.1:80": "127.0.0.1:80", "[::]:80": "localhost:80", "0.0.0.0:80": "localhost:80"} {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(a); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// The command as people use it: it says where it listens, answers there as Braze does, and ends at a signal.
func TestFakeBrazeServesUntilSignal(t *testing.T) {
	con := newConsole()
	address, code := con.stdout.await(`POST (\S+)`), make(chan int)
	go func() {
		code <- con.run("fake-braze", "--listen", "127.0.0.1:0", "--api-key", "one", "--api-key", "two")
	}()
	var url string
	select {
	case m := <-address:
		url = m[1]
	case c := <-code:
		t.Fatalf("exit code %d: %s", c, con.stderr.String())
	}
	for key, want := range map[string]int{"one": 201, "two": 201, "three": 401} {
		if got := post(t, url, key); got != want {
			t.Errorf("key %s: status %d, want %d", key, got, want)
		}
	}
	if got := protocolOf(t, url); got != 2 {
		t.Errorf("a client that speaks HTTP/2 in clear text was answered in HTTP/%d", got)
	}
	con.signals <- os.Interrupt
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
	if !strings.Contains(con.stdout.String(), "page for people: http://127.0.0.1:") {
		t.Errorf("printed %s", con.stdout.String())
	}
}

// protocolOf asks with prior knowledge that the server speaks HTTP/2, as a load generator without certificates does.
func protocolOf(t *testing.T, url string) int {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.ProtoMajor
}

func post(t *testing.T, url, key string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"attributes":[{"external_id":"a","x":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
