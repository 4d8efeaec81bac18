//go:build synctests

package processor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/schema"
	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

const flowSchema = `{"type":"record","name":"Visit","namespace":"flow","fields":[
	{"name":"seq","type":"long"},{"name":"user","type":"string"},{"name":"kind","type":"string"}]}`

const flowConfig = `
kafka: {brokers: ["127.0.0.1:9092"], group: flow}
schema_registry: {url: "http://registry:8081"}
braze: {endpoint: "http://braze", api_key: key, rate: {requests: 1000, per: 1s}, linger: 20ms, timeout: 5s}
dead_letter: {topic: letters}
delivery: {resend_window: 60, in_flight_records: 200, drain_timeout: 20s}
topics:
%s`

const flowTopic = `  %s:
    user: {external_id: "${user}"}
    send:
      - event: visited
        when: ${kind != "skip"}
        properties: {seq: "${seq}"}
`

// flow is a cluster, a fake Braze and what is known about every record, in a bubble of virtual time.
type flow struct {
	t       *testing.T
	net     kfake.VirtualNetwork
	cluster *kfake.Cluster
	braze   *fakebraze.Server
	schema  *schema.Schema
	topics  []string
	admin   *kgo.Client

	producer *kgo.Client // made at the first record
	registry registry    // nil: flow itself
	latest   bool
	maxAge   string
	delivery string           // instead of the usual
	change   func(*Workspace) // of what start makes
	options  []kgo.Opt        // further ones of the members' consumers

	mu       sync.Mutex
	records  map[int64]*flowRecord // by seq
	byOffset map[topicPartition]map[int64]*flowRecord
	lastSeq  map[string]int64 // per topic-partition and user: the newest seq that arrived first
	commits  int
	members  []*member

	newProtocol bool   // the group's protocol is that of KIP-848
	instance    string // the members' kafka.instance_id
}

type flowRecord struct {
	seq       int64
	user      string
	kind      string // ok, skip, bad bytes, refused
	part      topicPartition
	offset    int64
	arrivals  int
	letters   int
	tombstone bool
}

// settled reports whether the record has an outcome as the outside sees it.
func (r *flowRecord) settled() bool {
	return r.arrivals > 0 || r.letters > 0 || r.kind == "skip" || r.tombstone
}

func newFlow(t *testing.T, topics ...string) *flow {
	f := &flow{
		t: t, topics: topics, records: map[int64]*flowRecord{},
		byOffset: map[topicPartition]map[int64]*flowRecord{}, lastSeq: map[string]int64{},
	}
	var err error
	if f.schema, err = schema.Parse(flowSchema); err != nil {
		t.Fatal(err)
	}
	f.schema.ID, f.schema.Subject, f.schema.Version = 7, topics[0]+"-value", 1
	f.cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(f.net.Listen),
		kfake.SeedTopics(3, append([]string{"letters"}, topics...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.cluster.Close)
	f.braze = fakebraze.New(fakebraze.Options{})
	t.Cleanup(f.braze.Close)
	f.braze.OnObject(f.arrived)
	if f.admin, err = kgo.NewClient(f.kafka()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.admin.Close)
	f.cluster.ControlKey(int16(kmsg.OffsetCommit), f.watchCommit)
	return f
}

func (f *flow) kafka() []kgo.Opt {
	return []kgo.Opt{kgo.SeedBrokers("127.0.0.1:9092"), kgo.Dialer(f.net.DialContext), kgo.DefaultProduceTopic(f.topics[0])}
}

// arrived takes in what Braze accepted, and checks each user's order on first delivery.
func (f *flow) arrived(_ string, object map[string]any, accepted bool) {
	if !accepted {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	seq, err := strconv.ParseInt(fmt.Sprint(object["properties"].(map[string]any)["seq"]), 10, 64)
	if err != nil {
		f.t.Errorf("object without seq: %v", object)
		return
	}
	r := f.records[seq]
	if r.arrivals++; r.arrivals > 1 {
		return
	}
	key := fmt.Sprint(r.part, r.user)
	if last, ok := f.lastSeq[key]; ok && last > seq {
		f.t.Errorf("user %s: record %d arrived after record %d", r.user, seq, last)
	}
	f.lastSeq[key] = seq
}

// watchCommit is the promise, checked on the wire: nothing below a committed offset is without an outcome.
func (f *flow) watchCommit(k kmsg.Request) (kmsg.Response, error, bool) {
	f.cluster.KeepControl()
	req := k.(*kmsg.OffsetCommitRequest)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range req.Topics {
		name := t.Topic
		if name == "" {
			info := f.cluster.TopicIDInfo(t.TopicID)
			if info == nil {
				continue // of a topic that was deleted: the broker refuses it
			}
			name = info.Topic
		}
		for _, p := range t.Partitions {
			f.commits++
			for o, r := range f.byOffset[topicPartition{name, p.Partition}] {
				if o < p.Offset && !r.settled() {
					f.t.Errorf("offset %d of %s/%d committed, but record %d at %d (%s) has no outcome", p.Offset, name, p.Partition, r.seq, o, r.kind)
				}
			}
		}
	}
	return nil, nil, false
}

// produce writes n records at random: some skipped, some broken, some tombstones.
func (f *flow) produce(rnd *rand.Rand, n int) {
	for range n {
		f.mu.Lock()
		r := &flowRecord{seq: int64(len(f.records)), user: fmt.Sprintf("user-%d", rnd.IntN(25)), kind: "ok"}
		f.records[r.seq] = r
		f.mu.Unlock()
		r.part = topicPartition{f.topics[rnd.IntN(len(f.topics))], int32(rnd.IntN(3))}
		switch rnd.IntN(20) {
		case 0:
			r.kind = "skip"
		case 1:
			r.kind = "broken"
		case 2:
			r.tombstone = true
		}
		rec := &kgo.Record{Topic: r.part.topic, Partition: r.part.partition, Key: []byte(r.user), Value: f.value(r)}
		f.mu.Lock()
		if f.byOffset[r.part] == nil {
			f.byOffset[r.part] = map[int64]*flowRecord{}
		}
		r.offset = int64(len(f.byOffset[r.part])) // nobody else produces, and the record must be known before it is read
		f.byOffset[r.part][r.offset] = r
		f.mu.Unlock()
		if err := f.produceOne(rec); err != nil {
			f.t.Error(err)
		}
		if rec.Offset != r.offset {
			f.t.Fatalf("record %d is at %d, not %d", r.seq, rec.Offset, r.offset)
		}
	}
}

func (f *flow) produceOne(rec *kgo.Record) error {
	if f.producer == nil {
		cl, err := kgo.NewClient(append(f.kafka(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0), kgo.MetadataMinAge(100*time.Millisecond))...)
		if err != nil {
			return err
		}
		f.t.Cleanup(cl.Close)
		f.producer = cl
	}
	err := f.producer.ProduceSync(context.Background(), rec).FirstErr()
	if errors.Is(err, kerr.UnknownTopicID) { // the topic was made anew
		f.producer.PurgeTopicsFromClient(rec.Topic)
		err = f.producer.ProduceSync(context.Background(), rec).FirstErr()
	}
	return err
}

func (f *flow) value(r *flowRecord) []byte {
	if r.tombstone {
		return nil
	}
	v := binary.BigEndian.AppendUint32([]byte{0}, uint32(f.schema.ID))
	if r.kind == "broken" {
		return append(v, 0xff)
	}
	v = binary.AppendVarint(v, r.seq)
	for _, s := range []string{r.user, r.kind} {
		v = append(binary.AppendVarint(v, int64(len(s))), s...)
	}
	return v
}

// Schema and Latest make flow a registry.
func (f *flow) Schema(context.Context, schema.Ref) (*schema.Schema, error) { return f.schema, nil }

func (f *flow) Latest(context.Context, string) (*schema.Schema, error) { return f.schema, nil }

// letterTopic notes a letter when it is acknowledged.
type letterTopic struct {
	f *flow
	d *sink.DeadLetters
}

func (l letterTopic) Write(ctx context.Context, letter *sink.Letter) error {
	err := l.d.Write(ctx, letter)
	if err == nil {
		l.f.mu.Lock()
		defer l.f.mu.Unlock()
		if r := l.f.byOffset[topicPartition{letter.Record.Topic, letter.Record.Partition}][letter.Record.Offset]; r != nil {
			r.letters++
		}
	}
	return err
}

// settle waits until every record has an outcome, in virtual time.
func (f *flow) settle(within time.Duration) {
	f.t.Helper()
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) {
		if f.open() == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if !r.settled() {
			f.t.Errorf("record %d (%s, %v at %d) was lost", r.seq, r.kind, r.part, r.offset)
			return
		}
	}
}

func (f *flow) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.records {
		if !r.settled() {
			n++
		}
	}
	return n
}

// untilRead waits until members have read all partitions to their ends: what is filtered counts as settled before anybody has read it.
func (f *flow) untilRead(members []*member, within time.Duration) {
	f.t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		unread := len(f.byOffset)
		for _, m := range members {
			m.ledger.mu.Lock()
			for tp, a := range m.ledger.parts {
				if a.next == int64(len(f.byOffset[tp])) {
					unread--
				}
			}
			m.ledger.mu.Unlock()
		}
		if unread == 0 {
			return
		}
	}
	f.t.Error("a partition is not read to its end")
}

// untilCommitted waits until the group's commits are at the ends of what was produced. checkEnd says where they are not.
func (f *flow) untilCommitted(within time.Duration) {
	f.t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(time.Second) {
		behind := false
		for tp, records := range f.byOffset {
			behind = behind || f.committed(tp.topic, tp.partition) != int64(len(records))
		}
		if !behind {
			return
		}
	}
}

// checkEnd compares every record's outcome with what it should be, and the committed offsets with the ends.
func (f *flow) checkEnd(maxTwice int) {
	f.t.Helper()
	f.mu.Lock()
	twice := 0
	for _, r := range f.records {
		if wantLetter := r.kind == "broken" && !r.tombstone; (r.letters > 0) != wantLetter {
			f.t.Errorf("record %d (%s) has %d letters and %d arrivals", r.seq, r.kind, r.letters, r.arrivals)
		}
		if r.arrivals > 1 {
			twice++
		}
	}
	f.mu.Unlock()
	if twice > maxTwice {
		f.t.Errorf("%d records were sent twice, at most %d may be", twice, maxTwice)
	}
	offsets, err := kadm.NewClient(f.admin).FetchOffsets(context.Background(), "flow")
	if err != nil {
		f.t.Fatal(err)
	}
	for tp, records := range f.byOffset {
		o, _ := offsets.Lookup(tp.topic, tp.partition)
		if o.At != int64(len(records)) {
			f.t.Errorf("%v: committed %d of %d", tp, o.At, len(records))
		}
	}
}
