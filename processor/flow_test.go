//go:build synctests

package processor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/config"
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

// member is one running processor.
type member struct {
	*Processor
	stop, kill context.CancelFunc
	ended      chan error
	wire       *wire
	flow       *flow
	dead       bool // died, guarded by flow.mu
}

// wire is a member's network, which a test can cut.
type wire struct {
	net *kfake.VirtualNetwork

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, net.ErrClosed
	}
	c, err := w.net.DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, c)
	}
	return c, err
}

func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close() // it may have been closed already
	}
}

func (f *flow) start() *member {
	f.t.Helper()
	topics := ""
	for _, name := range f.topics {
		topics += fmt.Sprintf(flowTopic, name)
	}
	if f.maxAge != "" {
		topics += "    max_age: " + f.maxAge + "\n"
	}
	if f.latest {
		topics += "    start: latest\n"
	}
	text := fmt.Sprintf(flowConfig, topics)
	if f.delivery != "" {
		text = regexp.MustCompile(`(?m)^delivery: .*$`).ReplaceAllString(text, "delivery: "+f.delivery)
	}
	if f.newProtocol {
		text = strings.Replace(text, "group: flow", "group: flow, protocol: consumer", 1)
	}
	if f.instance != "" {
		text = strings.Replace(text, "group: flow", "group: flow, instance_id: "+f.instance, 1)
	}
	cfg, _, err := config.Parse("flow.yaml", []byte(text), config.ResolveAll)
	if err != nil {
		f.t.Fatal(err)
	}
	client, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", Timeout: 5 * time.Second, HTTP: &http.Client{Transport: f.braze.Transport()},
		Key: func(bool) (string, error) { return "key", nil },
	})
	if err != nil {
		f.t.Fatal(err)
	}
	producer, err := kgo.NewClient(append(f.kafka(), sink.DeadLetterClientOpts()...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	out := io.Discard
	if os.Getenv("FLOW_LOG") != "" {
		out = os.Stderr
	}
	log := slog.New(slog.NewTextHandler(out, nil))
	w := Workspace{Client: client, Gate: sink.NewGate(1000, time.Second), Limits: sink.Limits{Objects: 10, Bytes: 1 << 20}, MaxInFlight: 4, Linger: 20 * time.Millisecond}
	if f.change != nil {
		f.change(&w)
	}
	wire := &wire{net: &f.net}
	p, err := New(Options{
		Config: cfg, Kafka: append(f.kafka(), kgo.Dialer(wire.dial)), Log: log, Metrics: prometheus.NewRegistry(),
		Workspaces: map[string]Workspace{"": w},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if p.registry = f; f.registry != nil {
		p.registry = f.registry
	}
	p.letters = letterTopic{f, sink.NewDeadLetters(producer, func(*kgo.Record) string { return "letters" }, "test")}
	run, stop := context.WithCancel(context.Background())
	work, kill := context.WithCancel(context.Background())
	m := &member{Processor: p, stop: stop, kill: kill, ended: make(chan error, 1), wire: wire, flow: f}
	f.mu.Lock()
	f.members = append(f.members, m)
	f.mu.Unlock()
	go func() {
		err := p.Run(run, work)
		producer.Close()
		m.ended <- err
	}()
	return m
}

// drain stops a member as SIGTERM would.
func (m *member) drain(t *testing.T) {
	t.Helper()
	m.stop()
	defer time.AfterFunc(20*time.Second, m.kill).Stop()
	if err := <-m.ended; err != nil {
		t.Errorf("run: %v", err)
	}
	m.kill()
}

// tell is what the member knows of its partitions, for whoever looks for the reason of a failure.
func (m *member) tell() (text string) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	paused := m.client.PauseFetchPartitions(nil)
	for tp, a := range m.ledger.parts {
		text += fmt.Sprintf("  %v: next %d, watermark %d, committed %d, end %d, unsettled %d, tracked %d, leaving %v, paused %v\n",
			tp, a.next, a.watermark.offset, a.committed, a.lastStable, a.unsettled, len(a.entries)-a.head, a.leaving, slices.Contains(paused[tp.topic], tp.partition))
	}
	records, bytes := m.budget.inUse()
	return text + fmt.Sprintf("  budget: %d records, %d bytes; window: %d", records, bytes, m.lanes[""].window.inUse())
}

// die ends a member as kill -9 would: nothing is waited for, nothing is committed.
func (m *member) die() {
	m.wire.sever()
	m.kill()
	m.stop()
	if err := <-m.ended; err != nil {
		m.log.Info("died", "error", err) // it did not end well, and need not
	}
	m.flow.mu.Lock()
	m.dead = true
	m.flow.mu.Unlock()
	time.AfterFunc(time.Minute, m.flow.bury)
}

// bury removes the dead from the group. The cluster does not time a member out that dies before its first heartbeat, and
// waits for it for ever, as no broker would.
func (f *flow) bury() {
	groups, err := f.adm().DescribeGroups(context.Background(), "flow")
	if err != nil {
		return // the test has ended
	}
	f.mu.Lock()
	alive := map[string]bool{}
	for _, m := range f.members {
		if !m.dead {
			id, _ := m.client.GroupMetadata()
			alive[id] = true
		}
	}
	f.mu.Unlock()
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group = "flow"
	for _, m := range groups["flow"].Members {
		if !alive[m.MemberID] {
			leave.Members = append(leave.Members, kmsg.LeaveGroupRequestMember{MemberID: m.MemberID})
		}
	}
	_, _ = leave.RequestWith(context.Background(), f.admin) // the end of the test needs no word
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

func TestFlowDeliversEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders", "cart")
		f.produce(rand.New(rand.NewPCG(1, 1)), 300)
		m := f.start()
		f.settle(time.Minute)
		for topic, a := range m.Accounts() {
			sum := a.Delivered + a.InFlight
			for _, n := range a.DeadLettered {
				sum += n
			}
			for _, n := range a.Filtered {
				sum += n
			}
			if a.Consumed != sum {
				t.Errorf("%s: accounts do not close: %+v", topic, a)
			}
		}
		m.drain(t)
		f.checkEnd(0)
	})
}

// TestFlowSurvives runs seeded scenarios of outages, slow answers, members that come and go, kills and drains, with the
// commits checked on the wire at every step, each with both protocols of a group. FLOW_SEEDS=n runs n of them, from FLOW_FROM
// on, and FLOW_SEED=n one again.
func TestFlowSurvives(t *testing.T) {
	from, n := envNumber(t, "FLOW_FROM", 0), envNumber(t, "FLOW_SEEDS", max(4, 120/slowness))
	if os.Getenv("FLOW_SEED") != "" {
		from, n = envNumber(t, "FLOW_SEED", 0), 1
	}
	for seed := from; seed < from+n; seed++ {
		for _, protocol := range []string{"classic", "consumer"} {
			t.Run(fmt.Sprintf("seed=%d/%s", seed, protocol), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { survive(t, seed, protocol == "consumer") })
				if t.Failed() {
					t.Logf("run it again: FLOW_SEED=%d go test -tags synctests -run 'TestFlowSurvives/.*/%s' ./processor/", seed, protocol)
				}
			})
		}
	}
}

func envNumber(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func survive(t *testing.T, seed uint64, newProtocol bool) {
	rnd := rand.New(rand.NewPCG(seed, 9))
	f := newFlow(t, "orders", "cart")
	f.newProtocol = newProtocol
	members := []*member{f.start()}
	deaths := 0
	for range 8 {
		f.produce(rnd, 20+rnd.IntN(60))
		var faults []fakebraze.Fault
		switch rnd.IntN(6) {
		case 0:
			faults = []fakebraze.Fault{{Kind: "status", Status: 503, Probability: 0.7}}
		case 1:
			faults = []fakebraze.Fault{{Kind: "status", Status: 429, Every: 3, Headers: map[string]string{"X-Ratelimit-Retry-After": "1"}}}
		case 2:
			faults = []fakebraze.Fault{{Kind: "delay", Delay: "700ms", Every: 2}}
		case 3:
			faults = []fakebraze.Fault{{Kind: "not_json", Status: 502, Every: 4}}
		}
		if err := f.braze.SetFaults(faults); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		switch change, i := rnd.IntN(6), rnd.IntN(len(members)); {
		case change < 2 && len(members) < 3:
			members = append(members, f.start())
		case change == 3 && len(members) > 1:
			members[i].drain(t)
			members = append(members[:i], members[i+1:]...)
		case change == 4 && len(members) > 1 && members[i].Status().State != Starting: // kfake keeps one for ever that dies while it joins
			members[i].die()
			deaths++
			members = append(members[:i], members[i+1:]...)
		}
		time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
	}
	if err := f.braze.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	f.settle(10 * time.Minute)
	if deaths > 0 { // what one sent and had no time to commit is the next owner's, as soon as the group gives it the partition
		f.untilCommitted(2 * time.Minute)
	}
	if t.Failed() {
		for i, m := range members {
			t.Logf("member %d: %+v\n%s", i, m.Status(), m.tell())
		}
	}
	for _, m := range members {
		m.drain(t)
	}
	f.checkEnd(60 * deaths)
	if f.commits == 0 {
		t.Error("no commit was seen on the wire")
	}
}
