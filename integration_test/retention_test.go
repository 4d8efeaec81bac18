package integration_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
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

// sum is the sum of a metric's series.
func (b *bridge) sum(metric string) (sum float64) {
	_, body := b.get("/metrics")
	for _, m := range regexp.MustCompile(`(?m)^`+metric+`(?:\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(body, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			b.t.Errorf("the metric %s has the value %q", metric, m[1])
		}
		sum += n
	}
	return sum
}

// A topic that is deleted and made again under its name, while a bridge runs and while none does, is a new topic: all of its records are
// sent, and none is taken for one that was settled at the same offset of the old.
func TestTopicMadeAgain(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(map[bool]string{true: "while running", false: "while stopped"}[running], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			b := w.start("first", s)
			w.waitArrived(w.produce(0, 100))
			w.waitCommitted()
			if !running {
				b.stop()
			}
			w.deleteTopics(w.topics["orders"])
			w.createTopics(partitions, w.topics["orders"])
			w.renewProducer()
			sent := w.produce(100, 60)
			if !running {
				b = w.start("second", s)
			}
			until(t, 2*patience, "all records of the new topic", func() (bool, string) {
				some, n := w.braze.missing(sent)
				return n == 0, fmt.Sprintf("%d missing, among them %v", n, some)
			}, w.gone)
			more := w.produce(160, 200)
			w.waitArrived(more)
			w.waitCommitted()
			b.waitReady()
			b.stop()
			w.checkNoLetters()
			w.checkAudit(s)
		})
	}
}
