package preview

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"brazebridge/schema"
	"brazebridge/sink"
)

// Every outcome that a record can have, with its reason.
func TestOutcomes(t *testing.T) {
	other := parsed(t, strings.Replace(ordersSchema, `"Order"`, `"Refund"`, 1))
	undecodable := order(t, 5, "null")
	undecodable.Reason, undecodable.Err = sink.Undecodable, errors.New("cut off")
	foreign := order(t, 6, `{"customer": "ann", "total": 1}`)
	foreign.Schema = other
	cut := order(t, 7, `{"customer": "ann", "total": 1}`)
	cut.Datum = cut.Datum[:2]
	old := order(t, 8, `{"customer": "ann", "total": 1}`)
	old.Timestamp = at.Add(-2 * time.Hour)
	for name, c := range map[string]struct {
		rec    *Record
		change func(*Options)
		want   string
	}{
		"mapped":      {order(t, 0, `{"customer": "ann", "total": 1}`), nil, "mapped"},
		"when":        {order(t, 1, `{"customer": "ann", "total": 0}`), nil, "filtered when"},
		"tombstone":   {order(t, 2, "null"), nil, "filtered tombstone"},
		"no user":     {order(t, 3, `{"customer": null, "total": 1}`), nil, "rejected mapping"},
		"check":       {order(t, 4, `{"customer": "`+strings.Repeat("x", 2000)+`", "total": 1}`), nil, "rejected check"},
		"undecodable": {undecodable, nil, "rejected undecodable"},
		"misfit":      {foreign, nil, "rejected schema_misfit"},
		"passed over": {foreign, func(o *Options) { o.Config.OtherRecords = "filter" }, "filtered other_record"},
		"cut off":     {cut, nil, "rejected undecodable"},
		"old":         {old, func(o *Options) { o.Config.MaxAge, o.Now = 3600e9, at }, "filtered expired"},
		"not so old":  {old, func(o *Options) { o.Config.MaxAge, o.Now = 3*3600e9, at }, "mapped"},
		"ageless":     {old, func(o *Options) { o.Config.MaxAge = 3600e9 }, "mapped"},
	} {
		n := &notes{}
		o := optionsOf(t, &records{all: []*Record{c.rec}}, n)
		if c.change != nil {
			c.change(&o)
		}
		if _, err := Run(t.Context(), o); err != nil || !slices.Equal(n.records, []string{c.want}) {
			t.Errorf("%s: %v, %v, want %s", name, n.records, err, c.want)
		}
		if strings.HasPrefix(c.want, "mapped") != (len(n.requests) == 1) {
			t.Errorf("%s: the requests are %v", name, n.requests)
		}
	}
}

// The sums are those of what was shown, and what is rejected or filtered is in no request.
func TestSummary(t *testing.T) {
	var all []*Record
	for i := range 10 {
		all = append(all, order(t, int64(i), fmt.Sprintf(`{"customer": "c%d", "total": %d}`, i, i*25)))
	}
	all = append(all, order(t, 10, `{"customer": null, "total": 500}`))
	n := &notes{}
	sum, err := Run(t.Context(), optionsOf(t, &records{all: all}, n))
	if err != nil || sum != n.summary {
		t.Fatalf("%v, %v", sum, err)
	}
	// Nine events (total > 0) and five purchases (total > 100). A request takes three objects, and a record stays in one.
	want := Summary{Records: 11, Objects: 14, Requests: 6, DataPoints: 14, Mapped: 9, Filtered: 1, Rejected: 1}
	if *sum != want || len(n.requests) != 6 || len(n.records) != 11 {
		t.Errorf("%+v, want %+v", *sum, want)
	}
	if bodies := strings.Join(n.requests, ""); strings.Count(bodies, `"name":"placed"`) != 9 || strings.Count(bodies, "a-mug") != 5 {
		t.Errorf("the bodies are %s", bodies)
	}
}

// What the source or the printing fails with ends the preview; what was counted so far is returned.
func TestRunFails(t *testing.T) {
	lost := errors.New("lost")
	for call, records := range map[string]*records{
		"source":  {all: []*Record{order(t, 0, `{"customer": "ann", "total": 1}`)}, err: lost},
		"record":  {all: []*Record{order(t, 0, `{"customer": "ann", "total": 1}`)}},
		"request": {all: []*Record{order(t, 0, `{"customer": "ann", "total": 1}`)}},
		"summary": {},
	} {
		want := errRefused
		if call == "source" {
			want = lost
		}
		sum, err := Run(t.Context(), optionsOf(t, records, &notes{refuse: call}))
		if !errors.Is(err, want) || sum == nil || call != "summary" && sum.Records != 1 {
			t.Errorf("%s: %v, %v", call, sum, err)
		}
	}
}

// A topic without any registered schema takes the record type as it comes.
func TestWithoutLatest(t *testing.T) {
	rec := order(t, 0, `{"customer": "ann", "total": 1}`)
	rec.Schema = parsed(t, strings.Replace(ordersSchema, `"Order"`, `"Refund"`, 1))
	n := &notes{}
	o := optionsOf(t, &records{all: []*Record{rec}}, n)
	o.Latest = (*schema.Schema)(nil)
	if _, err := Run(t.Context(), o); err != nil || n.records[0] != "mapped" {
		t.Errorf("%v, %v", n.records, err)
	}
}
