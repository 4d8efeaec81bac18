package processor

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kafkaHooks hear what the Kafka client would otherwise keep to itself.
type kafkaHooks struct {
	p    *Processor
	fail func(error)
}

var (
	_ kgo.HookBrokerConnect    = kafkaHooks{}
	_ kgo.HookGroupManageError = kafkaHooks{}
	_ kgo.HookBrokerE2E        = kafkaHooks{}
)

// OnBrokerE2E notes that the group has heard of this member.
func (h kafkaHooks) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	if e.Err() != nil {
		return
	}
	switch kmsg.Key(key) {
	case kmsg.Heartbeat:
		h.p.session.heard(time.Now().Add(-e.DurationE2E())) // it counts from when the broker had it, which is later
	case kmsg.JoinGroup, kmsg.SyncGroup: // may wait long for others, and the session begins with the answer
		h.p.session.heard(time.Now())
	}
}

// OnBrokerConnect notes brokers that cannot be reached; the client tries again for ever.
func (h kafkaHooks) OnBrokerConnect(meta kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		h.p.board.clear(reasonKafka, "", "")
	} else if h.p.run.Err() == nil {
		h.p.board.fault(reasonKafka, "", "", fmt.Sprintf("connect to broker %s: %v", net.JoinHostPort(meta.Host, fmt.Sprint(meta.Port)), err))
	}
}

// OnGroupManageError notes what the group says of this member, until the group has given it its part: that a broker can be reached
// again says nothing of it. A process whose place in the group another one has taken ends: it would consume nothing for ever.
func (h kafkaHooks) OnGroupManageError(err error) {
	k := &h.p.cfg.Kafka
	switch {
	case h.p.run.Err() != nil:
	case errors.Is(err, kerr.FencedInstanceID):
		h.fail(fmt.Errorf("another member has taken the instance id %q of group %s: give each its own, or none", k.InstanceID, k.Group))
	case errors.Is(err, kerr.UnreleasedInstanceID):
		if h.p.ghost.lasts() > longestSession {
			h.fail(fmt.Errorf("another member holds the instance id %q of group %s, and lives: give each its own, or none", k.InstanceID, k.Group))
			return
		}
		h.p.board.fault(reasonGroup, "", "", fmt.Sprintf("group %s: the instance id %q belongs to another member until its session ends: %v", k.Group, k.InstanceID, err))
	default:
		h.p.board.fault(reasonGroup, "", "", fmt.Sprintf("group %s: %v", k.Group, err))
	}
}

// longestSession is the longest that a broker keeps the place of a dead member with the consumer protocol, by its defaults
// (group.consumer.max.session.timeout.ms). Who holds it for longer is alive.
const longestSession = time.Minute

// standing is something that is met again and again until it is gone.
type standing struct {
	since atomic.Int64 // when it was met first, Unix nanoseconds; zero: it is not there
}

// lasts notes that it is there, and returns for how long it has been.
func (l *standing) lasts() time.Duration {
	now := time.Now().UnixNano()
	if l.since.CompareAndSwap(0, now) {
		return 0
	}
	return time.Duration(now - l.since.Load())
}

func (l *standing) gone() { l.since.Store(0) }

// session is how long a member of a classic group may be sure that it still is one.
type session struct {
	lasts time.Duration // without a heartbeat; zero: with this protocol there is no need to know
	last  atomic.Int64  // when the group heard of this member, Unix nanoseconds
}

func (s *session) heard(at time.Time) { s.last.Store(at.UnixNano()) }

// errUnsure is why a commit waits.
var errUnsure = errors.New("the group has not heard of this member for long: its partitions may be another's")

// sure returns nil while the session cannot have ended. A member that was frozen, or cut off, for longer finds out by a heartbeat and
// loses its partitions. It must not find out by a commit: the client would join again with the partitions that it had, as a new
// member, and what is then revoked, or kept, would be committed for somebody else's partitions, behind what that one has committed.
func (s *session) sure() error {
	if s.lasts > 0 && time.Since(time.Unix(0, s.last.Load())) > s.lasts*2/3 {
		return errUnsure
	}
	return nil
}
