package processor

// userState is a user with objects under way or waiting.
type userState struct {
	user       uint64
	claims     int    // tasks that hold it, waiting or under way; with the last of them it is forgotten
	batch      *batch // that holds the user's objects; nil: none
	tasks      int    // of the user in batch
	attributes bool   // batch holds an attribute object of the user
	waiting    []*task
}

// claim is a task's hold on one of its users, so that the user is looked up once in the task's life here.
type claim struct {
	st         *userState
	attributes bool // one of the task's objects is an attribute object of the user
}

// claim takes hold of the task's users.
func (d *dispatcher) claim(t *task) {
	t.claims = t.one[:0]
	t.users(func(u uint64, attributes bool) {
		st := d.users.state(u)
		st.claims++
		t.claims = append(t.claims, claim{st, attributes})
	})
}

// release gives up a task's hold on its users.
func (d *dispatcher) release(t *task) {
	for _, c := range t.claims {
		if c.st.claims--; c.st.claims == 0 {
			d.users.forget(c.st)
		}
	}
	t.claims, t.one = nil, [1]claim{}
}

// route puts a task into the open batch, or behind its users.
func (d *dispatcher) route(t *task) {
	d.claim(t)
	if d.joinable(t, false) {
		d.join(t)
		return
	}
	t.keepOutOfChunk()
	for _, c := range t.claims {
		c.st.waiting = append(c.st.waiting, t)
	}
}

// joinable reports whether each of the task's users is free, or in the open batch only. first: the task may stand at
// the head of their queues; otherwise the queues must be empty.
func (d *dispatcher) joinable(t *task, first bool) bool {
	for _, c := range t.claims {
		st, attributes := c.st, c.attributes
		switch {
		case len(st.waiting) > 0 && (!first || st.waiting[0] != t):
			return false
		case st.batch == nil:
		case st.batch != d.open || t.alone || attributes && st.attributes:
			return false
		}
	}
	return true
}

// next lets in what waits at the head of a user's queue, until one has to wait on.
func (d *dispatcher) next(st *userState) {
	for len(st.waiting) > 0 {
		t := st.waiting[0]
		gone := d.ledger.given(t)
		if gone {
			d.unqueue(t)
		} else if !d.joinable(t, true) {
			return
		} else if d.join(t); len(st.waiting) > 0 && st.waiting[0] == t {
			return
		}
		for _, c := range t.claims {
			if c.st != st {
				d.next(c.st)
			}
		}
		if gone {
			d.release(t)
			t.letGo()
		}
	}
}

// unqueue takes a task that is at the head of one queue out of all of them.
func (d *dispatcher) unqueue(t *task) {
	for _, c := range t.claims {
		for i, w := range c.st.waiting {
			if w == t {
				c.st.waiting = append(c.st.waiting[:i], c.st.waiting[i+1:]...)
				break
			}
		}
	}
}
