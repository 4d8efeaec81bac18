package integration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A producer changes a field so that every record of a topic breaks the same rule, in all partitions at once. The topic holds after the
// configured number of letters; after the mapping was mended and the bridge started again, no record of theirs is written or
// delivered a second time, and the rest is delivered.
func TestFloodIsHeldAndMended(t *testing.T) {
	t.Parallel()
	const good, bad, most = 10, 400, 25
	w := newWorld(t, needSuite(t), worldOptions{})
	s := w.settings()
	b := w.start("before", s)
	sent := w.produce(0, good)
	w.waitArrived(sent)
	var records []*kgo.Record
	var broken []sentRecord
	orders := streams[0]
	for n := good; n < good+bad; n++ {
		id := recordID("orders", n)
		value := orders.record(id, fmt.Sprintf("user-%d", n), n)
		value["currency"] = "EURO"
		records = append(records, &kgo.Record{Topic: w.topics["orders"], Partition: int32(n % partitions), Value: w.encoders["orders"].encode(t, value)})
		broken = append(broken, sentRecord{id: id, objects: orders.objects})
	}
	w.send(records)
	placed(broken, records)
	w.until("the hold and its reason", func() (bool, string) {
		status, body := b.get("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "flood"), body
	})
	b.stop()
	letters := w.lettersSoFar()
	if letters == 0 || letters > most {
		t.Errorf("%d letters when the topic held, want at most %d", letters, most)
	}
	s.Topics = strings.Replace(s.Topics, "currency: ${currency}", `currency: "EUR"`, 1)
	b = w.start("mended", s)
	w.until("all but the letters at Braze", func() (bool, string) {
		_, n := w.braze.missing(broken)
		return n == letters*len(orders.objects), fmt.Sprintf("%d objects missing, %d letters", n, letters)
	})
	w.waitCommitted()
	b.waitReady()
	b.stop()
	if n := w.lettersSoFar(); n != letters {
		t.Errorf("%d letters after the mapping was mended, want %d as before", n, letters)
	}
	arrived := w.braze.records()
	for _, l := range w.letters(letters) {
		own := ownHeaders(l, 0)
		for _, r := range broken {
			if own["brazebridge.topic"] == r.topic && own["brazebridge.partition"] == fmt.Sprint(r.partition) && own["brazebridge.offset"] == fmt.Sprint(r.offset) && arrived[r.id] {
				t.Errorf("the record at %s/%d offset %d is a letter and was delivered too", r.topic, r.partition, r.offset)
			}
		}
	}
	if n := w.braze.again(); n != 0 {
		t.Errorf("%d records were sent again", n)
	}
	w.checkAudit(s)
}
