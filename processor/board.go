package processor

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
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
	reasonStuck        = "stuck"
	reasonCommit       = "commit_failed"
)

// grace is how long a fault that retries may last before it is a hold: one lost request is none.
var grace = map[string]time.Duration{reasonBraze: 5 * time.Second, reasonKafka: 5 * time.Second, reasonCommit: 5 * time.Second}

// board is what /readyz shows: why records do not move. A change is one log line.
type board struct {
	mu      sync.Mutex
	state   State
	reasons map[boardKey]*HoldReason
	log     *slog.Logger
}

type boardKey struct{ code, topic, workspace string }

func newBoard(log *slog.Logger) *board {
	return &board{state: Starting, reasons: map[boardKey]*HoldReason{}, log: log}
}

// fault notes that something keeps records from moving, until clear.
func (b *board) fault(code, topic, workspace, text string) {
	k := boardKey{code, topic, workspace}
	b.mu.Lock()
	r, known := b.reasons[k]
	if !known {
		r = &HoldReason{Code: code, Topic: topic, Workspace: workspace, Since: time.Now()}
		b.reasons[k] = r
	}
	r.Text = text
	b.mu.Unlock()
	if !known {
		b.log.Warn("records wait", "reason", code, "topic", topic, "workspace", workspace, "error", text)
	}
}

// clear ends a fault.
func (b *board) clear(code, topic, workspace string) {
	k := boardKey{code, topic, workspace}
	b.mu.Lock()
	r, known := b.reasons[k]
	delete(b.reasons, k)
	b.mu.Unlock()
	if known {
		b.log.Info("records move again", "reason", code, "topic", topic, "workspace", workspace, "after", time.Since(r.Since).Round(time.Millisecond))
	}
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
			s.Reasons = append(s.Reasons, *r)
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
