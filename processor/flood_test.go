package processor

import (
	"testing"

	"brazebridge/config"
	"brazebridge/sink"
)

// TestInAFloodOnlyWhatWasTakenInPartIsALetter has Braze refuse objects of every record: the first letter makes the flood.
// After it a record of which nothing was taken keeps its place, without an outcome; one of which something was taken is a
// letter all the same, since what was taken must not be sent again.
func TestInAFloodOnlyWhatWasTakenInPartIsALetter(t *testing.T) {
	refuse := map[int][]sink.ObjectError{
		1: {{Item: 0, Text: "no"}, {Item: 1, Text: "no"}},
		2: {{Item: 1, Text: "no"}},
		3: {{Item: 0, Text: "no"}, {Item: 1, Text: "no"}},
	}
	s := newSenderBench(t.Context(), everyRequest, func(n int, _ []string) sink.Answer {
		return sink.Answer{Class: sink.Accepted, Status: 201, Errors: refuse[n]}
	})
	floods := 0
	s.l.flooded = func(*topic) { floods++ }
	tasks := make([]*task, 3)
	for i := range tasks {
		tasks[i] = s.task(0, sink.Event, uint64(2*i), uint64(2*i+1))
		tasks[i].topic.refused = refusals{flood: flood{limit: config.Flood{Share: 0.5, Of: 10, AtLeast: 1}}}
	}
	for _, tk := range tasks {
		s.deliverAll([]*task{tk})
	}
	s.want(t, 0, sink.Rejected, sink.Rejected)
	if floods != 1 {
		t.Errorf("the topic was held %d times, want once", floods)
	}
	if got := s.ledger.accounts()["t"].InFlight; got != 1 || !tasks[2].parked || tasks[1].parked {
		t.Errorf("%d records without an outcome, want the one of which nothing was taken", got)
	}
}
