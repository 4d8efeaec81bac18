package processor

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafkaHooks hear what the Kafka client would otherwise keep to itself.
type kafkaHooks struct {
	p    *Processor
	fail func(error)
}

var (
	_ kgo.HookBrokerConnect    = kafkaHooks{}
	_ kgo.HookGroupManageError = kafkaHooks{}
)

// OnBrokerConnect notes brokers that cannot be reached; the client tries again for ever.
func (h kafkaHooks) OnBrokerConnect(meta kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		h.p.board.clear(reasonKafka, "", "")
	} else if h.p.run.Err() == nil {
		h.p.board.fault(reasonKafka, "", "", fmt.Sprintf("connect to broker %s: %v", net.JoinHostPort(meta.Host, fmt.Sprint(meta.Port)), err))
	}
}

// OnGroupManageError notes what the group says of this member. A process whose place in the group another one has taken
// ends: it would consume nothing for ever.
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
		h.p.board.fault(reasonKafka, "", "", fmt.Sprintf("group %s: the instance id %q belongs to another member until its session ends: %v", k.Group, k.InstanceID, err))
	default:
		h.p.board.fault(reasonKafka, "", "", fmt.Sprintf("group %s: %v", k.Group, err))
	}
}

// longestSession is the longest that a broker keeps the place of a dead member with the consumer protocol, by its defaults
// (group.consumer.max.session.timeout.ms). Who holds it for longer is alive.
const longestSession = time.Minute

// ghost is the member that has this one's instance id: mostly the process that was killed before this one was started.
type ghost struct {
	since atomic.Int64 // when it was met first, Unix nanoseconds; zero: there is none
}

// lasts notes that the ghost is there, and returns for how long it has been.
func (g *ghost) lasts() time.Duration {
	now := time.Now().UnixNano()
	if g.since.CompareAndSwap(0, now) {
		return 0
	}
	return time.Duration(now - g.since.Load())
}

func (g *ghost) gone() { g.since.Store(0) }
