package sink

import (
	"math"
	"time"
)

// longWindow is how long X-RateLimit-Reset must be to pace by it: it has whole seconds. The phase of a shorter window is learned
// from Remaining.
const longWindow = 10 * time.Second

// A 429 proves for so long that the configured rate is the limit; without, others are left so much of it.
const (
	proven   = time.Hour
	unproven = 0.4
)

// usage is what the answers tell of the limit: whether somebody else uses it too, and how much is left until when.
type usage struct {
	outstanding int // requests that passed and whose answers were not observed

	slow      time.Duration // between two requests; zero: the gate's own pace
	slowUntil time.Duration

	any      bool          // there was an answer
	known    bool          // a short window's start was seen
	seen     time.Duration // when it was seen
	start    time.Duration // when it was, estimated, rather too early
	last     int           // Remaining as the latest answer has it
	answered int           // answers in this window

	refused   bool          // there was a 429
	refusedAt time.Duration // the latest

	spent int   // by all, in the short windows that were seen
	trail trail // of a long window, through which the short one shows
}

// next is when the request after the one at slot may leave; own is when the gate's own pace allows it.
func (u *usage) next(slot, own, now time.Duration) time.Duration {
	if now >= u.slowUntil {
		return own
	}
	return max(own, min(slot+u.slow, u.slowUntil))
}

// Observe takes in what an answer said about the limit. It is called once for each answer, so that the gate knows how
// many are still to come.
func (g *Gate) Observe(a Answer) {
	g.mu.Lock()
	g.seen.outstanding = max(0, g.seen.outstanding-1)
	g.observe(a)
	g.mu.Unlock()
	if g.shared != nil {
		// A 429 names the limit of the workspace or of the company, it doesn't say which. Closing the shared gate for it would
		// let one workspace's limit stop the others, which learn by their own answers what concerns them.
		g.shared.Observe(Answer{})
	}
}

func (g *Gate) observe(a Answer) {
	switch {
	case a.Rate.Asked:
		g.close(a.Rate.Wait)
	case a.Class == Throttled:
		g.close(g.unnamedWait())
	}
	now := time.Since(g.base)
	if a.Class == Throttled {
		g.seen.refused, g.seen.refusedAt = true, now
		return
	}
	if !a.Rate.Known {
		return
	}
	switch {
	case a.Rate.Remaining == 0:
		g.close(g.seen.untilNext(now, a.Rate.Reset, g.per))
	case g.limit == 0:
	case a.Rate.Reset > g.per+time.Second: // not the configured window
		g.spreadBoth(now, a.Rate)
	default:
		g.spreadShort(now, a.Rate)
	}
}

// spreadShort paces by the short window that the answers tell of: by what is left of the present one, and by what all have used of the
// latest, whichever is less.
func (g *Gate) spreadShort(now time.Duration, r RateInfo) {
	if g.seen.note(now, r, g.per, g.interval()) {
		g.seen.trail.note(now, -g.seen.spent, g.seen.outstanding, g.per)
	} else {
		g.seen.trail.answered++
	}
	perNano, left, ok := g.seen.allowed(now, r.Limit, g.per)
	if trailing, told := g.seen.trail.allowed(now, r.Limit, g.per, g.share); told && (!ok || trailing < perNano) {
		perNano, left, ok = trailing, g.per, !math.IsInf(trailing, 1)
	}
	if ok {
		g.spread(now, perNano, left)
	} else if !g.seen.known {
		g.spreadEvenly(now, r)
	}
}

// unnamedWait is how long the gate closes after a 429 that names no time: a window, or a second of a long one. The sender's
// own backoff lengthens it.
func (g *Gate) unnamedWait() time.Duration {
	if g.per <= 0 {
		return time.Second
	}
	return min(g.per, time.Second)
}

// spreadBoth paces by a long window and by what it tells of the configured one, whichever is less. Contracts by monthly active users
// are limited by the hour and by a burst of seconds, and their answers tell of the hour only. But how fast it is used up shows how much
// of the burst others use (post_user_track, "Monthly Active Users CY 24-25"). That the burst is what is configured, and not more, no
// answer says but a 429: before one, a part of this member's rate stays its own, whatever others use.
func (g *Gate) spreadBoth(now time.Duration, r RateInfo) {
	perNano, left := math.Inf(1), time.Duration(0)
	if r.Reset >= longWindow {
		perNano, left = float64(r.Remaining)*g.share/float64(r.Reset), r.Reset
	}
	g.seen.trail.note(now, r.Remaining, g.seen.outstanding, g.per)
	if burst, ok := g.seen.trail.allowed(now, g.limit, g.per, g.share); ok && burst < perNano {
		if !g.seen.refused || now-g.seen.refusedAt > proven {
			burst = max(burst, unproven/g.interval())
		}
		perNano, left = min(burst, perNano), g.per
	}
	if left > 0 {
		g.spread(now, perNano, left)
	}
}

// spreadEvenly spreads this member's part of what remains over a long window's rest.
func (g *Gate) spreadEvenly(now time.Duration, r RateInfo) {
	if r.Reset >= longWindow {
		g.spread(now, float64(r.Remaining)*g.share/float64(r.Reset), r.Reset)
	}
}

// spread slows down to the given requests per nanosecond until the window ends, where that is clearly less than the gate's
// own pace; it lifts an earlier slowdown where it is not.
func (g *Gate) spread(now time.Duration, perNano float64, left time.Duration) {
	const clearly, least = 0.9, 0.01 // not for noise; and never to a stop, only an exhausted window does that
	own := 1 / g.interval()
	slow, until := time.Duration(0), time.Duration(0)
	if perNano < own*clearly {
		slow, until = time.Duration(math.Ceil(1/max(perNano, own*least))), now+left
	}
	if slow < g.seen.slow {
		g.tell() // who waits in turn waits too long
	}
	g.seen.slow, g.seen.slowUntil = slow, until
}

// untilNext is how long an exhausted window lasts: as long as the answer says, in whole seconds, of which 0 is the last one;
// or less, where the window's start was seen.
func (u *usage) untilNext(now, reset, per time.Duration) time.Duration {
	said := max(reset, time.Second)
	if left := u.seen + per - now; u.known && left > 0 {
		return min(said, left)
	}
	return said
}

// note follows Remaining through the short windows: it falls, and jumps up where a new window begins. For a while after
// that, answers of the window before are still on their way and prove nothing.
func (u *usage) note(now time.Duration, r RateInfo, per time.Duration, interval float64) (believed bool) {
	switch {
	case !u.any:
		u.any, u.last = true, r.Remaining // somewhere in a window
	case r.Remaining-u.last > r.Limit/4 && (!u.known || now-u.seen > per/2):
		// The answer was on its way for about as long as it takes to send those that are outstanding. Too early a start errs
		// towards the gate's own pace.
		u.known, u.seen, u.start = true, now, now-time.Duration(float64(u.outstanding)*interval)
		u.spent += r.Limit - r.Remaining
		u.last, u.answered = r.Remaining, 1
	case u.known && now-u.seen < per/10:
		u.answered++
		return false
	default:
		u.spent += u.last - r.Remaining
		u.last, u.answered = r.Remaining, u.answered+1
	}
	return true
}

// allowed is how many requests per nanosecond are left for this member until the present window ends. What others have used
// is taken to go on at the same rate; what is outstanding is taken to be ours, so that a slow Braze is not mistaken for others.
func (u *usage) allowed(now time.Duration, limit int, per time.Duration) (perNano float64, left time.Duration, ok bool) {
	elapsed := now - u.start
	left = per - elapsed
	if !u.known || now-u.seen < per/10 || left < per/5 {
		return 0, 0, false // too early to tell, or too late for an estimate to be any good
	}
	others := max(0, limit-u.last-u.answered-u.outstanding)
	// The last of the window stay unused, as in the gate's own pace, against what is still on its way when it is exhausted.
	unused := float64(limit) * paceSlack
	return (float64(1+u.last-u.outstanding)-unused)/float64(left) - float64(others)/float64(elapsed), left, true
}
