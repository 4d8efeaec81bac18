package processor

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink"
)

// partsBench delivers one record of two objects, of users 5 and 6, for three hours to a Braze that answers by object.
func partsBench(t *testing.T, prepare func(*senderBench, *task), answer func(object string) sink.Answer) *senderBench {
	t.Helper()
	var s *senderBench
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s = newSenderBench(ctx, everyRequest, func(_ int, objects []string) sink.Answer {
			s.l.passed.Add(1) // others' requests pass
			for _, o := range objects {
				if a := answer(o); a.Class != sink.Accepted {
					return a
				}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		one := s.task(0, sink.Event, 5, 6)
		if prepare != nil {
			prepare(s, one)
		}
		done := make(chan struct{})
		go func() {
			s.deliverAll([]*task{one})
			close(done)
		}()
		time.Sleep(3 * time.Hour)
		cancel()
		<-done
	})
	return s
}

func (s *senderBench) wantOneLetter(t *testing.T, reason sink.Reason, outcomes ...string) {
	t.Helper()
	s.want(t, 0, reason)
	var got []string
	for _, o := range s.letters.letters[0].Objects {
		got = append(got, o.Outcome)
	}
	if strings.Join(got, " ") != strings.Join(outcomes, " ") {
		t.Errorf("the letter's objects are %v, want %v", got, outcomes)
	}
}

// A record of which a part is given up without any answer has a letter, although its other part is accepted after that.
func TestAPartThatIsGivenUpMakesALetter(t *testing.T) {
	reset := sink.Answer{Class: sink.Transient, Cause: sink.CauseReset, Text: "reset", Ambiguous: true}
	t.Run("stuck", func(t *testing.T) {
		s := partsBench(t, func(s *senderBench, _ *task) { s.deliver.onStuck = time.Hour }, func(o string) sink.Answer {
			if strings.Contains(o, `"u":5`) {
				return reset
			}
			return sink.Answer{Class: sink.Accepted}
		})
		s.wantOneLetter(t, sink.Stuck, "refused", "accepted")
	})
	t.Run("too large", func(t *testing.T) {
		s := partsBench(t, func(_ *senderBench, one *task) {
			one.items[0].JSON = []byte(`{"u":"` + strings.Repeat("x", largeBody+1000) + `"}`)
		}, func(o string) sink.Answer {
			if len(o) > largeBody {
				return reset
			}
			return sink.Answer{Class: sink.Accepted}
		})
		s.wantOneLetter(t, sink.RecordTooLarge, "refused", "accepted")
	})
}

// What was accepted of a record before its other half was refused is said in the letter: who replays it must not send it twice.
func TestALetterSaysWhatWasAcceptedOfAHalvedRecord(t *testing.T) {
	s := partsBench(t, nil, func(o string) sink.Answer {
		if strings.Contains(o, `"u":6`) {
			return sink.Answer{Class: sink.BatchRejected, Status: 400, Text: "bad"}
		}
		return sink.Answer{Class: sink.Accepted}
	})
	s.wantOneLetter(t, sink.BatchRefused, "accepted", "refused")
}

// What Braze refuses of a stuck record when the process is about to end is not left for the sender's next batch.
func TestNothingRefusedIsLeftForTheNextBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var s *senderBench
		s = newSenderBench(ctx, everyRequest, func(_ int, objects []string) sink.Answer {
			s.l.passed.Add(1)
			switch {
			case objects[0] != `{"u":5}` && len(objects) == 1:
				return sink.Answer{Class: sink.Accepted, Status: 201}
			case !s.deliver.last:
				return sink.Answer{Class: sink.Transient, Status: 500, Text: "500"}
			}
			cancel()
			return sink.Answer{Class: sink.ObjectsRefused, Status: 400, Errors: []sink.ObjectError{{Item: 0, Text: "no"}}}
		})
		s.deliverAll([]*task{s.task(0, sink.Event, 5), s.task(0, sink.Event, 6)})
		if n := len(s.deliver.refused); n > 0 {
			t.Errorf("%d refused records are left", n)
		}
	})
}
