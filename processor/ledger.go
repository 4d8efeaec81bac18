package processor

import (
	"sync"
	"time"

	"brazebridge/sink"
)

// outcome is what became of a record. Being interrupted is not one.
type outcome uint8

const (
	pending outcome = iota
	delivered
	deadLettered
	filtered
	skipped // settled before this process read it again, or no record but the end of a transaction: passed over, counted by nobody
	void    // given back to Kafka unattempted: it will be read, and tracked, again
)

// position is how far a commit may go: the next offset to read, with the leader epoch of the record before it.
type position struct {
	offset int64
	epoch  int32
}

// ledger knows every record that was polled and is not settled, and how far each partition may be committed.
// It is passive: no I/O, no clock, no goroutine.
//
// Invariant: a commit never passes an offset that is not delivered, dead-lettered, filtered or skipped.
// Invariant: a settle for a partition that was revoked, or revoked and assigned again, changes nothing.
type ledger struct {
	mu     sync.Mutex
	budget *budget
	parts  map[topicPartition]*account
	topics map[string]*sums

	settles int64 // ever, of all partitions
}

type topicPartition struct {
	topic     string
	partition int32
}

// account is one partition for as long as it is assigned once. A partition that comes back gets a new one, so whoever
// still holds a record of the old one holds it in a closed account.
type account struct {
	topicPartition
	member string // to whom the group gave the partition: this process, by the name it had then
	window *window
	sums   *sums // of the topic

	closed  bool // revoked or lost: nothing is taken any more
	leaving bool // about to be closed: no new attempt
	onWire  int  // attempts under way that hold a record of this account
	idle    chan struct{}

	entries  []entry // entries[head:] are tracked and not yet passed
	head     int
	firstSeq int64 // seq of entries[head]

	watermark position // may be committed
	committed int64    // has been, as far as this process knows; -1: nothing yet
	next      int64    // where reading goes on: above the last record that was tracked, or where a give-back went; -1: unknown
	reached   int64    // the timestamp there: of the last record that was tracked, or the first that was given back; Unix milliseconds
	highest   int64    // above every offset ever tracked here: what is read again is not consumed again
	marks     marks    // settled beyond what is tracked: passed over when they come by

	settles  int64   // in this account, ever
	noted    int64   // of those, the ones that the last commit covers or marks
	unmarked int     // records settled ahead of the last commit for whose marks it had no room
	begun    []int64 // see note.begun
	before   counts  // of earlier owners, as their last commit says
	behind   counts  // of this account, behind the watermark
	gaps     gaps    // that the watermark has not passed

	counted int64 // offsets of gaps that are in the sums, and that reading comes by again

	taken    int64 // records that took a place in the window, ever
	passed   int64 // of those, the ones behind the watermark that no mark had covered before
	returned int64 // places that commits have given back

	passedGiven int64 // passed, at the last commit

	keeps   int       // the share with which it was last paused
	movedBy int64     // settles, when the shares were last compared
	moved   time.Time // when they were others before

	unsettled      int
	unsettledBytes int64
	logStart       int64 // of the partition, as last heard: what lies below is gone
	lastStable     int64 // end of what can be read, as last heard; -1: unknown
	waits          int64 // when what was given back was first polled, Unix nanoseconds, until the watermark has passed it; 0: nothing was
	waiting        int64 // the last place that reading went back to
}

type entry struct {
	position        // of the record, with its own leader epoch
	at        int64 // when it was polled, Unix nanoseconds
	stamp     int64 // of the record, Unix milliseconds
	bytes     int32
	state     outcome
	admitted  bool
	attempted bool
	covered   bool // by a mark in a commit: its place in the window was given back
	beyond    bool // tracked before, and lies beyond, a place that reading went back to: it comes by again, marked, and only then moves the watermark
}

// sums are a topic's counts since the start of the process.
type sums struct {
	consumed     int64
	returned     int64 // consumed, and forgotten unsettled when their partition went to another member
	delivered    int64
	deadLettered map[sink.Reason]int64
	filtered     map[string]int64
	skipped      int64 // offsets that retention had taken before they were read
	inFlight     int64
}

// verdict is an outcome with its reason.
type verdict struct {
	outcome outcome
	reason  string // of a letter: sink.Reason; of a filtered record: when, tombstone, expired, other_record
}

func newLedger(b *budget) *ledger {
	return &ledger{budget: b, parts: map[topicPartition]*account{}, topics: map[string]*sums{}}
}

// open starts the account of a partition that was just assigned to this process under the name of member.
func (l *ledger) open(tp topicPartition, w *window, member string) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &account{
		topicPartition: tp, member: member, window: w, sums: l.sumsOf(tp.topic),
		watermark: position{-1, -1}, committed: -1, next: -1, lastStable: -1, marks: marks{epoch: -1}, idle: make(chan struct{}),
	}
	l.parts[tp] = a
	return a
}

func (l *ledger) sumsOf(topic string) *sums {
	s := l.topics[topic]
	if s == nil {
		s = &sums{deadLettered: map[sink.Reason]int64{}, filtered: map[string]int64{}}
		l.topics[topic] = s
	}
	return s
}

// admit lets tasks, in the order given, into the re-send window until it is full, and returns how many it dealt with.
// Those that were given back, or are about to be because their topic is held, and those whose account is closed are
// dealt with too, and marked dropped.
//
// Invariant: the records attempted and not covered by a commit never exceed the window.
//
// Places are taken in the order of arrival, not of attempts. Of each partition a prefix is in the window, therefore,
// and every record in it can be attempted without a further place: what waits for its user's earlier record cannot keep
// the watermark, and with it the window, from moving.
func (l *ledger) admit(tasks []*task) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, t := range tasks {
		a := t.acct
		if e := a.at(t.seq); a.closed || e == nil || e.state != pending || t.topic.isHeld() {
			t.dropped = true
			continue
		} else if a.window.take() {
			e.admitted = true
			a.taken++
			continue
		}
		return i
	}
	return len(tasks)
}

// at is the entry of a record that the watermark has not passed, or nil.
func (a *account) at(seq int64) *entry {
	i := seq - a.firstSeq
	if i < 0 || i >= int64(len(a.entries)-a.head) {
		return nil
	}
	return &a.entries[a.head+int(i)]
}

// begin marks the start of an attempt and returns the tasks that may take part in it: a partition that leaves starts none.
func (l *ledger) begin(tasks []*task) []*task {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := tasks[:0]
	for _, t := range tasks {
		if t.acct.closed || t.acct.leaving {
			t.dropped = true
			continue
		}
		if e := t.acct.at(t.seq); e != nil {
			e.attempted = true
		}
		t.acct.onWire++
		kept = append(kept, t)
	}
	return kept
}

// end marks the end of an attempt that begin let start.
func (l *ledger) end(tasks []*task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range tasks {
		a := t.acct
		a.onWire--
		if a.leaving && a.onWire == 0 && !a.closed {
			close(a.idle)
		}
	}
}

// settle records what became of a record. Late and repeated settles change nothing.
func (l *ledger) settle(t *task, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settleLocked(t, v)
}

// settleAll settles many records alike.
func (l *ledger) settleAll(tasks []*task, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range tasks {
		l.settleLocked(t, v)
	}
}

func (l *ledger) settleLocked(t *task, v verdict) {
	a := t.acct
	e := a.at(t.seq)
	if a.closed || e == nil || e.state != pending {
		return
	}
	e.state = v.outcome
	l.settles++
	a.settles++
	switch v.outcome {
	case delivered:
		a.sums.delivered++
	case deadLettered:
		a.sums.deadLettered[sink.Reason(v.reason)]++
	default:
		a.sums.filtered[v.reason]++
	}
	a.sums.inFlight--
	a.release(e, l.budget)
	if e.admitted {
		a.window.settled()
	}
	a.advance()
}

func (a *account) release(e *entry, b *budget) {
	a.unsettled--
	a.unsettledBytes -= int64(e.bytes)
	b.release(1, int64(e.bytes))
}

// advance moves the watermark over what is settled without a gap.
func (a *account) advance() {
	for a.head < len(a.entries) && a.entries[a.head].state != pending {
		e := &a.entries[a.head]
		if e.state != void && !e.beyond {
			a.watermark = position{e.offset + 1, e.epoch}
		}
		if e.admitted && !e.covered {
			a.passed++
		}
		a.behind.add(e.state)
		a.head++
		a.firstSeq++
	}
	a.behind.skipped += a.gaps.pass(a.watermark.offset)
	if a.watermark.offset > a.waiting {
		a.waits = 0
	}
	if a.head == len(a.entries) {
		a.entries, a.head = a.entries[:0], 0
	}
}
