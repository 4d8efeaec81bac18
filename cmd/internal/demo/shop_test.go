package demo

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"brazebridge/schema"
)

// What a shop makes can be read by the shipped schemas, all of it, and is about as large as records are elsewhere.
func TestShopMakesWholeRecords(t *testing.T) {
	schemas := shippedSchemas(t)
	ids := map[string]int{ordersTopic: 1, cartsTopic: 2, behaviourTopic: 3}
	shop := NewShop(1, 50_000, ids)
	const n = 5000
	var arena schema.Arena
	var sum int
	topics, customers := map[string]int{}, map[string]int{}
	for range n {
		topic, key, value := shop.Next()
		ref, datum, err := schema.Frame(value, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ref.ID != ids[topic] {
			t.Fatalf("a record of %s has schema %d", topic, ref.ID)
		}
		arena.Reset()
		if _, err := schemas[topic].Decode(&arena, datum); err != nil {
			t.Fatalf("decode a record of %s: %v", topic, err)
		}
		sum += len(value)
		topics[topic]++
		customers[string(key)]++
	}
	if mean := sum / n; mean < 350 || mean > 450 {
		t.Errorf("records have %d bytes on average, want about 400", mean)
	}
	if got, want := slices.Sorted(maps.Keys(topics)), slices.Sorted(slices.Values(Topics())); !slices.Equal(got, want) {
		t.Errorf("topics %v, want %v", got, want)
	}
	if len(customers) < n/4 {
		t.Errorf("%d customers in %d records: too few to be sent side by side", len(customers), n)
	}
}

func TestShopRepeatsItself(t *testing.T) {
	ids := map[string]int{ordersTopic: 1, cartsTopic: 2, behaviourTopic: 3}
	a, b, other := NewShop(7, 1000, ids), NewShop(7, 1000, ids), NewShop(8, 1000, ids)
	differ := false
	for range 100 {
		ta, ka, va := a.Next()
		tb, kb, vb := b.Next()
		if ta != tb || !bytes.Equal(ka, kb) || len(va) != len(vb) {
			t.Fatal("the same seed made different records")
		}
		_, ko, _ := other.Next()
		differ = differ || !bytes.Equal(ka, ko)
	}
	if !differ {
		t.Error("different seeds made the same records")
	}
}
