package main

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"brazebridge/config"
)

func TestLimitMemory(t *testing.T) {
	cfg := &config.Config{Delivery: config.Delivery{InFlightBytes: 32 << 20}}
	least := leastMemory(cfg)
	container := func(bytes uint64) memlimit.Provider { return func() (uint64, error) { return bytes, nil } }
	none := func() (uint64, error) { return 0, memlimit.ErrNoLimit }
	broken := func() (uint64, error) { return 0, errors.New("no cgroup") }
	const before = math.MaxInt64
	for _, c := range []struct {
		name      string
		env       string // GOMEMLIMIT
		container memlimit.Provider
		limit     int64
		log       string
	}{
		{"a container leaves a tenth to others", "", container(1 << 30), (1 << 30) * 9 / 10, "memory limit"},
		{"a small container is not taken at its word", "", container(64 << 20), least, "memory limit"},
		{"no limit", "", none, math.MaxInt64, ""},
		{"no cgroup", "", broken, before, ""},
		{"the user knows better", "100MiB", container(1 << 30), before, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			old := debug.SetMemoryLimit(before)
			defer debug.SetMemoryLimit(old)
			if c.env != "" {
				t.Setenv("GOMEMLIMIT", c.env)
			} else if v, set := os.LookupEnv("GOMEMLIMIT"); set {
				t.Skipf("GOMEMLIMIT is %s here", v)
			}
			var log bytes.Buffer
			limitMemory(cfg, c.container, slog.New(slog.NewTextHandler(&log, nil)))
			if got := debug.SetMemoryLimit(-1); got != c.limit {
				t.Errorf("limit %d, want %d", got, c.limit)
			}
			if c.log == "" && log.Len() > 0 || !strings.Contains(log.String(), c.log) {
				t.Errorf("logged %q, want %q", log.String(), c.log)
			}
		})
	}
}

func TestLeastMemoryIsAboveTheBounds(t *testing.T) {
	for _, bytes := range []config.Bytes{0, 1 << 20, 32 << 20, 1 << 30} {
		cfg := &config.Config{Delivery: config.Delivery{InFlightBytes: bytes}}
		if got := leastMemory(cfg); got < int64(bytes)+idleMemory {
			t.Errorf("%d bytes in flight: a limit of %d would be under the live heap", bytes, got)
		}
	}
}

func TestCollectEarly(t *testing.T) {
	for env, want := range map[string]int{"": collectAt, "200": 100, "off": 100} {
		t.Run("GOGC="+env, func(t *testing.T) {
			old := debug.SetGCPercent(100) // as if Go had started with it
			defer debug.SetGCPercent(old)
			t.Setenv("GOGC", env)
			collectEarly()
			if got := debug.SetGCPercent(100); got != want {
				t.Errorf("collects at %d percent, want %d", got, want)
			}
		})
	}
}
