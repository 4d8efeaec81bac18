//go:build synctests

package processor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"brazebridge/config"
	"brazebridge/sink"
)

// member is one running processor.
type member struct {
	*Processor
	stop, kill context.CancelFunc
	ended      chan error
	wire       *wire
	flow       *flow
	dead       bool // died, guarded by flow.mu
	logged     *journal
}

// journal is what a member has logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if os.Getenv("FLOW_LOG") != "" {
		_, _ = os.Stderr.Write(line)
	}
	return j.text.Write(line)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), text)
}

// wire is a member's network, which a test can cut.
type wire struct {
	net *kfake.VirtualNetwork

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, net.ErrClosed
	}
	c, err := w.net.DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, c)
	}
	return c, err
}

func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close() // it may have been closed already
	}
}

func (f *flow) start() *member {
	f.t.Helper()
	topics := ""
	for _, name := range f.topics {
		topics += fmt.Sprintf(flowTopic, name)
	}
	if f.maxAge != "" {
		topics += "    max_age: " + f.maxAge + "\n"
	}
	if f.latest {
		topics += "    start: latest\n"
	}
	text := fmt.Sprintf(flowConfig, topics)
	if f.delivery != "" {
		text = regexp.MustCompile(`(?m)^delivery: .*$`).ReplaceAllString(text, "delivery: "+f.delivery)
	}
	if f.newProtocol {
		text = strings.Replace(text, "group: flow", "group: flow, protocol: consumer", 1)
	}
	if f.instance != "" {
		text = strings.Replace(text, "group: flow", "group: flow, instance_id: "+f.instance, 1)
	}
	cfg, _, err := config.Parse("flow.yaml", []byte(text), config.ResolveAll)
	if err != nil {
		f.t.Fatal(err)
	}
	client, err := sink.NewClient(sink.ClientOptions{
		Endpoint: "http://braze", Timeout: 5 * time.Second, HTTP: &http.Client{Transport: f.braze.Transport()},
		Key: func(bool) (string, error) { return "key", nil },
	})
	if err != nil {
		f.t.Fatal(err)
	}
	producer, err := kgo.NewClient(append(f.kafka(), sink.DeadLetterClientOpts()...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	logged := &journal{}
	log := slog.New(slog.NewTextHandler(logged, nil))
	w := Workspace{Client: client, Gate: sink.NewGate(1000, time.Second), Limits: sink.Limits{Objects: 10, Bytes: 1 << 20}, MaxInFlight: 4, Linger: 20 * time.Millisecond}
	if f.change != nil {
		f.change(&w)
	}
	wire := &wire{net: &f.net}
	p, err := New(Options{
		Config: cfg, Kafka: append(append(f.kafka(), kgo.Dialer(wire.dial)), f.options...), Log: log, Metrics: prometheus.NewRegistry(),
		Workspaces: map[string]Workspace{"": w},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if p.registry = f; f.registry != nil {
		p.registry = f.registry
	}
	p.letters = letterTopic{f, sink.NewDeadLetters(producer, func(*kgo.Record) string { return "letters" }, "test")}
	run, stop := context.WithCancel(context.Background())
	work, kill := context.WithCancel(context.Background())
	m := &member{Processor: p, stop: stop, kill: kill, ended: make(chan error, 1), wire: wire, flow: f, logged: logged}
	f.mu.Lock()
	f.members = append(f.members, m)
	f.mu.Unlock()
	go func() {
		err := p.Run(run, work)
		producer.Close()
		m.ended <- err
	}()
	return m
}

// drain stops a member as SIGTERM would.
func (m *member) drain(t *testing.T) {
	t.Helper()
	m.stop()
	defer time.AfterFunc(20*time.Second, m.kill).Stop()
	if err := <-m.ended; err != nil {
		t.Errorf("run: %v", err)
	}
	m.kill()
}

// mayResend reports whether a member has lost partitions, or has ended, before what it had sent was committed: because the cluster
// threw it out (it forgets members that wait for one that is dead), or took no commit while it waited for one.
func (m *member) mayResend() bool { return m.logged.has("may be sent again by another member") }

// closes checks that the member's accounts close.
func (m *member) closes() {
	m.flow.t.Helper()
	for topic, a := range m.Accounts() {
		sum := a.Delivered + a.InFlight
		for _, n := range a.DeadLettered {
			sum += n
		}
		for _, n := range a.Filtered {
			sum += n
		}
		if a.Consumed != sum || a.InFlight != 0 {
			m.flow.t.Errorf("%s: accounts do not close: %+v", topic, a)
		}
	}
}

// tell is what the member knows of its partitions, for whoever looks for the reason of a failure.
func (m *member) tell() (text string) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	paused := m.client.PauseFetchPartitions(nil)
	for tp, a := range m.ledger.parts {
		text += fmt.Sprintf("  %v: next %d, watermark %d, committed %d, end %d, unsettled %d, tracked %d, leaving %v, paused %v\n",
			tp, a.next, a.watermark.offset, a.committed, a.lastStable, a.unsettled, len(a.entries)-a.head, a.leaving, slices.Contains(paused[tp.topic], tp.partition))
	}
	records, bytes := m.budget.inUse()
	return text + fmt.Sprintf("  budget: %d records, %d bytes; window: %d", records, bytes, m.lanes[""].window.inUse())
}

// die ends a member as kill -9 would: nothing is waited for, nothing is committed.
func (m *member) die() {
	time.AfterFunc(buryAfter, m.flow.bury)
	m.wire.sever()
	m.kill()
	m.stop()
	if err := <-m.ended; err != nil {
		m.log.Info("died", "error", err) // it did not end well, and need not
	}
	m.flow.mu.Lock()
	m.dead = true
	m.flow.mu.Unlock()
}

// buryAfter is how long the group keeps a dead member: a session of 45 s that began with a heartbeat a moment before. It must be
// less than a whole session: then the cluster would expire those too who wait in SyncGroup for a leader that is dead. (For a broker
// who waits for the group is alive.) It miscounts from there on who has joined, and may wait for ever.
const buryAfter = 44 * time.Second

// bury removes the dead from the group. The cluster does not time a member out that dies while it joins or before its first
// heartbeat, as a broker would, and waits for it.
func (f *flow) bury() {
	groups, err := f.adm().DescribeGroups(context.Background(), "flow")
	if err != nil {
		return // the test has ended
	}
	f.mu.Lock()
	alive := map[string]bool{}
	for _, m := range f.members {
		if !m.dead {
			id, _ := m.client.GroupMetadata()
			alive[id] = true
		}
	}
	f.mu.Unlock()
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group = "flow"
	for _, m := range groups["flow"].Members {
		if !alive[m.MemberID] {
			leave.Members = append(leave.Members, kmsg.LeaveGroupRequestMember{MemberID: m.MemberID})
		}
	}
	_, _ = leave.RequestWith(context.Background(), f.admin) // the end of the test needs no word
}
