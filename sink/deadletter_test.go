package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const letterTopic = "braze.dead-letter"

// broker is a Kafka of one broker with the given settings for the dead-letter topic.
func broker(t *testing.T, settings map[string]string) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.CreateTopic(letterTopic, 3, settings); err != nil {
		t.Fatal(err)
	}
	return c
}

func kafkaClient(t *testing.T, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(c.ListenAddrs()...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// lettersTo are dead letters to the test's topic.
func lettersTo(t *testing.T, c *kfake.Cluster) *DeadLetters {
	t.Helper()
	client := kafkaClient(t, c, DeadLetterClientOpts()...)
	return NewDeadLetters(client, func(*kgo.Record) string { return letterTopic }, "v1.2.3")
}

// written are the first n letters in the topic.
func written(t *testing.T, c *kfake.Cluster, n int) []*kgo.Record {
	t.Helper()
	client := kafkaClient(t, c, kgo.ConsumeTopics(letterTopic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(50*time.Millisecond), kgo.FetchMaxPartitionBytes(64<<20), kgo.FetchMaxBytes(64<<20))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var all []*kgo.Record
	for len(all) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("%d of %d letters: %v", len(all), n, err)
		}
		all = append(all, fetches.Records()...)
	}
	return all
}

// headersOf are headers as text, in order.
func headersOf(r *kgo.Record) []string {
	var all []string
	for _, h := range r.Headers {
		all = append(all, h.Key+": "+string(h.Value))
	}
	return all
}

// header is one header's text; "" where there is none.
func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == "brazebridge."+name {
			return string(h.Value)
		}
	}
	return ""
}

func anyRecord() *kgo.Record {
	return &kgo.Record{
		Topic: "shop.orders", Partition: 7, Offset: 4711, Timestamp: time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC),
		Key: []byte("key"), Value: []byte("value"),
	}
}

func TestLetterAsItIsWritten(t *testing.T) {
	c := broker(t, nil)
	r := anyRecord()
	r.Key, r.Value = []byte{0, 0xff, 1}, []byte{0, 0, 0, 0, 9, 0xfe}
	r.Headers = []kgo.RecordHeader{{Key: "trace", Value: []byte{1, 0xff}}, {Key: "", Value: nil}, {Key: "trace", Value: []byte{}}, {Key: "brazebridge.reason", Value: []byte("stuck")}}
	before := time.Now().Add(-time.Minute)
	err := lettersTo(t, c).Write(t.Context(), &Letter{
		Record: r, Reason: Rejected, Stage: StageSend, Error: "refused\nby Braze", SchemaID: 12, Status: 201,
		Objects: []ObjectOutcome{{"event", 0, "accepted", ""}, {"purchase", 1, "refused", "'currency' must be an ISO 4217 currency"}},
		At:      time.Date(2026, 2, 3, 4, 5, 7, 0, time.FixedZone("", 3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, c, 1)[0]
	if diff := cmp.Diff([][]byte{r.Key, r.Value}, [][]byte{got.Key, got.Value}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(r.Headers, got.Headers[:len(r.Headers)]); diff != "" {
		t.Errorf("original headers: %s", diff)
	}
	want := []string{
		"brazebridge.reason: rejected", "brazebridge.stage: send", "brazebridge.error: refused by Braze",
		"brazebridge.topic: shop.orders", "brazebridge.partition: 7", "brazebridge.offset: 4711",
		"brazebridge.timestamp: 2026-02-03T04:05:06.789Z", "brazebridge.schema_id: 12",
		`brazebridge.objects: [{"kind":"event","index":0,"outcome":"accepted"},{"kind":"purchase","index":1,"outcome":"refused","error":"'currency' must be an ISO 4217 currency"}]`,
		"brazebridge.status: 201", "brazebridge.version: v1.2.3", "brazebridge.at: 2026-02-03T03:05:07Z",
	}
	if diff := cmp.Diff(want, headersOf(got)[len(r.Headers):]); diff != "" {
		t.Error(diff)
	}
	if got.Timestamp.Before(before) {
		t.Errorf("timestamp %v is the record's, not the time of writing", got.Timestamp)
	}
}

func TestLetterKeepsNilAndEmptyApart(t *testing.T) {
	c := broker(t, nil)
	d := lettersTo(t, c)
	for i, pair := range [][2][]byte{{nil, nil}, {{}, {}}, {nil, {}}, {{}, nil}} {
		r := anyRecord()
		r.Key, r.Value, r.Offset = pair[0], pair[1], int64(i)
		if err := d.Write(t.Context(), &Letter{Record: r, Reason: Undecodable, Stage: StageDecode}); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, got := range written(t, c, i+1) {
			if header(got, "offset") != fmt.Sprint(i) {
				continue
			}
			found = true
			if (got.Key == nil) != (pair[0] == nil) || (got.Value == nil) != (pair[1] == nil) {
				t.Errorf("key %#v and value %#v arrived as %#v and %#v", pair[0], pair[1], got.Key, got.Value)
			}
			for _, absent := range []string{"schema_id", "objects", "status", "value"} {
				if v := header(got, absent); v != "" {
					t.Errorf("%s: %q, want none", absent, v)
				}
			}
		}
		if !found {
			t.Errorf("letter %d is missing", i)
		}
	}
}

// incompressible is data that stays as long as it is.
func incompressible(n int) []byte {
	b := make([]byte, n)
	rnd := rand.New(rand.NewPCG(9, 9))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

func TestLetterThatDoesNotFitShrinks(t *testing.T) {
	const limit = 1 << 20
	objects := make([]ObjectOutcome, 200)
	for i := range objects {
		objects[i] = ObjectOutcome{"event", i, "refused", strings.Repeat("because ", 20)}
	}
	for _, c := range []struct {
		name                         string
		key, value, header           int
		objects                      []ObjectOutcome
		wantKey, wantValue, wantHead bool
		brief                        bool
	}{
		{"fits", 100, 1000, 100, objects, true, true, true, false},
		{"fits when brief", 100, limit - 10_000, 100, objects, true, true, true, true},
		{"as large as the topic allows", 0, limit, 0, nil, true, false, true, true},
		{"larger than the topic allows", 100, 2 * limit, 100, objects, true, false, true, true},
		{"a key that does not fit", 2 * limit, 100, 100, nil, false, false, false, true},
		{"headers that do not fit", 100, 100, 2 * limit, nil, false, false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := broker(t, map[string]string{"max.message.bytes": fmt.Sprint(limit)})
			r := anyRecord()
			r.Key, r.Value = incompressible(c.key), incompressible(c.value)
			r.Headers = []kgo.RecordHeader{{Key: "own", Value: incompressible(c.header)}}
			l := &Letter{Record: r, Reason: RecordTooLarge, Stage: StageCheck, Error: strings.Repeat("e", 10_000), Objects: c.objects}
			if err := lettersTo(t, k).Write(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			got := written(t, k, 1)[0]
			if kept := got.Key != nil && bytes.Equal(got.Key, r.Key); kept != c.wantKey {
				t.Errorf("key kept: %v, want %v", kept, c.wantKey)
			}
			if kept := bytes.Equal(got.Value, r.Value); kept != c.wantValue || kept == (header(got, "value") == "omitted") {
				t.Errorf("value kept: %v, want %v; header %q", kept, c.wantValue, header(got, "value"))
			}
			if kept := got.Headers[0].Key == "own"; kept != c.wantHead {
				t.Errorf("original headers kept: %v, want %v", kept, c.wantHead)
			}
			if n := len(header(got, "error")); (n <= errorBrief) != c.brief || n == 0 {
				t.Errorf("error of %d bytes, brief %v", n, c.brief)
			}
			if header(got, "offset") != "4711" || header(got, "topic") != "shop.orders" || header(got, "reason") != "too_large" {
				t.Errorf("no coordinates or reason: %v", headersOf(got)[1:])
			}
		})
	}
}

// Letters written together may share a batch that is too large although each of them fits: none of them may lose its value.
func TestLettersWrittenTogetherKeepTheirValues(t *testing.T) {
	const limit, n = 100_000, 40
	c := broker(t, map[string]string{"max.message.bytes": fmt.Sprint(limit)})
	d := lettersTo(t, c)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			r := anyRecord()
			r.Offset, r.Key, r.Value = int64(i), []byte("same"), incompressible(limit*2/3)
			if err := d.Write(t.Context(), &Letter{Record: r, Reason: Rejected, Stage: StageSend}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, r := range written(t, c, n) {
		seen[header(r, "offset")] = true
		if header(r, "value") != "" || len(r.Value) != limit*2/3 {
			t.Errorf("letter %s lost its value", header(r, "offset"))
		}
	}
	if len(seen) != n {
		t.Errorf("%d letters, want %d", len(seen), n)
	}
}

func TestLetterIsAcknowledgedByAllReplicas(t *testing.T) {
	c := broker(t, nil)
	var acks []int16
	c.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		acks = append(acks, req.(*kmsg.ProduceRequest).Acks)
		return nil, nil, false
	})
	if err := lettersTo(t, c).Write(t.Context(), &Letter{Record: anyRecord()}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int16{-1}, acks); diff != "" {
		t.Error(diff)
	}
}

func TestLettersOfOneKeyShareAPartition(t *testing.T) {
	c := broker(t, nil)
	d := lettersTo(t, c)
	for i := range 12 {
		r := anyRecord()
		r.Offset, r.Key = int64(i), fmt.Appendf(nil, "key-%d", i%4)
		if err := d.Write(t.Context(), &Letter{Record: r}); err != nil {
			t.Fatal(err)
		}
	}
	partitions := map[string]int32{}
	used := map[int32]bool{}
	for _, r := range written(t, c, 12) {
		if p, ok := partitions[string(r.Key)]; ok && p != r.Partition {
			t.Errorf("%s is in partitions %d and %d", r.Key, p, r.Partition)
		}
		partitions[string(r.Key)] = r.Partition
		used[r.Partition] = true
	}
	if len(used) < 2 {
		t.Errorf("4 keys share %d partition", len(used))
	}
}

func TestWriteReportsWhatWentWrong(t *testing.T) {
	c := broker(t, nil)
	l := &Letter{Record: anyRecord()}
	client := kafkaClient(t, c, DeadLetterClientOpts()...)
	nowhere := NewDeadLetters(client, func(*kgo.Record) string { return "" }, "v")
	if err := nowhere.Write(t.Context(), l); err == nil || err.Error() != "write dead letter: no topic is configured" {
		t.Errorf("no topic: %v", err)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lettersTo(t, c).Write(ended, l); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}

	c.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return refuseProduce(req.(*kmsg.ProduceRequest), kerr.TopicAuthorizationFailed), nil, true
	})
	err := lettersTo(t, c).Write(t.Context(), l)
	if !errors.Is(err, kerr.TopicAuthorizationFailed) || !strings.HasPrefix(err.Error(), "write dead letter to "+letterTopic+": ") {
		t.Errorf("no right to write: %v", err)
	}
}

// refuseProduce answers every partition with an error.
func refuseProduce(req *kmsg.ProduceRequest, with *kerr.Error) kmsg.Response {
	resp := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range req.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, with.Code
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp
}

func TestEnsureTopic(t *testing.T) {
	c := broker(t, nil)
	client := kafkaClient(t, c)
	if note, err := EnsureTopic(t.Context(), client, letterTopic, nil); note != "" || err != nil {
		t.Errorf("a topic that is there: %q, %v", note, err)
	}
	_, err := EnsureTopic(t.Context(), client, "missing", nil)
	if !errors.Is(err, ErrTopicMissing) || err.Error() != "look for topic missing: topic does not exist" {
		t.Errorf("a topic that is not: %v", err)
	}
	create := &CreateTopic{Partitions: 6, Replicas: 1, Retention: 14 * 24 * time.Hour}
	for range 2 {
		if note, err := EnsureTopic(t.Context(), client, "missing", create); note != "" || err != nil {
			t.Fatalf("create: %q, %v", note, err)
		}
	}
	info := c.TopicInfo("missing")
	if info == nil || len(c.PartitionInfos("missing")) != 6 {
		t.Fatalf("created as %+v", info)
	}
	if got := info.Configs["retention.ms"]; got == nil || *got != "1209600000" {
		t.Errorf("retention.ms %v, want 1209600000", got)
	}
}

func TestEnsureTopicWithoutTheRightToDescribe(t *testing.T) {
	c := broker(t, nil)
	c.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		m := req.(*kmsg.MetadataRequest)
		if len(m.Topics) == 0 {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic, topic.ErrorCode = kmsg.StringPtr(letterTopic), kerr.TopicAuthorizationFailed.Code
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	note, err := EnsureTopic(t.Context(), kafkaClient(t, c), letterTopic, nil)
	if err != nil || note != "whether topic braze.dead-letter exists is unknown: the right to describe it is missing" {
		t.Errorf("%q, %v", note, err)
	}
}

func TestEnsureTopicUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.Addr().String()), kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	note, err := EnsureTopic(t.Context(), client, letterTopic, nil)
	if err == nil || errors.Is(err, ErrTopicMissing) || note != "" {
		t.Errorf("%q, %v", note, err)
	}
}
