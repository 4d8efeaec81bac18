package integration_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"brazebridge/sink/fakebraze"
)

// A second member takes its share of the partitions under load, and the first leaves: nothing is lost, and since both hand over
// in order, nothing is sent twice.
func TestMembersShareAndHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 10 * time.Millisecond}})
	s := w.settings()
	a := w.start("a", s)
	var sent []sentRecord
	more := func() {
		// Each call writes the next ten records of each topic.
		sent = append(sent, w.produce(len(sent)/len(streams), 10)...)
	}
	w.waitMembers(1, more)

	b := w.start("b", s)
	w.waitMembers(2, more)
	a.stop()
	w.waitMembers(1, more)

	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.checkNoLetters()
}

// waitMembers returns when so many members have partitions, and all partitions have a member. It calls during each time before it
// looks, so that the rebalance meets records.
func (w *world) waitMembers(members int, during func()) {
	w.t.Helper()
	all := partitions * len(streams)
	w.until(fmt.Sprintf("%d members that share %d partitions", members, all), func() (bool, string) {
		during()
		shares := w.shares()
		total := 0
		for _, n := range shares {
			total += n
		}
		return len(shares) == members && total == all, fmt.Sprintf("shares %v", slices.Collect(maps.Values(shares)))
	})
}

// shares is how many partitions each member has; members without any are left out.
func (w *world) shares() map[string]int {
	w.t.Helper()
	groups, err := w.kafka.admin.DescribeGroups(w.t.Context(), w.group)
	if err == nil {
		err = groups.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil // nobody has joined yet
	}
	if err != nil {
		w.t.Fatalf("describe the group: %v", err)
	}
	shares := make(map[string]int)
	for _, m := range groups[w.group].Members {
		assigned, ok := m.Assigned.AsConsumer()
		if !ok {
			continue
		}
		for _, topic := range assigned.Topics {
			shares[m.MemberID] += len(topic.Partitions)
		}
	}
	return shares
}
