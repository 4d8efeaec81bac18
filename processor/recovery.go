package processor

import "sync"

// early is the channel that ends the wait of a request when the service is back, after an outage that may have made
// waits long. A request that has failed again and again while others passed is not woken: it would try with every one of them.
func (p *patience) early(r *recovery) <-chan struct{} {
	back := r.failed()
	if p.woken > stuckResets {
		return nil
	}
	return back
}

// recovery tells those who wait that a service is back.
type recovery struct {
	mu      sync.Mutex
	failing bool
	back    chan struct{}
}

// failed notes a failure, and returns what is closed at the next success.
func (r *recovery) failed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failing {
		r.failing, r.back = true, make(chan struct{})
	}
	return r.back
}

// succeeded notes a success.
func (r *recovery) succeeded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing {
		r.failing = false
		close(r.back)
	}
}
