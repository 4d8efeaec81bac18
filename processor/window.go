package processor

import "sync"

// window bounds what would be sent again if the process died now: a record takes a place before its first attempt, a
// commit gives it back.
type window struct {
	mu    sync.Mutex
	size  int
	used  int
	fresh int           // settled since the last commit was asked for
	room  chan struct{} // capacity 1: places were given back
	due   chan struct{} // capacity 1, shared with the committer: a commit is worth making
}

func newWindow(size int, due chan struct{}) *window {
	return &window{size: size, room: make(chan struct{}, 1), due: due}
}

func (w *window) take() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.used >= w.size {
		return false
	}
	w.used++
	return true
}

func (w *window) give(n int) {
	if n == 0 {
		return
	}
	w.mu.Lock()
	w.used -= n
	w.mu.Unlock()
	select {
	case w.room <- struct{}{}:
	default:
	}
}

// settled counts towards the next commit: one is due when a quarter of the window has settled since the last.
func (w *window) settled() {
	w.mu.Lock()
	w.fresh++
	due := w.fresh >= max(1, w.size/4)
	if due {
		w.fresh = 0
	}
	w.mu.Unlock()
	if due {
		select {
		case w.due <- struct{}{}:
		default:
		}
	}
}

func (w *window) inUse() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.used
}
