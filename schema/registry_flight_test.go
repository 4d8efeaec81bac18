package schema

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnknownIDIsAskedSeldom: ten thousand records with a wrong id cost at most five look-ups a minute, and a schema
// that is registered meanwhile is found.
func TestUnknownIDIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		r := newTestRegistry(t, f)
		for i := range 10_000 {
			if _, err := r.Schema(t.Context(), Ref{ID: 999}); !errors.Is(err, ErrUnknownSchema) {
				t.Fatal(err)
			}
			if i%10 == 0 {
				time.Sleep(60 * time.Millisecond)
			}
		}
		if n := f.count("/schemas/ids/999"); n < 2 || n > 5 {
			t.Errorf("%d look-ups in a minute", n)
		}
		f.on("/schemas/ids/999", 200, doc(document{Schema: `"int"`}))
		time.Sleep(refusalKept)
		if _, err := r.Schema(t.Context(), Ref{ID: 999}); err != nil {
			t.Errorf("registered later: %v", err)
		}
	})
}

// TestBadTextIsAskedSeldom: likewise for a schema whose text does not compile, or that is of another format.
func TestBadTextIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.on("/schemas/ids/1", 200, doc(document{Schema: `{"type":"object"}`}))
		f.on("/schemas/ids/2", 200, doc(document{Schema: `{}`, SchemaType: "JSON"}))
		r := newTestRegistry(t, f)
		for id := 1; id <= 2; id++ {
			for range 100 {
				if _, err := r.Schema(t.Context(), Ref{ID: id}); err == nil {
					t.Fatal("compiled")
				}
			}
			time.Sleep(refusalKept)
			if _, err := r.Schema(t.Context(), Ref{ID: id}); err == nil {
				t.Fatal("compiled")
			}
			if n := f.count(fmt.Sprintf("/schemas/ids/%d", id)); n != 2 {
				t.Errorf("id %d: asked %d times", id, n)
			}
		}
	})
}

// TestOutageIsNotRemembered: the first request after an outage succeeds.
func TestOutageIsNotRemembered(t *testing.T) {
	for _, bad := range []struct {
		status int
		body   string
	}{{503, ""}, {401, ""}, {404, "<html>"}, {0, "reset"}, {200, "<html>"}, {200, `{"schema":""}`}} {
		f := newFakeSite()
		f.on("/schemas/ids/1", bad.status, bad.body)
		r := newTestRegistry(t, f)
		for range 3 {
			var down *UnavailableError
			if _, err := r.Schema(t.Context(), Ref{ID: 1}); !errors.As(err, &down) {
				t.Fatalf("%v: %v", bad, err)
			}
		}
		f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
		if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
			t.Errorf("%v: %v", bad, err)
		}
		if n := f.count("/schemas/ids/1"); n != 4 {
			t.Errorf("%v: asked %d times", bad, n)
		}
	}
}

// TestOneFlightPerID: many ask at once, the registry is asked once. One that gives up does not fail the others.
func TestOneFlightPerID(t *testing.T) {
	for _, others := range []int{1, 100} {
		synctest.Test(t, func(t *testing.T) { oneFlight(t, others) })
	}
}

func oneFlight(t *testing.T, others int) {
	f := newFakeSite()
	gate := make(chan struct{})
	f.answer("/schemas/ids/1", func(*http.Request) (int, string) {
		<-gate
		return 200, doc(document{Schema: `"int"`})
	})
	r := newTestRegistry(t, f)
	first, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := r.Schema(first, Ref{ID: 1})
		gone <- err
	}()
	synctest.Wait()
	results := make(chan error)
	for range others {
		go func() {
			_, err := r.Schema(t.Context(), Ref{ID: 1})
			results <- err
		}()
	}
	synctest.Wait()
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(gate)
	for range others {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := f.count("/schemas/ids/1"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestNobodyWaits: a look-up that nobody waits for is given up, is not remembered, and does not harm the next.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.answer("/schemas/ids/1", func(req *http.Request) (int, string) {
			<-req.Context().Done()
			return 0, "gone"
		})
		r := newTestRegistry(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Schema(ctx, Ref{ID: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
		if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(r.flights) != 0 || len(r.refused) != 0 {
			t.Errorf("%d flights, %d refusals are left", len(r.flights), len(r.refused))
		}
	})
}

// TestFlightsEnd: a registry that hangs for ever is an outage after a while, also for a client without a time-out.
func TestFlightsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeSite()
		f.answer("/schemas/ids/1", func(req *http.Request) (int, string) {
			<-req.Context().Done()
			return 0, "time-out"
		})
		r := newTestRegistry(t, f)
		start := time.Now()
		_, err := r.Schema(t.Context(), Ref{ID: 1})
		var down *UnavailableError
		if !errors.As(err, &down) || time.Since(start) != flightTimeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestKnownCostsNothing: the look-up of every record.
func TestKnownCostsNothing(t *testing.T) {
	f := newFakeSite()
	f.on("/schemas/ids/1", 200, doc(document{Schema: `"int"`}))
	r := newTestRegistry(t, f)
	if _, err := r.Schema(t.Context(), Ref{ID: 1}); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := r.Schema(ended, Ref{ID: 1}); err != nil { // from memory, whatever the context
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRefusalsAreBounded: records may name any id, and memory stays.
func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTestRegistry(t, newFakeSite())
		for id := 1; id <= refusalsKept+100; id++ {
			if _, err := r.Schema(t.Context(), Ref{ID: id}); !errors.Is(err, ErrUnknownSchema) {
				t.Fatal(err)
			}
		}
		if len(r.refused) != refusalsKept {
			t.Errorf("%d kept", len(r.refused))
		}
		time.Sleep(refusalKept)
		if _, err := r.Schema(t.Context(), Ref{ID: 1 << 20}); !errors.Is(err, ErrUnknownSchema) {
			t.Fatal(err)
		}
		if len(r.refused) != 1 {
			t.Errorf("%d kept after they expired", len(r.refused))
		}
	})
}
