package processor

// userState is a user with objects under way or waiting.
type userState struct {
	batch      *batch // that holds the user's objects; nil: none
	tasks      int    // of the user in batch
	attributes bool   // batch holds an attribute object of the user
	waiting    []*task
}

// route puts a task into the open batch, or behind its users.
func (d *dispatcher) route(t *task) {
	if d.joinable(t, false) {
		d.join(t)
		return
	}
	t.users(func(u uint64, _ bool) {
		st := d.state(u)
		st.waiting = append(st.waiting, t)
	})
}

// joinable reports whether each of the task's users is free, or in the open batch only. first: the task may stand at
// the head of their queues; otherwise the queues must be empty.
func (d *dispatcher) joinable(t *task, first bool) bool {
	ok := true
	t.users(func(u uint64, attributes bool) {
		st := d.users[u]
		switch {
		case st == nil:
		case len(st.waiting) > 0 && (!first || st.waiting[0] != t):
			ok = false
		case st.batch == nil:
		case st.batch != d.open || t.alone || attributes && st.attributes:
			ok = false
		}
	})
	return ok
}

// next lets in what waits at the head of a user's queue, until one has to wait on.
func (d *dispatcher) next(u uint64) {
	for {
		st := d.users[u]
		if st == nil {
			return
		}
		if len(st.waiting) == 0 {
			if st.batch == nil {
				d.forget(u, st)
			}
			return
		}
		t := st.waiting[0]
		gone := d.ledger.given(t)
		if gone {
			d.unqueue(t)
		} else if !d.joinable(t, true) {
			return
		} else if d.join(t); len(st.waiting) > 0 && st.waiting[0] == t {
			return
		}
		t.users(func(other uint64, _ bool) {
			if other != u {
				d.next(other)
			}
		})
		if gone {
			t.letGo()
		}
	}
}

// unqueue takes a task that is at the head of one queue out of all of them.
func (d *dispatcher) unqueue(t *task) {
	t.users(func(u uint64, _ bool) {
		st := d.users[u]
		for i, w := range st.waiting {
			if w == t {
				st.waiting = append(st.waiting[:i], st.waiting[i+1:]...)
				return
			}
		}
	})
}

func (d *dispatcher) state(u uint64) *userState {
	st := d.users[u]
	if st == nil {
		if n := len(d.free); n > 0 {
			st, d.free = d.free[n-1], d.free[:n-1]
		} else {
			st = &userState{}
		}
		d.users[u] = st
	}
	return st
}

func (d *dispatcher) forget(u uint64, st *userState) {
	delete(d.users, u)
	*st = userState{waiting: st.waiting[:0]}
	if len(d.free) < 4096 {
		d.free = append(d.free, st)
	}
}
