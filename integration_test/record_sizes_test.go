package integration_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// A record at fault that is as large as its topic allows, and whose letter therefore does not fit a dead-letter topic of the same limit:
// the letter says where the record lies and that its value is omitted, and the partition goes on.
func TestLetterOfTheLargestRecord(t *testing.T) {
	t.Parallel()
	const limit = 1048576 // of both topics
	w := newWorld(t, needSuite(t), worldOptions{})
	for _, topic := range []string{w.topics["orders"], w.deadLetter} {
		w.alterTopic(topic, "max.message.bytes", "1048576")
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.seeds()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(2*limit), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatalf("make the producer: %v", err)
	}
	defer client.Close()
	noise := make([]byte, limit)                    // which no compression makes smaller
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise) // which never fails
	var poison *kgo.Record
	for size := limit; ; size-- { // what surrounds a value in a batch takes less than a hundred bytes
		poison = &kgo.Record{Topic: w.topics["orders"], Partition: 0, Key: []byte("k"), Value: noise[:size]}
		if err := client.ProduceSync(t.Context(), poison).FirstErr(); err == nil {
			break
		} else if size < limit-100 {
			t.Fatalf("write the largest record: %v", err)
		}
	}
	s := w.settings()
	b := w.start("a", s)
	sent := w.produce(0, 30)
	w.waitArrived(sent)
	w.waitCommitted()
	letters := w.letters(1)
	b.waitReady()
	b.stop()
	if len(letters) != 1 {
		t.Fatalf("%d letters, want 1", len(letters))
	}
	own := ownHeaders(letters[0], 0)
	for name, want := range map[string]string{
		"brazebridge.value": "omitted", "brazebridge.reason": "undecodable", "brazebridge.topic": poison.Topic, "brazebridge.partition": "0", "brazebridge.offset": "0",
	} {
		if own[name] != want {
			t.Errorf("the letter's header %s is %q, want %q", name, own[name], want)
		}
	}
	if len(letters[0].Value) != 0 {
		t.Errorf("the letter has a value of %d bytes, want none", len(letters[0].Value))
	}
	w.braze.checkExactlyOnce(t, sent)
	w.checkAudit(s)
}
