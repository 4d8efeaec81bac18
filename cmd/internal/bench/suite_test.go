package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The suite with next to nothing to carry: everything arrives, by the bridge and by hand, and the others get through while
// something is hot, held or slow.
func TestSuiteCarriesEverything(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the bridge")
	}
	if err := build(); err != nil {
		t.Fatal(err)
	}
	s := suiteOf(t)
	s.Bridge, s.Records, s.Rounds, s.Quick = program, 2000, 1, true
	var out bytes.Buffer
	if err := s.Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| by hand, 0 ms |", "| plain, 0 ms |", "| rich, 0 ms |", "Everything was carried"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
}

func TestSuiteSaysWhatIsMissing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the bridge")
	}
	o := options(t, around(t, Load{Records: 100}))
	o.Mapping = Plain
	if _, err := suiteOf(t).measured(t.Context(), "plain", o, 101); err == nil || !strings.Contains(err.Error(), "took 100 objects, not 101") {
		t.Errorf("one record too few: %v", err)
	}
}

// A traced run knows each record by its place, once, and how long it took.
func TestTrace(t *testing.T) {
	b := &brazes{runs: map[string]*run{}}
	srv := httptest.NewServer(b)
	defer srv.Close()
	key := Braze{Traced: true}.key(1)
	sent := time.Now().Add(-time.Second).UTC()
	send := func(offsets ...int) {
		var events []string
		for _, o := range offsets {
			events = append(events, fmt.Sprintf(`{"external_id":"u","name":"n","time":"2026-01-01T00:00:00Z","properties":{"trace_from":"shop.carts/3/%d","trace_at":%q}}`,
				o, sent.Format("2006-01-02T15:04:05.000Z07:00")))
		}
		track(t, srv.URL, key, `{"events":[`+strings.Join(events, ",")+`]}`)
	}
	send(5, 0)
	send(5, 7)
	s, err := seenBy(t.Context(), srv.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Partition["shop.carts/3"]; p == nil || p.Records != 3 || p.Again != 1 || p.Last == 0 {
		t.Errorf("saw %+v, want three records and one again", p)
	}
	if r := (&Result{Seen: s}); len(s.Delays) != 4 || r.percentile(50) < 1000 || r.percentile(99) > 20_000 {
		t.Errorf("delays %v, want four of a second and a little", s.Delays)
	}
}

func TestFigures(t *testing.T) {
	second := int64(time.Second)
	r := &Result{Seen: seen{First: 10 * second, Last: 14 * second, TooMany: []int64{10 * second, 12 * second}, Delays: []float64{3, 1, 2, 4}}}
	for i := range int64(30) { // ten in each of the first three seconds
		r.Seen.Accepted = append(r.Seen.Accepted, 10*second+i*second/10)
	}
	if share, tooMany := r.used(10); share != 1 || tooMany != 1 {
		t.Errorf("used %v, %d answers 429, want all and one: neither the first nor the last second counts", share, tooMany)
	}
	if got := []float64{r.percentile(0), r.percentile(50), r.percentile(99)}; got[0] != 1 || got[1] != 3 || got[2] != 4 {
		t.Errorf("percentiles %v", got)
	}
	if odd, even := median([]float64{9, 1, 5}, share), median([]float64{4, 1, 9, 2}, share); odd != 5 || even != 3 {
		t.Errorf("medians %v and %v, want 5 and 3", odd, even)
	}
	r.Seen.Partition = map[string]*part{"a/0": {Last: 1}, "a/1": {Last: 2}, "ab/0": {Last: 3}}
	for without, want := range map[string]int64{"": 3, "ab": 2, "a": 3, "ab/0": 2} {
		if got := r.lastOf(without); got != want {
			t.Errorf("last without %q: %d, want %d", without, got, want)
		}
	}
}

// What the consumer by hand sends has no trace of how goavro names unions.
func TestSimple(t *testing.T) {
	in := map[string]any{"a": map[string]any{"string": "x"}, "b": map[string]any{"bytes.decimal": big.NewRat(999, 100)}, "c": nil,
		"d": []any{map[string]any{"com.example.Line": map[string]any{"n": int32(1)}}}, "e": map[string]any{"option": "M"}}
	got, err := json.Marshal(simple(in))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":"x","b":9.99,"c":null,"d":[{"n":1}],"e":{"option":"M"}}`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
