package processor

import (
	"context"
	"sync"
)

// budget bounds what is polled and not settled: records are reserved before a poll, bytes counted after it, both given
// back at settle. The bytes overshoot by one poll at most.
type budget struct {
	mu         sync.Mutex
	records    int
	bytes      int64
	maxRecords int
	maxBytes   int64
	freed      chan struct{} // capacity 1: something was given back
}

func newBudget(records int, bytes int64) *budget {
	return &budget{maxRecords: records, maxBytes: bytes, freed: make(chan struct{}, 1)}
}

// reserve waits until there is room and returns how many records may be polled, at most n.
func (b *budget) reserve(ctx context.Context, n int) (int, error) {
	for {
		if got := b.tryReserve(n); got > 0 {
			return got, nil
		}
		select {
		case <-b.freed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func (b *budget) tryReserve(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes >= b.maxBytes {
		return 0
	}
	n = min(n, b.maxRecords-b.records)
	if n > 0 {
		b.records += n
	}
	return max(n, 0)
}

// polled turns a reservation into what the poll really brought.
func (b *budget) polled(reserved, got int, bytes int64) {
	b.mu.Lock()
	b.records -= reserved - got
	b.bytes += bytes
	b.mu.Unlock()
	b.notify()
}

// release gives settled records back.
func (b *budget) release(records int, bytes int64) {
	b.mu.Lock()
	b.records -= records
	b.bytes -= bytes
	b.mu.Unlock()
	b.notify()
}

func (b *budget) notify() {
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

func (b *budget) inUse() (records int, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.records, b.bytes
}
