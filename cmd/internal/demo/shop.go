package demo

import (
	"context"
	"math/rand/v2"
	"time"
)

// Shop makes the records of the demo's shop for others than the demo: none of them broken, and the same ones for the same
// seed but for their times. One goroutine owns it.
type Shop struct {
	gen     *generator
	objects int64
}

// More of everything makes a record ample.
const moreLines = 2

var moreContext = []string{
	"user_agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
	"page_title", "Trail runners and hiking boots – what to wear in autumn | Example Shop", "language", "en-GB", "experiment", "listing-layout:b",
	"referrer", "https://www.example.org/search?q=boots",
}

// NewShop returns a shop with so many customers, some of whom do more than others. schemas are what Register returned.
func NewShop(seed uint64, customers int, schemas map[string]int) *Shop {
	g := newGenerator(seed, 1, schemas, time.Now)
	g.ample = true
	g.popular = rand.NewZipf(g.rand, 1.1, float64(customers)/20, uint64(customers-1))
	return &Shop{gen: g}
}

// Next makes a record: an order in one of five, a cart in three of ten, otherwise something that a customer looked at.
func (s *Shop) Next() (topic string, key, value []byte) {
	return s.give(s.gen.sound())
}

// Behaviour makes a record of something that a user looked at; of anyone where the user is empty.
func (s *Shop) Behaviour(user string) (topic string, key, value []byte) {
	if user == "" {
		user = s.gen.customer()
	}
	return s.give(s.gen.behaviour(user))
}

// Objects is how many objects the shipped example mapping makes of the records so far.
func (s *Shop) Objects() int64 { return s.objects }

func (s *Shop) give(m made) (topic string, key, value []byte) {
	s.objects += int64(m.objects)
	return m.topic, m.key, m.value
}

// Topics are those of the shop's records.
func Topics() []string { return append([]string(nil), topics...) }

// Register puts the shipped schemas into a registry, and returns the id of each topic's.
func Register(ctx context.Context, registry string) (map[string]int, error) {
	schemas := map[string]int{}
	for _, topic := range topics {
		id, err := register(ctx, registry, topic)
		if err != nil {
			return nil, err
		}
		schemas[topic] = id
	}
	return schemas, nil
}
