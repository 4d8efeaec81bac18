package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const drain = 25 * time.Second

func TestSupervise(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		signals []time.Duration // after the start
		service func(run, work context.Context) error
		err     error
		took    time.Duration
	}{
		{"ends by itself", nil, func(_, _ context.Context) error { return broken }, broken, 0},
		{"drains at the first signal", []time.Duration{time.Minute}, func(run, work context.Context) error {
			<-run.Done()
			time.Sleep(10 * time.Second)
			return work.Err()
		}, nil, 70 * time.Second},
		{"is given the drain timeout, and no more", []time.Duration{time.Minute}, func(_, work context.Context) error {
			<-work.Done()
			return nil
		}, nil, time.Minute + drain},
		{"ends although something does not let it go", []time.Duration{time.Minute}, func(_, _ context.Context) error {
			time.Sleep(time.Hour)
			return broken
		}, nil, time.Minute + drain + abandonGrace},
		{"ends at once at the second signal", []time.Duration{time.Minute, 65 * time.Second}, func(_, work context.Context) error {
			<-work.Done()
			return nil
		}, errCutShort, 65 * time.Second},
		{"does not wait for what does not hear", []time.Duration{time.Minute, 65 * time.Second}, func(_, _ context.Context) error {
			time.Sleep(time.Hour)
			return nil
		}, errCutShort, 65*time.Second + abandonGrace},
		{"tells of a failure beside the second signal", []time.Duration{time.Minute, 65 * time.Second}, func(_, work context.Context) error {
			<-work.Done()
			return broken
		}, broken, 65 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals, started := make(chan os.Signal, 2), time.Now()
				for _, d := range c.signals {
					time.AfterFunc(d, func() { signals <- syscall.SIGTERM })
				}
				err := supervise(signals, drain, quiet, c.service)
				if !errors.Is(err, c.err) || err != nil && c.err == nil {
					t.Errorf("error %v, want %v", err, c.err)
				}
				if took := time.Since(started); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				time.Sleep(2 * time.Hour) // the deaf service ends too, or the bubble would complain
			})
		})
	}
}
