package processor

import "brazebridge/sink"

// refuseNamed decides the spans with named objects and returns the others: a 4xx accepted none of them.
func (d *delivery) refuseNamed(spans []span, a sink.Answer) []span {
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
