package fakebraze

import (
	"encoding/json"
	"time"
)

// commit makes a judged request count, before anybody can see its answer.
func (s *Server) commit(c *call, sent reply, objects []*object) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.recordAll(c, sent, objects)
	if s.observe == nil {
		return
	}
	for _, o := range objects {
		s.observe(o.array, o.fields, o.err == "")
	}
}

// recordAll counts a request and its objects in one step, so that no reader finds the one without the others.
func (s *Server) recordAll(c *call, sent reply, objects []*object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(c, sent)
	s.settle(objects, sent.accepted)
}

// settle counts the objects of a request and queues those that were accepted.
func (s *Server) settle(objects []*object, accepted bool) {
	now := time.Now()
	var taken []*object
	for _, o := range objects {
		if o.err != "" {
			s.countRefused(o, now)
			continue
		}
		taken = append(taken, o)
		s.countAccepted(o)
	}
	if accepted && len(taken) > 0 {
		s.enqueue(taken, now)
	}
}

func (s *Server) countAccepted(o *object) {
	switch o.array {
	case attributesArray:
		s.stats.Attributes++
	case eventsArray:
		s.stats.Events++
	default:
		s.stats.Purchases++
	}
	s.stats.DataPoints += dataPoints(o)
}

// maxReasons bounds the texts that Stats.Reasons tells apart; a schema error can hold a client's own text.
const maxReasons = 100

func (s *Server) countRefused(o *object, now time.Time) {
	s.stats.RefusedObjects++
	if _, known := s.stats.Reasons[o.err]; known || len(s.stats.Reasons) < maxReasons {
		s.stats.Reasons[o.err]++
	}
	s.refused.add(refusedObject{Time: now, Array: o.array, Index: o.index, Type: o.err, Object: o.raw})
}

// record counts and logs a request with what is sent back: status zero for no answer.
func (s *Server) record(c *call, sent reply) {
	s.stats.Requests++
	s.stats.Attributes += int64(sent.counted[0])
	s.stats.Events += int64(sent.counted[1])
	s.stats.Purchases += int64(sent.counted[2])
	s.stats.Bytes += int64(len(c.body))
	if sent.accepted {
		s.stats.AcceptedRequests++
	}
	if sent.status == 0 {
		s.stats.Unanswered++
	} else {
		s.stats.Statuses[statusText(sent.status)]++
	}
	if !s.opts.Stateless {
		s.log.add(Request{Time: c.arrived, Status: sent.status, Body: c.body, Response: json.RawMessage(sent.body)})
	}
}
