package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

// registry looks schemas up.
type registry interface {
	Schema(ctx context.Context, ref schema.Ref) (*schema.Schema, error)
	Latest(ctx context.Context, subject string) (*schema.Schema, error)
}

// topic is one Kafka topic with its mapping, compiled once for each writer schema.
type topic struct {
	name string
	cfg  *config.Topic
	lane *lane
	warn func(*config.Fault) // of the mapping against the latest schema

	mu       sync.Mutex
	accepts  []string // full names of the record types that the mapping is for; nil: whatever it compiles for
	programs map[schemas]*program
	ready    chan struct{}    // closed when accepts is known and the mapping compiles against the latest schema
	held     map[string]int64 // by reason: which of the holds, in their order, it was given with
	holds    int64
	holding  atomic.Bool // held is not empty

	unread  flood       // of records that cannot be read, mapped or checked, among all; the dispatcher's own
	refused refusals    // of records that Braze refuses, among those it answers
	thaw    atomic.Bool // a flood's hold has ended: the dispatcher begins to count anew
}

// program is a mapping compiled for one schema, or why it does not compile.
type program struct {
	*mapping.Program
	faults   error
	warnings config.Faults
	misfit   string // the schema's record type is not one that the mapping accepts
}

func newTopic(name string, cfg *config.Topic, l *lane, f config.Flood) *topic {
	return &topic{
		name: name, cfg: cfg, lane: l,
		warn: func(*config.Fault) {}, accepts: cfg.Records, programs: map[schemas]*program{}, ready: make(chan struct{}), held: map[string]int64{},
		unread: flood{limit: f}, refused: refusals{flood: flood{limit: f}},
	}
}

// prepare compiles the mapping against the latest schema of the topic's subject before the topic's first record.
// A subject that does not exist is no fault: other naming strategies exist, and a topic may be empty.
// The error is *schema.UnavailableError, or the faults of the mapping.
func (t *topic) prepare(ctx context.Context, r registry) error {
	s, err := r.Latest(ctx, schema.Subject(t.name))
	var away *schema.UnavailableError
	switch {
	case errors.Is(err, schema.ErrUnknownSubject):
	case errors.As(err, &away):
		return err
	case err != nil:
		return fmt.Errorf("compile the latest schema of %s: %w", schema.Subject(t.name), err)
	default:
		key, err := t.latestKey(ctx, r)
		if err != nil {
			return err
		}
		if err := t.compileLatest(schemas{value: s, key: key}); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.ready:
	default:
		close(t.ready)
	}
	return nil
}

// latestKey is the latest schema of the topic's keys, where they are Avro; nil where none is registered.
func (t *topic) latestKey(ctx context.Context, r registry) (*schema.Schema, error) {
	if t.cfg.Key != config.KeyAvro {
		return nil, nil
	}
	s, err := r.Latest(ctx, schema.KeySubject(t.name))
	var away *schema.UnavailableError
	switch {
	case errors.Is(err, schema.ErrUnknownSubject):
		return nil, nil
	case errors.As(err, &away):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("compile the latest schema of %s: %w", schema.KeySubject(t.name), err)
	}
	return s, nil
}

func (t *topic) compileLatest(s schemas) error {
	t.mu.Lock()
	if t.accepts == nil {
		t.accepts = recordNames(s.value.Root)
	}
	t.mu.Unlock()
	p := t.program(s)
	for _, w := range p.warnings {
		t.warn(w)
	}
	return p.faults
}

// recordNames are the names of the record types that a schema's values may be.
func recordNames(root *schema.Type) []string {
	var names []string
	for _, r := range root.Records() {
		names = append(names, r.Name)
	}
	return names
}

// program returns the mapping for a record's schemas, compiled at their first sight.
func (t *topic) program(s schemas) *program {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.programs[s]; p != nil {
		return p
	}
	p := &program{}
	if p.misfit = t.misfitLocked(s.value); p.misfit == "" {
		compiled, warnings, faults := mapping.CompileWith(t.cfg, s.value, s.key)
		p.Program, p.warnings = compiled, warnings
		if len(faults) > 0 {
			p.faults = faults
		}
	}
	t.programs[s] = p
	return p
}

// misfit says what a schema is whose records the mapping does not accept.
func (t *topic) misfit(s *schema.Schema) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.misfitLocked(s)
}

func (t *topic) misfitLocked(s *schema.Schema) string {
	names := t.misfits(s)
	if names == "" {
		return ""
	}
	return fmt.Sprintf("schema %s is of record type %s, the mapping accepts %s", nameOf(s), names, strings.Join(t.accepts, ", "))
}

// misfits names the schema's record types if none of them is accepted.
func (t *topic) misfits(s *schema.Schema) string {
	if s == nil || t.accepts == nil {
		return ""
	}
	names := recordNames(s.Root)
	if slices.ContainsFunc(names, func(n string) bool { return slices.Contains(t.accepts, n) }) {
		return ""
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// nameOf is how a schema is known: by its id, or by its subject where it has none.
func nameOf(s *schema.Schema) string {
	if s.ID == 0 {
		return fmt.Sprintf("%q", s.Subject)
	}
	return fmt.Sprint(s.ID)
}

// hold notes that the topic is held for a reason, and reports whether that is news.
func (t *topic) hold(code string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.holds++
	_, known := t.held[code]
	t.held[code] = t.holds
	t.holding.Store(true)
	return !known
}

// holdsSoFar numbers the latest hold, for unhold.
func (t *topic) holdsSoFar() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.holds
}

// unhold ends a reason, unless it was given once more after the hold of that number, and reports whether it held.
func (t *topic) unhold(code string, number int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, held := t.held[code]
	if !held || at > number {
		return false
	}
	delete(t.held, code)
	t.holding.Store(len(t.held) > 0)
	return true
}

func (t *topic) isHeld() bool { return t.holding.Load() }
