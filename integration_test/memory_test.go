package integration_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"brazebridge/sink/fakebraze"
)

// peak is the most memory that the process has had resident so far, in MiB.
func (b *bridge) peak() int {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.cmd.Process.Pid))
	if err != nil {
		b.t.Fatalf("read the process's memory: %v", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		b.t.Fatal("the process's memory is not told")
	}
	kib, err := strconv.Atoi(string(m[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return kib / 1024
}

// compressible is text that compression makes about fifty times smaller.
func compressible(random *rand.Rand, size int) string {
	noise := make([]byte, size/70)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(noise)
	return string(append(bytes.Repeat([]byte("x"), size-len(text)), text...))
}

// waitFull returns when the bridge has read as much as it may while Braze takes nothing: it has records, and reads no more of them.
func (w *world) waitFull(b *bridge) {
	w.t.Helper()
	const still = 3 * time.Second // many times as long as a fetch takes
	var consumed float64
	var since time.Time
	w.until("the bridge to have read all that it may", func() (bool, string) {
		if n := b.sum("brazebridge_records_consumed_total"); n != consumed {
			consumed, since = n, time.Now()
		}
		refused := w.braze.Stats().Statuses["503"]
		return refused > 0 && consumed > 0 && time.Since(since) > still, fmt.Sprintf("%v records read, %d requests refused", consumed, refused)
	})
}

// A backlog of large records that their producer compressed fifty to one, in sixty partitions, is read, held while Braze takes nothing,
// taken over whole by a member that held its half, and sent, in the memory of a small container: what is read and what a fetch decompresses
// to is bounded, whatever it weighs on the wire.
func TestMemoryWithLargeCompressedRecords(t *testing.T) {
	t.Parallel()
	const (
		parts = 60
		each  = 40 // half a gigabyte, decompressed
		size  = 200_000
		limit = 256 // MiB
	)
	w := newWorld(t, needSuite(t), worldOptions{})
	topic := w.prefix + ".large"
	w.createTopics(parts, topic)
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.seeds()...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(8<<20), kgo.MaxBufferedRecords(200))
	if err != nil {
		t.Fatalf("make the producer: %v", err)
	}
	defer client.Close()
	random := rand.New(rand.NewPCG(1, 2))
	view := streams[2]
	id, _, err := w.registry.RegisterSchema(topic+"-value", sr.Schema{Schema: view.schema})
	if err != nil {
		t.Fatal(err)
	}
	encoder := newEncoder(t, id, view.schema)
	var sent []sentRecord
	for n := range each {
		var records []*kgo.Record
		for p := range parts {
			name := recordID("large", n*parts+p)
			value := view.record(name, fmt.Sprintf("user-%d-%d", p, n), n)
			value["tags"] = map[string]any{"long": compressible(random, size)}
			records = append(records, &kgo.Record{Topic: topic, Partition: int32(p), Key: []byte(name), Value: encoder.encode(t, value)})
			sent = append(sent, sentRecord{id: name, objects: view.objects})
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatalf("write large records: %v", err)
		}
	}
	s := w.settings()
	s.Topics = "  " + topic + ":" + view.mapping
	s.SessionTimeout = 6 * time.Second
	s.Env = []string{"GOMEMLIMIT=230MiB"} // what the bridge sets itself in a container of 256 MiB
	w.setFaults(fakebraze.Fault{Kind: "status", Status: 503})
	b := w.start("a", s)
	w.waitFull(b)
	heir := w.start("heir", s)
	w.waitOwned(heir, parts/2)
	w.waitFull(heir)
	peaks := []int{b.peak()}
	b.kill()
	w.waitOwned(heir, parts)
	w.waitFull(heir)
	w.setFaults()
	w.waitArrived(sent)
	peaks = append(peaks, heir.peak())
	heir.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.checkNoLetters()
	t.Logf("%d records of %d bytes in %d partitions: at most %d MiB resident", len(sent), size, parts, peaks)
	if slices.Max(peaks) >= limit {
		t.Errorf("the processes had %d MiB, want less than %d", peaks, limit)
	}
}

// waitOwned returns when the bridge has so many partitions.
func (w *world) waitOwned(b *bridge, parts int) {
	w.t.Helper()
	w.until(fmt.Sprintf("bridge %s to have %d partitions", b.name, parts), func() (bool, string) {
		n := len(b.series("brazebridge_lag_records"))
		return n == parts, fmt.Sprintf("%d partitions", n)
	})
}
