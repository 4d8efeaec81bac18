package processor

import (
	"math/rand/v2"
	"testing"

	"brazebridge/sink"
)

// TestUserTable holds the table against a map, with users that want the same place, the last places of the table among them,
// and tables that grow.
func TestUserTable(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var table userTable
		model := map[uint64]*userState{}
		var users []uint64 // that were ever there
		for range 20_000 {
			var user uint64
			switch rnd.IntN(4) {
			case 0:
				user = rnd.Uint64()
			case 1: // in a cluster around the end of the table
				user = ^uint64(0)<<rnd.IntN(64) - rnd.Uint64N(4)
			default:
				if len(users) > 0 {
					user = users[rnd.IntN(len(users))]
				}
			}
			users = append(users, user)
			if st := model[user]; st != nil && rnd.IntN(2) == 0 {
				table.forget(st)
				delete(model, user)
				continue
			}
			st := table.state(user)
			if known := model[user]; known != nil && known != st || st.user != user {
				t.Fatalf("seed %d: user %x has another state than before", seed, user)
			} else if known == nil && (st.batch != nil || st.tasks != 0 || st.claims != 0 || st.attributes || len(st.waiting) != 0) {
				t.Fatalf("seed %d: user %x begins with somebody else's state", seed, user)
			}
			model[user] = st
			st.claims, st.tasks, st.attributes, st.waiting, st.batch = 1, 1, true, append(st.waiting, nil), &batch{}
		}
		if table.n != len(model) {
			t.Fatalf("seed %d: %d users, want %d", seed, table.n, len(model))
		}
		for user, st := range model {
			if table.state(user) != st {
				t.Fatalf("seed %d: user %x is lost", seed, user)
			}
			table.forget(st)
		}
		for i, p := range table.places {
			if p.st != nil || table.n != 0 {
				t.Fatalf("seed %d: place %d is taken in an empty table of %d", seed, i, table.n)
			}
		}
		if len(table.free) > keptStates {
			t.Fatalf("%d states are kept", len(table.free))
		}
	}
}

func BenchmarkUserTable(b *testing.B) {
	var table userTable
	var users [9600]uint64 // 128 requests
	for i := range users {
		users[i] = rand.Uint64()
		table.state(users[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		u := &users[i%len(users)]
		table.forget(table.state(*u))
		*u = rand.Uint64()
		table.state(*u)
	}
}

// What waits for its user and is given back meanwhile lets go of all its users, and of what waits behind it.
func TestGivenBackTasksReleaseTheirUsers(t *testing.T) {
	b := newBench(sink.Limits{Objects: 75}, 4, 100, 2)
	first, given, last := b.task(0, sink.Event, 1), b.task(1, sink.Event, 1, 2), b.task(0, sink.Event, 2)
	b.arrive(first)
	b.arrive(given)
	b.arrive(last)
	b.ledger.close(b.accts[1:])
	b.settle(<-b.l.batches)
	if given.rec != nil || given.claims != nil {
		t.Error("what was given back is still held")
	}
	if len(b.l.batches) == 0 {
		t.Fatal("what waited behind it is not sent")
	}
	b.settle(<-b.l.batches)
	if b.d.users.n != 0 {
		t.Errorf("%d users are left", b.d.users.n)
	}
}
