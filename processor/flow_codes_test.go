//go:build synctests

package processor

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commitCodes are what a broker may answer a commit. Those of a partition must not cost the others' commits.
var commitCodes = []struct {
	err *kerr.Error
	one bool // said of single partitions, not of the group
}{
	{kerr.IllegalGeneration, false},
	{kerr.UnknownMemberID, false},
	{kerr.StaleMemberEpoch, false},
	{kerr.RebalanceInProgress, false},
	{kerr.CoordinatorLoadInProgress, false},
	{kerr.NotCoordinator, false},
	{kerr.CoordinatorNotAvailable, false},
	{kerr.GroupAuthorizationFailed, false},
	{kerr.FencedInstanceID, false},
	{kerr.RequestTimedOut, false}, // and stored all the same
	{kerr.UnknownServerError, false},
	{kerr.TopicAuthorizationFailed, true},
	{kerr.UnknownTopicOrPartition, true},
	{kerr.OffsetMetadataTooLarge, true},
	{kerr.InvalidCommitOffsetSize, true},
}

// TestEveryCodeOfACommit: a few answers with an error are nothing, and where they go on it is shown, with the partition and the cause,
// until they end. Nothing is lost or sent twice, and commits go on by themselves.
func TestEveryCodeOfACommit(t *testing.T) {
	for _, c := range commitCodes {
		for _, newProtocol := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s consumer protocol %t", c.err.Message, newProtocol), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { codeOfACommit(t, c.err, c.one, newProtocol) })
			})
		}
	}
}

func codeOfACommit(t *testing.T, code *kerr.Error, one, newProtocol bool) {
	f, rnd := newFlow(t, "orders", "cart"), rand.New(rand.NewPCG(5, 5))
	f.newProtocol = newProtocol
	f.cluster.ControlKey(int16(kmsg.OffsetCommit), f.watchOwners)
	members := []*member{f.start(), f.start()}
	time.Sleep(20 * time.Second)
	fault := kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: "flow", Err: code, Count: 3}
	if one {
		fault.Topic, fault.Partitions = "cart", []int32{0}
	}
	few := f.cluster.Fault(fault)
	f.produce(rnd, 60)
	f.untilCommitted(time.Minute)
	if few.Hits() == 0 {
		t.Fatal("no commit was refused")
	}
	few.Remove()
	time.Sleep(10 * time.Second)
	if got := slices.Concat(reasons(members[0]), reasons(members[1])); len(got) > 0 {
		t.Errorf("after a few refusals: %v", got)
	}

	fault.Count = -1
	lasting := f.cluster.Fault(fault)
	for range 24 {
		f.produce(rnd, 8)
		time.Sleep(5 * time.Second)
	}
	want := strings.Split(code.Message, ":")[0]
	if one {
		want = "partition 0 of cart: " + want
	}
	if got := texts(members, reasonCommit); !strings.Contains(got, want) {
		t.Errorf("after two minutes readiness says %q, want %q in it", got, want)
	}
	if n := f.openBut(topicPartition{"cart", 0}); one && n > 0 {
		t.Errorf("%d records of other partitions wait for a commit of partition 0 of cart", n)
	}
	for tp, records := range f.byOffset {
		if at := f.committed(tp.topic, tp.partition); one && tp != (topicPartition{"cart", 0}) && at != int64(len(records)) {
			t.Errorf("%v: %d of %d are committed, although only partition 0 of cart is refused", tp, at, len(records))
		}
	}
	lasting.Remove()
	f.settle(time.Minute)
	f.untilCommitted(time.Minute)
	time.Sleep(10 * time.Second)
	if got := slices.Concat(reasons(members[0]), reasons(members[1])); len(got) > 0 {
		t.Errorf("reasons %v although commits are taken", got)
	}
	for _, m := range members {
		m.closes()
		m.drain(t)
	}
	f.checkEnd(0)
}

// openBut is how many records have no outcome, but for those of a partition.
func (f *flow) openBut(tp topicPartition) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.records {
		if r.part != tp && !r.settled() {
			n++
		}
	}
	return n
}

// texts are the members' reasons of a code.
func texts(members []*member, code string) (text string) {
	for _, m := range members {
		for _, r := range m.Status().Reasons {
			if r.Code == code {
				text += r.Topic + " " + r.Text + "\n"
			}
		}
	}
	return text
}

// watchOwners checks that nobody commits what the group has given to another member.
func (f *flow) watchOwners(k kmsg.Request) (kmsg.Response, error, bool) {
	f.cluster.KeepControl()
	req := k.(*kmsg.OffsetCommitRequest)
	f.mu.Lock()
	members := slices.Clone(f.members)
	f.mu.Unlock()
	for _, t := range req.Topics {
		name := t.Topic
		if info := f.cluster.TopicIDInfo(t.TopicID); name == "" && info != nil {
			name = info.Topic
		}
		for _, m := range members {
			m.ledger.mu.Lock()
			for _, p := range t.Partitions {
				if a := m.ledger.parts[topicPartition{name, p.Partition}]; a != nil && a.member != req.MemberID {
					f.t.Errorf("%s commits %s/%d, which is %s's", req.MemberID, name, p.Partition, a.member)
				}
			}
			m.ledger.mu.Unlock()
		}
	}
	return nil, nil, false
}

// TestAFencedMemberEnds: another process has this one's place in the group, and everything that the group answers says so. Only ending
// helps, with the instance id in the error.
func TestAFencedMemberEnds(t *testing.T) {
	for _, newProtocol := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFlow(t, "orders")
			f.newProtocol, f.instance = newProtocol, "pod-0"
			m := f.start()
			f.visits("orders", 0, 0, 5)
			f.settle(time.Minute)
			f.cluster.Fault(kfake.Fault{
				Keys:  []kmsg.Key{kmsg.OffsetCommit, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.ConsumerGroupHeartbeat},
				Group: "flow", Err: kerr.FencedInstanceID, Count: -1,
			})
			f.visits("orders", 0, 10, 5)
			select {
			case err := <-m.ended:
				if err == nil || !strings.Contains(err.Error(), `"pod-0"`) {
					t.Errorf("ended with %v, want an error that names the instance id", err)
				}
			case <-time.After(2 * time.Minute):
				t.Error("the member goes on, although another has its place")
				m.drain(t)
			}
			m.kill()
		})
	}
}

// TestOneRefusalHalvesTheRoomForNotesOnce: a broker that takes shorter notes than others says so of each partition of a commit. All of
// them together are one word, and what is left without any room is committed without a note.
func TestOneRefusalHalvesTheRoomForNotesOnce(t *testing.T) {
	l, w := newTestLedger(100)
	p := &Processor{ledger: l, board: newBoard(slog.New(slog.DiscardHandler))}
	p.noteLimit.Store(longestNote)
	points := map[topicPartition]*commitPoint{}
	req, resp := &kmsg.OffsetCommitRequest{Topics: []kmsg.OffsetCommitRequestTopic{{Topic: "t"}}}, &kmsg.OffsetCommitResponse{Topics: []kmsg.OffsetCommitResponseTopic{{Topic: "t"}}}
	for n := range int32(20) {
		tp := topicPartition{"t", n}
		points[tp] = &commitPoint{acct: l.open(tp, w, ""), written: 3000 + int(n)}
		resp.Topics[0].Partitions = append(resp.Topics[0].Partitions, kmsg.OffsetCommitResponseTopicPartition{Partition: n, ErrorCode: kerr.OffsetMetadataTooLarge.Code})
	}
	p.committed(req, resp, points)
	if got := p.noteLimit.Load(); got != 1500 {
		t.Errorf("room for %d characters after one refused commit, want half of the shortest note that was refused", got)
	}
	for limit := range 200 {
		pt := commitPoint{position: position{offset: 7}}
		if text := pt.annotation([16]byte{1}, limit); len(text) > limit {
			t.Errorf("a note of %d characters where there is room for %d", len(text), limit)
		}
	}
}
