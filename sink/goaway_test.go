package sink

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// ageing is an HTTP/2 server that says GOAWAY after so many requests of a connection, as a load balancer does, and answers
// those it has begun with. What comes on the connection after that it does not look at.
type ageing struct {
	after int // 0: never

	mu          sync.Mutex
	connections int
	accepted    map[string]int
	unseen      int // requests that came after GOAWAY
}

func (s *ageing) serve(l net.Listener) {
	for {
		f, conn, err := acceptH2(l)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go s.connection(f, conn)
	}
}

func (s *ageing) connection(f *fakeH2, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	s.mu.Lock()
	s.connections++
	s.mu.Unlock()
	last := uint32(0) // that GOAWAY named; requests may be complete in another order than they were begun
	for n := 1; ; n++ {
		stream, body, err := f.next()
		if err != nil {
			return // the client closes a connection that is told to go away, when it has all its answers
		}
		if n == s.after {
			last = slices.Max(slices.Collect(maps.Keys(f.streams)))
			if f.WriteGoAway(last, http2.ErrCodeNo, nil) != nil {
				return
			}
		}
		gone := last > 0 && stream > last
		s.mu.Lock()
		if gone {
			s.unseen++
		} else {
			s.accepted[body]++
		}
		s.mu.Unlock()
		if !gone && f.accept(stream) != nil {
			return
		}
	}
}

// run sends n different requests from many senders and returns how long it took.
func (s *ageing) run(t *testing.T, n int) time.Duration {
	t.Helper()
	const senders = 64
	s.accepted = map[string]int{}
	l, ca := listenH2(t)
	go s.serve(l)
	c, tr := clientThrough(t, "https://"+l.Addr().String(), TransportOptions{CAFile: ca, InFlight: senders})
	defer tr.CloseIdleConnections()
	start := time.Now()
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for i := sender; i < n; i += senders {
				r := NewRequest(nil, []Item{{Kind: Event, JSON: fmt.Appendf(nil, `{"n":%d}`, i)}})
				if a := c.Send(t.Context(), &r); a.Class != Accepted {
					t.Errorf("request %d: %+v", i, a)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// Connections that go away every thousand requests cost nothing but the requests that were on their way: each is accepted
// exactly once, none fails, and no more are sent again than were in flight.
func TestGoAwayAtFullRateLosesAndDoublesNothing(t *testing.T) {
	const n, after = 5000, 1000
	s := &ageing{after: after}
	took := s.run(t, n)
	steady := (&ageing{}).run(t, n)
	t.Logf("%d requests: %s with a GOAWAY every %d, %s without", n, took, after, steady)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.accepted) != n {
		t.Errorf("%d requests were accepted, want %d", len(s.accepted), n)
	}
	for body, times := range s.accepted {
		if times != 1 {
			t.Errorf("%s was accepted %d times", body, times)
		}
	}
	if goaways := n / after; s.unseen > goaways*64 || s.connections < goaways || s.connections > goaways*4 {
		t.Errorf("%d requests were sent in vain on %d connections", s.unseen, s.connections)
	}
}
