package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"
)

// abandonGrace is how long abandoned work may take to notice. What does not end then is left to the end of the process.
const abandonGrace = 3 * time.Second

var errCutShort = errors.New("stopped at once by a second signal: what was not yet settled will be sent again")

// supervise runs service until it ends by itself or a signal ends it: at the first signal run ends, and work when drain
// has passed, for which it gets a moment; a second signal ends both at once, which is errCutShort.
func supervise(signals <-chan os.Signal, drain time.Duration, log *slog.Logger, service func(run, work context.Context) error) error {
	run, stop := context.WithCancel(context.Background())
	defer stop()
	work, abandon := context.WithCancel(context.Background())
	defer abandon()
	done := make(chan error, 1)
	go func() { done <- service(run, work) }()

	var drained, overdue <-chan time.Time
	for {
		select {
		case err := <-done:
			return err
		case <-drained:
			log.Warn("drain timeout passed: what is not settled stays uncommitted and will be sent again", "drain_timeout", drain.String())
			abandon()
			t := time.NewTimer(abandonGrace)
			defer t.Stop()
			overdue = t.C
		case <-overdue:
			log.Warn("ending with what does not end by itself, such as a group that does not let this member go")
			return nil
		case sig := <-signals:
			if run.Err() == nil {
				log.Info("stopping: finishing what is under way", "signal", sig.String(), "drain_timeout", drain.String())
				stop()
				t := time.NewTimer(drain)
				defer t.Stop()
				drained = t.C
				continue
			}
			log.Warn("stopping at once", "signal", sig.String())
			abandon()
			return awaitAbandoned(done)
		}
	}
}

// awaitAbandoned gives abandoned work a moment to end.
func awaitAbandoned(done <-chan error) error {
	t := time.NewTimer(abandonGrace)
	defer t.Stop()
	select {
	case err := <-done:
		return errors.Join(errCutShort, err)
	case <-t.C:
		return errCutShort
	}
}
