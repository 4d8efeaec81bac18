//go:build synctests

package processor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink/fakebraze"
)

// TestBrazeRefusesAKindOfObject has Braze refuse, from one moment on, every object of a kind, as it could when it ends
// legacy purchases: with errors[], or the whole request with a 400. The topic holds after few letters; nothing is delivered
// that was refused, and when Braze takes them again everything that is not a letter arrives.
func TestBrazeRefusesAKindOfObject(t *testing.T) {
	for _, kind := range []string{"reject_if", "batch_400_if"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlow(t, "orders", "cart")
				m := f.start()
				rnd := rand.New(rand.NewPCG(3, 1))
				f.produce(rnd, 100)
				f.settle(time.Minute)
				before := m.Accounts()["orders"]
				if err := f.braze.SetFaults([]fakebraze.Fault{{Kind: kind, Field: "name", Equals: "visited", Body: "purchases are not available"}}); err != nil {
					t.Fatal(err)
				}
				f.produce(rnd, 600)
				time.Sleep(time.Minute)
				if got := reasons(m); !slices.Equal(got, []string{"flood cart", "flood orders"}) {
					t.Errorf("reasons: %v", got)
				}
				letters := func() (n int64) {
					for _, a := range m.Accounts() {
						n += a.DeadLettered["rejected"] + a.DeadLettered["batch_refused"]
					}
					return n
				}
				many := letters()
				// Of each topic as many as it takes until they are half of its outcomes, of which at most 55 were good ones.
				if many > 2*(55+1) {
					t.Errorf("%d letters before the hold, of 600 records", many)
				}
				time.Sleep(time.Hour)
				if got := letters(); got != many {
					t.Errorf("%d letters during the hold", got-many)
				}
				if after := m.Accounts()["orders"]; after.Delivered != before.Delivered {
					t.Errorf("%d records were delivered although Braze refused all", after.Delivered-before.Delivered)
				}
				if err := f.braze.SetFaults(nil); err != nil {
					t.Fatal(err)
				}
				if err := m.Resume(""); err != nil {
					t.Fatal(err)
				}
				f.settle(time.Minute)
				if got := letters(); got != many {
					t.Errorf("%d letters after the hold", got-many)
				}
				m.drain(t)
			})
		})
	}
}

// TestInvariantRefusalFloodIsExact has Braze refuse every object from the first on: exactly as many letters are written as
// the flood is configured to take, whatever was on the wire. The bridge is restarted when Braze takes objects again: what has
// a letter is not written or sent again, and everything else arrives once. So it is when an operator resumes instead.
func TestInvariantRefusalFloodIsExact(t *testing.T) {
	for _, restart := range []bool{true, false} {
		t.Run(map[bool]string{true: "restart", false: "resume"}[restart], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlow(t, "orders", "cart")
				f.delivery = "{resend_window: 400, in_flight_records: 600, drain_timeout: 20s, flood: {share: 0.5, of: 100, at_least: 30}}"
				if err := f.braze.SetFaults([]fakebraze.Fault{
					{Kind: "reject_if", Field: "name", Equals: "visited"}, {Kind: "delay", Delay: "1s"},
				}); err != nil {
					t.Fatal(err)
				}
				for range 600 {
					f.produceOK()
				}
				m := f.start()
				time.Sleep(time.Minute)
				if got := reasons(m); !slices.Equal(got, []string{"flood cart", "flood orders"}) {
					t.Errorf("reasons: %v", got)
				}
				exact := func(when string) {
					t.Helper()
					for name, a := range f.lettersOf() {
						if a != 30 {
							t.Errorf("%s: %d letters of %s, want 30", when, a, name)
						}
					}
				}
				exact("in the flood")
				if err := f.braze.SetFaults(nil); err != nil {
					t.Fatal(err)
				}
				if restart {
					m.drain(t)
					m = f.start()
				} else if err := m.Resume(""); err != nil {
					t.Fatal(err)
				}
				f.settle(time.Minute)
				exact("at the end")
				for _, r := range f.records {
					if r.arrivals+r.letters != 1 {
						t.Errorf("record %d arrived %d times and has %d letters", r.seq, r.arrivals, r.letters)
					}
				}
				m.drain(t)
			})
		})
	}
}

// produceOK writes one record that is fit to be delivered.
func (f *flow) produceOK() {
	n := len(f.records)
	r := f.fit(f.topics[n%2], int32(n/2)%3)
	f.produceRaw(r.part.topic, r.part.partition, f.value(r))
}

// fit notes a record, of a user of its own, that is about to be written.
func (f *flow) fit(topic string, partition int32) *flowRecord {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := int64(len(f.records))
	r := &flowRecord{seq: n, user: fmt.Sprintf("user-%d", n), kind: "ok", part: topicPartition{topic, partition}}
	f.records[n] = r
	if f.byOffset[r.part] == nil {
		f.byOffset[r.part] = map[int64]*flowRecord{}
	}
	r.offset = int64(len(f.byOffset[r.part]))
	f.byOffset[r.part][r.offset] = r
	return r
}

// lettersOf counts the letters by topic.
func (f *flow) lettersOf() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := map[string]int{}
	for _, r := range f.records {
		n[r.part.topic] += r.letters
	}
	return n
}
