package demo

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/processor"
)

func newTestProducer(t *testing.T, s *stand, n int) *producer {
	t.Helper()
	p, err := newProducer(s, newMarks(), newGenerator(1, n, s.schemas, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// Each record that Kafka has is marked at its place with its fate; none is marked that Kafka has not.
func TestProducerMarksWhatKafkaHas(t *testing.T) {
	s := newStand(t)
	p := newTestProducer(t, s, 300)
	if err := p.produce(t.Context(), t.Context(), 300, 0); err != nil {
		t.Fatal(err)
	}
	ends, err := endOffsets(t.Context(), s.kafka.ListenAddrs(), topics...)
	if err != nil {
		t.Fatal(err)
	}
	marked, fates := int64(0), map[fate]int64{}
	p.marks.each(func(at place, m uint16) {
		marked++
		f, _ := unmark(m)
		fates[f]++
		if at.offset >= ends[at.topic][at.partition] {
			t.Errorf("%v is marked, and lies beyond the end", at)
		}
	})
	if marked != 300 || p.total() != 300 || sumOffsets(ends) != 300 {
		t.Errorf("%d marked, %d produced, %d in Kafka", marked, p.total(), sumOffsets(ends))
	}
	for f, n := range p.fates {
		if fates[f] != n {
			t.Errorf("fate %d: %d marked, %d counted", f, fates[f], n)
		}
	}
}

func TestProducerKeepsToItsRate(t *testing.T) {
	p := newTestProducer(t, newStand(t), 30)
	started := time.Now()
	if err := p.produce(t.Context(), t.Context(), 30, 200); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took < 100*time.Millisecond || p.total() != 30 {
		t.Errorf("%d records at 200 a second took %s", p.total(), took)
	}
}

func TestProducerStopsWhenTold(t *testing.T) {
	p := newTestProducer(t, newStand(t), 30)
	run, stop := context.WithCancel(t.Context())
	go func() {
		for p.total() == 0 && run.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	if err := p.produce(run, t.Context(), endless, 1000); err != nil || p.total() == 0 {
		t.Errorf("%d records, %v", p.total(), err)
	}
	before := p.total()
	if err := p.produce(run, t.Context(), endless, 0); err != nil || p.total() != before {
		t.Errorf("%d records more after the end, %v", p.total()-before, err)
	}
}

func TestProducerTellsThatKafkaIsGone(t *testing.T) {
	s := newStand(t)
	p := newTestProducer(t, s, 30)
	work, abandon := context.WithCancel(t.Context())
	s.kafka.Close()
	time.AfterFunc(50*time.Millisecond, abandon)
	if err := p.produce(t.Context(), work, 30, 0); err == nil || !strings.Contains(err.Error(), "produce") {
		t.Errorf("%v", err)
	}
}

// watched is a demonstration with nothing under it: records are produced and settled as the test says.
func watched(produced int64, settled func() int64) *demonstration {
	d := &demonstration{Options: Options{Records: int(produced), Stderr: io.Discard}, producer: &producer{sum: produced}}
	d.progress = newProgress(d.Options)
	d.bridge = &Bridge{
		Accounts: func() map[string]processor.Accounts {
			return map[string]processor.Accounts{"a": {Consumed: produced, InFlight: produced - settled()}}
		},
		Status: func() processor.Status {
			return processor.Status{State: processor.Holding, Reasons: []processor.HoldReason{{Code: "kafka", Text: "away"}}}
		},
	}
	return d
}

func TestWatchWaitsForTheLastRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		d := watched(100, func() int64 { return min(100, int64(time.Since(started)/time.Second)) })
		done := make(chan error, 1)
		time.AfterFunc(30*time.Second, func() { done <- nil })
		if err := d.watch(t.Context(), done, nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(started); took < 100*time.Second || took > 101*time.Second {
			t.Errorf("ended after %s", took)
		}
	})
}

// A bridge that stands still is given a minute, and the error says what it waits for. While records are still being
// produced there is no such limit: an outage may be what somebody is trying out.
func TestWatchGivesUpOnAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		d := watched(100, func() int64 { return 7 })
		done := make(chan error, 1)
		time.AfterFunc(time.Hour, func() { done <- nil })
		err := d.watch(t.Context(), done, nil)
		if err == nil || !strings.Contains(err.Error(), "7 of 100 records are settled") || !strings.Contains(err.Error(), "holding; kafka: away") {
			t.Errorf("%v", err)
		}
		if took := time.Since(started); took < time.Hour+stallTime || took > time.Hour+stallTime+time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestWatchTellsWhatBroke(t *testing.T) {
	broken := errors.New("broken")
	failing := func() <-chan error {
		c := make(chan error, 1)
		c <- broken
		return c
	}
	synctest.Test(t, func(t *testing.T) {
		d := watched(1, func() int64 { return 0 })
		if err := d.watch(t.Context(), failing(), nil); !errors.Is(err, broken) || errors.Is(err, errBridgeEnded) {
			t.Errorf("the producer: %v", err)
		}
		if err := d.watch(t.Context(), nil, failing()); !errors.Is(err, broken) || !errors.Is(err, errBridgeEnded) {
			t.Errorf("the bridge: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.watch(ended, nil, nil); err == nil || !strings.Contains(err.Error(), "interrupted with 0 of 1") {
			t.Errorf("an interruption: %v", err)
		}
	})
}

func TestProgressForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(Options{Records: 1000, Serve: true, Stderr: &out})
		for n := int64(0); n < 12; n++ {
			p.show(n*1000, n*1000+5)
			time.Sleep(time.Second)
		}
		want := "5,000 records settled of 5,005 produced\n10,000 records settled of 10,005 produced\n"
		if out.String() != want {
			t.Errorf("got\n%s", out.String())
		}
	})
}
