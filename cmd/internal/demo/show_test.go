package demo

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"brazebridge/sink/fakebraze"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s", file, got)
	}
}

func testResult() *Result {
	w := newWorld()
	w.letters.example = letterRecord("trace", "abc", "brazebridge.reason", "rejected", "brazebridge.stage", "send",
		"brazebridge.error", strings.Repeat("long ", 30), "brazebridge.objects", `[{"kind":"event","index":0,"outcome":"refused"}]`)
	w.letters.example.Value = make([]byte, 321)
	r, _ := w.judge()
	r.letter, r.Agree, r.Seconds = w.letters, true, 1.25
	r.Consumed, r.Objects, r.Requests = 1234567, 1500000, 20001
	r.stats = fakebraze.Stats{Attributes: 100000, Events: 1300000, Purchases: 100000, RefusedObjects: 5}
	r.DeadLetters, r.FilteredBy = w.letters.byReason, map[string]int64{"when": 3000, "tombstone": 12}
	return r
}

func TestSummary(t *testing.T) {
	requests := []fakebraze.Request{
		{Status: 201, Body: json.RawMessage(`{"events":[{"external_id":"a"}]}`), Response: json.RawMessage(`{}`)},
		{Status: 201, Body: json.RawMessage(`{"attributes":[{"external_id":"a","x":1},{}],"events":[{"external_id":"b","properties":{"n":12.30}},{},{}]}`),
			Response: json.RawMessage(`{"message":"success", "events_processed":3}`)},
		{Status: 400, Body: json.RawMessage(`no json`)},
	}
	var out bytes.Buffer
	p := newPage(&out, false)
	r := testResult()
	p.sums(r)
	p.witnesses(r)
	p.deadLetter(r)
	p.request(requests)
	p.next()
	if p.err != nil {
		t.Fatal(p.err)
	}
	golden(t, "testdata/summary.golden", out.String())
	if strings.Contains(out.String(), "\x1b") {
		t.Error("colours where none were asked for")
	}
}

func TestSummaryOfDisagreement(t *testing.T) {
	r := testResult()
	r.Agree, r.Faults, r.SentTwice = false, []string{"in flight: 1 at the end"}, 4
	var out bytes.Buffer
	p := newPage(&out, true)
	p.sums(r)
	p.witnesses(r)
	for _, want := range []string{"do not agree", "in flight: 1 at the end", "sent twice", "\x1b["} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing from\n%s", want, out.String())
		}
	}
}

// Tools read the last line: these names stay.
func TestResultAsJSON(t *testing.T) {
	text, err := json.Marshal(testResult())
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"consumed", "delivered", "dead_lettered", "filtered", "in_flight", "requests", "objects", "seconds"} {
		if _, ok := m[name].(float64); !ok {
			t.Errorf("%s is no number in %s", name, text)
		}
	}
	if reasons, ok := m["dead_letters"].(map[string]any); !ok || reasons["rejected"] != 1.0 {
		t.Errorf("dead_letters is %v", m["dead_letters"])
	}
}

func TestWriteErrorIsKept(t *testing.T) {
	p := newPage(failing{}, false)
	p.line("a")
	p.line("b")
	if p.err == nil {
		t.Error("an error of the output is lost")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestTexts(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := group(n); got != want {
			t.Errorf("group(%d) = %s, want %s", n, got, want)
		}
	}
	if got := byReason(map[string]int64{"a": 2, "c": 1000, "b": 2}); got != "1,000 c, 2 a, 2 b" {
		t.Errorf("byReason: %s", got)
	}
	if got := shorten("äöü", 2); got != "äö…" {
		t.Errorf("shorten: %s", got)
	}
	if got := strings.Join(abridge(json.RawMessage(`[1]`)), ""); got != "(no JSON)" {
		t.Errorf("abridge: %s", got)
	}
	if got := strings.Join(abridge(json.RawMessage(`{}`)), ""); got != "{}" {
		t.Errorf("abridge: %s", got)
	}
}

func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(Options{Records: 1000, Stderr: &out})
	for n := int64(0); n <= 1000; n += 50 {
		p.show(n, n)
	}
	p.finish(1000)
	want := "250 of 1,000 records settled\n500 of 1,000 records settled\n750 of 1,000 records settled\n1,000 of 1,000 records settled\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// The bar and the bridge's log share the terminal: a line of the log stands alone.
func TestProgressBarLeavesLogLinesAlone(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(Options{Records: 10, Stderr: &out, Live: true})
	p.show(3, 10)
	if _, err := p.Write([]byte("level=WARN msg=x\n")); err != nil {
		t.Fatal(err)
	}
	p.finish(10)
	if _, log, found := strings.Cut(out.String(), "\r"); !found || !strings.Contains(log, "\rlevel=WARN msg=x\n") {
		t.Errorf("the log line is not on a line of its own: %q", out.String())
	}
}
