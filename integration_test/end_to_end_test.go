package integration_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Every record of three topics becomes its objects at Braze, each once and each user's in order; the broker then has a commit
// at the end of every partition, the bridge's own accounts close, and SIGTERM ends it well.
func TestEveryRecordArrivesOnceAndIsCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	const each = 2000
	sent := w.produce(0, each)
	b := w.start("a", w.settings())
	b.waitReady()
	w.waitArrived(sent)
	w.waitCommitted()

	w.braze.checkExactlyOnce(t, sent)
	w.braze.checkOrder(t)
	for _, s := range streams {
		labels := fmt.Sprintf(`{topic="%s"}`, w.topics[s.name])
		if got := b.metric("brazebridge_records_consumed_total" + labels); got != each {
			t.Errorf("records consumed of %s: metric says %v, want %d", s.name, got, each)
		}
		settled := fmt.Sprintf(`brazebridge_records_settled_total{outcome="delivered",topic="%s"}`, w.topics[s.name])
		if got := b.metric(settled); got != each {
			t.Errorf("records delivered of %s: metric says %v, want %d", s.name, got, each)
		}
		if got := b.metric("brazebridge_records_in_flight" + labels); got != 0 {
			t.Errorf("records of %s in flight: metric says %v, want 0", s.name, got)
		}
	}
	if stats := w.braze.Stats(); stats.RefusedObjects != 0 {
		t.Errorf("Braze refused %d objects of lifelike records, want none", stats.RefusedObjects)
	}
	if status, _ := b.get("/healthz"); status != 200 {
		t.Errorf("/healthz answers %d, want 200", status)
	}
	b.stop()
	w.checkNoSecret()
}

// metric is the value of one series, by its exact name and labels as the listener prints them.
func (b *bridge) metric(series string) float64 {
	b.t.Helper()
	status, body := b.get("/metrics")
	if status != 200 {
		b.t.Fatalf("/metrics answers %d: %s", status, body)
	}
	for line := range strings.Lines(body) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), series+" ")
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			b.t.Fatalf("read the metric %s: %v", series, err)
		}
		return value
	}
	b.t.Fatalf("/metrics has no series %s", series)
	return 0
}

// checkNoSecret fails where a bridge's log or metrics hold a user id, a record's value or a password. Debug logging is on.
func (w *world) checkNoSecret() {
	w.t.Helper()
	for _, b := range w.bridges {
		log := b.log.String()
		if log == "" {
			w.t.Errorf("bridge %s has no log at all, so nothing was checked", b.name)
		}
		for _, secret := range []string{"user-17", "@example.com", "orders-0000", "test-key", plainPassword, scramPassword} {
			if at := strings.Index(log, secret); at >= 0 {
				w.t.Errorf("the log of bridge %s holds %q: …%s…", b.name, secret, log[max(0, at-80):min(len(log), at+80)])
			}
		}
	}
}
