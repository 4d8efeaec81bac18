package processor

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// A first wait of half a second lets a blip pass unnoticed; a cap of half a minute finds a service that came back soon
// enough, at a cost that no service notices. Braze's own advice on 5xx is exponential backoff, without figures.
const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// again is what an attempt says when it is to be made once more: at once, or neither before wait nor before the backoff's time.
type again struct {
	wait  time.Duration
	now   bool
	early <-chan struct{} // ends the wait before its time; nil: nothing does
}

// retry makes attempts until one returns nil, or ctx ends: then it returns ctx's error, and nothing has an outcome.
// There is no limit to their number: a service that fails keeps the data waiting, however long.
func retry(ctx context.Context, attempt func() *again) error {
	var schedule *backoff.ExponentialBackOff // made at the first failure: most attempts succeed
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		a := attempt()
		if a == nil {
			return nil
		}
		if a.now {
			continue
		}
		if schedule == nil {
			schedule = newSchedule()
		}
		if err := pause(ctx, max(schedule.NextBackOff(), a.wait), a.early); err != nil {
			return err
		}
	}
}

// newSchedule is exponential with full jitter: a wait is anything between nothing and the bound, so that senders who
// failed together do not come back together. (The library spreads by a share around its interval: a share of one
// around half the bound is the whole of it.)
func newSchedule() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstBackoff/2),
		backoff.WithMaxInterval(maxBackoff/2),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(1),
		backoff.WithMaxElapsedTime(0),
	)
}

// pause waits, unless ctx or early ends before.
func pause(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-early:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// clientBackoff is how long the Kafka client waits after so many failures. It never waits longer than a second, as Kafka's own
// clients do (retry.backoff.max.ms): this is also how long a partition lies idle after a broker is back, or after the session of a
// dead member whose place this one takes has ended.
func clientBackoff(fails int) time.Duration {
	const first, most = 250 * time.Millisecond, time.Second
	d := most
	if fails < 3 {
		d = first << max(0, fails-1)
	}
	return d - time.Duration(rand.Int64N(int64(d/4)))
}
