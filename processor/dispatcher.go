package processor

import (
	"time"

	"brazebridge/sink"
)

// dispatcher decides what is sent next, and with what. It owns one queue for its workspace, whatever the number of
// partitions, so a request is as full as the traffic allows. One goroutine runs it: there are no locks.
//
// Invariant: a user's objects are in one request under way at most, and enter requests in the order of their records.
// Invariant: two attribute objects of one user do not share a request.
type dispatcher struct {
	lane   *lane
	ledger *ledger

	in   chan []*task  // from the partitions, in order within each
	done chan *batch   // from the senders
	wake chan struct{} // capacity 1: a flood's hold has ended
	stop chan struct{}

	arrived []*task // not yet in the window
	letters []*task // in the window, waiting for a letter writer
	parked  []*task // refused in a flood: neither letters nor sent again before its hold ends
	users   userTable
	open    *batch       // being filled
	usual   int          // tasks of the last full batch: the next is made for as many
	began   time.Time    // tasks know when they came by the time since
	now     time.Time    // when the step under way began
	ready   []*batch     // full, or cut off by one that would not fit
	sending int          // batches at the senders
	writing int          // letters at the letter writers
	woken   []*userState // users whose batch has just ended, and who have more
}

// batch is what one sender gets: the tasks of one request, or one task alone that takes several, or one letter.
type batch struct {
	tasks  []*task
	size   sink.Size
	since  time.Time // from when it lingers: when its first task arrived here, or a little later (lingers)
	opened time.Time
	letter bool

	partial bool // these tasks of a batch are through; the others, and the sender, are not
}

// maxReady is how many batches may wait for a sender before nothing more is taken from the readers: records that wait
// undecoded take a third of the memory. Some, so that no sender waits for a batch that only lacks a turn of this goroutine.
const maxReady = 16

// maxArrived is how many records may wait for a place in the window, likewise: no more than maxReady requests take.
const maxArrived = 1024

// moment is how long a batch that is due waits for records that readers are working on: they take less for a chunk.
// It waits so for its linger's time at most, since a reader may have to wait itself.
const moment = 2 * time.Millisecond

// atGateMoment is how long a batch that is due waits while requests wait for the gate: it could only wait there too, less full
// than here, and its users with it. A rate is of requests, so each that is not full is lost speed.
const atGateMoment = 10 * time.Millisecond

func newDispatcher(l *lane, ledger *ledger) *dispatcher {
	return &dispatcher{
		lane: l, ledger: ledger,
		began: time.Now(),
		in:    make(chan []*task), done: make(chan *batch, l.maxInFlight+letterWriters), wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// run dispatches until stop is closed, then waits for what is at the senders. The senders' channels are closed at the end.
func (d *dispatcher) run() {
	defer close(d.lane.batches)
	defer close(d.lane.letters)
	linger := time.NewTimer(time.Hour)
	defer linger.Stop()
	for {
		in := d.in
		if d.enough() {
			in = nil
		}
		select {
		case tasks := <-in:
			d.arrive(tasks)
		case b := <-d.done:
			d.finished(b)
		case <-d.wake:
			d.unpark()
		case <-d.lane.window.room:
		case <-linger.C:
		case <-d.stop:
			d.drain()
			return
		}
		d.admit()
		d.gather()
		d.send(linger)
	}
}

// gather takes in what readers hold out at this moment: a batch that has lingered is not sent half full while they wait.
func (d *dispatcher) gather() {
	for !d.enough() {
		select {
		case tasks := <-d.in:
			d.arrive(tasks)
			d.admit()
		default:
			return
		}
	}
}

// enough reports whether nothing more is to be taken from the readers.
func (d *dispatcher) enough() bool { return len(d.ready) >= maxReady || len(d.arrived) >= maxArrived }

// resumed says that the hold of a flooded topic has ended.
func (d *dispatcher) resumed() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *dispatcher) arrive(tasks []*task) {
	d.now = time.Now()
	since := d.now.Sub(d.began)
	for _, t := range tasks {
		t.since = since
	}
	d.arrived = append(d.arrived, tasks...)
}

// drain gives up what is not at a sender and waits for what is.
func (d *dispatcher) drain() {
	for d.sending+d.writing > 0 {
		select {
		case b := <-d.done:
			switch {
			case b.letter:
				d.writing--
			case !b.partial:
				d.sending--
			}
		case <-d.in:
		}
	}
}

// admit lets what arrived into the window, as far as it has room.
func (d *dispatcher) admit() {
	d.now = time.Now()
	done := 0
	for done < len(d.arrived) {
		n := d.together(d.arrived[done:])
		got := d.ledger.admit(d.arrived[done : done+n])
		for _, t := range d.arrived[done : done+got] {
			d.admitted(t)
		}
		done += got
		if got < n {
			break
		}
	}
	d.arrived = shift(d.arrived, done)
}

// together is how many of the tasks may be admitted at once: a letter only by itself, since each may be the one that floods its topic.
func (d *dispatcher) together(tasks []*task) int {
	for i, t := range tasks {
		if t.letter != nil {
			return max(i, 1)
		}
	}
	return len(tasks)
}

func (d *dispatcher) admitted(t *task) {
	if t.dropped {
		t.letGo()
		return
	}
	for range t.filteredBefore {
		d.note(t, false)
	}
	d.note(t, t.letter != nil)
	if t.letter != nil {
		d.letters = append(d.letters, t)
	} else {
		d.route(t)
	}
}

// note counts whether a record could be read, mapped and checked, and holds the topic when those that could not are a
// flood. They are counted when they are admitted, what Braze refuses when it is answered, each among its like: an outage
// lets the letters through and keeps the deliveries back.
func (d *dispatcher) note(t *task, letter bool) {
	if t.topic.thaw.Swap(false) {
		t.topic.unread.forget()
	}
	if t.topic.unread.note(letter) {
		d.lane.flooded(t.topic)
	}
}

// join puts a joinable task into a batch: the open one, the next where that has no room for it, one of its own where it
// is to be sent alone.
func (d *dispatcher) join(t *task) {
	b := d.open
	switch {
	case t.alone:
		b = &batch{since: d.lingers(t)}
		d.ready = append(d.ready, b)
	case b != nil && !d.lane.limit().Fits(b.size.Plus(t.items)):
		d.cut()
		if !d.joinable(t, true) { // its user is in the batch that was just cut
			t.keepOutOfChunk()
			for _, c := range t.claims {
				if len(c.st.waiting) == 0 || c.st.waiting[0] != t {
					c.st.waiting = append(c.st.waiting, t)
				}
			}
			return
		}
		b = nil
	}
	if b == nil {
		b = &batch{since: d.lingers(t), opened: d.now, tasks: make([]*task, 0, d.usual)}
		d.open = b
	}
	for _, c := range t.claims {
		st := c.st
		if len(st.waiting) > 0 && st.waiting[0] == t {
			st.waiting = shift(st.waiting, 1)
		}
		st.batch = b
		st.tasks++
		st.attributes = st.attributes || c.attributes
	}
	if from := d.lingers(t); from.Before(b.since) {
		b.since = from
	}
	b.tasks = append(b.tasks, t)
	b.size = b.size.Plus(t.items)
	if b == d.open && d.lane.limit().Full(b.size) {
		d.usual = len(b.tasks)
		d.cut()
	}
}

// lingers is from when on a task counts as lingering: its arrival. One that has waited long for its user lingers a quarter
// again, or each that comes free would take an almost empty request of its own.
func (d *dispatcher) lingers(t *task) time.Time {
	return d.began.Add(max(t.since, d.now.Sub(d.began)-d.lane.linger*3/4))
}

// cut closes the open batch: nothing joins it any more.
func (d *dispatcher) cut() {
	d.ready = append(d.ready, d.open)
	d.open = nil
}

// finished frees the users of a batch and lets in what waited for them.
func (d *dispatcher) finished(b *batch) {
	d.now = time.Now()
	if b.letter {
		d.writing--
		b.tasks[0].letGo()
		return
	}
	if !b.partial {
		d.sending--
	}
	for _, t := range b.tasks {
		for _, c := range t.claims {
			if c.st.tasks--; c.st.tasks > 0 {
				continue
			}
			c.st.batch, c.st.attributes = nil, false
			if len(c.st.waiting) > 0 {
				d.woken = append(d.woken, c.st)
			}
		}
		d.release(t)
		if t.parked {
			d.park(t)
		} else {
			t.letGo()
		}
	}
	for _, st := range d.woken {
		d.next(st)
	}
	clear(d.woken)
	d.woken = d.woken[:0]
}

// send hands over what is ready, and the open batch when it has lingered, as far as there are senders.
func (d *dispatcher) send(linger *time.Timer) {
	for len(d.letters) > 0 && d.writing < letterWriters {
		d.writing++
		d.lane.letters <- &batch{tasks: []*task{d.letters[0]}, letter: true}
		d.letters = shift(d.letters, 1)
	}
	for len(d.ready) > 0 && d.sending < d.lane.maxInFlight {
		d.sending++
		d.lane.batches <- d.ready[0]
		d.ready = shift(d.ready, 1)
	}
	if d.open == nil || d.sending >= d.lane.maxInFlight {
		return // a batch that could not be sent may as well be filled
	}
	wait := d.lane.linger - time.Since(d.open.since)
	if wait <= 0 && !d.enough() && d.lane.coming.Load() > 0 { // where there is a backlog, requests are to be full
		wait = min(moment, d.lane.linger-time.Since(d.open.opened))
	}
	if wait <= 0 && d.lane.atGate.Load() > 0 {
		wait = atGateMoment
	}
	if wait > 0 {
		linger.Reset(wait)
		return
	}
	d.sending++
	d.lane.batches <- d.open
	d.open = nil
}

// shift drops the first n and lets their memory go: queues live long, their records should not.
func shift[T any](s []T, n int) []T {
	clear(s[:n])
	if n == len(s) {
		return s[:0]
	}
	return s[n:]
}
