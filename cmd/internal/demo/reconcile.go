package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"brazebridge/sink/fakebraze"
)

// Result is what the demo came to. Consumed and InFlight are the bridge's own numbers, Delivered the fake Braze's,
// DeadLettered the dead-letter topic's, Filtered the generator's.
type Result struct {
	Consumed     int64            `json:"consumed"`
	Delivered    int64            `json:"delivered"`
	DeadLettered int64            `json:"dead_lettered"`
	Filtered     int64            `json:"filtered"`
	InFlight     int64            `json:"in_flight"`
	Requests     int64            `json:"requests"`
	Objects      int64            `json:"objects"` // that Braze accepted
	Seconds      float64          `json:"seconds"`
	DeadLetters  map[string]int64 `json:"dead_letters"`
	FilteredBy   map[string]int64 `json:"filtered_by"`
	SentTwice    int64            `json:"sent_twice"` // records with more objects at Braze than they are worth
	Agree        bool             `json:"agree"`
	Faults       []string         `json:"disagreements"`
	Counted      map[string]count `json:"counted"` // by witness

	stats  fakebraze.Stats
	letter *letters
}

// count is what one witness has to say; absent is what it cannot know.
type count struct {
	Records      *int64           `json:"records,omitempty"`
	Delivered    *int64           `json:"delivered,omitempty"`
	DeadLettered *int64           `json:"dead_lettered,omitempty"`
	Filtered     *int64           `json:"filtered,omitempty"`
	DeadLetters  map[string]int64 `json:"dead_letters,omitempty"`
	FilteredBy   map[string]int64 `json:"filtered_by,omitempty"`
}

// The witnesses.
const (
	generatorWitness = "generator"
	ledgerWitness    = "ledger"
	brazeWitness     = "braze"
	lettersWitness   = "dead_letter_topic"
	brokerWitness    = "broker"
)

// reconcile asks every witness and compares what they say.
func (d *demonstration) reconcile(ctx context.Context) (*Result, error) {
	brokers := d.stand.kafka.ListenAddrs()
	l, err := readLetters(ctx, brokers)
	if err != nil {
		return nil, err
	}
	committed, err := committedOffsets(ctx, brokers, d.cfg.Kafka.Group)
	if err != nil {
		return nil, err
	}
	ends, err := endOffsets(ctx, brokers, topics...)
	if err != nil {
		return nil, err
	}
	ledger, inFlight := ledgerCount(d.bridge.Accounts())
	made, braze, found := generatorCount(d.producer.fates), brazeCount(d.seen.marks, l), letterCount(l)
	stats := d.stand.fake.Stats()
	r := &Result{
		Consumed: *ledger.Records, InFlight: inFlight, Delivered: *braze.Delivered,
		DeadLettered: *found.DeadLettered, Filtered: *made.Filtered,
		Requests: stats.Requests, Objects: stats.Attributes + stats.Events + stats.Purchases,
		Seconds: d.elapsed.Seconds(), DeadLetters: l.byReason, FilteredBy: ledger.FilteredBy,
		Counted: map[string]count{generatorWitness: made, ledgerWitness: ledger, brazeWitness: braze, lettersWitness: found,
			brokerWitness: {Records: new(sumOffsets(committed))}},
		stats: stats, letter: l,
	}
	v := verdict{seen: d.seen.marks, letters: l}
	v.compareCounts(r)
	v.compareOffsets(committed, ends)
	v.compareRecords(d.produced)
	v.strays(d.produced, d.seen.nameless.Load())
	r.SentTwice, r.Faults = v.twice, v.faults()
	r.Agree = len(r.Faults) == 0
	return r, nil
}

func sumOffsets(offsets map[string]map[int32]int64) (n int64) {
	for _, topic := range topics {
		for _, o := range offsets[topic] {
			n += max(o, 0)
		}
	}
	return n
}

// verdict collects what does not fit.
type verdict struct {
	seen    *marks
	letters *letters
	twice   int64
	said    []string
	kinds   map[string]int64 // of faults of single records
}

func (v *verdict) say(format string, args ...any) {
	v.said = append(v.said, fmt.Sprintf(format, args...))
}

// record notes a fault that many records may share.
func (v *verdict) record(kind string) {
	if v.kinds == nil {
		v.kinds = map[string]int64{}
	}
	v.kinds[kind]++
}

func (v *verdict) faults() []string {
	all := append([]string{}, v.said...)
	for _, kind := range slices.Sorted(maps.Keys(v.kinds)) {
		all = append(all, fmt.Sprintf("%s: %d", kind, v.kinds[kind]))
	}
	return all
}

// compareCounts holds the witnesses' sums against each other.
func (v *verdict) compareCounts(r *Result) {
	for _, c := range []struct {
		what string
		of   func(count) *int64
	}{
		{"records", func(c count) *int64 { return c.Records }},
		{"delivered", func(c count) *int64 { return c.Delivered }},
		{"dead-lettered", func(c count) *int64 { return c.DeadLettered }},
		{"filtered", func(c count) *int64 { return c.Filtered }},
	} {
		want := *c.of(r.Counted[generatorWitness])
		for _, w := range slices.Sorted(maps.Keys(r.Counted)) {
			if n := c.of(r.Counted[w]); n != nil && *n != want {
				v.say("%s: %d by the %s, %d by the generator", c.what, *n, w, want)
			}
		}
	}
	v.compareReasons("dead letters", r, func(c count) map[string]int64 { return c.DeadLetters })
	v.compareReasons("filtered", r, func(c count) map[string]int64 { return c.FilteredBy })
	if r.InFlight != 0 {
		v.say("in flight: %d at the end", r.InFlight)
	}
	if r.Consumed != r.Delivered+r.DeadLettered+r.Filtered+r.InFlight {
		v.say("the accounts don't close: %d consumed, %d delivered, %d dead-lettered, %d filtered, %d in flight",
			r.Consumed, r.Delivered, r.DeadLettered, r.Filtered, r.InFlight)
	}
}

func (v *verdict) compareReasons(what string, r *Result, of func(count) map[string]int64) {
	want := of(r.Counted[generatorWitness])
	for _, w := range slices.Sorted(maps.Keys(r.Counted)) {
		if got := of(r.Counted[w]); got != nil && !maps.Equal(got, want) {
			v.say("%s by reason: %v by the %s, %v by the generator", what, got, w, want)
		}
	}
}

// compareOffsets checks that the broker was told of everything, and of no more.
func (v *verdict) compareOffsets(committed, ends map[string]map[int32]int64) {
	for _, topic := range topics {
		for _, p := range slices.Sorted(maps.Keys(ends[topic])) {
			end, at := ends[topic][p], max(committed[topic][p], 0)
			if at != end {
				v.say("%s/%d: committed up to %d of %d", topic, p, at, end)
			}
		}
	}
}

// compareRecords holds what became of each single record against what the generator made it for.
func (v *verdict) compareRecords(produced *marks) {
	produced.each(func(p place, m uint16) {
		f, objects := unmark(m)
		got, reason := v.seen.at(p), v.letters.reasons[p]
		accepted := int(got & countMask)
		switch {
		case reason != f.reason() && f.reason() != "":
			v.record(fmt.Sprintf("records made to be dead letters (%s) that are %s", f.reason(), orNone(reason)))
		case reason != f.reason():
			v.record(fmt.Sprintf("good records that are %s", orNone(reason)))
		case f == delivered && got&refusedMark != 0:
			v.record("delivered records of which Braze refused an object")
		case f == delivered && accepted < objects:
			v.record("delivered records of which Braze lacks an object")
		case f == delivered && accepted > objects:
			v.twice++
		case f.filter() != "" && got != 0:
			v.record("filtered records that Braze has seen")
		}
	})
}

// strays finds what came from nowhere.
func (v *verdict) strays(produced *marks, nameless int64) {
	v.seen.each(func(p place, _ uint16) {
		if produced.at(p) == 0 {
			v.record("objects at Braze of records that were never made")
		}
	})
	for p := range v.letters.reasons {
		if produced.at(p) == 0 {
			v.record("dead letters about records that were never made")
		}
	}
	if nameless > 0 {
		v.say("objects at Braze that don't say which record they came from: %d", nameless)
	}
	if v.letters.nameless > 0 {
		v.say("dead letters that don't say which record they are about: %d", v.letters.nameless)
	}
}

func orNone(reason string) string {
	if reason == "" {
		return "none"
	}
	return "dead letters (" + reason + ")"
}
