package integration_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Aborted records are not sent, the markers of transactions are stepped over so that nothing is left behind, what lies after an open
// transaction waits for its end, and audit counts records, not offsets.
func TestTransactions(t *testing.T) {
	t.Parallel()
	const transactions, abortEvery, each = 100, 10, 3
	w := newWorld(t, needSuite(t), worldOptions{})
	s := w.settings()
	b := w.start("a", s)
	writer := w.transactional("one")
	var sent, aborted []sentRecord
	for n := range transactions {
		batch := w.transaction(writer, n*each, each, n%abortEvery != 3)
		if n%abortEvery == 3 {
			aborted = append(aborted, batch...)
		} else {
			sent = append(sent, batch...)
		}
	}
	w.waitArrived(sent)
	w.waitCommitted()
	w.until("no lag", func() (bool, string) {
		n := b.sum("brazebridge_lag_records")
		return n == 0, fmt.Sprint(n)
	})
	if _, n := w.braze.missing(aborted); n != objectsOf(aborted) {
		t.Errorf("%d objects of aborted records were sent", objectsOf(aborted)-n)
	}

	// An open transaction holds up what was written after it, and that is no lag.
	if err := writer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	open := w.write(writer, 9000, each)
	after := w.produce(9100, 10)
	time.Sleep(2 * time.Second)
	if _, n := w.braze.missing(open); n != objectsOf(open) {
		t.Error("records of an open transaction were sent")
	}
	if n := b.sum("brazebridge_lag_records"); n != 0 {
		t.Errorf("a lag of %v is shown for what cannot be read yet, want 0", n)
	}
	w.end(writer, true)
	sent = append(append(sent, open...), after...)
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.checkNoLetters()
	w.checkAudit(s)
}

func objectsOf(sent []sentRecord) (n int) {
	for _, r := range sent {
		n += len(r.objects)
	}
	return n
}

func (w *world) transactional(name string) *kgo.Client {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.address("HOST")), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(w.prefix+"-"+name), kgo.ProducerLinger(0), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		w.t.Fatalf("make the transactional producer: %v", err)
	}
	w.t.Cleanup(client.Close)
	return client
}

// transaction writes records to each stream in one transaction and ends it.
func (w *world) transaction(client *kgo.Client, from, count int, commit bool) []sentRecord {
	w.t.Helper()
	if err := client.BeginTransaction(); err != nil {
		w.t.Fatalf("begin transaction %s: %v", strconv.Itoa(from), err)
	}
	sent := w.write(client, from, count)
	w.end(client, commit)
	return sent
}

func (w *world) write(client *kgo.Client, from, count int) []sentRecord {
	w.t.Helper()
	records, sent := w.records(from, count)
	if err := client.ProduceSync(w.t.Context(), records...).FirstErr(); err != nil {
		w.t.Fatalf("write in a transaction: %v", err)
	}
	placed(sent, records)
	return sent
}

func (w *world) end(client *kgo.Client, commit bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := client.EndTransaction(ctx, kgo.TransactionEndTry(commit)); err != nil {
		w.t.Fatalf("end a transaction: %v", err)
	}
}
