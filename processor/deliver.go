package processor

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"brazebridge/sink"
)

// delivery is one sender: it takes batches and brings each record in them to an outcome, however many attempts that takes.
type delivery struct {
	lane    *lane
	ledger  *ledger
	letters *letterWriter
	metrics *metrics
	log     *slog.Logger
	board   *board
	onStuck time.Duration // a single record that fails for ever while others pass is a letter after this; 0: never

	run  context.Context // ends: no further attempt begins, waits are given up
	work context.Context // ends: attempts on the wire are abandoned

	items  []sink.Item // of the request under way
	live   []*task
	bytes  int      // of the body of the request under way
	bodies [][]byte // in which objects of the batch under way lie
	spans  []span   // of the batch under way
	ended  []*task

	refused []*task     // of the batch under way: letters to be written
	aside   []stuckSpan // of the batch under way: what is stuck, and what must not overtake it
	last    bool        // nothing but aside is left of the batch
}

// loop delivers batches until there are no more.
func (d *delivery) loop() {
	for b := range d.lane.batches {
		d.deliver(b)
		d.lane.dispatcher.done <- b
	}
}

// deliver settles every record of a batch, or leaves it unsettled where it was interrupted. The letters are written last:
// a dead-letter topic that cannot be written must not keep the neighbours waiting.
func (d *delivery) deliver(b *batch) {
	d.sendAll(b)
	d.writeLetters()
	d.finishAside(b)
	d.giveBodies()
	clear(d.items) // a sender may wait long for its next batch, and should not keep the last one's memory
	clear(d.live)
	clear(d.spans)
	clear(d.ended)
}

// writeLetters writes those of the refused records. In a flood what Braze refused whole is left unsettled instead; what it
// took in part becomes a letter all the same, since it must not be sent once more.
func (d *delivery) writeLetters() {
	for _, t := range d.refused {
		ok, begins := t.topic.refused.permit()
		if begins {
			d.lane.flooded(t.topic)
		}
		if t.parked = !ok && !t.acceptedInPart(); t.parked {
			t.keep()
		} else {
			d.letters.write(t)
		}
	}
	clear(d.refused)
	d.refused = d.refused[:0]
}

func (d *delivery) sendAll(b *batch) {
	spans := d.spans[:0]
	for _, t := range b.tasks {
		if !t.alone {
			t.open = 1
			spans = append(spans, span{t, 0, len(t.items), ""})
			continue
		}
		chunks := t.chunks(d.lane.limit())
		t.open = int32(len(chunks))
		for _, c := range chunks { // one after the other: a user's objects stay in order
			if !d.send([]span{c}, patience{}) {
				return
			}
		}
	}
	d.spans = spans
	if len(spans) > 0 {
		d.send(spans, patience{})
	}
}

// send brings spans to an outcome; p is what is known of how they fail. False: interrupted.
func (d *delivery) send(spans []span, p patience) bool {
	if spans = d.behindAside(spans); len(spans) == 0 {
		return true
	}
	var halves [2][]span
	err := retry(d.run, func() *again {
		if d.tooLarge(spans) {
			halves = d.halves(spans)
			return nil
		}
		if d.lane.hold.pass(d.run) != nil || d.passGate() != nil {
			return &again{now: true} // run has ended
		}
		live := d.begin(spans)
		if len(live) == 0 {
			d.lane.hold.unanswered()
			d.lane.gate.Observe(sink.Answer{Class: sink.Interrupted}) // the gate let one through that does not come
			return nil
		}
		answer := d.attempt(live)
		var next *again
		spans, halves, next = d.dispose(live, answer, &p)
		d.ledger.end(d.live) // only now: what was delivered is settled before its partition may leave
		return next
	})
	if err != nil {
		return false
	}
	for _, half := range halves {
		if len(half) > 0 && !d.send(half, p.ofHalf()) {
			return false
		}
	}
	return true
}

func (d *delivery) passGate() error {
	d.lane.atGate.Add(1)
	defer d.lane.atGate.Add(-1)
	return d.lane.gate.Wait(d.run)
}

// begin filters out what need not be attempted any more and marks the rest as on the wire.
func (d *delivery) begin(spans []span) []span {
	d.live = d.live[:0]
	now := time.Now()
	for _, s := range spans {
		if s.t.expired(now) {
			d.ledger.settle(s.t, verdict{filtered, "expired"})
		} else {
			d.live = append(d.live, s.t)
		}
	}
	d.live = d.ledger.begin(d.live)
	if len(d.live) == len(spans) {
		return spans
	}
	live := spans[:0:0]
	i := 0
	for _, s := range spans {
		if i < len(d.live) && d.live[i] == s.t {
			live = append(live, s)
			i++
		}
	}
	return live
}

// attempt sends the spans in one request.
func (d *delivery) attempt(spans []span) sink.Answer {
	d.items = d.items[:0]
	for i := range spans {
		s := &spans[i]
		d.items = append(d.items, s.items()...)
		if s.doubt != "" {
			d.metrics.resend(s.doubt, s.items())
			s.doubt = ""
		}
	}
	body, _ := d.lane.bodies.take()
	r := sink.NewRequest(body, d.items)
	d.bytes = len(r.Body)
	moved := d.moveInto(&r, spans)
	start := time.Now()
	answer := d.lane.client.Send(d.work, &r)
	d.lane.gate.Observe(answer)
	d.metrics.attempt(d.lane.name, answer, d.items, time.Since(start))
	if moved {
		d.bodies = append(d.bodies, r.Body)
	} else {
		d.giveBody(r.Body) // where d.items lie: nothing but their number and kinds is looked at after this
	}
	if answer.Unattributed > 0 {
		d.log.Warn("braze reports errors that name no object of the request: the objects count as accepted", "workspace", d.lane.name, "errors", answer.Unattributed, "text", answer.Text)
	}
	if answer.Rate.Named > 0 {
		d.log.Warn("braze asks for a longer wait than max_wait allows", "workspace", d.lane.name, "asks", answer.Rate.Named, "waits", answer.Rate.Wait)
	}
	return answer
}

// moveInto has the tasks' objects lie in the request's body from now on, where they lie in chunks still and the request has all
// of a task: chunks are for many requests, and soon needed again. Until the batch is through the body is not.
func (d *delivery) moveInto(r *sink.Request, spans []span) (moved bool) {
	r.MoveItems()
	at := 0
	for _, s := range spans {
		n := s.to - s.from
		if s.t.chunk != nil && n == len(s.t.items) {
			copy(s.t.items, d.items[at:at+n])
			s.t.leaveChunk()
			moved = true
		}
		at += n
	}
	return moved
}

// giveBodies gives the bodies back in which the batch's objects lay.
func (d *delivery) giveBodies() {
	for _, body := range d.bodies {
		d.giveBody(body)
	}
	clear(d.bodies)
	d.bodies = d.bodies[:0]
}

func (d *delivery) giveBody(body []byte) {
	spoil(body)
	if cap(body) <= maxKept {
		d.lane.bodies.give(body)
	}
}

// dispose does what the answer demands. It returns the spans to be tried again, or two halves of them.
func (d *delivery) dispose(spans []span, a sink.Answer, p *patience) (retry []span, halves [2][]span, next *again) {
	act := dispose(a.Class)
	if act == refuseNamed && len(a.Errors) == 0 {
		act = halve
	}
	d.note(act, a)
	if a.Ambiguous {
		for i := range spans {
			spans[i].doubt = a.Cause
		}
	}
	d.learn(a, p)
	switch act {
	case settleSpans:
		d.lane.passed.Add(1)
		d.lane.recovery.succeeded()
		d.decide(spans, a)
	case refuseNamed:
		return d.refuseNamed(spans, a), halves, &again{now: true}
	case halve:
		if a.Status == http.StatusRequestEntityTooLarge {
			p.tooMuch = d.bytes
		}
		halves = d.halve(spans, a)
	case tryAgain:
		if p.lost(d.lane.passed.Load(), a, d.bytes) {
			return d.stuck(spans, p, a)
		}
		return spans, halves, &again{wait: a.Rate.Wait, early: p.early(&d.lane.recovery)}
	case waitForGate:
		return spans, halves, &again{now: a.Rate.Wait > 0} // what Braze asked for is waited for at the gate
	case holdLane, giveUp:
		return spans, halves, &again{}
	}
	return nil, halves, nil
}

// note keeps the workspace's hold and its place on the board true to the last answer.
func (d *delivery) note(act action, a sink.Answer) {
	switch act {
	case holdLane:
		d.lane.hold.refused(a.Text)
	case waitForGate, tryAgain:
		d.lane.hold.unanswered()
		if act == tryAgain {
			d.board.fault(reasonBraze, "", d.lane.name, a.Text)
		}
	case giveUp:
		d.lane.hold.unanswered()
	default:
		d.lane.hold.answered()
		d.board.clear(reasonBraze, "", d.lane.name)
	}
}

// refuseNamed decides the spans with named objects and returns the others: a 4xx accepted none of them.
func (d *delivery) refuseNamed(spans []span, a sink.Answer) []span {
	named := make(map[*task]bool, len(a.Errors))
	at := 0
	rest := spans[:0:0]
	errs := a.Errors
	for _, s := range spans {
		hit := false
		for ; len(errs) > 0 && errs[0].Item < at+s.to-s.from; errs = errs[1:] {
			s.t.refuse(s.from+errs[0].Item-at, errs[0].Text, a.Status)
			hit = true
		}
		at += s.to - s.from
		if hit {
			named[s.t] = true
			d.finish(s.t)
		} else {
			rest = append(rest, s)
		}
	}
	return rest
}

// decide notes the outcome of every object of the spans, refused where the answer names it, and settles the tasks that are done.
func (d *delivery) decide(spans []span, a sink.Answer) {
	at := 0
	errs := a.Errors
	done := d.ended[:0]
	for _, s := range spans {
		n := s.to - s.from
		if len(errs) > 0 && errs[0].Item < at+n || s.t.fate != nil || n < len(s.t.items) {
			for i := s.from; i < s.to; i++ {
				s.t.outcome(i, "accepted")
			}
		}
		for ; len(errs) > 0 && errs[0].Item < at+n; errs = errs[1:] {
			s.t.refuse(s.from+errs[0].Item-at, errs[0].Text, a.Status)
		}
		at += n
		if s.t.open--; s.t.open > 0 {
			continue
		}
		if s.t.refused() {
			s.t.open = 1
			d.finish(s.t)
		} else {
			done = append(done, s.t)
		}
	}
	d.ledger.settleAll(done, verdict{delivered, ""})
	noteDelivered(done)
	d.ended = done
}

// noteDelivered tells the topics' floods, once for neighbours of one topic.
func noteDelivered(tasks []*task) {
	for from, to := 0, 0; from < len(tasks); from = to {
		for to < len(tasks) && tasks[to].topic == tasks[from].topic {
			to++
		}
		tasks[from].topic.refused.delivered(to - from)
	}
}

// halve splits what nobody was named in; what stands alone is refused.
func (d *delivery) halve(spans []span, a sink.Answer) (halves [2][]span) {
	s := spans[0]
	if len(spans) > 1 || s.to-s.from > 1 {
		return d.halves(spans)
	}
	s.t.refuse(s.from, a.Text, a.Status)
	s.t.fate.reason = sink.BatchRefused
	if a.Class == sink.TooLarge {
		s.t.fate.reason = sink.RecordTooLarge
	}
	d.finish(s.t)
	return halves
}

// halves splits the tasks where there are several, else the objects of the one.
func (d *delivery) halves(spans []span) [2][]span {
	if len(spans) > 1 {
		mid := len(spans) / 2
		return [2][]span{spans[:mid], spans[mid:]}
	}
	s := spans[0]
	mid := (s.from + s.to) / 2
	s.t.open++
	return [2][]span{{{s.t, s.from, mid, s.doubt}}, {{s.t, mid, s.to, s.doubt}}}
}

// finish ends one span of a task with a refused object; after the last the task becomes a letter.
func (d *delivery) finish(t *task) {
	if t.open--; t.open > 0 {
		return
	}
	reason := t.fate.reason
	if reason == "" {
		reason = sink.Rejected
	}
	text := ""
	for _, o := range t.fate.outcomes {
		if o.Outcome == "refused" {
			text = o.Error
			break
		}
	}
	t.letter = &sink.Letter{
		Record: t.rec, Reason: reason, Stage: sink.StageSend, Error: text,
		SchemaID: int(t.schema), Objects: t.fate.outcomes, Status: t.fate.status,
	}
	d.refused = append(d.refused, t)
}
