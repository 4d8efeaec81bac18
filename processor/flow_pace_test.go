//go:build synctests

package processor

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// twoYears after the time at which virtual time begins, epoch seconds have ten digits, as they have in Braze's headers.
const twoYears = 2 * 366 * 24 * time.Hour

// produceMany writes n good records of many users at once.
func (f *flow) produceMany(n int) {
	f.t.Helper()
	cl, err := kgo.NewClient(append(f.kafka(), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		f.t.Fatal(err)
	}
	defer cl.Close()
	var recs []*kgo.Record
	f.mu.Lock()
	for range n {
		r := &flowRecord{seq: int64(len(f.records)), kind: "ok"}
		r.user = fmt.Sprintf("user-%d", r.seq%997)
		r.part = topicPartition{f.topics[0], int32(r.seq % 3)}
		if f.byOffset[r.part] == nil {
			f.byOffset[r.part] = map[int64]*flowRecord{}
		}
		r.offset = int64(len(f.byOffset[r.part]))
		f.records[r.seq], f.byOffset[r.part][r.offset] = r, r
		recs = append(recs, &kgo.Record{Topic: r.part.topic, Partition: r.part.partition, Key: []byte(r.user), Value: f.value(r)})
	}
	f.mu.Unlock()
	if err := cl.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

// TestTheWholeRateIsUsed has a backlog and nothing but the rate to bound it: at least 97 % of it is used, by one member and
// by two who share it, in both dialects of Braze's headers, and Braze never has to say that it was too much.
func TestTheWholeRateIsUsed(t *testing.T) {
	const rate, per = 150, 3 * time.Second
	for _, dialect := range []string{"epoch", "seconds"} {
		for _, members := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s, %d members", dialect, members), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(twoYears)
					f := newFlow(t, "orders")
					f.braze = fakebraze.New(fakebraze.Options{Rate: rate, RatePer: per, RateHeaders: dialect, Latency: 60 * time.Millisecond})
					t.Cleanup(f.braze.Close)
					f.braze.OnObject(f.arrived)
					f.change = func(w *Workspace) {
						w.Gate, w.Limits, w.MaxInFlight = sink.NewGate(rate, per), sink.Limits{Objects: 2, Bytes: 1 << 20}, 32
					}
					f.delivery = "{resend_window: 1000, in_flight_records: 2000, drain_timeout: 20s}"
					var ms []*member
					for range members {
						ms = append(ms, f.start())
					}
					time.Sleep(20 * time.Second) // the group settles
					f.produceMany(6000)
					time.Sleep(6 * time.Second) // steady state
					before, start := f.braze.Stats(), time.Now()
					time.Sleep(30 * time.Second)
					after, took := f.braze.Stats(), time.Since(start)
					requests := after.AcceptedRequests - before.AcceptedRequests
					if used := float64(requests) / took.Seconds() * per.Seconds() / rate; used < 0.97 || used > 1 {
						t.Errorf("%.1f %% of the rate was used, want at least 97", 100*used)
					}
					if n := after.Statuses["429"]; n > 0 {
						t.Errorf("%d requests were too many", n)
					}
					if f.open() == 0 {
						t.Error("the backlog was too small for this test")
					}
					f.settle(5 * time.Minute)
					for _, m := range ms {
						m.drain(t)
					}
					f.checkEnd(0)
					if n := f.braze.Stats().Statuses["429"]; n > 0 {
						t.Errorf("%d requests were too many in the end", n)
					}
				})
			})
		}
	}
}

// TestASharedLimitIsNoticedBeforeItIsExhausted has somebody else use a third of the rate: the bridge slows down before a 429, where the
// headers tell what is left of the window, and where they tell of the hour only.
func TestASharedLimitIsNoticedBeforeItIsExhausted(t *testing.T) {
	const rate, per = 300, 3 * time.Second
	for _, dialect := range []string{"epoch", "seconds"} {
		t.Run(dialect, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(twoYears)
				f := newFlow(t, "orders")
				f.braze = fakebraze.New(fakebraze.Options{Rate: rate, RatePer: per, RateHeaders: dialect, Latency: 60 * time.Millisecond})
				t.Cleanup(f.braze.Close)
				f.braze.OnObject(func(array string, object map[string]any, accepted bool) {
					if object["external_id"] != "somebody else" {
						f.arrived(array, object, accepted)
					}
				})
				f.change = func(w *Workspace) {
					w.Gate, w.Limits, w.MaxInFlight = sink.NewGate(rate, per), sink.Limits{Objects: 2, Bytes: 1 << 20}, 32
				}
				f.delivery = "{resend_window: 1000, in_flight_records: 2000, drain_timeout: 20s}"
				m := f.start()
				time.Sleep(5 * time.Second)
				f.produceMany(6000)
				stop, refused := make(chan struct{}), 0
				done := make(chan struct{})
				go func() {
					defer close(done)
					refused = f.others(30*time.Millisecond, stop)
				}()
				time.Sleep(9 * time.Second)
				before := f.braze.Stats()
				time.Sleep(21 * time.Second)
				after := f.braze.Stats()
				close(stop)
				<-done
				if n := after.Statuses["429"] - before.Statuses["429"]; n > 0 {
					t.Errorf("%d requests were too many in 7 windows (%d of somebody else's)", n, refused)
				}
				if n := after.AcceptedRequests - before.AcceptedRequests; n < 7*rate*8/10 {
					t.Errorf("%d requests in 7 windows of %d: too slow", n, rate)
				}
				f.settle(5 * time.Minute)
				m.drain(t)
				f.checkEnd(0)
			})
		})
	}
}

// others sends requests of somebody else's at an even pace until stop, and returns how many were too many.
func (f *flow) others(every time.Duration, stop <-chan struct{}) (refused int) {
	client, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", HTTP: &http.Client{Transport: f.braze.Transport()}, Key: func(bool) (string, error) { return "key", nil },
	})
	if err != nil {
		f.t.Error(err)
		return 0
	}
	for {
		select {
		case <-stop:
			return refused
		case <-time.After(every):
		}
		r := sink.NewRequest(nil, []sink.Item{{Kind: sink.Attributes, JSON: []byte(`{"external_id":"somebody else","a":1}`)}})
		if a := client.Send(context.Background(), &r); a.Class == sink.Throttled {
			refused++
		}
	}
}
