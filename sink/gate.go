package sink

import (
	"context"
	"sync"
	"time"
)

// Gate paces the requests of all senders of a workspace: a token bucket, closed while Braze says so. Safe for concurrent use.
//
// The arithmetic. Braze counts requests in windows of a fixed length that begin we don't know when, and as they arrive, not as
// they are sent. Two bounds keep every such window under the limit:
//   - pace: requests follow each other evenly, at 1/(1+paceSlack) of the rate. What a sender that woke up late has lost is
//     made up for, as far as catchUp.
//   - window: of two requests that are the limit's number apart, the later one leaves at least a window and windowSlack after
//     the earlier one, whatever was made up for. So requests may arrive unevenly delayed by windowSlack of a window at the
//     very least, by paceSlack where nobody was late (60 ms of 3 s), before a window can see too many.
//
// Where there is a backlog it uses 98 % of the rate.
type Gate struct {
	turn chan struct{} // held by the one waiter that waits for time to pass; the others queue behind it, first come first served
	base time.Time     // instants are durations since then

	// limit requests in each per are allowed; zero: no pace.
	limit  int
	per    time.Duration
	shared *Gate // passed in addition; nil: none

	mu      sync.Mutex
	share   float64           // this member's part
	slot    time.Duration     // where the latest request stood in the even pace
	sent    ring              // when the latest requests left
	opens   time.Duration     // closed until then
	news    chan struct{}     // closed when the arithmetic of the waiter in turn is out of date
	seen    usage             // what the answers tell of this window
	members map[*Gate]float64 // of a shared gate: the shares of those that pass it
}

const (
	paceSlack   = 0.02
	windowSlack = 0.01
	catchUp     = 100 * time.Millisecond
	// maxRing bounds the memory of the window bound, to 512 KiB. A greater limit is bounded in fractions of its window.
	maxRing = 1 << 16
)

// NewGate allows requests in each interval per. Where either is not positive there is no pace: the gate only closes and opens.
func NewGate(requests int, per time.Duration) *Gate {
	g := &Gate{turn: make(chan struct{}, 1), news: make(chan struct{}), base: time.Now(), share: 1, slot: -time.Hour}
	if requests > 0 && per > 0 {
		fractions := (requests + maxRing - 1) / maxRing
		g.limit, g.per, g.sent = requests, per, newRing(requests/fractions)
	}
	return g
}

// Behind makes every request that passes g pass shared as well, after it: the limit of a company that its workspaces share.
// nil changes nothing. It returns g; call it before g is used.
func (g *Gate) Behind(shared *Gate) *Gate {
	if shared != nil {
		g.shared = shared
		shared.setMember(g, 1)
	}
	return g
}

// Wait returns when one request may be sent, or ctx's error. Waiters pass in the order in which they came.
func (g *Gate) Wait(ctx context.Context) error {
	if err := g.wait(ctx); err != nil || g.shared == nil {
		return err
	}
	return g.shared.Wait(ctx)
}

func (g *Gate) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		pause, news := g.take()
		if pause <= 0 {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-news:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take lets one request pass, or says how long to wait before asking again unless there is news.
func (g *Gate) take() (pause time.Duration, news <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Since(g.base)
	if now < g.opens {
		return g.opens - now, g.news
	}
	if g.limit > 0 {
		next := g.next(now)
		if now < next {
			return next - now, g.news
		}
		// What a late waiter may make up for does not reach back into a closure: a herd would follow.
		g.slot = max(next, now-catchUp, g.opens)
		g.sent.add(now)
	}
	g.seen.outstanding++
	return 0, nil
}

// next is when the next request may leave: by the pace, by the window, by what the answers tell.
func (g *Gate) next(now time.Duration) time.Duration {
	interval := g.interval()
	next := g.seen.next(g.slot, g.slot+time.Duration(interval*(1+paceSlack)), now)
	depth := max(1, int(float64(len(g.sent.at))*g.share))
	if earlier, ok := g.sent.back(depth); ok {
		next = max(next, earlier+time.Duration(float64(depth)*interval*(1+windowSlack)))
	}
	return next
}

// interval is the time between two requests at exactly this member's part of the rate.
func (g *Gate) interval() float64 { return float64(g.per) / (float64(g.limit) * g.share) }

// Close keeps the gate closed for at least the duration from now. A closed gate never opens earlier for it.
func (g *Gate) Close(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.close(d)
}

func (g *Gate) close(d time.Duration) {
	if until := time.Since(g.base) + d; until > g.opens {
		g.opens = until
		g.tell()
	}
}

// tell wakes the waiter in turn, to look again.
func (g *Gate) tell() {
	close(g.news)
	g.news = make(chan struct{})
}

// ClosedUntil is when the gate opens again; the past where it is open.
func (g *Gate) ClosedUntil() time.Time {
	g.mu.Lock()
	until := g.base.Add(g.opens)
	g.mu.Unlock()
	if g.shared != nil {
		if s := g.shared.ClosedUntil(); s.After(until) {
			return s
		}
	}
	return until
}

// SetShare sets the part of the rate that is this member's, 0 < share <= 1; anything else is clamped. A gate that it stands
// behind takes the mean of the shares of all gates before it: summed over the group's members, that is one.
func (g *Gate) SetShare(share float64) {
	share = clampShare(share)
	g.mu.Lock()
	g.share = share
	g.tell()
	g.mu.Unlock()
	if g.shared != nil {
		g.shared.setMember(g, share)
	}
}

func (g *Gate) setMember(member *Gate, share float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil {
		g.members = map[*Gate]float64{}
	}
	g.members[member] = share
	sum := 0.0
	for _, s := range g.members {
		sum += s
	}
	g.share = clampShare(sum / float64(len(g.members)))
	g.tell()
}

// clampShare keeps a share positive, so that time can be divided by it; NaN is no share and means all.
func clampShare(share float64) float64 {
	const least = 1e-6
	switch {
	case share >= least && share <= 1:
		return share
	case share < least:
		return least
	default:
		return 1
	}
}

// ring remembers the instants of the latest requests.
type ring struct {
	at   []time.Duration
	next int
	n    int
}

func newRing(size int) ring { return ring{at: make([]time.Duration, size)} }

func (r *ring) add(t time.Duration) {
	r.at[r.next] = t
	r.next = (r.next + 1) % len(r.at)
	r.n = min(r.n+1, len(r.at))
}

// back is the instant of the i-th latest request, i from 1; false where there were not so many.
func (r *ring) back(i int) (time.Duration, bool) {
	if i > r.n {
		return 0, false
	}
	return r.at[(r.next-i+len(r.at))%len(r.at)], true
}
