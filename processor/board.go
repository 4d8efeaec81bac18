package processor

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The codes of what keeps records from moving.
const (
	reasonBraze        = "braze_unavailable"
	reasonRefused      = "braze_refused"
	reasonRegistry     = "registry_unavailable"
	reasonDeadLetter   = "dead_letter_unwritable"
	reasonMapping      = "mapping"
	reasonMisfit       = "schema_misfit"
	reasonIncompatible = "incompatible_schema"
	reasonFlood        = "flood"
	reasonOperator     = "operator"
	reasonKafka        = "kafka"
	reasonGroup        = "group"
	reasonStuck        = "stuck"
	reasonThrottled    = "braze_throttled"
	reasonCommit       = "commit_failed"
	reasonStalled      = "stalled"
)

// grace is how long a fault that retries may last before it is a hold: one lost request is none.
var grace = map[string]time.Duration{reasonBraze: 5 * time.Second, reasonKafka: 5 * time.Second, reasonGroup: 5 * time.Second, reasonCommit: 5 * time.Second}

// board is what /readyz shows: why records do not move. A change is one log line.
type board struct {
	some atomic.Int32 // number of reasons: clear comes with every record, and mostly there is none

	mu      sync.Mutex
	state   State
	reasons map[boardKey]*reasonEntry
	log     *slog.Logger
}

type boardKey struct{ code, topic, workspace string }

func newBoard(log *slog.Logger) *board {
	return &board{state: Starting, reasons: map[boardKey]*reasonEntry{}, log: log}
}

// sayAgain is how long a fault's first words stand before others are logged: a text that names a port or a broker changes
// with every attempt.
const sayAgain = 30 * time.Second

// reasonEntry is a reason with what the log knows of it.
type reasonEntry struct {
	HoldReason
	said   string
	saidAt time.Time
}

// fault notes that something keeps records from moving, until clear. The log says so once, and again when it changes.
func (b *board) fault(code, topic, workspace, text string) {
	k, now := boardKey{code, topic, workspace}, time.Now()
	b.mu.Lock()
	r, known := b.reasons[k]
	if !known {
		b.some.Add(1)
		r = &reasonEntry{HoldReason: HoldReason{Code: code, Topic: topic, Workspace: workspace, Since: now}}
		b.reasons[k] = r
	}
	r.Text = text
	say := r.said != text && now.Sub(r.saidAt) >= sayAgain
	if say {
		r.said, r.saidAt = text, now
	}
	b.mu.Unlock()
	if say {
		b.log.Warn("records wait", "reason", code, "topic", topic, "workspace", workspace, "error", text)
	}
}

// clear ends a fault.
func (b *board) clear(code, topic, workspace string) {
	if b.some.Load() == 0 {
		return
	}
	k := boardKey{code, topic, workspace}
	b.mu.Lock()
	r, known := b.reasons[k]
	if known {
		b.some.Add(-1)
		delete(b.reasons, k)
	}
	b.mu.Unlock()
	if known {
		b.log.Info("records move again", "reason", code, "topic", topic, "workspace", workspace, "after", time.Since(r.Since).Round(time.Millisecond))
	}
}

// keeps reports whether something but a stall is known that keeps a topic's records: a reason of its own, of its workspace, or of
// everything; or a stuck record in the workspace, whose user may be a record's here.
func (b *board) keeps(topic, workspace string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.reasons {
		of := k.workspace == workspace || k.workspace == ""
		if k.code != reasonStalled && (k.topic == topic || of && (k.topic == "" || k.code == reasonStuck)) {
			return true
		}
	}
	return false
}

func (b *board) set(s State) {
	b.mu.Lock()
	changed := b.state != s
	b.state = s
	b.mu.Unlock()
	if changed {
		b.log.Info("state", "state", s)
	}
}

// joined says that the group has given this member its part, which may be nothing.
func (b *board) joined() {
	b.mu.Lock()
	starting := b.state == Starting
	b.mu.Unlock()
	if starting {
		b.set(Running)
	}
}

// status is the state with the reasons that hold, the oldest first.
func (b *board) status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{State: b.state, Reasons: []HoldReason{}}
	for _, r := range b.reasons {
		if time.Since(r.Since) >= grace[r.Code] {
			s.Reasons = append(s.Reasons, r.HoldReason)
		}
	}
	slices.SortFunc(s.Reasons, func(a, b HoldReason) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Topic, b.Topic))
	})
	if s.State == Running && len(s.Reasons) > 0 {
		s.State = Holding
	}
	return s
}
