package integration_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brazebridge/sink/fakebraze"
)

// braze is the fake Braze of one test, and what arrived there: counted where it arrives, from nothing the bridge says.
type braze struct {
	*fakebraze.Server
	url string

	mu      sync.Mutex
	arrived map[arrival]int
	order   map[string][]string // by user and array: the ids as they arrived first
	strange []string            // objects without an id
	log     []logged            // all accepted objects that have an id, in the order of their arrival

	connections atomic.Int64 // open ones
	waiting     atomic.Int64 // requests without an answer yet

	portal   atomic.Bool  // some requests are answered in Braze's place, and never reach it
	answered atomic.Int64 // requests while it was so
}

// logged is one object's arrival, which may not be the first.
type logged struct {
	arrival
	at time.Time
}

// arrival is one object that Braze accepted: the array that held it, and the id of the record it was made from.
type arrival struct{ array, id string }

func startBraze(t testing.TB, o fakebraze.Options) *braze {
	t.Helper()
	b := &braze{Server: fakebraze.New(o), arrived: make(map[arrival]int), order: make(map[string][]string)}
	b.OnObject(b.note)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.waiting.Add(1)
		defer b.waiting.Add(-1)
		if b.portal.Load() && b.answered.Add(1)%8 == 0 {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html><body>Please sign in to use this network</body></html>")) // or the client is gone
			return
		}
		b.ServeHTTP(w, r)
	}))
	server.Config.ConnState = b.count
	server.Start()
	b.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		b.Close()
	})
	return b
}

// count follows the connections. A bridge's are closed when it is gone and all that it had sent has been answered.
func (b *braze) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		b.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		b.connections.Add(-1)
	}
}

// moment is the number of objects in the log.
func (b *braze) moment() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.log)
}

// note is called by the fake for each object of each answered request.
func (b *braze) note(array string, object map[string]any, accepted bool) {
	if !accepted {
		return
	}
	id := objectID(object)
	user, _ := object["external_id"].(string)
	b.mu.Lock()
	defer b.mu.Unlock()
	if id == "" {
		b.strange = append(b.strange, fmt.Sprintf("%s: %v", array, object))
		return
	}
	key := arrival{array, id}
	b.arrived[key]++
	b.log = append(b.log, logged{key, time.Now()})
	if b.arrived[key] == 1 {
		b.order[user+" "+array] = append(b.order[user+" "+array], id)
	}
}

// objectID is the id of the record that an object was made from.
func objectID(object map[string]any) string {
	if id, ok := object["last_order_id"].(string); ok {
		return id
	}
	properties, _ := object["properties"].(map[string]any)
	for _, name := range []string{"order_id", "id"} {
		if id, ok := properties[name].(string); ok {
			return id
		}
	}
	return ""
}

// objects is the number of different objects that arrived.
func (b *braze) objects() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.arrived)
}

// records are the ids of the records of which at least one object arrived.
func (b *braze) records() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make(map[string]bool, len(b.arrived))
	for a := range b.arrived {
		ids[a.id] = true
	}
	return ids
}

// again is how many records arrived more than once, each counted once for every time it was sent again.
func (b *braze) again() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := make(map[string]int)
	for a, count := range b.arrived {
		most[a.id] = max(most[a.id], count-1)
	}
	sum := 0
	for _, n := range most {
		sum += n
	}
	return sum
}

// missing are the objects of the records sent that did not arrive, at most a few of them, and how many there are.
func (b *braze) missing(sent []sentRecord) (some []string, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range sent {
		for _, array := range r.objects {
			if b.arrived[arrival{array, r.id}] > 0 {
				continue
			}
			if count++; count <= 5 {
				some = append(some, fmt.Sprintf("%s of %s (%s/%d offset %d)", array, r.id, r.topic, r.partition, r.offset))
			}
		}
	}
	return some, count
}

// checkExactlyOnce fails where a sent record's object arrived other than once, or where something else arrived.
func (b *braze) checkExactlyOnce(t testing.TB, sent []sentRecord) {
	t.Helper()
	if some, count := b.missing(sent); count > 0 {
		t.Errorf("%d objects did not arrive, among them %s", count, strings.Join(some, ", "))
	}
	if n := b.again(); n > 0 {
		t.Errorf("%d records were sent more than once", n)
	}
	b.checkNothingElse(t, sent)
}

// checkNothingElse fails where an object arrived that no sent record asks for.
func (b *braze) checkNothingElse(t testing.TB, sent []sentRecord) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted := make(map[arrival]bool)
	for _, r := range sent {
		for _, array := range r.objects {
			wanted[arrival{array, r.id}] = true
		}
	}
	for a := range b.arrived {
		if !wanted[a] {
			t.Errorf("an object arrived that no record asked for: %s of %s", a.array, a.id)
		}
	}
	if len(b.strange) > 0 {
		t.Errorf("%d objects carry no record's id, among them %s", len(b.strange), b.strange[0])
	}
}

// checkOrder fails where a user's objects first arrived in another order than their records were written. Ids of one stream
// sort as they were written, and a user's records of a stream lie in one partition.
func (b *braze) checkOrder(t testing.TB) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for user, ids := range b.order {
		byStream := make(map[string][]string)
		for _, id := range ids {
			stream, _, _ := strings.Cut(id, "-")
			byStream[stream] = append(byStream[stream], id)
		}
		for stream, ids := range byStream {
			if !slices.IsSorted(ids) {
				t.Errorf("the %s of %s arrived out of order: %v", stream, user, ids)
			}
		}
	}
}
