package demo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/processor"
	"brazebridge/sink"
)

// world is a small run of which everything is known: one record of each fate, at offsets 0, 1, 2 …
type world struct {
	produced, seen *marks
	letters        *letters
	fates          map[fate]int64
	accounts       processor.Accounts
	nameless       int64
	commit, end    int64
}

func at(offset int) place { return place{ordersTopic, 0, int64(offset)} }

func newWorld() *world {
	w := &world{produced: newMarks(), seen: newMarks(), fates: map[fate]int64{},
		letters:  &letters{byReason: map[string]int64{}, reasons: map[place]string{}},
		accounts: processor.Accounts{DeadLettered: map[sink.Reason]int64{"stuck": 0}, Filtered: map[string]int64{}}}
	for f := delivered; f < fates; f++ {
		p := at(int(f) - 1)
		w.produced.update(p, func(uint16) uint16 { return mark(f, map[bool]int{true: 2}[f == delivered]) })
		w.fates[f]++
		w.accounts.Consumed++
		switch {
		case f == delivered:
			w.seen.update(p, func(uint16) uint16 { return 2 })
			w.accounts.Delivered++
		case f.reason() != "":
			w.letters.reasons[p] = f.reason()
			w.letters.byReason[f.reason()]++
			w.accounts.DeadLettered[sink.Reason(f.reason())]++
		default:
			w.accounts.Filtered[f.filter()]++
		}
	}
	w.seen.update(at(int(refusedUser)-1), func(uint16) uint16 { return refusedMark })
	w.commit, w.end = w.accounts.Consumed, w.accounts.Consumed
	return w
}

// judge does what reconcile does once it has asked everybody.
func (w *world) judge() (*Result, []string) {
	ledger, inFlight := ledgerCount(map[string]processor.Accounts{ordersTopic: w.accounts})
	made, braze, found := generatorCount(w.fates), brazeCount(w.seen, w.letters), letterCount(w.letters)
	r := &Result{Consumed: *ledger.Records, InFlight: inFlight, Delivered: *braze.Delivered, DeadLettered: *found.DeadLettered,
		Filtered: *made.Filtered, Counted: map[string]count{generatorWitness: made, ledgerWitness: ledger, brazeWitness: braze, lettersWitness: found}}
	v := verdict{seen: w.seen, letters: w.letters}
	v.compareCounts(r)
	v.compareOffsets(map[string]map[int32]int64{ordersTopic: {0: w.commit}}, map[string]map[int32]int64{ordersTopic: {0: w.end}})
	v.compareRecords(w.produced)
	v.strays(w.produced, w.nameless)
	r.SentTwice = v.twice
	return r, v.faults()
}

func TestWitnessesAgree(t *testing.T) {
	if _, faults := newWorld().judge(); len(faults) > 0 {
		t.Errorf("a perfect run: %q", faults)
	}
}

// Every way in which a run can go wrong is noticed, and said in words that tell it.
func TestDisagreementsAreSeen(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*world)
		want  string
	}{
		{"a record is lost on the way to Braze", func(w *world) { w.seen.update(at(0), func(uint16) uint16 { return 0 }) }, "delivered: 0 by the braze"},
		{"an object of a record is lost", func(w *world) { w.seen.update(at(0), func(uint16) uint16 { return 1 }) }, "lacks an object: 1"},
		{"a good record's object was refused", func(w *world) { w.seen.update(at(0), func(uint16) uint16 { return refusedMark | 1 }) }, "refused an object: 1"},
		{"a letter is missing", func(w *world) {
			delete(w.letters.reasons, at(int(noUser)-1))
			w.letters.byReason["mapping"]--
		}, "made to be dead letters (mapping) that are none: 1"},
		{"a letter has another reason", func(w *world) { w.letters.reasons[at(int(noUser)-1)] = "check" }, "(mapping) that are dead letters (check): 1"},
		{"a letter's reason is counted wrongly", func(w *world) { w.letters.byReason["check"]++ }, "dead letters by reason"},
		{"a good record is a letter", func(w *world) { w.letters.reasons[at(0)] = "stuck" }, "good records that are dead letters (stuck): 1"},
		{"a filtered record was sent", func(w *world) { w.seen.update(at(int(unwanted)-1), func(uint16) uint16 { return 1 }) }, "filtered records that Braze has seen: 1"},
		{"the ledger counts less", func(w *world) { w.accounts.Consumed-- }, "records: 6 by the ledger, 7 by the generator"},
		{"the ledger has delivered more", func(w *world) { w.accounts.Delivered++ }, "delivered: 2 by the ledger"},
		{"the ledger filters for another reason", func(w *world) { w.accounts.Filtered = map[string]int64{"when": 2} }, "filtered by reason"},
		{"something is in flight", func(w *world) { w.accounts.InFlight = 1 }, "in flight: 1 at the end"},
		{"a commit lags", func(w *world) { w.commit-- }, "shop.orders/0: committed up to 6 of 7"},
		{"a commit runs ahead", func(w *world) { w.commit++ }, "shop.orders/0: committed up to 8 of 7"},
		{"no commit at all", func(w *world) { w.commit = -1 }, "committed up to 0 of 7"},
		{"an object from nowhere", func(w *world) { w.seen.update(at(99), func(uint16) uint16 { return 1 }) }, "records that were never made: 1"},
		{"a letter from nowhere", func(w *world) { w.letters.reasons[at(99)] = "check" }, "dead letters about records that were never made: 1"},
		{"objects without a name", func(w *world) { w.nameless = 3 }, "don't say which record they came from: 3"},
		{"letters without a name", func(w *world) { w.letters.nameless = 2 }, "don't say which record they are about: 2"},
	} {
		w := newWorld()
		c.spoil(w)
		_, faults := w.judge()
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: %q is not among %q", c.name, c.want, faults)
		}
	}
}

// Sent twice keeps the promise of at least once: it is told, and is no disagreement.
func TestSentTwiceIsToldNotFaulted(t *testing.T) {
	w := newWorld()
	w.seen.update(at(0), func(uint16) uint16 { return 4 })
	r, faults := w.judge()
	if r.SentTwice != 1 || len(faults) > 0 {
		t.Errorf("sent twice %d, faults %q", r.SentTwice, faults)
	}
}

// A record of which Braze took one object and refused another is a dead letter, and nothing else.
func TestPartlyAcceptedCountsOnce(t *testing.T) {
	w := newWorld()
	w.seen.update(at(int(refusedUser)-1), func(uint16) uint16 { return refusedMark | 1 })
	w.seen.update(at(int(badCurrency)-1), func(uint16) uint16 { return 1 })
	r, faults := w.judge()
	if r.Delivered != 1 || len(faults) > 0 {
		t.Errorf("delivered %d, faults %q", r.Delivered, faults)
	}
}

func letterRecord(headers ...string) *kgo.Record {
	r := &kgo.Record{}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: headers[i], Value: []byte(headers[i+1])})
	}
	return r
}

func letterAbout(topic, partition, offset, reason string) *kgo.Record {
	return letterRecord("brazebridge.topic", topic, "brazebridge.partition", partition, "brazebridge.offset", offset, "brazebridge.reason", reason)
}

func TestLettersCountDistinctRecords(t *testing.T) {
	l := &letters{byReason: map[string]int64{}, reasons: map[place]string{}}
	for _, r := range []*kgo.Record{
		letterAbout("t", "0", "1", "mapping"), letterAbout("t", "0", "2", "rejected"), letterAbout("t", "1", "1", "check"),
		letterAbout("t", "0", "1", "mapping"), // again
		letterAbout("", "0", "1", "mapping"), letterAbout("t", "x", "1", "mapping"), letterAbout("t", "0", "", "mapping"), letterAbout("t", "0", "9", ""),
	} {
		l.add(r)
	}
	if got := fmt.Sprint(l.byReason); got != "map[check:1 mapping:1 rejected:1]" || len(l.reasons) != 3 || l.repeated != 1 || l.nameless != 4 {
		t.Errorf("%s, %d places, %d repeated, %d nameless", got, len(l.reasons), l.repeated, l.nameless)
	}
	if header(l.example, "reason") != "rejected" {
		t.Errorf("the example is a letter of %q: what Braze refused has most to tell", header(l.example, "reason"))
	}
}

// A dead letter may itself be read and fail: what the first bridge wrote then comes before what the second one did.
func TestTheLastHeaderCounts(t *testing.T) {
	r := letterRecord("brazebridge.reason", "mapping", "brazebridge.reason", "check")
	if got := header(r, "reason"); got != "check" {
		t.Errorf("reason %q", got)
	}
}
