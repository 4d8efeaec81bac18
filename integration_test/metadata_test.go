package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/sink/fakebraze"
)

// A broker takes 512 characters of metadata with a commit, and behind one stuck record every second one is settled, far more than
// that has room to mark. The commits are accepted, also those of the partition beside it; reading goes on as far as the window allows; a gauge
// says for how many records there was no room, and these, no more, are what the next process does again.
func TestMarksThatDoNotFitTheCommit(t *testing.T) {
	t.Parallel()
	const (
		limit  = 512
		gaps   = 1000 // between as many records of the stuck user, which wait behind the first and take places in the window
		beyond = 200
		window = 1500
		room   = window - 1 - gaps // what the window leaves to what no mark covers
	)
	w := newWorld(t, withOwnBroker(t, map[string]string{"KAFKA_OFFSET_METADATA_MAX_BYTES": fmt.Sprint(limit)}), worldOptions{})
	s := w.settings()
	s.ResendWindow = window
	w.setFaults(fakebraze.Fault{Kind: "status", Status: 503, Field: "external_id", Equals: "stuck"})
	b := w.start("killed", s)
	cart, other := position{w.topics["cart"], 0}, position{w.topics["cart"], 1}
	stuck := w.cartRecords(cart, 0, 1, "stuck")
	w.until("the stuck attempt", func() (bool, string) {
		n := w.braze.Stats().Statuses["503"]
		return n > 0, fmt.Sprint(n)
	})
	stuck = append(stuck, w.cartGaps(cart, 1, gaps, "stuck")...)
	passed := w.cartRecords(cart, 1+gaps, beyond, "free")
	w.waitArrived(passed)
	for n := range 2 { // one after the other, so that the second commit follows one with as many marks as fit
		passed = append(passed, w.cartRecords(other, 1+gaps+(1+n)*beyond, beyond, "other")...)
		w.waitArrived(passed)
		w.until("the other partition's commit at its end", func() (bool, string) {
			at := w.committed()[other]
			return at == int64((n+1)*beyond), fmt.Sprint(at)
		})
	}

	filling := w.cartRecords(cart, 1+gaps+3*beyond, window, "free")
	var sent, unmarked int // of the records behind the gaps, and of all that are settled ahead
	w.until("a full window", func() (bool, string) {
		sent = beyond + objectsOf(filling) - w.notArrived(filling)
		return sent >= room, fmt.Sprintf("%d of %d sent", sent, room)
	})
	w.until("each record settled ahead of the commit either marked in it or said to have no mark", func() (bool, string) {
		at, marked := w.filteredSoFar(s, cart)
		sent, unmarked = beyond+objectsOf(filling)-w.notArrived(filling), int(b.sum("brazebridge_unmarked_records"))
		return at == stuck[0].offset && marked > limit/8 && marked+unmarked == gaps+sent,
			fmt.Sprintf("a commit at %d with %d marks, %d said to have none, of %d", at, marked, unmarked, gaps+sent)
	})
	if sent != room {
		t.Errorf("%d records without a mark were sent, want %d: the window has room for no more", sent, room)
	}
	b.kill()
	if n := objectsOf(stuck) - w.notArrived(stuck); n != 0 {
		t.Errorf("%d stuck records arrived: the test proves nothing", n)
	}

	w.setFaults()
	b = w.start("next", s)
	w.waitArrived(append(stuck, filling...))
	w.waitCommitted()
	b.waitReady()
	again, filtered := w.braze.again(), int(b.sum("brazebridge_filtered_total"))
	b.stop()
	if again != room {
		t.Errorf("%d records were sent again, want the %d that were sent and had no mark", again, room)
	}
	if again+filtered != unmarked {
		t.Errorf("%d records were sent and %d filtered again, but %d were said to have no mark", again, filtered, unmarked)
	}
	w.braze.checkNothingElse(t, append(append(stuck, filling...), passed...))
	w.checkNoLetters()
	w.checkAudit(s)
}

// withOwnBroker is the suite with another broker, which has further properties.
func withOwnBroker(t *testing.T, further map[string]string) *suite {
	t.Helper()
	own := *needSuite(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	b, err := startBroker(ctx, own.kafka.image, own.kafka.certs, further)
	if b != nil {
		t.Cleanup(func() {
			if err := b.terminate(); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	own.kafka = b
	return &own
}

// cartGaps writes pairs of a record without a value, which is settled at once, and one of the user, and returns the latter.
func (w *world) cartGaps(at position, from, count int, user string) []sentRecord {
	w.t.Helper()
	var records, valued []*kgo.Record
	var sent []sentRecord
	for n := from; n < from+count; n++ {
		r := w.cartRecord(at, n, user)
		records = append(records, &kgo.Record{Topic: at.topic, Partition: at.partition, Key: []byte("gone")}, r)
		valued = append(valued, r)
		sent = append(sent, sentRecord{id: recordID("cart", n), objects: streams[1].objects})
	}
	w.send(records)
	placed(sent, valued)
	return sent
}

// notArrived is how many objects of the records Braze does not have.
func (w *world) notArrived(sent []sentRecord) int {
	_, n := w.braze.missing(sent)
	return n
}

// filteredSoFar is where a partition's commit is, and how many filtered records it covers or marks, as audit reads it.
func (w *world) filteredSoFar(s settings, at position) (committed int64, filtered int) {
	w.t.Helper()
	_, out := runCommand(w.t, w.suite.binary, s, "audit", "--output", "json")
	var said struct {
		Partitions []struct {
			Topic     string
			Partition int32
			Committed int64
			Filtered  int
		}
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		return -1, 0 // there is no commit yet, and it says so in another way
	}
	for _, p := range said.Partitions {
		if p.Topic == at.topic && p.Partition == at.partition {
			return p.Committed, p.Filtered
		}
	}
	return -1, 0
}
