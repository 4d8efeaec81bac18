package fakebraze

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// modelUser is what a naive reading of the rules expects of a profile.
type modelUser struct {
	numbers map[string]int
	lists   map[string][]string
	events  []string
	bought  map[string]int
}

// model applies operations one by one, without queue, indexes or batches.
type model map[string]*modelUser

func (m model) user(id string) *modelUser {
	if m[id] == nil {
		m[id] = &modelUser{numbers: map[string]int{}, lists: map[string][]string{}, bought: map[string]int{}}
	}
	return m[id]
}

// operation is an object with what it does to the model; refused ones do nothing.
type operation struct {
	array, object string
	refused       bool
	apply         func(model)
}

func randomOperation(r *rand.Rand, n int) operation {
	id, key := fmt.Sprint("u", r.IntN(5)), fmt.Sprint("k", r.IntN(3))
	value := fmt.Sprint("v", r.IntN(4))
	set := func(text string, apply func(*modelUser)) operation {
		return operation{attributesArray, fmt.Sprintf(`{"external_id":%q,%s}`, id, text), false, func(m model) { apply(m.user(id)) }}
	}
	switch r.IntN(10) {
	case 0:
		return set(fmt.Sprintf(`"n%s":%d`, key, n), func(u *modelUser) { u.numbers["n"+key] = n })
	case 1:
		return set(fmt.Sprintf(`"n%s":null`, key), func(u *modelUser) { delete(u.numbers, "n"+key) })
	case 2:
		by := r.IntN(21) - 10
		return set(fmt.Sprintf(`"n%s":{"inc":%d}`, key, by), func(u *modelUser) { u.numbers["n"+key] += by })
	case 3:
		return set(fmt.Sprintf(`"l%s":{"add":[%q]}`, key, value), func(u *modelUser) {
			u.lists["l"+key] = append(removed(u.lists["l"+key], value), value)
		})
	case 4:
		return set(fmt.Sprintf(`"l%s":{"remove":[%q]}`, key, value), func(u *modelUser) {
			u.lists["l"+key] = removed(u.lists["l"+key], value)
		})
	case 5:
		quantity := r.IntN(130)
		object := fmt.Sprintf(`{"external_id":%q,"product_id":%q,"currency":"EUR","price":1,"quantity":%d,"time":%q}`, id, value, quantity, at)
		return operation{purchasesArray, object, quantity < 1 || quantity > 100, func(m model) { m.user(id).bought[value] += quantity }}
	case 6:
		return operation{eventsArray, fmt.Sprintf(`{"name":"nobody","time":%q}`, at), true, nil}
	case 7:
		return operation{attributesArray, fmt.Sprintf(`{"external_id":%q,"_update_existing_only":true,"nk0":%d}`, id, n), false, func(m model) {
			if m[id] != nil {
				m[id].numbers["nk0"] = n
			}
		}}
	}
	name := fmt.Sprint("e", n)
	return operation{eventsArray, fmt.Sprintf(`{"external_id":%q,"name":%q,"time":%q}`, id, name, at), false, func(m model) {
		m.user(id).events = append(m.user(id).events, name)
	}}
}

func removed(list []string, v string) []string {
	return slices.DeleteFunc(append([]string{}, list...), func(e string) bool { return e == v })
}

// TestProfilesAgainstAModel sends random requests, valid and invalid objects mixed, through random faults, and
// compares profiles and counters with a model that applies whatever was answered as accepted.
func TestProfilesAgainstAModel(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) { runModel(t, seed) })
	}
}

func runModel(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	s := New(Options{Seed: seed, ApplyDelay: time.Duration(r.IntN(2)) * time.Second})
	defer s.Close()
	setFaults(t, s, Fault{Kind: "status", Status: 500, Probability: 0.1}, Fault{Kind: "reset_after_accept", Probability: 0.1},
		Fault{Kind: "reset_before", Probability: 0.1})
	m := model{}
	accepted, refused := int64(0), int64(0)
	for n := range 60 {
		var list []operation
		for i := range 1 + r.IntN(8) {
			list = append(list, randomOperation(r, n*10+i))
		}
		// Which fault strikes is read from the counters: a client cannot know.
		before := s.Stats().AcceptedRequests
		_, _, _ = send(client(s, time.Hour), "http://braze", bodyOf(list)) // its error is part of the test
		wasAccepted := s.Stats().AcceptedRequests > before
		for _, array := range arrayNames {
			for _, o := range list {
				if wasAccepted && o.array == array && !o.refused {
					o.apply(m)
					accepted++
				}
			}
		}
		refused = s.Stats().RefusedObjects
		time.Sleep(time.Duration(r.IntN(400)) * time.Millisecond)
	}
	time.Sleep(time.Minute)
	st := s.Stats()
	if st.Attributes+st.Events+st.Purchases != accepted || st.RefusedObjects != refused || int(st.Profiles) != len(m) {
		t.Errorf("seed %d: stats %+v, model accepted %d, profiles %d", seed, st, accepted, len(m))
	}
	for id, want := range m {
		compareWithModel(t, fmt.Sprint(seed, " ", id), user(t, s, "external_id", id), want)
	}
}

func bodyOf(list []operation) string {
	arrays := map[string][]string{}
	for _, o := range list {
		arrays[o.array] = append(arrays[o.array], o.object)
	}
	var parts []string
	for name, objects := range arrays {
		parts = append(parts, fmt.Sprintf("%q:[%s]", name, strings.Join(objects, ",")))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func compareWithModel(t *testing.T, what string, got User, want *modelUser) {
	t.Helper()
	attributes := map[string]any{}
	for k, v := range want.numbers {
		attributes[k] = v
	}
	for k, v := range want.lists {
		attributes[k] = v
	}
	if a, b := asJSONText(t, got.Attributes), asJSONText(t, attributes); a != b {
		t.Errorf("%s: attributes %s, want %s", what, a, b)
	}
	var names []string
	for _, e := range got.Events {
		names = append(names, e["name"].(string))
	}
	if !slices.Equal(names, want.events) {
		t.Errorf("%s: events %v, want %v", what, names, want.events)
	}
	bought := map[string]int{}
	for _, p := range got.Purchases {
		bought[p["product_id"].(string)]++
		if p["quantity"] != json.Number("1") {
			t.Errorf("%s: a purchase of quantity %v", what, p["quantity"])
		}
	}
	for product, n := range want.bought {
		if bought[product] != n {
			t.Errorf("%s: %d of %s bought, want %d", what, bought[product], product, n)
		}
	}
}

// TestQueueIsOrdered: whatever the delays, batches leave the queue by the time they are due, and of equal ones
// the first accepted first.
func TestQueueIsOrdered(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	start := time.Now()
	var want []batch
	for i := range uint64(500) {
		want = append(want, batch{due: start.Add(time.Duration(r.IntN(50)) * time.Second), order: i})
	}
	var q applyQueue
	for _, i := range r.Perm(len(want)) {
		q.schedule(want[i])
	}
	slices.SortStableFunc(want, func(a, b batch) int { return a.due.Compare(b.due) })
	for _, b := range want {
		if got := q.next(); !got.due.Equal(b.due) || got.order != b.order {
			t.Fatalf("next is %v %d, want %v %d", got.due, got.order, b.due, b.order)
		}
	}
	if q.Len() != 0 {
		t.Errorf("%d batches are left", q.Len())
	}
}
