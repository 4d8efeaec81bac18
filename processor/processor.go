// Package processor moves records from Kafka to Braze.
package processor

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/schema"
	"brazebridge/sink"
)

// Options are what a Processor is made of; all fields are needed.
type Options struct {
	Config      *config.Config
	Kafka       []kgo.Opt // how to reach the brokers: seeds, client id, TLS, SASL
	Registry    *schema.Registry
	DeadLetters *sink.DeadLetters
	Workspaces  map[string]Workspace // by name; "" is the default
	Log         *slog.Logger
	Metrics     prometheus.Registerer
}

// Workspace is the way to one Braze app group.
type Workspace struct {
	Client      *sink.Client
	Gate        *sink.Gate
	Limits      sink.Limits
	MaxInFlight int
	Linger      time.Duration
}

// Processor is one member of the consumer group.
type Processor struct{}

// New builds the processor; it connects to nothing yet.
func New(o Options) (*Processor, error) { panic("not built") }

// Run consumes until run ends, then drains and commits; work ending abandons the drain. It returns nil after a clean stop.
func (p *Processor) Run(run, work context.Context) error { panic("not built") }

// State is where the processor is in its life.
type State string

// The states.
const (
	Starting State = "starting"
	Running  State = "running"
	Holding  State = "holding"
	Draining State = "draining"
)

// HoldReason is one thing that keeps records from moving.
type HoldReason struct {
	Code      string    `json:"code"`
	Topic     string    `json:"topic,omitempty"`
	Workspace string    `json:"workspace,omitempty"`
	Text      string    `json:"text"`
	Since     time.Time `json:"since"`
}

// Status is what /readyz shows.
type Status struct {
	State   State        `json:"state"`
	Reasons []HoldReason `json:"reasons"`
}

// Status returns the present state. Ready is State == Running.
func (p *Processor) Status() Status { panic("not built") }

// Alive reports whether the process makes progress or knows why it doesn't.
func (p *Processor) Alive() bool { panic("not built") }

// Hold stops sending; a topic of "" means all. Resume ends a hold that does not end by itself. An unknown topic is an error.
func (p *Processor) Hold(topic string) error { panic("not built") }

// Resume ends what Hold began, and a flood's hold.
func (p *Processor) Resume(topic string) error { panic("not built") }

// Accounts are the ledger's sums for a topic since the start.
type Accounts struct {
	Consumed     int64
	Delivered    int64
	DeadLettered map[sink.Reason]int64
	Filtered     map[string]int64 // by reason: when, tombstone, expired, other_record
	InFlight     int64
}

// Accounts returns the sums by topic. Consumed = Delivered + DeadLettered + Filtered + InFlight, at any moment.
func (p *Processor) Accounts() map[string]Accounts { panic("not built") }
