package processor

import (
	"sync"

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

// keep moves the objects of a chunk's tasks out of the reader's scratch into memory of exactly their size: it lives as
// long as the last of them, and there is a lot of it. (Memory that grows by doubling takes twice as much; chunks that are
// used again save no time over this copy.)
func keep(tasks []*task) {
	bytes, n := 0, 0
	for _, t := range tasks {
		n += len(t.items)
		for i := range t.items {
			bytes += len(t.items[i].JSON)
		}
	}
	buf, items := make([]byte, 0, bytes), make([]sink.Item, 0, n)
	for _, t := range tasks {
		first := len(items)
		for _, it := range t.items {
			from := len(buf)
			buf = append(buf, it.JSON...)
			it.JSON = buf[from:len(buf):len(buf)]
			items = append(items, it)
		}
		t.items = items[first:len(items):len(items)]
	}
}

// letGo drops what the task holds on to, when nobody needs it any more: the tasks of one fetch lie in one piece of memory,
// and the last of them would keep the records and objects of all.
func (t *task) letGo() { t.rec, t.items, t.letter, t.outcomes = nil, nil, nil, nil }

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
