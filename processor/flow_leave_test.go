//go:build synctests

package processor

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestALeavingMemberIsReplacedSoon: the others learn of it by their heartbeats, at worst just after one, and must not need the
// three seconds between those of Kafka's default.
func TestALeavingMemberIsReplacedSoon(t *testing.T) {
	for after := time.Duration(0); after < 3*time.Second; after += 300 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) { leaveAfter(t, after) })
	}
}

// leaveAfter has one of two members leave so long after both have settled down.
func leaveAfter(t *testing.T, after time.Duration) {
	f := newFlow(t, "orders")
	owned := func(m *member) int { return len(m.ledger.all()) }
	a, b := f.start(), f.start()
	time.Sleep(time.Minute + after)
	if owned(a) == 0 || owned(b) == 0 {
		t.Fatalf("the members have %d and %d partitions, want some each", owned(a), owned(b))
	}
	a.drain(t)
	began := time.Now()
	for owned(b) < 3 && time.Since(began) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the partitions of a member that left %s after the group had settled were taken over after %s, want at most 2s", after, took)
	}
	b.drain(t)
}

// TestASecondLiveMemberOfOneInstanceIDEnds: with the consumer protocol the group keeps a dead member's place until its session ends,
// so the newcomer waits; but not for one that lives.
func TestASecondLiveMemberOfOneInstanceIDEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		f.newProtocol, f.instance = true, "pod-0"
		first := f.start()
		time.Sleep(5 * time.Second)
		if first.Status().State != Running {
			t.Fatalf("status %+v, want the first member running", first.Status())
		}
		began := time.Now()
		second := f.start()
		var err error
		for ended := false; !ended; {
			select {
			case err = <-second.ended:
				ended = true
			case <-time.After(time.Second):
				if second.Status().State == Running {
					t.Error("the second member is ready, and has nothing")
				}
			}
			if time.Since(began) > 10*time.Minute {
				t.Fatal("the second member goes on for ever")
			}
		}
		if err == nil || !strings.Contains(err.Error(), `"pod-0"`) {
			t.Errorf("the second member ended with %v, want an error that names the id", err)
		}
		if took := time.Since(began); took < time.Minute {
			t.Errorf("the second member ended after %s: a dead one's session may have lasted longer", took)
		}
		second.kill()
		first.drain(t)
	})
}

// TestAStaticMemberWaitsForItsGhost: a killed process's place is kept until its session ends; the next process with its id waits for
// that, and goes on by itself soon after.
func TestAStaticMemberWaitsForItsGhost(t *testing.T) {
	const session = 45 * time.Second // the cluster's
	for after := time.Duration(0); after < 5*time.Second; after += 500 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow(t, "orders")
			f.newProtocol, f.instance = true, "pod-0"
			var beat atomic.Int64 // the last heartbeat of the first
			f.cluster.ControlKey(int16(kmsg.ConsumerGroupHeartbeat), func(kmsg.Request) (kmsg.Response, error, bool) {
				f.cluster.KeepControl()
				beat.Store(time.Now().UnixNano())
				return nil, nil, false
			})
			first := f.start()
			f.produceRaw("orders", 0, nil)
			time.Sleep(10 * time.Second)
			first.die()
			ends := time.Unix(0, beat.Load()).Add(session)
			f.produceRaw("orders", 0, nil)
			time.Sleep(after)
			second := f.start()
			for second.Accounts()["orders"].Consumed == 0 && time.Now().Before(ends.Add(time.Minute)) {
				time.Sleep(10 * time.Millisecond)
			}
			if late := time.Since(ends); late < 0 || late > 1500*time.Millisecond {
				t.Errorf("the second member read its first record %s after the end of the first one's session, want up to 1.5s", late)
			}
			second.drain(t)
		})
	}
}

// TestAMemberThrownOutWhileJoiningEnds: the client goes on with the partitions it had, under a new name. Nothing of them may be
// committed, and the process ends, since it would wait for ever.
func TestAMemberThrownOutWhileJoiningEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.produceRaw("orders", 0, nil)
		time.Sleep(10 * time.Second)
		var thrown atomic.Bool
		f.cluster.ControlKey(int16(kmsg.JoinGroup), func(k kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			join := k.(*kmsg.JoinGroupRequest)
			if join.MemberID == "" || !thrown.CompareAndSwap(false, true) {
				return nil, nil, false
			}
			answer := join.ResponseKind().(*kmsg.JoinGroupResponse)
			answer.ErrorCode = kerr.UnknownMemberID.Code
			return answer, nil, true
		})
		before := f.commitsSeen()
		m.client.ForceRebalance()
		time.Sleep(5 * time.Second)
		if !thrown.Load() {
			t.Fatal("the member did not join again")
		}
		f.produceRaw("orders", 0, nil)
		select {
		case err := <-m.ended:
			if !errors.Is(err, errStrangers) {
				t.Errorf("the member ended with %v, want %v", err, errStrangers)
			}
		case <-time.After(10 * time.Minute):
			t.Error("the member goes on for ever")
			m.drain(t)
		}
		if after := f.commitsSeen(); after != before {
			t.Errorf("%d commits were made of partitions that may be another's", after-before)
		}
		m.kill()
	})
}

// TestAGroupThatTakesNobodyIsVisible: each attempt to join costs a connection, and that the brokers can be reached again between two
// of them says nothing of the group.
func TestAGroupThatTakesNobodyIsVisible(t *testing.T) {
	for _, newProtocol := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow(t, "orders")
			f.newProtocol = newProtocol
			m := f.start()
			f.visits("orders", 0, 0, 3)
			time.Sleep(10 * time.Second)
			var away atomic.Bool
			for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.Heartbeat, kmsg.ConsumerGroupHeartbeat} {
				f.cluster.ControlKey(int16(key), func(k kmsg.Request) (kmsg.Response, error, bool) {
					f.cluster.KeepControl()
					if hb, ok := k.(*kmsg.HeartbeatRequest); ok && away.Load() {
						answer := hb.ResponseKind().(*kmsg.HeartbeatResponse)
						answer.ErrorCode = kerr.UnknownMemberID.Code
						return answer, nil, true
					}
					return nil, errors.New("hung up"), away.Load()
				})
			}
			away.Store(true)
			for i := range 120 {
				time.Sleep(time.Second)
				if got := reasons(m); i > 60 && !slices.Contains(got, "group ") {
					t.Errorf("consumer protocol %t: reasons %v, %ds after the group has stopped to take members", newProtocol, got, i)
					break
				}
			}
			away.Store(false)
			f.visits("orders", 0, 10, 3)
			f.settle(2 * time.Minute)
			if got := reasons(m); len(got) > 0 {
				t.Errorf("reasons %v although the group has taken the member", got)
			}
			m.drain(t)
		})
	}
}

// TestACommitWaitsWhereTheSessionMayHaveEnded: a member that the group has not heard of for most of a session commits nothing, and
// goes on when it has.
func TestACommitWaitsWhereTheSessionMayHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.produceRaw("orders", 0, nil)
		time.Sleep(10 * time.Second)
		beats := make(chan struct{}, 1)
		f.cluster.ControlKey(int16(kmsg.Heartbeat), func(kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			select {
			case beats <- struct{}{}:
			default:
			}
			return nil, nil, false
		})
		<-beats // the next one is more than a commit's time away
		time.Sleep(time.Millisecond)
		before := f.commitsSeen()
		f.produceRaw("orders", 0, nil)
		m.session.heard(time.Now().Add(-31 * time.Second)) // of 45: as if none had got through for so long
		time.Sleep(commitEvery + 100*time.Millisecond)
		if after := f.commitsSeen(); after != before {
			t.Error("a commit was made without a heartbeat for most of a session")
		}
		time.Sleep(5 * time.Second)
		if after := f.commitsSeen(); after == before {
			t.Error("no commit was made although the heartbeats get through again")
		}
		m.drain(t)
	})
}

// TestASilentNetworkIsVisible: requests get no answer and no error, so that only time tells that the member may have lost its partitions.
func TestASilentNetworkIsVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.visits("orders", 0, 0, 3)
		time.Sleep(10 * time.Second)
		silence := make(chan struct{})
		f.cluster.ControlKey(int16(kmsg.Heartbeat), func(kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.SleepControl(func() { <-silence })
			return nil, nil, false
		})
		time.Sleep(25 * time.Second)
		if got := reasons(m); len(got) > 0 {
			t.Errorf("reasons %v after half a session", got)
		}
		time.Sleep(15 * time.Second)
		if got := reasons(m); !slices.Contains(got, "group ") || m.Status().State != Holding {
			t.Errorf("reasons %v, state %s, after most of a session", got, m.Status().State)
		}
		close(silence)
		f.visits("orders", 0, 10, 3)
		f.settle(2 * time.Minute)
		time.Sleep(2 * time.Minute)
		if got := reasons(m); len(got) > 0 {
			t.Errorf("reasons %v after the network has come back", got)
		}
		m.drain(t)
	})
}

// TestALostMemberStaysVisible: the group says to a member that it had fallen silent to that it is none any more, and then does not answer
// it when it joins again.
func TestALostMemberStaysVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlow(t, "orders")
		m := f.start()
		f.visits("orders", 0, 0, 3)
		time.Sleep(10 * time.Second)
		heartbeats, joins := make(chan struct{}), make(chan struct{})
		f.cluster.ControlKey(int16(kmsg.Heartbeat), func(k kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			f.cluster.SleepControl(func() { <-heartbeats })
			answer := k.ResponseKind().(*kmsg.HeartbeatResponse)
			answer.ErrorCode = kerr.UnknownMemberID.Code
			return answer, nil, true
		})
		f.cluster.ControlKey(int16(kmsg.JoinGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			f.cluster.SleepControl(func() { <-joins })
			return nil, nil, false
		})
		for after := 0; after < 120; after++ {
			if after == 60 {
				close(heartbeats)
			}
			time.Sleep(time.Second)
			if after > 40 && m.Status().State != Holding {
				t.Errorf("%s with %d partitions, %d s after the group has fallen silent", m.Status().State, len(m.ledger.all()), after)
				break
			}
		}
		select {
		case <-heartbeats:
		default:
			close(heartbeats)
		}
		close(joins)
		m.drain(t)
	})
}

// commitsSeen is how many commits were asked of the broker.
func (f *flow) commitsSeen() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.commits
}
