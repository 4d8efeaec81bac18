package sink

import (
	"context"
	"time"
)

// Gate paces the requests of all senders of a workspace: a token bucket, closed while Braze says so. Safe for concurrent use.
type Gate struct{}

// NewGate allows requests in each interval per.
func NewGate(requests int, per time.Duration) *Gate { panic("not built") }

// Wait returns when one request may be sent, or ctx's error.
func (g *Gate) Wait(ctx context.Context) error { panic("not built") }

// Observe takes in what an answer said about the limit.
func (g *Gate) Observe(a Answer) { panic("not built") }

// SetShare sets the part of the rate that is this member's, 0 < share <= 1.
func (g *Gate) SetShare(share float64) { panic("not built") }

// ClosedUntil is when the gate opens again; the past where it is open.
func (g *Gate) ClosedUntil() time.Time { panic("not built") }
