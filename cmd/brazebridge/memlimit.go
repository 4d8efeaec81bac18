package main

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"brazebridge/config"
)

const (
	// memoryRatio leaves a tenth of the container to what Go does not count: stacks of the kernel, mapped files.
	memoryRatio = 0.9
	// idleMemory is about what the bridge lives in before the first record: schemas, connections, buffers of fetches.
	idleMemory = 64 << 20
	// recordFactor is what a record in flight takes over its own bytes: decoded values, encoded objects, the request's body.
	recordFactor = 3
	// collectAt is GOGC, unless the user has set it: how much garbage there may be beside what is alive, in percent, before it
	// is collected. At full speed most of the memory is records on their way and the garbage beside them: Go's own 100 takes a
	// fifth more memory, for a twentieth less CPU.
	collectAt = 60
)

// collectEarly has less garbage lie about than Go's default would.
func collectEarly() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}

// limitMemory tells Go's collector of the container's memory limit, where there is one and the user has not set
// GOMEMLIMIT. A soft limit below what is really alive would make the collector run without end and bound nothing, so it
// never goes below what the configured bounds may need.
func limitMemory(cfg *config.Config, container memlimit.Provider, log *slog.Logger) {
	limit, err := memlimit.Set(
		memlimit.WithRatio(memoryRatio),
		memlimit.WithMin(leastMemory(cfg)),
		memlimit.WithProvider(container),
	)
	switch {
	case err != nil: // no cgroup here, or one that cannot be read: Go's own default is right
		log.Debug("no memory limit found", "error", err)
	case limit != math.MaxInt64:
		log.Info("memory limit", "bytes", limit)
	}
}

// leastMemory is what the bridge may hold alive at its configured bounds.
func leastMemory(cfg *config.Config) int64 {
	return idleMemory + recordFactor*int64(cfg.Delivery.InFlightBytes)
}
