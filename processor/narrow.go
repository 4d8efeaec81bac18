package processor

import (
	"sync/atomic"
	"time"

	"brazebridge/sink"
)

const (
	// largeBody is the size from which a reset may mean "too large": it is what a proxy typically buffers before it looks.
	largeBody = 64 << 10
	// widenAfter is how long requests stay narrow before larger ones are tried again: what looked like a limit may have been a
	// bad moment, and finding out costs two resets.
	widenAfter = 10 * time.Minute
)

// narrow bounds the bytes of a workspace's requests below what is configured, after larger ones were cut off or refused for
// their size while smaller ones passed. Safe for concurrent use.
type narrow struct {
	limit atomic.Int64 // bytes of a body; 0: none
	since atomic.Int64 // Unix nanoseconds
}

// bytes is the bound at present, or 0. It doubles after each widenAfter.
func (n *narrow) bytes() int {
	limit := n.limit.Load()
	if limit == 0 {
		return 0
	}
	since, now := n.since.Load(), time.Now().UnixNano()
	if now-since >= int64(widenAfter) && n.since.CompareAndSwap(since, now) {
		limit *= 2
		n.limit.Store(limit)
	}
	return int(limit)
}

// to makes the bound at most that many bytes, and reports whether that is news.
func (n *narrow) to(bytes int) bool {
	for {
		limit := n.limit.Load()
		if limit != 0 && limit <= int64(bytes) {
			return false
		}
		n.since.Store(time.Now().UnixNano())
		if n.limit.CompareAndSwap(limit, int64(bytes)) {
			return true
		}
	}
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
