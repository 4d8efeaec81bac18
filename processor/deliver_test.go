package processor

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink"
)

func TestAcceptedSettlesAll(t *testing.T) {
	s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer { return sink.Answer{Class: sink.Accepted, Status: 201} })
	s.send(5)
	s.want(t, 5)
}

func TestPartialErrorsAreLetters(t *testing.T) {
	s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer {
		return sink.Answer{Class: sink.Accepted, Status: 201, Errors: []sink.ObjectError{{Item: 1, Text: "'quantity' is not valid"}}}
	})
	s.send(3)
	s.want(t, 2, sink.Rejected)
	l := s.letters.letters[0]
	if l.Error != "'quantity' is not valid" || l.Status != 201 || l.Stage != sink.StageSend || l.Objects[0].Outcome != "refused" {
		t.Errorf("letter %+v", l)
	}
}

// TestNamedInA400AreLettersAndTheOthersSentOnce is the answer that accepts nothing and names the culprits.
func TestNamedInA400AreLettersAndTheOthersSentOnce(t *testing.T) {
	s := newSenderBench(t.Context(), everyRequest, func(n int, _ []string) sink.Answer {
		if n == 1 {
			return sink.Answer{Class: sink.ObjectsRefused, Status: 400, Errors: []sink.ObjectError{{Item: 0, Text: "no"}, {Item: 3, Text: "no"}}}
		}
		return sink.Answer{Class: sink.Accepted, Status: 201}
	})
	s.send(4)
	s.want(t, 2, sink.Rejected, sink.Rejected)
	if n := s.braze.sent(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestUnnamedCulpritIsHalvedOut(t *testing.T) {
	for _, c := range []struct {
		class  sink.Class
		reason sink.Reason
	}{{sink.BatchRejected, sink.BatchRefused}, {sink.TooLarge, sink.RecordTooLarge}} {
		s := newSenderBench(t.Context(), everyRequest, func(_ int, objects []string) sink.Answer {
			for _, o := range objects {
				if o == `{"u":5}` {
					return sink.Answer{Class: c.class, Status: 400, Text: "bad"}
				}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		s.send(9)
		s.want(t, 8, c.reason)
		if got := s.letters.letters[0].Record.Offset; got != 2 { // user 5 is the third of partition 1
			t.Errorf("letter for offset %d, want 2", got)
		}
	}
}

// TestLargeRecordGoesInConsecutiveRequests sends a record of 76 objects: two requests, one outcome.
func TestLargeRecordGoesInConsecutiveRequests(t *testing.T) {
	s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer { return sink.Answer{Class: sink.Accepted, Status: 201} })
	users := make([]uint64, 76)
	for i := range users {
		users[i] = uint64(i)
	}
	tk := s.task(0, sink.Purchase, users...)
	if !tk.alone {
		t.Fatal("76 objects are taken to fit one request")
	}
	s.deliverAll([]*task{tk})
	s.want(t, 1)
	if n := s.braze.sent(); n != 2 || len(s.braze.requests[0]) != 75 {
		t.Errorf("%d requests", n)
	}
}

// TestPartlyRefusedRecordIsOneLetter has one object of a record accepted, one refused: one letter that says so.
func TestPartlyRefusedRecordIsOneLetter(t *testing.T) {
	s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer {
		return sink.Answer{Class: sink.Accepted, Status: 201, Errors: []sink.ObjectError{{Item: 1, Text: "no"}}}
	})
	s.deliverAll([]*task{s.task(0, sink.Event, 1, 2)})
	s.want(t, 0, sink.Rejected)
	o := s.letters.letters[0].Objects
	if len(o) != 2 || o[0].Outcome != "accepted" || o[1].Outcome != "refused" {
		t.Errorf("objects %+v", o)
	}
}

func TestOutageHoldsAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *senderBench
		s = newSenderBench(t.Context(), everyRequest, func(n int, _ []string) sink.Answer {
			if n <= 20 {
				if acc := s.ledger.accounts()["t"]; acc.InFlight != 3 {
					t.Errorf("during the outage %d records are in flight, want 3", acc.InFlight)
				}
				return sink.Answer{Class: sink.Transient, Status: 503, Text: "503"}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		s.board.joined()
		start := time.Now()
		s.send(3)
		s.want(t, 3)
		if n := s.braze.sent(); n != 21 {
			t.Errorf("%d attempts, want 21", n)
		}
		if took := time.Since(start); took < time.Minute || took > 20*maxBackoff {
			t.Errorf("20 retries took %s", took)
		}
		if st := s.board.status(); st.State != Running {
			t.Errorf("state after recovery: %+v", st)
		}
	})
}

func TestRefusalHoldsUntilAProbePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSenderBench(t.Context(), everyRequest, func(n int, _ []string) sink.Answer {
			if n <= 3 {
				return sink.Answer{Class: sink.Refused, Status: 401, Text: "invalid api key"}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		s.board.joined()
		go s.send(2)
		time.Sleep(probeEvery / 2)
		st := s.board.status()
		if st.State != Holding || len(st.Reasons) != 1 || st.Reasons[0].Code != reasonRefused {
			t.Errorf("state while refused: %+v", st)
		}
		s.braze.mu.Lock()
		n := len(s.braze.requests)
		s.braze.mu.Unlock()
		if n != 1 {
			t.Errorf("%d attempts before the first probe is due", n)
		}
		time.Sleep(10 * probeEvery)
		synctest.Wait()
		s.want(t, 2)
		if st := s.board.status(); st.State != Running {
			t.Errorf("state after the probe passed: %+v", st)
		}
	})
}

func TestInterruptionIsNoOutcome(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newSenderBench(ctx, everyRequest, func(int, []string) sink.Answer {
		cancel()
		return sink.Answer{Class: sink.Interrupted}
	})
	s.send(3)
	s.want(t, 0)
	if acc := s.ledger.accounts()["t"]; acc.InFlight != 3 {
		t.Errorf("in flight %d, want 3 unsettled", acc.InFlight)
	}
	if points := s.ledger.points(); len(points) > 0 && points[0].offset > 0 {
		t.Errorf("an interrupted record may be committed: %v", points)
	}
}

// TestLetterIsAcknowledgedBeforeItSettles has the dead-letter topic fail three times: the neighbours are settled, the
// record is not, until the letter is written.
func TestLetterIsAcknowledgedBeforeItSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer {
			return sink.Answer{Class: sink.Accepted, Status: 201, Errors: []sink.ObjectError{{Item: 0, Text: "no"}}}
		})
		s.letters.fails = 3
		s.board.joined()
		done := make(chan struct{})
		go func() { s.send(3); close(done) }()
		synctest.Wait()
		acc := s.ledger.accounts()["t"]
		if acc.Delivered != 2 || acc.InFlight != 1 {
			t.Errorf("while the letter cannot be written: %+v", acc)
		}
		if st := s.board.status(); st.State != Holding || st.Reasons[0].Code != reasonDeadLetter {
			t.Errorf("state %+v", st)
		}
		<-done
		s.want(t, 2, sink.Rejected)
	})
}

func TestLeavingPartitionIsDroppedFromARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *senderBench
		s = newSenderBench(t.Context(), everyRequest, func(n int, objects []string) sink.Answer {
			if n == 1 {
				s.ledger.leave([]*account{s.accts[1]})
				return sink.Answer{Class: sink.Transient, Status: 500, Text: "500"}
			}
			if len(objects) != 2 {
				t.Errorf("%d objects in the retry, want the 2 of the partition that stays", len(objects))
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		s.send(4)
		s.want(t, 2)
	})
}

// TestStuckRequestIsHalvedUntilOneStandsAlone has one object that makes Braze fail whatever it shares a request with,
// while other requests pass: the neighbours are delivered, the culprit waits, and goes to the dead letters when it may.
func TestStuckRequestIsHalvedUntilOneStandsAlone(t *testing.T) {
	for _, after := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var s *senderBench
			s = newSenderBench(ctx, everyRequest, func(_ int, objects []string) sink.Answer {
				s.l.passed.Add(1) // of other senders
				for _, o := range objects {
					if o == `{"u":5}` {
						return sink.Answer{Class: sink.Transient, Status: 500, Text: "500"}
					}
				}
				return sink.Answer{Class: sink.Accepted, Status: 201}
			})
			s.board.joined()
			s.deliver.onStuck = after
			done := make(chan struct{})
			go func() { s.send(9); close(done) }()
			time.Sleep(59 * time.Minute)
			s.want(t, 8)
			if st := s.board.status(); st.State != Holding || st.Reasons[len(st.Reasons)-1].Code != reasonStuck {
				t.Errorf("while one record is stuck: %+v", st)
			}
			time.Sleep(2 * time.Minute)
			if after > 0 {
				s.want(t, 8, sink.Stuck)
			} else {
				s.want(t, 8)
			}
			cancel()
			<-done
		})
	}
}

// TestStuckRecordIsNotOvertaken has a stuck record and a later one of the same user in one batch: the later one waits,
// the other users are freed.
func TestStuckRecordIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mended atomic.Bool
		var s *senderBench
		s = newSenderBench(ctx, everyRequest, func(_ int, objects []string) sink.Answer {
			s.l.passed.Add(1)
			for _, o := range objects {
				if !mended.Load() && o == `{"u":5}` {
					return sink.Answer{Class: sink.Transient, Status: 500, Text: "500"}
				}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		later := s.task(1, sink.Event, 5, 9)
		tasks := []*task{s.task(0, sink.Event, 1), s.task(0, sink.Event, 5), later, s.task(0, sink.Event, 2)}
		done := make(chan struct{})
		go func() { s.deliverAll(tasks); close(done) }()
		time.Sleep(30 * time.Minute)
		if n := s.braze.times(`{"u":9}`); n != 0 {
			t.Error("a record overtook a stuck one of the same user")
		}
		s.want(t, 2)
		if b := <-s.d.done; !b.partial || len(b.tasks) != 2 {
			t.Errorf("freed while stuck: %d tasks", len(b.tasks))
		}
		mended.Store(true)
		<-done
		if got := s.ledger.accounts()["t"].Delivered; got != 4 {
			t.Errorf("delivered %d in the end, want 4", got)
		}
		cancel()
	})
}

// TestRecoveryEndsLongWaits has two senders wait after an outage of an hour: the first success wakes the other.
func TestRecoveryEndsLongWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		s := newSenderBench(t.Context(), everyRequest, func(int, []string) sink.Answer {
			if !up.Load() {
				return sink.Answer{Class: sink.Transient, Status: 503, Text: "503"}
			}
			return sink.Answer{Class: sink.Accepted, Status: 201}
		})
		second := *s.deliver
		tasks := []*task{s.task(0, sink.Event, 1), s.task(1, sink.Event, 2)}
		s.ledger.admit(tasks)
		var ended [2]time.Time
		var both sync.WaitGroup
		for i, d := range []*delivery{s.deliver, &second} {
			both.Go(func() {
				d.deliver(&batch{tasks: tasks[i : i+1]})
				ended[i] = time.Now()
			})
		}
		time.Sleep(time.Hour)
		up.Store(true)
		both.Wait()
		s.want(t, 2)
		if apart := ended[1].Sub(ended[0]).Abs(); apart > 100*time.Millisecond {
			t.Errorf("the second sender waited %s longer", apart)
		}
	})
}
