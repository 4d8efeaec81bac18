package processor

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"brazebridge/sink"
	"brazebridge/sink/fakebraze"
)

// proxy resets every request whose body is larger than it likes, as one does that stops reading; it counts them.
type proxy struct {
	limit  int
	resets int
}

func (p *proxy) between(_ int, body string, pass func() *http.Response) (*http.Response, error) {
	if len(body) > p.limit {
		p.resets++
		return nil, syscall.ECONNRESET
	}
	return pass(), nil
}

// padded is an event of about so many bytes.
func padded(n, bytes int) sink.Item {
	it := object(sink.Event, n, "")
	parts := make([]string, 0, bytes/200)
	for i := range bytes / 200 {
		parts = append(parts, fmt.Sprintf(`"p%d":"%s"`, i, strings.Repeat("x", 190-len(fmt.Sprint(i)))))
	}
	it.JSON = []byte(strings.Replace(string(it.JSON), `"seq":`, strings.Join(append(parts, `"seq":`), ","), 1))
	return it
}

// TestTooLargeSeenAsAResetNarrowsTheRequests has a proxy with a limit of a megabyte reset requests of one and a half, and
// nothing smaller is there to pass: all are delivered all the same, each once, and later requests are small from the start.
func TestTooLargeSeenAsAResetNarrowsTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &proxy{limit: 1 << 20}
		m := meet(t.Context(), t, fakebraze.Options{}, p.between)
		var said bytes.Buffer
		m.deliver.log = slog.New(slog.NewTextHandler(&said, nil))
		m.l.limits = sink.Limits{Objects: 75, Bytes: 3_500_000}
		for i := range 4 {
			var batch []*task
			for k := range 75 {
				batch = append(batch, m.record(padded(i*75+k, 20_000)))
			}
			m.deliverAll(batch)
			if i == 0 && p.resets != stuckResets {
				t.Errorf("%d resets until the first requests passed, want %d", p.resets, stuckResets)
			}
		}
		m.closed(t, 300, nil)
		m.once(t, 300)
		if p.resets != stuckResets {
			t.Errorf("%d resets in all, want %d: what was learned was not kept", p.resets, stuckResets)
		}
		if n := strings.Count(said.String(), "large requests do not get through"); n != 1 {
			t.Errorf("said %d times: %s", n, said.String())
		}
		if got := m.l.limit().Bytes; got > 1<<20 || got < 1<<19 {
			t.Errorf("requests are at most %d bytes now", got)
		}
		time.Sleep(firstNarrow)
		if got := m.l.limit().Bytes; got < 1<<20 {
			t.Errorf("after %s requests are at most %d bytes still", firstNarrow, got)
		}
	})
}

// TestATrueLimitIsTriedEverMoreRarely keeps a proxy's limit for hours: what finding out costs becomes little.
func TestATrueLimitIsTriedEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &proxy{limit: 70_000}
		m := meet(t.Context(), t, fakebraze.Options{}, p.between)
		n := 0
		for start := time.Now(); time.Since(start) < 2*time.Hour; time.Sleep(15 * time.Second) {
			var batch []*task
			for range 4 {
				batch = append(batch, m.record(padded(n, 30_000)))
				n++
			}
			m.deliverAll(batch)
			for _, point := range m.ledger.points() {
				m.ledger.committed(point)
			}
		}
		m.closed(t, n, nil)
		if p.resets < 20 || p.resets > 2*20 {
			t.Errorf("%d resets in two hours of %d requests, want two for each of about 18 tries", p.resets, len(m.requests))
		}
	})
}

// TestSizeIsLearnedFromAnAnswerToo is the same where the proxy says 413.
func TestSizeIsLearnedFromAnAnswerToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		m := meet(t.Context(), t, fakebraze.Options{}, func(_ int, body string, pass func() *http.Response) (*http.Response, error) {
			if len(body) > 1<<20 {
				refused++
				return answer(413, "<html>"), nil
			}
			return pass(), nil
		})
		m.l.limits = sink.Limits{Objects: 75, Bytes: 3_500_000}
		for i := range 3 {
			var batch []*task
			for k := range 75 {
				batch = append(batch, m.record(padded(i*75+k, 20_000)))
			}
			m.deliverAll(batch)
		}
		m.closed(t, 225, nil)
		m.once(t, 225)
		if refused != 1 {
			t.Errorf("%d requests were too large, want one", refused)
		}
	})
}

// TestASingleObjectThatIsTooLargeIsALetter has an object that the proxy never lets through among small ones.
func TestASingleObjectThatIsTooLargeIsALetter(t *testing.T) {
	for _, limit := range []int{70_000, 90_000} {
		synctest.Test(t, func(t *testing.T) {
			p := &proxy{limit: limit}
			m := meet(t.Context(), t, fakebraze.Options{}, p.between)
			var batch []*task
			for i := range 20 {
				size := 500
				if i == 7 {
					size = 95_000
				}
				batch = append(batch, m.record(padded(i, size)))
			}
			start := time.Now()
			m.deliverAll(batch)
			m.closed(t, 20, map[int64]sink.Reason{7: sink.RecordTooLarge})
			m.once(t, 20, 7)
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestALargeObjectWaitsOutAnOutage: where nothing passes, resets say nothing about size.
func TestALargeObjectWaitsOutAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		m := meet(t.Context(), t, fakebraze.Options{}, func(_ int, _ string, pass func() *http.Response) (*http.Response, error) {
			if !up.Load() {
				return nil, syscall.ECONNRESET
			}
			return pass(), nil
		})
		time.AfterFunc(time.Hour, func() { up.Store(true) })
		m.deliverAll([]*task{m.record(padded(0, 95_000)), m.record(padded(1, 95_000)), m.record(padded(2, 300))})
		m.closed(t, 3, nil)
		m.once(t, 3)
	})
}

// TestSmallRequestsAreNotHalvedForResets: a flapping connection is no size limit.
func TestSmallRequestsAreNotHalvedForResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meet(t.Context(), t, fakebraze.Options{}, func(n int, _ string, pass func() *http.Response) (*http.Response, error) {
			if n <= 4 {
				return nil, syscall.ECONNRESET
			}
			return pass(), nil
		})
		m.deliverAll(m.events(40))
		m.closed(t, 40, nil)
		m.once(t, 40)
		if len(m.requests) != 5 || m.l.narrow.bytes() != 0 {
			t.Errorf("%d requests, narrowed to %d bytes", len(m.requests), m.l.narrow.bytes())
		}
	})
}

func TestNarrowOnlyNarrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n narrow
		for _, c := range []struct {
			to, want int
			news     bool
		}{{1000, 1000, true}, {2000, 1000, false}, {1000, 1000, false}, {400, 400, true}} {
			if news := n.to(c.to); news != c.news || n.bytes() != c.want {
				t.Errorf("to %d: %v, %d bytes, want %v, %d", c.to, news, n.bytes(), c.news, c.want)
			}
		}
		for _, want := range []int{400, 800, 800, 1600} { // narrowed twice, so twice as long
			time.Sleep(firstNarrow)
			if got := n.bytes(); got != want {
				t.Errorf("after a while %d bytes, want %d", got, want)
			}
		}
		time.Sleep(time.Hour)
		for range 20 {
			n.bytes()
			time.Sleep(2 * firstNarrow)
		}
		if got := n.bytes(); got != 0 {
			t.Errorf("after an hour and more there is a bound of %d bytes still", got)
		}
		l := lane{limits: sink.Limits{Objects: 3, Bytes: 100}}
		if l.narrow.to(5000); l.limit() != l.limits {
			t.Errorf("a narrow limit beyond the configured one makes %+v", l.limit())
		}
	})
}
