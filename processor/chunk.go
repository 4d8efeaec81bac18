package processor

import (
	"slices"
	"sync"
	"sync/atomic"

	"brazebridge/sink"
)

const (
	// chunkRecords is how many records pass between goroutines at once: enough to make the passing cheap, few enough that
	// one record which waits long does not keep the memory of many.
	chunkRecords = 64
	// maxKept is how much memory is kept to be written over, in one piece: a request of 75 objects of 3 KiB. What is larger
	// was for large objects, and goes.
	maxKept = 256 << 10
)

// chunk is the memory that the objects of some records are written into, one after the other. It is used again when the last
// of those who hold it has left: the reader while it writes, and each task until its objects are in a request's body, or in
// memory of its own.
type chunk struct {
	buf  []byte
	held atomic.Int32
	home *spare[*chunk]
}

// chunkFrom takes a chunk for a reader, who holds it.
func chunkFrom(home *spare[*chunk]) *chunk {
	c, ok := home.take()
	if !ok {
		c = &chunk{home: home}
	}
	c.held.Store(1)
	return c
}

// leave says that one of those who held the chunk no longer reads it.
func (c *chunk) leave() {
	if c.held.Add(-1) > 0 {
		return
	}
	spoil(c.buf)
	if cap(c.buf) > maxKept {
		c.buf = nil
	}
	c.home.give(c)
}

// hold makes tasks hold the chunk in which their objects lie, and gives them lists of objects of exactly their size.
func (c *chunk) hold(tasks []*task) {
	n := 0
	for _, t := range tasks {
		n += len(t.items)
	}
	items := make([]sink.Item, 0, n)
	for _, t := range tasks {
		first := len(items)
		items = append(items, t.items...)
		t.items = items[first:len(items):len(items)]
		if len(t.items) > 0 {
			t.chunk = c
			c.held.Add(1)
		}
	}
}

// leaveChunk says that the task's objects lie elsewhere now, or are not needed any more.
func (t *task) leaveChunk() {
	if t.chunk != nil {
		t.chunk.leave()
		t.chunk = nil
	}
}

// keepOutOfChunk takes the task's objects out of their chunk, if they are in one: the task has to wait, and the chunk should not.
func (t *task) keepOutOfChunk() {
	if t.chunk != nil {
		t.keep()
	}
}

// keep moves the task's objects into memory of their own, out of their chunk or a request's body.
func (t *task) keep() {
	n := 0
	for i := range t.items {
		n += len(t.items[i].JSON)
	}
	buf := make([]byte, 0, n)
	items := slices.Clone(t.items) // those beside it in memory are other tasks'
	for i := range items {
		from := len(buf)
		buf = append(buf, items[i].JSON...)
		items[i].JSON = buf[from:len(buf):len(buf)]
	}
	t.items = items
	t.leaveChunk()
}

// letGo drops what the task holds on to, when nobody needs it any more: the tasks of one fetch lie in one piece of memory,
// and the last of them would keep the records and objects of all.
func (t *task) letGo() {
	t.rec, t.items, t.letter, t.fate = nil, nil, nil, nil
	t.leaveChunk()
}

// moveInto has the tasks' objects lie in the request's body from now on, where they lie in chunks still and the request has all
// of a task: chunks are for many requests, and soon needed again. Until the batch is through the body is not.
func (d *delivery) moveInto(r *sink.Request, spans []span) (moved bool) {
	r.MoveItems()
	at := 0
	for _, s := range spans {
		n := s.to - s.from
		if s.t.chunk != nil && n == len(s.t.items) {
			copy(s.t.items, d.items[at:at+n])
			s.t.leaveChunk()
			moved = true
		}
		at += n
	}
	return moved
}

// giveBodies gives the bodies back in which the batch's objects lay.
func (d *delivery) giveBodies() {
	for _, body := range d.bodies {
		d.giveBody(body)
	}
	clear(d.bodies)
	d.bodies = d.bodies[:0]
}

func (d *delivery) giveBody(body []byte) {
	spoil(body)
	if cap(body) <= maxKept {
		d.lane.bodies.give(body)
	}
}

// spare is memory that nobody uses at the moment. What was used last is used again first, since it is in the processor's
// cache still; so there is no more of it than was in use at once, however many take turns.
type spare[T any] struct {
	mu   sync.Mutex
	free []T
}

// take returns something to be used until it is given back. False: there is nothing.
func (s *spare[T]) take() (v T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return v, false
	}
	v = s.free[n-1]
	clear(s.free[n-1:])
	s.free = s.free[:n-1]
	return v, true
}

func (s *spare[T]) give(v T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, v)
}
