package integration_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/sink/fakebraze"
)

// partitions is how many each topic has: more than one, so that partitions are independent, and few, so that each is busy.
const partitions = 3

// worlds numbers the tests' worlds, so that each has topics and a group of its own on the one broker.
var worlds atomic.Int64

// world is what one test runs in: topics, a registry, a Braze and any number of bridges, all its own, on the shared broker.
type world struct {
	t          testing.TB
	prefix     string // of every name that is the world's own
	suite      *suite
	kafka      *broker
	producer   *kgo.Client
	registry   *srfake.Registry
	braze      *braze
	group      string
	deadLetter string
	topics     map[string]string // by stream
	encoders   map[string]*encoder
	bridges    []*bridge
}

// worldOptions say how a world differs from the usual one.
type worldOptions struct {
	braze        fakebraze.Options
	noDeadLetter bool // leave the dead-letter topic out
}

// sentRecord is a record that the broker has acknowledged.
type sentRecord struct {
	id        string
	topic     string
	partition int32
	offset    int64
	objects   []string
}

func newWorld(t testing.TB, s *suite, o worldOptions) *world {
	t.Helper()
	prefix := fmt.Sprintf("w%d", worlds.Add(1))
	w := &world{
		t: t, prefix: prefix, suite: s, kafka: s.kafka, registry: srfake.New(), braze: startBraze(t, o.braze),
		group: prefix + "-bridge", deadLetter: prefix + ".dead-letter",
		topics: make(map[string]string), encoders: make(map[string]*encoder),
	}
	t.Cleanup(w.registry.Close)
	for _, s := range streams {
		w.topics[s.name] = prefix + "." + s.name
		id, _, err := w.registry.RegisterSchema(w.topics[s.name]+"-value", sr.Schema{Schema: s.schema})
		if err != nil {
			t.Fatalf("register a schema: %v", err)
		}
		w.encoders[s.name] = newEncoder(t, id, s.schema)
	}
	w.createTopics(partitions, slices.Collect(maps.Values(w.topics))...)
	if !o.noDeadLetter {
		w.createTopics(1, w.deadLetter)
	}
	t.Cleanup(w.sayLetters)
	w.renewProducer()
	return w
}

// renewProducer makes the producer, anew after a topic was made again: a client knows topics by what they were.
func (w *world) renewProducer() {
	w.t.Helper()
	var err error
	w.producer, err = kgo.NewClient(kgo.SeedBrokers(w.kafka.seeds()...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(time.Millisecond),
		// The topics have just been made, and a first answer may not know them yet.
		kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		w.t.Fatalf("make the producer: %v", err)
	}
	w.t.Cleanup(w.producer.Close)
}

func (w *world) createTopics(partitions int32, names ...string) {
	w.t.Helper()
	answers, err := w.kafka.admin.CreateTopics(w.t.Context(), partitions, w.kafka.replicas(), nil, names...)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		w.t.Fatalf("create topics: %v", err)
	}
	// Kafka says that a topic is created a moment before it tells everyone who asks for it.
	w.until("the created topics to be seen", func() (bool, string) {
		topics, err := w.kafka.admin.ListTopics(w.t.Context(), names...)
		if err == nil {
			err = topics.Error()
		}
		return err == nil, fmt.Sprint(err)
	})
}

// settings are a bridge's in this world, to be changed by the test before it starts one.
func (w *world) settings() settings {
	var topics strings.Builder
	for _, s := range streams {
		fmt.Fprintf(&topics, "  %s:%s", w.topics[s.name], s.mapping)
	}
	return settings{
		Brokers: strings.Join(w.kafka.seeds(), `", "`), Group: w.group, SessionTimeout: sessionTimeout, DrainTimeout: 20 * time.Second, Registry: w.registry.URL(), Braze: w.braze.url,
		DeadLetter: w.deadLetter, Create: "false", ResendWindow: 10000, Linger: "20ms", Topics: topics.String(),
	}
}

// setFaults has Braze misbehave from now on, in these ways and no others.
func (w *world) setFaults(faults ...fakebraze.Fault) {
	w.t.Helper()
	if err := w.braze.SetFaults(faults); err != nil {
		w.t.Fatalf("set Braze's faults: %v", err)
	}
}

// start runs a bridge.
func (w *world) start(name string, s settings) *bridge {
	w.t.Helper()
	b := startBridge(w.t, w.suite.binary, name, s)
	w.bridges = append(w.bridges, b)
	return b
}

// gone says which bridge ended although nobody ended it.
func (w *world) gone() string {
	for _, b := range w.bridges {
		if why := b.gone(); why != "" {
			return why
		}
	}
	return ""
}

// until waits for something, and gives up early where a bridge ended by itself.
func (w *world) until(what string, seen func() (ok bool, state string)) {
	w.t.Helper()
	until(w.t, patience, what, seen, w.gone)
}

// produce writes count records to each stream, numbered from the given one on, and returns when all are acknowledged. A user's
// records of a stream lie in one partition, in order.
func (w *world) produce(from, count int) []sentRecord {
	w.t.Helper()
	records, sent := w.records(from, count)
	w.send(records)
	placed(sent, records)
	return sent
}

// placed notes where the broker has put the records.
func placed(sent []sentRecord, records []*kgo.Record) {
	for i, r := range records {
		sent[i].topic, sent[i].partition, sent[i].offset = r.Topic, r.Partition, r.Offset
	}
}

// records are count records for each stream, numbered from the given one on.
func (w *world) records(from, count int) ([]*kgo.Record, []sentRecord) {
	w.t.Helper()
	const users = 211 // a prime: users and partitions do not fall together
	var records []*kgo.Record
	var sent []sentRecord
	for n := from; n < from+count; n++ {
		for _, s := range streams {
			id, user := recordID(s.name, n), "user-"+strconv.Itoa(n%users)
			records = append(records, &kgo.Record{
				Topic: w.topics[s.name], Partition: int32(n % users % partitions), Key: []byte(user),
				Value: w.encoders[s.name].encode(w.t, s.record(id, user, n)),
			})
			sent = append(sent, sentRecord{id: id, objects: s.objects})
		}
	}
	return records, sent
}

// send writes records as they are and returns when all are acknowledged.
func (w *world) send(records []*kgo.Record) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		w.t.Fatalf("produce test records: %v", err)
	}
}

// waitArrived returns when every object of the records has arrived at Braze.
func (w *world) waitArrived(sent []sentRecord) {
	w.t.Helper()
	w.until(fmt.Sprintf("all objects of %d records at Braze", len(sent)), func() (bool, string) {
		some, count := w.braze.missing(sent)
		return count == 0, fmt.Sprintf("%d missing, among them %s", count, strings.Join(some, ", "))
	})
}

// position is a partition of a topic.
type position struct {
	topic     string
	partition int32
}

// committed are the group's offsets as the broker has them; a partition without a commit is left out.
func (w *world) committed() map[position]int64 {
	w.t.Helper()
	answers, err := w.kafka.admin.FetchOffsets(w.t.Context(), w.group)
	if err == nil {
		err = answers.Error()
	}
	if errors.Is(err, kerr.CoordinatorNotAvailable) {
		return nil // the topic of the commits is made when the first group comes
	}
	if err != nil {
		w.t.Fatalf("ask for the group's commits: %v", err)
	}
	at := make(map[position]int64)
	answers.Each(func(o kadm.OffsetResponse) {
		if o.At >= 0 {
			at[position{o.Topic, o.Partition}] = o.At
		}
	})
	return at
}

// ends are the end offsets of the streams' topics.
func (w *world) ends() map[position]int64 {
	w.t.Helper()
	answers, err := w.kafka.admin.ListEndOffsets(w.t.Context(), slices.Collect(maps.Values(w.topics))...)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		w.t.Fatalf("ask for the topics' ends: %v", err)
	}
	at := make(map[position]int64)
	answers.Each(func(o kadm.ListedOffset) { at[position{o.Topic, o.Partition}] = o.Offset })
	return at
}

// behind is a description of the partitions whose commit is not at their end, empty where all are.
func (w *world) behind() string {
	committed, ends := w.committed(), w.ends()
	var open []string
	for p, end := range ends {
		if committed[p] != end {
			open = append(open, fmt.Sprintf("%s/%d at %d of %d", p.topic, p.partition, committed[p], end))
		}
	}
	slices.Sort(open)
	return strings.Join(open, ", ")
}

// waitCommitted returns when the broker has a commit at the end of every partition.
func (w *world) waitCommitted() {
	w.t.Helper()
	w.until("commits at the end of every partition", func() (bool, string) {
		open := w.behind()
		return open == "", open
	})
}

// letters reads the dead-letter topic from its start, count records of it.
func (w *world) letters(count int) []*kgo.Record {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.kafka.seeds()...), kgo.ConsumeTopics(w.deadLetter), kgo.MetadataMinAge(100*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		w.t.Fatalf("make the consumer: %v", err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var letters []*kgo.Record
	for len(letters) < count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			w.t.Fatalf("read the dead-letter topic: %v; got %d letters, want %d", err, len(letters), count)
		}
		letters = append(letters, fetches.Records()...)
	}
	return letters
}
