package processor

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func newTestLedger(records int) (*ledger, *window) {
	return newLedger(newBudget(records, 1<<40)), newWindow(records, make(chan struct{}, 1))
}

// tracked makes and tracks records of one partition with the given offsets.
func tracked(t testing.TB, l *ledger, a *account, offsets ...int64) []*task {
	t.Helper()
	recs := make([]*kgo.Record, len(offsets))
	for i, o := range offsets {
		recs[i] = &kgo.Record{Topic: a.topic, Partition: a.partition, Offset: o, LeaderEpoch: 3, Value: []byte("v")}
	}
	if n := l.budget.tryReserve(len(recs)); n != len(recs) {
		t.Fatalf("budget has room for %d of %d records", n, len(recs))
	}
	tasks, bytes := newTasks(recs)
	l.budget.polled(len(recs), len(recs), bytes)
	for _, tk := range tasks {
		tk.topic = &topic{}
	}
	return l.track(a, tasks, 1, -1)
}

// naive is the ledger of one partition as anybody would write it: a set of open offsets.
type naive struct {
	next int64
	open map[int64]bool
}

func (n *naive) watermark() int64 {
	w := n.next
	for o := range n.open {
		w = min(w, o)
	}
	return w
}

// TestInvariantWatermarkNeverPassesUnsettled settles in random order, with holes between the offsets, and compares the
// watermark with the naive model's after every step.
func TestInvariantWatermarkNeverPassesUnsettled(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		l, w := newTestLedger(10_000)
		a := l.open(topicPartition{"t", 0}, w, "")
		model := naive{open: map[int64]bool{}}
		var open []*task
		for range 400 {
			if rnd.IntN(2) == 0 {
				var offsets []int64
				for range 1 + rnd.IntN(5) {
					model.next += 1 + int64(rnd.IntN(3))
					offsets = append(offsets, model.next)
					model.open[model.next] = true
				}
				model.next = offsets[len(offsets)-1]
				got := tracked(t, l, a, offsets...)
				l.admit(got)
				open = append(open, got...)
			} else if len(open) > 0 {
				i := rnd.IntN(len(open))
				l.settle(open[i], []verdict{{delivered, ""}, {deadLettered, "check"}, {filtered, "when"}}[rnd.IntN(3)])
				delete(model.open, open[i].rec.Offset)
				open = append(open[:i], open[i+1:]...)
			}
			if len(model.open) == 0 {
				if len(open) == 0 && model.next > 0 && a.watermark.offset != model.next+1 {
					t.Fatalf("seed %d: all settled up to %d, watermark %d", seed, model.next, a.watermark.offset)
				}
				continue
			}
			if got, lowest := a.watermark.offset, model.watermark(); got > lowest {
				t.Fatalf("seed %d: watermark %d passes the unsettled offset %d", seed, got, lowest)
			}
			checkSums(t, l, a)
		}
	}
}

func checkSums(t *testing.T, l *ledger, a *account) {
	t.Helper()
	acc := l.accounts()[a.topic]
	sum := acc.Delivered + acc.InFlight
	for _, n := range acc.DeadLettered {
		sum += n
	}
	for _, n := range acc.Filtered {
		sum += n
	}
	if acc.Consumed != sum {
		t.Fatalf("accounts do not close: consumed %d, the rest %d", acc.Consumed, sum)
	}
	if records, _ := l.budget.inUse(); records != int(acc.InFlight) {
		t.Fatalf("budget holds %d records, in flight are %d", records, acc.InFlight)
	}
}

func TestInvariantLateSettleIsFenced(t *testing.T) {
	l, w := newTestLedger(100)
	tp := topicPartition{"t", 0}
	old := l.open(tp, w, "")
	late := tracked(t, l, old, 5, 6)
	l.admit(late)
	l.close([]*account{old})

	again := l.open(tp, w, "") // revoked, and assigned again
	l.resumed(again, position{5, 0})
	fresh := tracked(t, l, again, 5, 6)
	l.admit(fresh)
	l.settle(late[0], verdict{delivered, ""})
	if got := again.watermark.offset; got != 5 {
		t.Fatalf("a settle of the closed account moved the watermark to %d", got)
	}
	if points := l.points(); len(points) != 0 {
		t.Fatalf("commit points after a fenced settle: %v", points)
	}
	l.settle(fresh[0], verdict{delivered, ""})
	if got := again.watermark.offset; got != 6 {
		t.Fatalf("watermark %d, want 6", got)
	}
	if used := w.inUse(); used != 2 {
		t.Fatalf("%d places of the window are taken, want the 2 of the open account", used)
	}
}

func TestInvariantWindowBoundsAttempts(t *testing.T) {
	l, _ := newTestLedger(100)
	w := newWindow(3, make(chan struct{}, 1))
	a := l.open(topicPartition{"t", 0}, w, "")
	tasks := tracked(t, l, a, 0, 1, 2, 3, 4)
	if n := l.admit(tasks); n != 3 {
		t.Fatalf("admitted %d, the window holds 3", n)
	}
	l.settleAll(tasks[:3], verdict{delivered, ""})
	if n := l.admit(tasks[3:]); n != 0 {
		t.Fatal("a settle gave a place back; only a commit may")
	}
	l.committed(l.points()[0])
	if n := l.admit(tasks[3:]); n != 2 {
		t.Fatalf("after the commit %d were admitted, want 2", n)
	}
}

// TestGiveBackRereads holds a partition in the middle: what is attempted settles as ever, the rest is read again, and
// what was filtered beyond is not counted twice.
func TestGiveBackRereads(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	tasks := tracked(t, l, a, 10, 11, 12, 13, 14)
	l.admit(tasks[:2])
	l.settle(tasks[3], verdict{filtered, "when"})
	at, ok := l.giveBack(a, 0)
	if !ok || at.offset != 12 {
		t.Fatalf("reading goes on at %d (%v), want 12", at.offset, ok)
	}
	if n := l.admit(tasks[2:]); n != 3 || !tasks[2].dropped || !tasks[4].dropped {
		t.Fatal("tasks that were given back are still admitted")
	}
	l.settle(tasks[2], verdict{delivered, ""}) // too late: it will be read again
	l.settleAll(tasks[:2], verdict{delivered, ""})
	if got := a.watermark.offset; got != 12 {
		t.Fatalf("watermark %d, want 12", got)
	}
	again := tracked(t, l, a, 12, 13, 14)
	if len(again) != 2 || again[0].rec.Offset != 12 || again[1].rec.Offset != 14 {
		t.Fatalf("read again: %d records, want 12 and 14", len(again))
	}
	l.admit(again)
	l.settleAll(again, verdict{delivered, ""})
	if got := a.watermark.offset; got != 15 {
		t.Fatalf("watermark %d, want 15", got)
	}
	if acc := l.accounts()["t"]; acc.Consumed != 5 || acc.Delivered != 4 || acc.Filtered["when"] != 1 || acc.InFlight != 0 {
		t.Fatalf("accounts %+v", acc)
	}
}

func TestLeaveWaitsForTheWireOnly(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	tasks := tracked(t, l, a, 0, 1)
	l.admit(tasks)
	live := l.begin([]*task{tasks[0]})
	wait := l.leave([]*account{a})
	if got := l.begin([]*task{tasks[1]}); len(got) != 0 {
		t.Fatal("an attempt began for a partition that leaves")
	}
	idle := make(chan struct{})
	go func() { wait(nil); close(idle) }()
	select {
	case <-idle:
		t.Fatal("leave did not wait for the attempt on the wire")
	default:
	}
	l.settle(live[0], verdict{delivered, ""})
	l.end(live)
	<-idle
	if points := l.close([]*account{a}); len(points) != 1 || points[0].offset != 1 {
		t.Fatalf("last commit points %v, want offset 1", points)
	}
	if records, bytes := l.budget.inUse(); records != 0 || bytes != 0 {
		t.Fatalf("budget still holds %d records, %d bytes", records, bytes)
	}
	if w.inUse() != 0 {
		t.Fatal("the window still holds places of a closed account")
	}
}

func TestSharesPauseWithHysteresis(t *testing.T) {
	l, w := newTestLedger(400)
	var accounts []*account
	for i := range int32(4) {
		accounts = append(accounts, l.open(topicPartition{"t", i}, w, ""))
	}
	hot := accounts[0]
	var tasks []*task
	for o := range int64(201) {
		tasks = append(tasks, tracked(t, l, hot, o)...)
	}
	paused := map[*account]bool{}
	if over, _ := l.shares(paused, time.Unix(0, 1)); len(over) != 0 {
		t.Fatal("a partition that moves is taken for stuck")
	}
	late := time.Unix(0, 1).Add(2 * stuckAfter)
	over, _ := l.shares(paused, late)
	if len(over) != 1 || over[0].account != hot || over[0].keep != 200 {
		t.Fatalf("over their share: %+v, want the hot one, which may keep 200", over)
	}
	paused[hot] = true
	l.settleAll(tasks[:100], verdict{delivered, ""})
	if _, under := l.shares(paused, late); len(under) != 0 {
		t.Fatal("resumed with more than half of the share unsettled")
	}
	l.settleAll(tasks[100:102], verdict{delivered, ""})
	if _, under := l.shares(paused, late); len(under) != 1 {
		t.Fatal("not resumed with half of the share settled")
	}
}

// TestAWorkspaceKeepsToItsPart has all partitions of one workspace stuck, none beyond its own share: together they would leave
// nothing to the other workspace.
func TestAWorkspaceKeepsToItsPart(t *testing.T) {
	l, w := newTestLedger(600)
	other := newWindow(600, make(chan struct{}, 1))
	late := time.Unix(0, 1).Add(2 * stuckAfter)
	var stuck []*account
	for i := range int32(3) {
		l.open(topicPartition{"good", i}, other, "")
		a := l.open(topicPartition{"stuck", i}, w, "")
		for o := range int64(99 + 3*i) { // 306 in all
			tracked(t, l, a, o)
		}
		stuck = append(stuck, a)
	}
	over, _ := l.shares(map[*account]bool{}, late)
	keeps := map[*account]int{}
	for _, e := range over {
		keeps[e.account] = e.keep
	}
	if len(keeps) != 2 || keeps[stuck[1]] != 100 || keeps[stuck[2]] != 100 {
		t.Fatalf("over their share: %v, want the two with more than a third of a half of the budget", keeps)
	}
	if _, under := l.shares(map[*account]bool{stuck[2]: true}, late); len(under) != 0 {
		t.Error("resumed although nothing has settled")
	}
	l.close(stuck[:1])
	if over, _ := l.shares(map[*account]bool{}, late); len(over) != 0 {
		t.Errorf("%d partitions over their share in a workspace that has less than its part", len(over))
	}
}

func BenchmarkLedger(b *testing.B) {
	l, w := newTestLedger(100_000)
	a := l.open(topicPartition{"t", 0}, w, "")
	rec, idle := &kgo.Record{Topic: "t", Value: []byte("v")}, &topic{}
	b.ReportAllocs()
	next := int64(0)
	for b.Loop() {
		recs := make([]*kgo.Record, 100)
		for i := range recs {
			r := *rec
			r.Offset = next
			next++
			recs[i] = &r
		}
		l.budget.tryReserve(len(recs))
		tasks, bytes := newTasks(recs)
		l.budget.polled(len(recs), len(recs), bytes)
		for _, tk := range tasks {
			tk.topic = idle
		}
		tasks = l.track(a, tasks, 1, -1)
		l.admit(tasks)
		l.settleAll(tasks, verdict{delivered, ""})
		for _, p := range l.points() {
			l.committed(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(next), "ns/record")
}

// TestWhatWasGivenBackWaitsOn: a record that was polled, given back and polled again has waited since the first time.
func TestWhatWasGivenBackWaitsOn(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.resumed(a, position{50, 1})
	oldest := func() int64 {
		_, parts := l.snapshot()
		return parts[0].oldest
	}
	poll := func(now int64) {
		var recs []*kgo.Record
		for o := range int64(3) {
			recs = append(recs, &kgo.Record{Topic: "t", Offset: 50 + o, LeaderEpoch: 1})
		}
		l.budget.tryReserve(len(recs))
		tasks, bytes := newTasks(recs)
		l.budget.polled(len(recs), len(recs), bytes)
		l.track(a, tasks, now, 53)
	}
	poll(1000)
	if _, ok := l.giveBack(a, 0); !ok || oldest() != 1000 {
		t.Errorf("given back, the oldest is from %d, want 1000", oldest())
	}
	poll(5000)
	if got := oldest(); got != 1000 {
		t.Errorf("read again, the oldest is from %d, want 1000", got)
	}
	if at := a.entries[a.head].at; at != 5000 {
		t.Errorf("read again, it counts as polled at %d, want 5000: it has had no time to be stuck", at)
	}
	l.settle(&task{acct: a, seq: a.firstSeq}, verdict{delivered, ""})
	if got := oldest(); got != 5000 {
		t.Errorf("with the first settled, the oldest is from %d, want 5000", got)
	}
}

// TestNothingWaitsThatRetentionHasTaken: what was given back and then deleted is no lag, and nothing that waits.
func TestNothingWaitsThatRetentionHasTaken(t *testing.T) {
	l, w := newTestLedger(100)
	a := l.open(topicPartition{"t", 0}, w, "")
	l.resumed(a, position{50, 1})
	tracked(t, l, a, 50, 51, 52)
	l.ends(a.topicPartition, 0, 53)
	if _, ok := l.giveBack(a, 0); !ok {
		t.Fatal("nothing was given back")
	}
	seen := func() partitionView {
		_, parts := l.snapshot()
		return parts[0]
	}
	if v := seen(); v.lag != 3 || v.oldest == 0 {
		t.Errorf("before: lag %d, oldest from %d", v.lag, v.oldest)
	}
	l.ends(a.topicPartition, 52, 53)
	if v := seen(); v.lag != 1 || v.oldest == 0 {
		t.Errorf("with one left: lag %d, oldest from %d", v.lag, v.oldest)
	}
	l.ends(a.topicPartition, 53, 53)
	if v := seen(); v.lag != 0 || v.oldest != 0 || v.stamp != 0 {
		t.Errorf("with none left: lag %d, oldest from %d, timestamp %d", v.lag, v.oldest, v.stamp)
	}
}
