package integration_test

import (
	"fmt"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// storm is everything at once that a troubled Braze does to requests, except refusing a record for what it is. What stands between and
// answers 200 in Braze's place is the portal's part.
var storm = []fakebraze.Fault{
	{Kind: "delay", Delay: "1500ms", Every: 6},
	{Kind: "status", Status: 429, Probability: 0.2, Headers: map[string]string{"Retry-After": "1"}},
	{Kind: "status", Status: 500, Probability: 0.1},
	{Kind: "status", Status: 503, Probability: 0.2},
	{Kind: "reset_before", Probability: 0.2},
	{Kind: "reset_after_accept", Probability: 0.1},
	{Kind: "not_json", Probability: 0.1},
	{Kind: "not_json", Status: 200, Probability: 0.05},
	{Kind: "hang_after_accept", Probability: 0.1},
}

// A storm of refusals, resets, hangs, slow and broken answers loses nothing, makes no letter of an innocent record, and within seconds
// of its end objects are accepted again.
func TestBrazeStorm(t *testing.T) {
	t.Parallel()
	const (
		lasts = 15 * time.Second
		back  = 15 * time.Second
	)
	w := newWorld(t, needSuite(t), worldOptions{})
	s := w.settings()
	v := w.watch()
	b := w.startWatched("a", s)
	load := w.startLoad(5, 3000)
	w.until("objects before the storm", func() (bool, string) {
		n := w.braze.objects()
		return n > 500, fmt.Sprint(n)
	})
	w.setFaults(storm...)
	w.braze.portal.Store(true)
	time.Sleep(lasts)
	w.setFaults()
	w.braze.portal.Store(false)
	over, before := time.Now(), w.braze.objects()
	until(t, back, "an object after the storm", func() (bool, string) {
		n := w.braze.objects()
		return n > before, fmt.Sprint(n)
	}, w.gone)
	first := time.Since(over)
	w.until("1000 more objects after the storm", func() (bool, string) {
		n := w.braze.objects()
		return n > before+1000, fmt.Sprint(n)
	})
	thousand := time.Since(over)
	sent := load.stop()
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	w.checkAll(v, s, sent)
	statuses := w.braze.Stats().Statuses
	if statuses["429"] == 0 || statuses["503"] == 0 || w.braze.again() == 0 {
		t.Errorf("answers %v, %d records again: the storm did not blow", statuses, w.braze.again())
	}
	t.Logf("after %s of storm the first object came in %s, a thousand in %s; %d of %d records were sent again", lasts,
		first.Round(time.Millisecond), thousand.Round(time.Millisecond), w.braze.again(), len(sent))
}
