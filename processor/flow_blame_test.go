//go:build synctests

package processor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// asks are what the members of a classic group asked of it last. With them a group that stands still can be blamed: on the cluster,
// if it keeps all of its members waiting for an answer, or on a member that has not asked for what it has to.
type asks struct {
	mu   sync.Mutex
	last map[string]ask // by member
}

type ask struct {
	what kmsg.Key
	at   time.Time
}

// watch notes the requests that a cluster gets.
func (a *asks) watch(f *flow) {
	a.last = map[string]ask{}
	note := func(key kmsg.Key, member func(kmsg.Request) string) {
		f.cluster.ControlKey(int16(key), func(k kmsg.Request) (kmsg.Response, error, bool) {
			f.cluster.KeepControl()
			a.mu.Lock()
			defer a.mu.Unlock()
			a.last[member(k)] = ask{key, time.Now()}
			return nil, nil, false
		})
	}
	note(kmsg.JoinGroup, func(k kmsg.Request) string { return k.(*kmsg.JoinGroupRequest).MemberID })
	note(kmsg.SyncGroup, func(k kmsg.Request) string { return k.(*kmsg.SyncGroupRequest).MemberID })
	note(kmsg.Heartbeat, func(k kmsg.Request) string { return k.(*kmsg.HeartbeatRequest).MemberID })
}

// blame says what the group is and what its members asked last, and whether the cluster is at fault if it stands still. A broker
// ends a rebalance as soon as all members have joined (and without those that have not when the rebalance timeout is over); kfake
// begins that time anew with each join, and miscounts who has joined once it has expired a member that waits in SyncGroup.
func (a *asks) blame(f *flow) string {
	groups, err := f.adm().DescribeGroups(context.Background(), "flow")
	if err != nil {
		return fmt.Sprintf("the group cannot be described: %v", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	g := groups["flow"]
	text, waiting := fmt.Sprintf("the group is %s", g.State), 0
	for _, m := range g.Members {
		last := a.last[m.MemberID]
		text += fmt.Sprintf("\n  %s: %s %s ago", m.MemberID, last.what.Name(), time.Since(last.at))
		if last.what == kmsg.JoinGroup && time.Since(last.at) > time.Second {
			waiting++
		}
	}
	if g.State == "PreparingRebalance" && waiting == len(g.Members) {
		text += "\n  all of its members wait for the answer to JoinGroup: it is the cluster that does not go on, not the bridge"
	}
	return text
}
