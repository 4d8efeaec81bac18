package fakebraze

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// call is one request to /users/track on its way through the server.
type call struct {
	arrived time.Time
	body    []byte
	header  http.Header
	parsed  *tracked
	bad     error // of parsing
}

// objects parses the body once, when somebody first wants to look into it.
func (c *call) objects() (*tracked, error) {
	if c.parsed == nil && c.bad == nil {
		c.parsed, c.bad = parseBody(c.body)
	}
	return c.parsed, c.bad
}

// track answers POST /users/track. Faults that strike before Braze has looked come first, as they would.
func (s *Server) track(w http.ResponseWriter, r *http.Request) {
	body, done, err := s.read(r)
	defer done()
	c := &call{arrived: time.Now(), body: body, header: r.Header, bad: err}
	p := s.plan(c)
	if !s.sleep(r.Context(), p.delay) {
		s.drop(w, c)
	}
	if p.before != nil {
		if p.before.Kind == kindResetBefore {
			s.drop(w, c)
		}
		rep := p.before.reply(http.StatusBadGateway)
		s.recordAll(c, rep, nil)
		s.finish(w, rep)
		return
	}
	s.answerJudged(w, r, c, p)
}

// buffers are reused by stateless servers, which keep no body.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read reads one byte more than is allowed, so that a larger body shows. done must be called when the body is
// not needed any more.
func (s *Server) read(r *http.Request) (body []byte, done func(), err error) {
	b := new(bytes.Buffer)
	done = func() {}
	if s.opts.Stateless {
		b = buffers.Get().(*bytes.Buffer)
		done = func() {
			b.Reset()
			buffers.Put(b)
		}
	}
	limit := int64(s.opts.BodyBytes) + 1
	if n := min(r.ContentLength, limit); n > 0 {
		b.Grow(int(n) + bytes.MinRead) // so that it does not grow in steps
	}
	_, err = b.ReadFrom(io.LimitReader(r.Body, limit))
	return b.Bytes(), done, err
}

// answerJudged lets Braze's rules decide, queues what is accepted, and answers unless a fault strikes now.
func (s *Server) answerJudged(w http.ResponseWriter, r *http.Request, c *call, p plan) {
	rep, objects := s.judge(c, p)
	after := p.after
	if !rep.accepted {
		after = nil // nothing was accepted, so nothing can happen after it
	}
	silent := after != nil && (after.Kind == kindResetAfterAccept || after.hangsForEver())
	if after != nil && after.answers() {
		instead := after.reply(rep.status)
		instead.accepted, instead.counted = true, rep.counted
		rep = instead
	}
	sent := rep
	if silent {
		sent.status, sent.body = 0, nil
	}
	s.commit(c, sent, objects)
	switch {
	case after != nil && after.Kind == kindResetAfterAccept:
		reset(w)
	case silent:
		s.hang(r.Context())
		panic(http.ErrAbortHandler)
	case after != nil && after.Kind == kindHangAfterAccept && !s.sleep(r.Context(), after.delay):
		panic(http.ErrAbortHandler)
	}
	if !s.sleep(r.Context(), s.opts.Latency) {
		panic(http.ErrAbortHandler)
	}
	s.finish(w, rep)
}

// finish sends a reply with the headers of the rate limit.
func (s *Server) finish(w http.ResponseWriter, rep reply) {
	s.rate.describe(w.Header(), time.Now(), rep.status == http.StatusTooManyRequests)
	rep.write(w)
}

// sleep waits, and is false if the client left or the server closed meanwhile.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}

// hang waits until the client leaves or the server closes.
func (s *Server) hang(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.closed:
	}
}

// drop ends a request without an answer and without accepting anything.
func (s *Server) drop(w http.ResponseWriter, c *call) {
	s.recordAll(c, reply{}, nil)
	reset(w)
}
