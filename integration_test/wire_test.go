package integration_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// wire is what a test has seen between its bridges and the broker, by the bridges' client ids.
type wire struct {
	moment func() int // how many objects Braze has accepted by now

	mu      sync.Mutex
	topics  map[[16]byte]string
	owners  map[position]string // to whom the broker has granted a partition last
	commits []commit            // that the broker has accepted, in its order
	last    map[position]int64  // their newest offset
	asking  map[*kmsg.OffsetCommitRequest]int
	refused map[string]int // commits of partitions that the broker has not accepted, by its reason
	grants  []grant
	beats   map[string][]time.Time // when a client said that it lives
	left    map[string]time.Time   // when the broker let a client leave
	cuts    map[string]*cut
	open    map[*tapped]func() // how the client's connections are reset
	faults  []string
}

// cut is an interruption between a client and the broker.
type cut struct {
	loud bool // connections are reset, old ones and new ones; otherwise nothing comes through
	over chan struct{}
}

// commit is one partition's accepted offset.
type commit struct {
	position
	client string
	offset int64
	moment int // of Braze, when the bridge asked for it
}

// grant is a partition that the broker gave to a client that had not got it.
type grant struct {
	position
	client, from string
	at           time.Time
	fetched      time.Time // when the records were asked for next, by the client or by who got the partition then
}

// watch has the world's bridges connect through the tap. Their settings come from watched.
func (w *world) watch() *wire {
	w.t.Helper()
	topics, err := w.kafka.admin.ListTopics(w.t.Context())
	if err != nil {
		w.t.Fatalf("list topics: %v", err)
	}
	v := &wire{
		moment: w.braze.moment, topics: make(map[[16]byte]string), owners: make(map[position]string), last: make(map[position]int64),
		asking: make(map[*kmsg.OffsetCommitRequest]int), refused: make(map[string]int),
		beats: make(map[string][]time.Time), left: make(map[string]time.Time), cuts: make(map[string]*cut), open: make(map[*tapped]func()),
	}
	for name, t := range topics {
		v.topics[t.ID] = name
	}
	t := w.kafka.tap
	t.mu.Lock()
	t.wires[w.prefix] = v
	t.mu.Unlock()
	w.t.Cleanup(func() {
		t.mu.Lock()
		delete(t.wires, w.prefix)
		t.mu.Unlock()
	})
	return v
}

// client is the client id of a watched bridge.
func (w *world) client(name string) string { return w.prefix + "." + name }

// startWatched runs a bridge whose way to the broker is watched.
func (w *world) startWatched(name string, s settings) *bridge {
	w.t.Helper()
	s.Brokers = w.kafka.tap.address()
	s.Kafka += "\n  client_id: " + w.client(name)
	return w.start(name, s)
}

func (v *wire) fault(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, err.Error())
}

// looksAt says which requests matter, so that no others need be read.
func (*wire) looksAt(r kmsg.Request) bool {
	switch r.(type) {
	case *kmsg.OffsetCommitRequest, *kmsg.SyncGroupRequest, *kmsg.ConsumerGroupHeartbeatRequest, *kmsg.FetchRequest,
		*kmsg.HeartbeatRequest, *kmsg.LeaveGroupRequest:
		return true
	}
	return false
}

// asked notes a request before the broker sees it.
func (v *wire) asked(client string, r kmsg.Request, at time.Time) {
	moment := v.moment()
	v.mu.Lock()
	defer v.mu.Unlock()
	switch r := r.(type) {
	case *kmsg.OffsetCommitRequest:
		v.asking[r] = moment
	case *kmsg.HeartbeatRequest, *kmsg.ConsumerGroupHeartbeatRequest:
		v.beats[client] = append(v.beats[client], at)
	case *kmsg.FetchRequest:
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				v.fetchedLocked(client, position{v.name(t.Topic, t.TopicID), p.Partition}, at)
			}
		}
	}
}

// name is a topic's, of which requests of newer versions have only the id.
func (v *wire) name(name string, id [16]byte) string {
	if name == "" {
		return v.topics[id]
	}
	return name
}

func (v *wire) fetchedLocked(client string, p position, at time.Time) {
	if v.owners[p] != client {
		return
	}
	// The partition may have gone through the hands of somebody who never came to read it.
	for i := len(v.grants) - 1; i >= 0; i-- {
		g := &v.grants[i]
		if g.position == p && !g.fetched.IsZero() {
			return
		}
		if g.position == p {
			g.fetched = at
		}
	}
}

// answered notes an answer before the client sees it.
func (v *wire) answered(client string, r kmsg.Request, answer kmsg.Response, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch answer := answer.(type) {
	case *kmsg.OffsetCommitResponse:
		v.commitLocked(client, r.(*kmsg.OffsetCommitRequest), answer)
	case *kmsg.SyncGroupResponse:
		if answer.ErrorCode != 0 {
			return
		}
		var assigned kmsg.ConsumerMemberAssignment
		if err := assigned.ReadFrom(answer.MemberAssignment); err != nil {
			v.faults = append(v.faults, fmt.Sprintf("read an assignment: %v", err))
			return
		}
		for _, t := range assigned.Topics {
			v.grantLocked(client, t.Topic, t.Partitions, at)
		}
	case *kmsg.ConsumerGroupHeartbeatResponse:
		if answer.ErrorCode == 0 && answer.Assignment != nil {
			for _, t := range answer.Assignment.Topics {
				v.grantLocked(client, v.topics[t.TopicID], t.Partitions, at)
			}
		}
		if r.(*kmsg.ConsumerGroupHeartbeatRequest).MemberEpoch < 0 && answer.ErrorCode == 0 {
			v.left[client] = at
		}
	case *kmsg.LeaveGroupResponse:
		if answer.ErrorCode == 0 {
			v.left[client] = at
		}
	}
}

func (v *wire) grantLocked(client, topic string, partitions []int32, at time.Time) {
	for _, n := range partitions {
		p := position{topic, n}
		if from := v.owners[p]; from != client {
			v.owners[p] = client
			v.grants = append(v.grants, grant{position: p, client: client, from: from, at: at})
		}
	}
}

// commitLocked notes what the broker accepted. Whose partition it is and that it goes on from the last one is looked at here: the
// order in which answers pass is that of the broker.
func (v *wire) commitLocked(client string, r *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse) {
	moment := v.asking[r]
	delete(v.asking, r)
	for i, t := range answer.Topics {
		for j, a := range t.Partitions {
			p := position{v.name(t.Topic, t.TopicID), a.Partition}
			asked := r.Topics[i].Partitions[j]
			if asked.Partition != a.Partition {
				v.faults = append(v.faults, "a commit's answer is not in the order of its request")
				continue
			}
			if a.ErrorCode != 0 {
				v.refused[kerr.ErrorForCode(a.ErrorCode).Error()]++
				continue
			}
			if owner := v.owners[p]; owner != client {
				v.faults = append(v.faults, fmt.Sprintf("a commit by %s of %s/%d, which belongs to %q, was accepted", client, p.topic, p.partition, owner))
			}
			if last, ok := v.last[p]; ok && asked.Offset < last {
				v.faults = append(v.faults, fmt.Sprintf("the commit of %s/%d went back from %d to %d by %s", p.topic, p.partition, last, asked.Offset, client))
			}
			v.last[p] = asked.Offset
			v.commits = append(v.commits, commit{p, client, asked.Offset, moment})
		}
	}
}

// check fails where a commit passed a record that Braze had not accepted when the bridge asked for the commit, where a commit was
// accepted of somebody who did not own the partition, and where one went back.
func (v *wire) check(t testing.TB, b *braze, sent []sentRecord) {
	t.Helper()
	safe := b.safeMoments(sent)
	v.mu.Lock()
	defer v.mu.Unlock()
	faults := slices.Clone(v.faults)
	for _, c := range v.commits {
		moments := safe[c.position]
		if c.offset > int64(len(moments)) {
			faults = append(faults, fmt.Sprintf("a commit of %s/%d is at %d, behind its end at %d", c.topic, c.partition, c.offset, len(moments)))
		} else if c.offset > 0 && moments[c.offset-1] > c.moment {
			faults = append(faults, fmt.Sprintf("the commit of %s/%d at %d by %s passed a record that Braze had not accepted", c.topic, c.partition, c.offset, c.client))
		}
	}
	if len(v.commits) == 0 {
		faults = append(faults, "no commit was seen")
	}
	for _, f := range faults[:min(len(faults), 5)] {
		t.Error(f)
	}
	if more := len(faults) - 5; more > 0 {
		t.Errorf("and %d more faults on the wire", more)
	}
}

// cut interrupts what goes on between a client and the broker, both ways. A silent cut breaks no connection; a loud one resets those
// there are, and each new one when the client says its name.
func (v *wire) cut(client string, loud bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cuts[client] = &cut{loud: loud, over: make(chan struct{})}
	for c, reset := range v.open {
		if loud && c.client() == client {
			reset()
		}
	}
}

// mend ends a cut.
func (v *wire) mend(client string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	close(v.cuts[client].over)
	delete(v.cuts, client)
}

// through returns when a frame may pass: true, or false where its connection is to be reset.
func (v *wire) through(client string) bool {
	v.mu.Lock()
	c := v.cuts[client]
	v.mu.Unlock()
	if c == nil {
		return true
	}
	if c.loud {
		return false
	}
	<-c.over
	return true
}

// members are how many partitions each client owns, as far as the broker has granted them.
func (v *wire) members() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := make(map[string]int)
	for _, client := range v.owners {
		n[client]++
	}
	return n
}
