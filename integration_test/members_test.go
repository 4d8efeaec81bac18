package integration_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/sink/fakebraze"
)

// protocols are the two ways in which Kafka shares partitions among members.
var protocols = []string{"classic", "consumer"}

// speak has the bridges use a protocol, with sessions of the given length.
func (w *world) speak(protocol string, s *settings, session time.Duration) {
	w.t.Helper()
	s.SessionTimeout = session
	if protocol == "classic" {
		return
	}
	s.SessionTimeout = 0 // the broker's, with this protocol
	s.Kafka += "\n  protocol: consumer"
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	group := kmsg.NewIncrementalAlterConfigsRequestResource()
	group.ResourceType, group.ResourceName = kmsg.ConfigResourceTypeGroupConfig, w.group
	for name, value := range map[string]time.Duration{"consumer.session.timeout.ms": session, "consumer.heartbeat.interval.ms": min(session/3, time.Second)} {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Value = name, kmsg.StringPtr(fmt.Sprint(value.Milliseconds()))
		group.Configs = append(group.Configs, c)
	}
	request.Resources = append(request.Resources, group)
	answer, err := request.RequestWith(w.t.Context(), w.producer)
	if err == nil {
		err = kerr.ErrorForCode(answer.Resources[0].ErrorCode)
	}
	if err != nil {
		w.t.Fatalf("set the group's session timeout: %v", err)
	}
}

// freeze stops a process without ending it, as a machine does that has no time for it, and thaw lets it go on.
func (b *bridge) freeze() { b.signal(syscall.SIGSTOP) }
func (b *bridge) thaw()   { b.signal(syscall.SIGCONT) }

func (b *bridge) signal(s syscall.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatalf("send %s to bridge %s: %v", s, b.name, err)
	}
}

// waitOwners returns when exactly these bridges own partitions, and all partitions have an owner.
func (w *world) waitOwners(v *wire, bridges ...*bridge) {
	w.t.Helper()
	var want []string
	for _, b := range bridges {
		want = append(want, w.client(b.name))
	}
	slices.Sort(want)
	w.until(fmt.Sprintf("partitions shared by %s", strings.Join(want, ", ")), func() (bool, string) {
		shares := v.members()
		var got []string
		total := 0
		for client, n := range shares {
			got = append(got, client)
			total += n
		}
		slices.Sort(got)
		return slices.Equal(got, want) && total == partitions*len(streams), fmt.Sprint(shares)
	})
}

// party is a group whose members come and go.
type party struct {
	w       *world
	v       *wire
	s       settings
	random  *rand.Rand
	members []*bridge
	started int
	frozen  int // how often a member was frozen for longer than its session
	killed  int
}

func (p *party) join() {
	p.w.t.Helper()
	p.started++
	p.members = append(p.members, p.w.startWatched(fmt.Sprintf("m%d", p.started), p.s))
}

// takeOne takes a member at random out of the list.
func (p *party) takeOne() *bridge {
	i := p.random.IntN(len(p.members))
	b := p.members[i]
	p.members = slices.Delete(p.members, i, i+1)
	return b
}

// The ways in which a member of three goes.
var departures = []struct {
	name string
	do   func(p *party)
}{
	{"leaves, and another comes", func(p *party) {
		p.takeOne().stop()
		p.w.waitOwners(p.v, p.members...)
		p.join()
	}},
	{"leaves while another comes", func(p *party) {
		b := p.takeOne()
		b.terminate()
		p.join()
		b.waitForEnd(patience)
	}},
	{"is killed", func(p *party) {
		p.takeOne().kill()
		p.killed++
		p.w.waitOwners(p.v, p.members...)
		p.join()
	}},
	{"is frozen for longer than its session, and thawed", func(p *party) {
		b := p.takeOne()
		b.freeze()
		p.frozen++
		p.w.waitOwners(p.v, p.members...)
		b.thaw()
		p.members = append(p.members, b)
	}},
	{"is frozen for longer than its session, and thawed while another leaves", func(p *party) {
		b := p.takeOne()
		b.freeze()
		p.frozen++
		p.w.waitOwners(p.v, p.members...)
		leaving := p.takeOne()
		leaving.terminate()
		b.thaw()
		p.members = append(p.members, b)
		p.join()
		leaving.waitForEnd(patience)
	}},
	{"is frozen, and thawed before its session ends", func(p *party) {
		b := p.takeOne()
		b.freeze()
		time.Sleep(sessionTimeout / 3)
		b.thaw()
		p.members = append(p.members, b)
	}},
}

// Three members come, leave, die, and are frozen and thawed under load: nothing is lost, no commit is accepted of a member that
// does not own the partition, none passes what Braze has accepted, each user's records arrive in order, and what is sent twice
// stays below the window for each member that was killed or frozen.
func TestMembersComeAndGo(t *testing.T) {
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			const window = 300
			rounds := number(t, "ROUNDS", 1)
			w := newWorld(t, needSuite(t), worldOptions{braze: fakebraze.Options{Latency: 20 * time.Millisecond}})
			s := w.settings()
			s.ResendWindow = window
			w.speak(protocol, &s, sessionTimeout)
			p := &party{w: w, v: w.watch(), s: s, random: chance(t)}
			load := w.startLoad(10, 3000)
			for range 3 {
				p.join()
			}
			for range rounds {
				for _, i := range p.random.Perm(len(departures)) {
					w.waitOwners(p.v, p.members...)
					moment := w.braze.moment()
					t.Logf("a member %s", departures[i].name)
					departures[i].do(p)
					w.waitOwners(p.v, p.members...)
					w.until("more objects at Braze", func() (bool, string) { return w.braze.moment() > moment, "none" })
				}
			}
			sent := load.stop()
			w.waitArrived(sent)
			w.waitCommitted()
			for _, b := range p.members {
				b.stop()
			}
			w.checkAll(p.v, s, sent)
			again := w.braze.again()
			if most := window * (p.frozen + p.killed); again > most {
				t.Errorf("%d records were sent again after %d kills and %d freezes, want at most %d", again, p.killed, p.frozen, most)
			}
			t.Logf("%d of %d records sent again after %d kills and %d freezes with a window of %d; refused commits: %v",
				again, len(sent), p.killed, p.frozen, window, p.v.refused)
		})
	}
}
