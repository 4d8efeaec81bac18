package integration_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"brazebridge/sink/fakebraze"
)

// Retention overtakes the group's commits while no bridge runs: the next one goes on at the oldest record that is left, whatever its
// start rule, counts what is gone, and audit shows it.
func TestRetentionOvertakesTheCommit(t *testing.T) {
	for _, start := range []string{"earliest", "latest"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			b := w.start("first", s)
			w.waitArrived(w.produce(0, 100))
			w.waitCommitted()
			b.stop()
			committed := w.committed()
			later := w.produce(100, 900)
			upTo, gone := make(kadm.Offsets), int64(0)
			for p, at := range committed {
				upTo.Add(kadm.Offset{Topic: p.topic, Partition: p.partition, At: at + 100})
				gone += 100
			}
			w.deleteRecords(upTo)
			var left []sentRecord
			for _, r := range later {
				if r.offset >= committed[position{r.topic, r.partition}]+100 {
					left = append(left, r)
				}
			}

			s.Kafka = "  start: " + start
			b = w.start("second", s)
			w.waitArrived(left)
			w.waitCommitted()
			w.until("the gone offsets in the counter", func() (bool, string) {
				n := b.sum("brazebridge_skipped_offsets_total")
				return n == float64(gone), fmt.Sprintf("%v of %d", n, gone)
			})
			if n := w.braze.again(); n != 0 {
				t.Errorf("%d records were sent again", n)
			}
			b.stop()
			w.checkNoLetters()
			code, out := w.audit(s, "--output", "json")
			if n := strings.Count(out, `"skipped":100`) + strings.Count(out, `"skipped": 100`); code != 0 || n != len(committed) {
				t.Errorf("audit ends with %d and shows %d partitions with 100 skipped offsets, want 0 and %d:\n%s", code, n, len(committed), out)
			}
		})
	}
}

func (w *world) deleteRecords(upTo kadm.Offsets) {
	w.t.Helper()
	deleted, err := w.kafka.admin.DeleteRecords(w.t.Context(), upTo)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		w.t.Fatalf("delete records: %v", err)
	}
}

// While Braze takes nothing, the time is shown that is left until the topic's retention deletes the oldest record that waits, by its
// timestamp, and of no topic that keeps its records.
func TestRetentionLeftWhileHeld(t *testing.T) {
	t.Parallel()
	const kept, old = time.Hour, 20 * time.Minute
	w := newWorld(t, needSuite(t), worldOptions{})
	w.alterTopic(w.topics["orders"], "retention.ms", strconv.FormatInt(kept.Milliseconds(), 10))
	w.alterTopic(w.topics["cart"], "retention.ms", "-1")
	w.alterTopic(w.topics["behaviour"], "cleanup.policy", "compact")
	w.setFaults(fakebraze.Fault{Kind: "status", Status: 503})
	records, sent := w.records(0, 30)
	written := time.Now().Truncate(time.Millisecond) // Kafka keeps no more of it
	for _, r := range records {
		if r.Timestamp = written; r.Partition == 1 {
			r.Timestamp = written.Add(-old)
		}
	}
	w.send(records)
	placed(sent, records)
	b := w.start("a", w.settings())
	const metric = "brazebridge_retention_seconds_left"
	var shown map[string]float64
	var from, to time.Time
	w.until("the time that is left in every partition of orders", func() (bool, string) {
		from = time.Now()
		shown = b.series(metric)
		to = time.Now()
		return len(shown) >= partitions, fmt.Sprint(shown)
	})
	for p := range partitions {
		stamp := written
		if p == 1 {
			stamp = written.Add(-old)
		}
		series := fmt.Sprintf(`{partition="%d",topic=%q}`, p, w.topics["orders"])
		left, ok := shown[series]
		most, least := stamp.Add(kept).Sub(from).Seconds(), stamp.Add(kept).Sub(to).Seconds()
		if !ok || left > most || left < least {
			t.Errorf("%v is shown for partition %d (%t), want between %v and %v", left, p, ok, least, most)
		}
	}
	if len(shown) != partitions {
		t.Errorf("the time is shown for %v, want it for the partitions of orders only", shown)
	}
	w.setFaults()
	w.waitArrived(sent)
	w.waitCommitted()
	w.until("no time shown where nothing waits", func() (bool, string) {
		shown := b.series(metric)
		return len(shown) == 0, fmt.Sprint(shown)
	})
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
}

// series are the values of a metric by their labels, as they are written.
func (b *bridge) series(metric string) map[string]float64 {
	_, body := b.get("/metrics")
	all := make(map[string]float64)
	for _, m := range regexp.MustCompile(`(?m)^`+metric+`(\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(body, -1) {
		n, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			b.t.Errorf("the metric %s has the value %q", metric, m[2])
		}
		all[m[1]] = n
	}
	return all
}

// sum is the sum of a metric's series.
func (b *bridge) sum(metric string) (sum float64) {
	for _, n := range b.series(metric) {
		sum += n
	}
	return sum
}

// A topic that is deleted and made again under its name, while a bridge runs and while none does, is a new topic: all of its records are
// sent, and none is taken for one that was settled at the same offset of the old. Kafka forgets a deleted topic's commits, but whoever
// keeps and restores a group's, as tools that move clusters do, brings them back.
func TestTopicMadeAgain(t *testing.T) {
	for name, f := range map[string]struct{ running, restored bool }{
		"while running": {true, false},
		"while stopped": {false, false},
		"while stopped, and its commits restored": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			b := w.start("first", s)
			w.waitArrived(w.produce(0, 100))
			w.waitCommitted()
			if !f.running {
				b.stop()
			}
			kept := w.commitsOf(w.topics["orders"])
			w.deleteTopics(w.topics["orders"])
			if f.restored {
				w.until("Kafka to forget the deleted topic's commits", func() (bool, string) {
					left := w.commitsOf(w.topics["orders"])
					return len(left) == 0, fmt.Sprint(left)
				})
			}
			w.createTopics(partitions, w.topics["orders"])
			w.renewProducer()
			sent := w.produce(100, 300) // more than the old topic had, so that its commits lie amid the new records
			if f.restored {
				if err := w.kafka.admin.CommitAllOffsets(t.Context(), w.group, kept); err != nil {
					t.Fatalf("restore the commits: %v", err)
				}
			}
			if !f.running {
				b = w.start("second", s)
			}
			until(t, 2*patience, "all records of the new topic", func() (bool, string) {
				some, n := w.braze.missing(sent)
				return n == 0, fmt.Sprintf("%d missing, among them %v", n, some)
			}, w.gone)
			more := w.produce(400, 200)
			w.waitArrived(more)
			w.waitCommitted()
			b.waitReady()
			b.stop()
			w.checkNoLetters()
			w.checkAudit(s)
		})
	}
}

// commitsOf are the group's commits of one topic, with what they say besides the offsets.
func (w *world) commitsOf(topic string) kadm.Offsets {
	w.t.Helper()
	answers, err := w.kafka.admin.FetchOffsets(w.t.Context(), w.group)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		w.t.Fatalf("ask for the group's commits: %v", err)
	}
	commits := make(kadm.Offsets)
	for _, o := range answers[topic] {
		if o.At >= 0 {
			commits.Add(o.Offset)
		}
	}
	return commits
}
