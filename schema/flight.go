package schema

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// refusalKept is how long an unknown id, or a text that does not compile, is remembered.
	refusalKept = 15 * time.Second
	// refusalsKept bounds how many are remembered at once: records may name any id.
	refusalsKept = 1 << 12
	// flightTimeout bounds a look-up with all its references and all URLs, whatever the HTTP client's own time-out.
	flightTimeout = time.Minute
)

// flight is a look-up that is under way, and those who wait for it.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // under Registry.mu

	schema *Schema // set before done is closed
	err    error
}

// refusal is an answer that will not change soon.
type refusal struct {
	err   error
	until time.Time
}

// join waits for the look-up of a schema, and begins it where there is none. The look-up belongs to all who wait: it
// is given up only when nobody does any more.
func (r *Registry) join(ctx context.Context, ref Ref) (*Schema, error) {
	f, s, err := r.board(ctx, ref)
	if f == nil {
		return s, err
	}
	select {
	case <-f.done:
		return f.schema, f.err
	case <-ctx.Done():
		r.leave(ref, f)
		return nil, fmt.Errorf("look up schema %s: %w", ref, context.Cause(ctx))
	}
}

// board returns the flight to wait for, or what is known already.
func (r *Registry) board(ctx context.Context, ref Ref) (*flight, *Schema, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := (*r.known.Load())[ref]; s != nil {
		return nil, s, nil
	}
	if no, ok := r.refused[ref]; ok && time.Now().Before(no.until) {
		return nil, nil, no.err
	}
	f := r.flights[ref]
	if f == nil {
		fctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTimeout)
		f = &flight{done: make(chan struct{}), cancel: cancel}
		r.flights[ref] = f
		go r.fly(fctx, ref, f)
	}
	f.waiting++
	return f, nil, nil
}

func (r *Registry) leave(ref Ref, f *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		if r.flights[ref] == f {
			delete(r.flights, ref) // who comes now begins anew rather than sharing an interrupted look-up
		}
	}
}

func (r *Registry) fly(ctx context.Context, ref Ref, f *flight) {
	defer f.cancel()
	f.schema, f.err = r.lookUp(ctx, ref)
	r.land(ref, f)
	close(f.done)
}

// land keeps what a look-up found. An outage, and with it an interrupted look-up, is never kept.
func (r *Registry) land(ref Ref, f *flight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flights[ref] == f {
		delete(r.flights, ref)
	}
	var down *UnavailableError
	switch {
	case f.err == nil:
		r.keep(ref, f.schema)
	case !errors.As(f.err, &down):
		r.refuse(ref, f.err)
	}
}

func (r *Registry) keep(ref Ref, s *Schema) {
	old := *r.known.Load()
	known := make(map[Ref]*Schema, len(old)+1)
	for k, v := range old {
		known[k] = v
	}
	known[ref] = s
	r.known.Store(&known)
	delete(r.refused, ref)
}

func (r *Registry) refuse(ref Ref, err error) {
	now := time.Now()
	if len(r.refused) >= refusalsKept {
		for k, no := range r.refused {
			if !now.Before(no.until) {
				delete(r.refused, k)
			}
		}
	}
	if len(r.refused) < refusalsKept {
		r.refused[ref] = refusal{err: err, until: now.Add(refusalKept)}
	}
}
