package processor

import (
	"errors"
	"fmt"
	"net"
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
	switch {
	case errors.Is(err, kerr.FencedInstanceID):
		h.fail(fmt.Errorf("another member has taken the instance id %q of group %s: give each its own, or none", h.p.cfg.Kafka.InstanceID, h.p.cfg.Kafka.Group))
	case h.p.run.Err() == nil:
		h.p.board.fault(reasonKafka, "", "", fmt.Sprintf("group %s: %v", h.p.cfg.Kafka.Group, err))
	}
}
