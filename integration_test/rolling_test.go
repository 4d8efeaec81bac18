package integration_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// takeOver is how long a partition may lie idle after its owner has left the group and until the next one asks for its records.
const takeOver = 3 * time.Second

// A rolling update of three members under load, with the sessions and heartbeats that a configuration has which says nothing of
// them: nothing is lost, and the next owner fetches within seconds of the drain's end, not after a session. What is sent twice and
// how long a partition pauses is reported.
func TestRollingUpdate(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 20 * time.Millisecond}})
			s := w.settings()
			w.speak(protocol, &s, 45*time.Second)
			v := w.watch()
			load := w.startLoad(5, 5000)
			var members []*bridge
			for n := range 3 {
				members = append(members, w.startWatched(fmt.Sprintf("old%d", n), s))
			}
			w.waitOwners(v, members...)

			began := time.Now()
			var longest time.Duration
			for n := range 3 {
				old := members[0]
				old.stop()
				members = append(members[1:], w.startWatched(fmt.Sprintf("new%d", n), s))
				w.waitOwners(v, members...)
				longest = max(longest, w.checkTakeOver(v, old))
			}
			ended := time.Now()

			sent := load.stop()
			w.waitArrived(sent)
			w.waitCommitted()
			for _, b := range members {
				b.stop()
			}
			w.checkAll(v, s, sent)
			gap, where := w.braze.longestGap(sent, began, ended)
			t.Logf("%d of %d records sent again; at most %s from a member's leaving to the next owner's first fetch; the longest pause of a partition was %s, of %s/%d",
				w.braze.again(), len(sent), longest.Round(time.Millisecond), gap.Round(time.Millisecond), where.topic, where.partition)
			if n := w.braze.again(); n > 0 {
				t.Errorf("%d records were sent again although every member had handed over", n)
			}
		})
	}
}

// Where nothing is going on, no commit tells the others that a member has left: they learn it by their heartbeats, and take over as
// soon all the same.
func TestQuietMemberIsReplacedSoon(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			w.speak(protocol, &s, 45*time.Second)
			v := w.watch()
			a, b, c := w.startWatched("a", s), w.startWatched("b", s), w.startWatched("c", s)
			sent := w.produce(0, 10)
			w.waitOwners(v, a, b, c)
			w.waitArrived(sent)
			w.waitCommitted()
			var took []time.Duration
			for n, old := range []*bridge{a, b} {
				w.waitBeat(v, c) // at worst it learns of it by its next one only
				old.stop()
				w.waitOwners(v, []*bridge{b, c}[n:]...)
				took = append(took, w.checkTakeOver(v, old))
			}
			c.stop()
			w.checkAll(v, s, sent)
			t.Logf("from a member's leaving to the last first fetch of its partitions: %v", took)
		})
	}
}

// checkTakeOver fails where a partition of a bridge that has left was not fetched by its next owner soon, and returns the longest
// that it took.
func (w *world) checkTakeOver(v *wire, b *bridge) (longest time.Duration) {
	w.t.Helper()
	client := w.client(b.name)
	w.until("the first fetches of the partitions of "+b.name, func() (bool, string) {
		n := 0
		for _, g := range v.grantsFrom(client) {
			if g.fetched.IsZero() {
				n++
			}
		}
		return n == 0, fmt.Sprintf("%d not fetched", n)
	})
	left := v.leftAt(client)
	if left.IsZero() {
		w.t.Errorf("bridge %s ended without leaving its group", b.name)
		return 0
	}
	grants := v.grantsFrom(client)
	if len(grants) == 0 {
		w.t.Errorf("bridge %s had no partitions to hand over: the test proves nothing", b.name)
	}
	for _, g := range grants {
		took := g.fetched.Sub(left)
		longest = max(longest, took)
		if took > takeOver {
			w.t.Errorf("%s/%d of %s was fetched by %s %s after %s had left, want at most %s", g.topic, g.partition, client, g.client, took, client, takeOver)
		}
	}
	return longest
}

// waitBeat returns when a bridge has just sent a heartbeat.
func (w *world) waitBeat(v *wire, b *bridge) {
	w.t.Helper()
	since := time.Now()
	w.until("a heartbeat of "+b.name, func() (bool, string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		beats := v.beats[w.client(b.name)]
		return len(beats) > 0 && beats[len(beats)-1].After(since), fmt.Sprintf("%d heartbeats", len(beats))
	})
}

// grantsFrom are the partitions that went from a client to others.
func (v *wire) grantsFrom(client string) []grant {
	v.mu.Lock()
	defer v.mu.Unlock()
	var from []grant
	for _, g := range v.grants {
		if g.from == client {
			from = append(from, g)
		}
	}
	return from
}

func (v *wire) leftAt(client string) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.left[client]
}

// longestSilence is the longest time without a heartbeat of a client between two moments.
func (v *wire) longestSilence(client string, from, to time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	var longest time.Duration
	for _, at := range append(slices.Clone(v.beats[client]), to) {
		if at.Before(from) || at.After(to) {
			continue
		}
		longest = max(longest, at.Sub(from))
		from = at
	}
	return longest
}

// slowly starts a bridge, gives it records, and returns when it waits for Braze, which answers only after the given time.
func (w *world) slowly(v *wire, s settings, answer time.Duration) (*bridge, []sentRecord) {
	w.t.Helper()
	b := w.startWatched("draining", s)
	first := w.produce(0, 20)
	w.waitArrived(first)
	w.waitCommitted()
	w.setFaults(fakebraze.Fault{Kind: "delay", Delay: answer.String()})
	second := w.produce(20, 20)
	w.until("a request that waits for its answer", func() (bool, string) {
		n := w.braze.waiting.Load()
		return n > 0, fmt.Sprintf("%d", n)
	})
	return b, slices.Concat(first, second)
}

// A drain that lasts longer than a session: the member goes on with its heartbeats, so it keeps its partitions, and its last commit
// is accepted.
func TestDrainGoesOnWithHeartbeats(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			w.speak(protocol, &s, sessionTimeout)
			v := w.watch()
			const answer = 2*sessionTimeout - 2*time.Second // more than a session, less than an attempt may take
			b, sent := w.slowly(v, s, answer)
			other := w.startWatched("other", s)
			began := time.Now()
			b.stop()
			left := v.leftAt(w.client("draining"))
			if took := left.Sub(began); took < sessionTimeout {
				t.Errorf("the drain took %s, less than a session of %s: the test proves nothing", took, sessionTimeout)
			}
			if silence := v.longestSilence(w.client("draining"), began, left); silence > sessionTimeout/2 {
				t.Errorf("the member that drained said nothing for %s, want heartbeats well within its session of %s", silence, sessionTimeout)
			}
			w.setFaults()
			w.waitArrived(sent)
			w.waitCommitted()
			other.stop()
			w.checkAll(v, s, sent)
			w.braze.checkExactlyOnce(t, sent)
		})
	}
}

// graceAfterDrain is what a drain that took too long leaves of the 30 s that Kubernetes gives, with the default of 25 s for the drain.
const graceAfterDrain = 5 * time.Second

// A drain that Braze does not let end: the member leaves its group, so that its partitions need not wait for a session, and
// exits within the grace period.
func TestDrainTooLongLeavesThenExits(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			s.DrainTimeout = 2 * time.Second
			w.speak(protocol, &s, 45*time.Second)
			v := w.watch()
			b, sent := w.slowly(v, s, time.Minute)
			took := w.stopWithin(b, s.DrainTimeout, s.DrainTimeout+graceAfterDrain)
			ended := time.Now()
			if left := v.leftAt(w.client(b.name)); left.IsZero() || left.After(ended) {
				t.Errorf("the member exited without leaving its group:\n%s", b.log.tail(5))
			}
			w.setFaults()
			next := w.startWatched("next", s)
			w.waitArrived(sent)
			w.waitCommitted()
			t.Logf("with a drain of at most %s exited after %s, all sent by the next %s later", s.DrainTimeout, took, time.Since(ended).Round(time.Millisecond))
			next.stop()
			w.checkAll(v, s, sent)
		})
	}
}

// The way to the brokers is cut when SIGTERM comes: the process exits within the grace period all the same, and the next one,
// once the session has ended, sends what was not committed.
func TestDrainWithoutCoordinatorExits(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			s.DrainTimeout = 2 * time.Second
			w.speak(protocol, &s, sessionTimeout)
			v := w.watch()
			b, sent := w.slowly(v, s, time.Second)
			v.cut(w.client(b.name), false)
			w.until("the last answer of Braze", func() (bool, string) {
				_, n := w.braze.missing(sent)
				return n == 0, fmt.Sprintf("%d missing", n)
			})
			took := w.stopWithin(b, 0, s.DrainTimeout+graceAfterDrain)
			w.setFaults()
			t.Logf("without a way to its brokers, and with a drain of at most %s, exited after %s", s.DrainTimeout, took)
			next := w.startWatched("next", s)
			w.waitCommitted()
			next.stop()
			v.mend(w.client(b.name))
			w.checkAll(v, s, sent)
		})
	}
}

// stopWithin sends SIGTERM and fails where the process ends earlier or later than it may, or not well.
func (w *world) stopWithin(b *bridge, least, most time.Duration) time.Duration {
	w.t.Helper()
	began := time.Now()
	b.terminate()
	b.waitForEnd(patience)
	took := time.Since(began)
	if took < least || took > most {
		w.t.Errorf("bridge %s ended %s after SIGTERM, want between %s and %s", b.name, took, least, most)
	}
	if b.err != nil {
		w.t.Errorf("bridge %s after SIGTERM: %v, want exit status 0", b.name, b.err)
	}
	return took.Round(time.Millisecond)
}
