package integration_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// waitBegun returns when every partition of the world's topics has a commit, as one has as soon as it is decided where it begins.
func (w *world) waitBegun(perTopic int) {
	w.t.Helper()
	w.until("commits of every partition's beginning", func() (bool, string) {
		n := len(w.committed())
		return n == perTopic*len(streams), fmt.Sprintf("%d commits", n)
	})
}

// Three members begin at once in a group without commits, with `start: latest`, while records are written: nobody sends what lay there
// before, whoever gets which partition when, and from where a partition is begun on nothing is left out.
func TestLatestWithThreeMembersAtOnce(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			random := chance(t)
			for range number(t, "ROUNDS", 4) {
				w := newWorld(t, needSuite(t), worldOptions{})
				s := w.settings()
				s.Kafka = "  start: latest"
				w.speak(protocol, &s, sessionTimeout)
				v := w.watch()
				before := w.ends()
				load := w.startLoad(2, math.MaxInt)
				w.until("some history", func() (bool, string) {
					before = w.ends()
					return minOf(before) > 10, fmt.Sprint(before)
				})
				var members []*bridge
				for _, name := range []string{"a", "b", "c"} {
					members = append(members, w.startWatched(name, s))
					time.Sleep(time.Duration(random.Int64N(int64(300 * time.Millisecond))))
				}
				w.waitOwners(v, members...)
				w.waitBegun(partitions)
				sent := load.stop()
				w.waitCommitted()
				for _, b := range members {
					b.stop()
				}
				w.checkBegunAfter(before, sent)
				if n := w.braze.again(); n > 0 {
					t.Errorf("%d records were sent more than once", n)
				}
				w.checkNoLetters()
				w.checkAudit(s)
			}
		})
	}
}

func minOf(offsets map[position]int64) int64 { return slices.Min(slices.Collect(maps.Values(offsets))) }

// checkBegunAfter fails where something that lay below the given offsets has arrived, or where something is missing that lies beyond
// what has arrived.
func (w *world) checkBegunAfter(offsets map[position]int64, sent []sentRecord) {
	w.t.Helper()
	arrived := w.braze.records()
	begun := make(map[position]bool)
	for _, r := range sent { // in the order of the offsets
		p := position{r.topic, r.partition}
		switch {
		case arrived[r.id] && r.offset < offsets[p]:
			w.t.Errorf("the record at %s/%d offset %d was sent, although it lay there before the group began at %d", r.topic, r.partition, r.offset, offsets[p])
			return
		case arrived[r.id]:
			begun[p] = true
		case begun[p]:
			w.t.Errorf("the record at %s/%d offset %d is missing, although one before it was sent", r.topic, r.partition, r.offset)
			return
		}
	}
	for p := range offsets {
		if !begun[p] {
			w.t.Errorf("nothing of %s/%d has arrived", p.topic, p.partition)
		}
	}
}

// Partitions that are added while a group with `start: latest` runs are read from their beginning, by whichever member gets them:
// what is written to them at once is not lost.
func TestLatestReadsAddedPartitionsFromTheirBeginning(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			const added = 2
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			s.Kafka = "  start: latest"
			w.speak(protocol, &s, sessionTimeout)
			v := w.watch()
			a, b := w.startWatched("a", s), w.startWatched("b", s)
			w.waitBegun(partitions)
			w.waitOwners(v, a, b)
			sent := w.produce(0, 30)
			for _, topic := range w.topics {
				answers, err := w.kafka.admin.UpdatePartitions(t.Context(), partitions+added, topic)
				if err == nil {
					err = answers.Error()
				}
				if err != nil {
					t.Fatalf("add partitions: %v", err)
				}
			}
			// Kafka says that they are there a moment before it tells everyone who asks.
			w.until("the added partitions to be seen", func() (bool, string) {
				n := len(w.ends())
				return n == len(streams)*(partitions+added), fmt.Sprintf("%d partitions", n)
			})
			sent = append(sent, w.produceAdded(30, 50, added)...)

			// A client hears of a new partition when it asks for metadata next, once a minute.
			until(t, 90*time.Second, "all objects at Braze", func() (bool, string) {
				_, n := w.braze.missing(sent)
				return n == 0, fmt.Sprintf("%d missing", n)
			}, w.gone)
			w.waitCommitted()
			a.stop()
			b.stop()
			w.braze.checkExactlyOnce(t, sent)
			w.checkNoLetters()
			w.checkAudit(s)
		})
	}
}

// produceAdded writes count records of each stream, of users of their own, to partitions that were added to those there were.
func (w *world) produceAdded(from, count, added int) []sentRecord {
	w.t.Helper()
	// A client of its own, which has not seen the topics as they were.
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.address("HOST")), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		w.t.Fatalf("make the producer: %v", err)
	}
	defer client.Close()
	var sent []sentRecord
	var records []*kgo.Record
	for n := from; n < from+count; n++ {
		for _, s := range streams {
			id, user := recordID(s.name, n), "added-"+strconv.Itoa(n)
			records = append(records, &kgo.Record{
				Topic: w.topics[s.name], Partition: int32(partitions + n%added), Key: []byte(user),
				Value: w.encoders[s.name].encode(w.t, s.record(id, user, n)),
			})
			sent = append(sent, sentRecord{id: id, objects: s.objects})
		}
	}
	if err := client.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatalf("produce to added partitions: %v", err)
	}
	placed(sent, records)
	return slices.Clip(sent)
}
