package sink

import (
	"context"
	"time"

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
type DeadLetters struct{}

// NewDeadLetters writes to the topic that topicOf names for a record. version is the bridge's.
func NewDeadLetters(client *kgo.Client, topicOf func(*kgo.Record) string, version string) *DeadLetters {
	panic("not built")
}

// Write makes one attempt and returns when the letter is acknowledged by all in-sync replicas, or why it is not.
// A letter that does not fit shrinks before Write gives up.
func (d *DeadLetters) Write(ctx context.Context, l *Letter) error { panic("not built") }
