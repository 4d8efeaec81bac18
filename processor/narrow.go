package processor

import (
	"sync"
	"sync/atomic"
	"time"

	"brazebridge/sink"
)

const (
	// largeBody is the size from which a reset may mean "too large": it is what a proxy typically buffers before it looks.
	largeBody = 64 << 10
	// firstNarrow is how long requests stay narrow before larger ones are tried again, lastNarrow how long at most, when that
	// failed each time. What looked like a limit may have been the end of an outage, which should cost seconds; a true limit
	// costs two resets each time.
	firstNarrow = 10 * time.Second
	lastNarrow  = 10 * time.Minute
	// widest is beyond what Braze takes: no bound any more.
	widest = 4 << 20
)

// narrow bounds the bytes of a workspace's requests below what is configured, after larger ones were cut off or refused for
// their size while smaller ones passed. Safe for concurrent use.
type narrow struct {
	limit atomic.Int64 // bytes of a body; 0: none

	mu    sync.Mutex
	stays time.Duration // from narrowing to the next try, and between tries
	next  time.Time     // when larger requests are tried again
}

// bytes is the bound at present, or 0. It doubles from time to time.
func (n *narrow) bytes() int {
	limit := n.limit.Load()
	if limit == 0 {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := time.Now(); !now.Before(n.next) {
		if limit = 2 * n.limit.Load(); limit >= widest {
			limit = 0
		}
		n.limit.Store(limit)
		n.next = now.Add(n.stays)
	}
	return int(limit)
}

// to makes the bound at most that many bytes, and reports whether that is news.
func (n *narrow) to(bytes int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if limit := n.limit.Load(); limit != 0 && limit <= int64(bytes) {
		return false
	}
	now := time.Now()
	if n.stays = min(2*n.stays, lastNarrow); n.stays == 0 || now.Sub(n.next) > n.stays {
		n.stays = firstNarrow // the first time, or the first for long
	}
	n.limit.Store(int64(bytes))
	n.next = now.Add(n.stays)
	return true
}

// learn narrows the workspace's requests once a part of what was cut off for its size has passed.
func (d *delivery) learn(a sink.Answer, p *patience) {
	switch a.Class {
	case sink.Accepted, sink.ObjectsRefused, sink.BatchRejected:
	default:
		return
	}
	if p.tooMuch == 0 || !d.lane.narrow.to(p.tooMuch/2) {
		return
	}
	d.log.Warn("large requests do not get through while smaller ones do, as with a proxy that limits their size: sending smaller ones; "+
		"set braze.bytes_per_request to make that last",
		"workspace", d.lane.name, "bytes_cut_off", p.tooMuch, "bytes_passed", d.bytes, "bytes_per_request", p.tooMuch/2)
}

// tooLarge reports whether spans that were put together before the requests were narrowed are to be taken apart.
func (d *delivery) tooLarge(spans []span) bool {
	if d.lane.narrow.bytes() == 0 {
		return false
	}
	var size sink.Size
	for _, s := range spans {
		size = size.Plus(s.items())
	}
	return size.Objects() > 1 && !d.lane.limit().Fits(size)
}
