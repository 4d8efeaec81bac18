package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Reason is why a record is in the dead-letter topic. A closed set.
type Reason string

// The reasons.
const (
	Undecodable    Reason = "undecodable"
	UnknownSchema  Reason = "unknown_schema"
	MappingFault   Reason = "mapping"
	CheckFailed    Reason = "check"
	RecordTooLarge Reason = "too_large"
	Rejected       Reason = "rejected"
	BatchRefused   Reason = "batch_refused"
	Stuck          Reason = "stuck"
)

// Reasons are all of them, for metrics that register every label at zero.
var Reasons = [...]Reason{Undecodable, UnknownSchema, MappingFault, CheckFailed, RecordTooLarge, Rejected, BatchRefused, Stuck}

// Stage is where on the data path the record failed.
type Stage string

// The stages.
const (
	StageDecode Stage = "decode"
	StageMap    Stage = "map"
	StageCheck  Stage = "check"
	StageSend   Stage = "send"
)

// ObjectOutcome is what became of one object of a dead-lettered record.
type ObjectOutcome struct {
	Kind    string `json:"kind"`
	Index   int    `json:"index"`   // among the record's objects
	Outcome string `json:"outcome"` // accepted, refused, not_sent
	Error   string `json:"error,omitempty"`
}

// Letter is one record that cannot be delivered, and why.
type Letter struct {
	Record   *kgo.Record // as it was read
	Reason   Reason
	Stage    Stage
	Error    string // no record value, no user id
	SchemaID int    // zero: unknown
	Objects  []ObjectOutcome
	Status   int // HTTP; zero: none
	At       time.Time
}

// DeadLetters writes letters. Safe for concurrent use.
type DeadLetters struct {
	client  *kgo.Client
	topicOf func(*kgo.Record) string
	version string
	permits chan struct{} // one for each letter on the way
	alone   chan struct{} // held while collecting all permits
}

// lettersAtOnce bounds the letters on the way to the topic.
const lettersAtOnce = 64

// letterAttempt bounds one attempt to write a letter.
const letterAttempt = 20 * time.Second

// NewDeadLetters writes to the topic that topicOf names for a record. version is the bridge's. The client is made with
// DeadLetterClientOpts and produces nothing else.
func NewDeadLetters(client *kgo.Client, topicOf func(*kgo.Record) string, version string) *DeadLetters {
	return &DeadLetters{
		client: client, topicOf: topicOf, version: version,
		permits: make(chan struct{}, lettersAtOnce), alone: make(chan struct{}, 1),
	}
}

// DeadLetterClientOpts are how the client of NewDeadLetters produces: acknowledged by all in-sync replicas, idempotent, by the
// key's hash as Kafka's own producer does it, at once, an attempt bounded in time and memory. A letter may be as large
// as the topic allows: the broker decides, not the client.
func DeadLetterClientOpts() []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytes(64 << 20),
		kgo.MaxBufferedRecords(2 * lettersAtOnce),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProduceRequestTimeout(letterAttempt / 2),
		kgo.RecordDeliveryTimeout(letterAttempt),
		kgo.UnknownTopicRetries(2),
	}
}

// Ensure is EnsureTopic by the client that writes the letters.
func (d *DeadLetters) Ensure(ctx context.Context, topic string, create *CreateTopic) (note string, err error) {
	return EnsureTopic(ctx, d.client, topic, create)
}

// Write makes one attempt and returns when the letter is acknowledged by all in-sync replicas, or why it is not.
// A letter that does not fit shrinks before Write gives up: first the bridge's own headers, then the value is left out, at
// last also the key and the original headers, so that at least the record's coordinates are there.
//
// The letter's timestamp is the time of writing: with the record's own, a topic's retention could delete an old record's letter
// at once. When ctx ends Write returns, and the letter may still arrive.
func (d *DeadLetters) Write(ctx context.Context, l *Letter) error {
	topic := d.topicOf(l.Record)
	if topic == "" {
		return errors.New("write dead letter: no topic is configured")
	}
	err := d.writeAmongOthers(ctx, l, topic)
	if errors.Is(err, kerr.MessageTooLarge) {
		err = d.writeAlone(ctx, l, topic)
	}
	if errors.Is(err, kerr.UnknownTopicID) {
		// The topic was made again under its name; the client keeps to the id that it met first until it has forgotten the topic.
		d.client.PurgeTopicsFromProducing(topic)
	}
	if err != nil {
		return fmt.Errorf("write dead letter to %s: %w", topic, err)
	}
	return nil
}

// writeAmongOthers produces the whole letter; it may share a batch with others.
func (d *DeadLetters) writeAmongOthers(ctx context.Context, l *Letter, topic string) error {
	if err := acquire(ctx, d.permits); err != nil {
		return err
	}
	defer release(d.permits)
	return d.produce(ctx, d.record(l, topic, whole))
}

// writeAlone produces the letter, smaller and smaller, while no other is on its way: then it was not a neighbour in the batch
// that was too large.
func (d *DeadLetters) writeAlone(ctx context.Context, l *Letter, topic string) error {
	if err := acquire(ctx, d.alone); err != nil {
		return err
	}
	defer release(d.alone)
	for n := range lettersAtOnce {
		if err := acquire(ctx, d.permits); err != nil {
			for range n {
				release(d.permits)
			}
			return err
		}
	}
	defer func() {
		for range lettersAtOnce {
			release(d.permits)
		}
	}()
	var err error
	for form := whole; form <= bare; form++ {
		if err = d.produce(ctx, d.record(l, topic, form)); !errors.Is(err, kerr.MessageTooLarge) {
			return err
		}
	}
	return err
}

func acquire(ctx context.Context, permits chan struct{}) error {
	select {
	case permits <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func release(permits chan struct{}) { <-permits }

// produce makes one attempt and waits for its end or ctx's.
func (d *DeadLetters) produce(ctx context.Context, r *kgo.Record) error {
	done := make(chan error, 1)
	d.client.Produce(ctx, r, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// record is the letter as a Kafka record of the given form.
func (d *DeadLetters) record(l *Letter, topic string, f form) *kgo.Record {
	r := &kgo.Record{Topic: topic, Key: l.Record.Key, Value: l.Record.Value, Timestamp: time.Now()}
	fields := l.fields(f, d.version)
	if f < bare {
		r.Headers = append(make([]kgo.RecordHeader, 0, len(l.Record.Headers)+len(fields)), l.Record.Headers...)
	} else {
		r.Key = nil
	}
	if f >= valueless {
		r.Value = nil
	}
	for _, h := range fields {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.name, Value: []byte(h.text)})
	}
	return r
}

// CreateTopic is how EnsureTopic makes a topic. Zero Partitions and Replicas are the broker's defaults, zero Retention too.
type CreateTopic struct {
	Partitions int32
	Replicas   int16
	Retention  time.Duration
}

// ErrTopicMissing is the error of EnsureTopic where the topic does not exist and was not to be created.
var ErrTopicMissing = errors.New("topic does not exist")

// EnsureTopic makes sure that a topic exists, creating it where create is not nil. A note without an error says what could
// not be found out, for want of a right that is optional. Any other error than ErrTopicMissing and a refused creation
// (kerr.TopicAuthorizationFailed, kerr.InvalidReplicationFactor …) may pass: try again.
func EnsureTopic(ctx context.Context, client *kgo.Client, name string, create *CreateTopic) (note string, err error) {
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopics(ctx, name)
	if err == nil {
		err = topics[name].Err
	}
	switch {
	case err == nil && topics.Has(name):
		return "", nil
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Sprintf("whether topic %s exists is unknown: the right to describe it is missing", name), nil
	case err != nil && !errors.Is(err, kerr.UnknownTopicOrPartition):
		return "", fmt.Errorf("look for topic %s: %w", name, err)
	case create == nil:
		return "", fmt.Errorf("look for topic %s: %w", name, ErrTopicMissing)
	}
	return "", create.create(ctx, admin, name)
}

func (c *CreateTopic) create(ctx context.Context, admin *kadm.Client, name string) error {
	partitions, replicas := c.Partitions, c.Replicas
	if partitions <= 0 {
		partitions = -1
	}
	if replicas <= 0 {
		replicas = -1
	}
	settings := map[string]*string{}
	if c.Retention > 0 {
		settings["retention.ms"] = kadm.StringPtr(fmt.Sprint(c.Retention.Milliseconds()))
	}
	_, err := admin.CreateTopic(ctx, partitions, replicas, settings, name)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) { // another member was faster
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	return nil
}
