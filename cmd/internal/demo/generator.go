package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// The example's topics.
const (
	ordersTopic    = "shop.orders"
	cartsTopic     = "shop.carts"
	behaviourTopic = "shop.behaviour"
)

var topics = []string{ordersTopic, cartsTopic, behaviourTopic}

// fate is what the generator expects to become of a record, by how it made it.
type fate uint16

// The fates. Zero is none, so that a mark of zero is no record.
const (
	delivered fate = iota + 1
	undecodable
	noUser
	badCurrency
	refusedUser
	tombstone
	unwanted // no rule's `when` is true
	fates
)

// reason is the dead letter's reason where the fate is one, or else empty.
func (f fate) reason() string {
	switch f {
	case undecodable:
		return "undecodable"
	case noUser:
		return "mapping"
	case badCurrency:
		return "check"
	case refusedUser:
		return "rejected"
	}
	return ""
}

// filter is the reason under which the record is filtered, or else empty.
func (f fate) filter() string {
	switch f {
	case tombstone:
		return "tombstone"
	case unwanted:
		return "when"
	}
	return ""
}

// made is a generated record: what goes to Kafka, and what the generator knows of it.
type made struct {
	topic   string
	key     []byte
	value   []byte
	fate    fate
	objects int // that Braze is to accept, where the fate is delivered
}

// generator makes a shop's records, the same ones for the same seed but for their times.
type generator struct {
	rand    *rand.Rand
	popular *rand.Zipf // some customers do more than others
	schemas map[string]int
	ample   bool // records of about 400 bytes, as in a busy shop, instead of ones that a person likes to read
	period  int  // broken records come once in a period
	n       int
	now     func() time.Time
}

const customers = 4000

// newGenerator returns a generator whose broken records are spread so that even a short run has one of each kind.
func newGenerator(seed uint64, records int, schemas map[string]int, now func() time.Time) *generator {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	return &generator{
		rand:    r,
		popular: rand.NewZipf(r, 1.1, 200, customers-1),
		schemas: schemas,
		period:  min(max(records/4, 2*len(broken)), 500),
		now:     now,
	}
}

// broken are the makers of records that must not reach Braze, in the order in which they come in a period.
var broken = []func(*generator) made{
	(*generator).anonymousBehaviour,
	(*generator).orderInEuros,
	(*generator).textInsteadOfAvro,
	(*generator).blockedOrder,
	(*generator).deletedCart,
	(*generator).truncatedCart,
}

// next makes the next record.
func (g *generator) next() made {
	slot, step := g.n%g.period, g.period/len(broken)
	g.n++
	if k := slot / step; slot%step == 1 && k < len(broken) {
		return broken[k](g)
	}
	return g.sound()
}

// sound makes a record that is not broken.
func (g *generator) sound() made {
	switch p := g.rand.IntN(100); {
	case p < 20:
		return g.order(orderOptions{user: g.customer()})
	case p < 50:
		return g.cart(g.customer())
	default:
		return g.behaviour(g.customer())
	}
}

func (g *generator) customer() string { return fmt.Sprintf("c-%05d", 10000+g.popular.Uint64()) }

// A visitor who never signed in, in a topic whose mapping wants a user.
func (g *generator) anonymousBehaviour() made {
	m := g.view("", false)
	m.fate, m.key = noUser, []byte("anonymous")
	return m
}

// Somebody wrote the currency out.
func (g *generator) orderInEuros() made {
	m := g.order(orderOptions{user: g.customer(), currency: "EURO", placedOnline: true})
	m.fate = badCurrency
	return m
}

// A producer that was deployed with the wrong serialiser.
func (g *generator) textInsteadOfAvro() made {
	user := g.customer()
	return made{topic: behaviourTopic, key: []byte(user), fate: undecodable,
		value: fmt.Appendf(nil, `{"kind":"searched","customer_id":%q,"search":{"term":"boots","results":12}}`, user)}
}

// A record that lost its end on the way.
func (g *generator) truncatedCart() made {
	m := g.cart(g.customer())
	m.value, m.fate = m.value[:len(m.value)-len(m.value)/3], undecodable
	return m
}

// Right in every respect, but for whom it is about.
func (g *generator) blockedOrder() made {
	m := g.order(orderOptions{user: blockedUsers[g.rand.IntN(len(blockedUsers))], placedOnline: true})
	m.fate = refusedUser
	return m
}

// A cart that was deleted: a null value, which is how a compacted topic forgets.
func (g *generator) deletedCart() made {
	return made{topic: cartsTopic, key: []byte(g.customer()), fate: tombstone}
}
