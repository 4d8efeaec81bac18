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
