package demo

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"testing"
	"testing/quick"
	"time"

	"brazebridge/deploy"
	"brazebridge/schema"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testGenerator(seed uint64, records int) *generator {
	return newGenerator(seed, records, map[string]int{ordersTopic: 1, cartsTopic: 2, behaviourTopic: 3}, func() time.Time { return noon })
}

func shippedSchemas(t *testing.T) map[string]*schema.Schema {
	t.Helper()
	all := map[string]*schema.Schema{}
	for _, topic := range topics {
		text, err := deploy.Example.ReadFile(schemaDir + topic + "-value.avsc")
		if err != nil {
			t.Fatal(err)
		}
		if all[topic], err = schema.Parse(string(text)); err != nil {
			t.Fatalf("%s: %v", topic, err)
		}
	}
	return all
}

// What the generator writes by hand is what the shipped schemas describe, to the last byte; what it breaks is not.
func TestRecordsAreOfTheShippedSchemas(t *testing.T) {
	schemas := shippedSchemas(t)
	g := testGenerator(7, 3000)
	var arena schema.Arena
	seen := map[fate]int{}
	for range 3000 {
		m := g.next()
		seen[m.fate]++
		if m.fate == tombstone {
			if m.value != nil {
				t.Fatal("a tombstone with a value")
			}
			continue
		}
		arena.Reset()
		ref, datum, err := schema.Frame(m.value, nil)
		if err == nil {
			if want := g.schemas[m.topic]; ref.ID != want {
				t.Fatalf("%s: schema id %d, want %d", m.topic, ref.ID, want)
			}
			_, err = schemas[m.topic].Decode(&arena, datum)
		}
		if (err != nil) != (m.fate == undecodable) {
			t.Fatalf("%s, fate %d: %v", m.topic, m.fate, err)
		}
	}
	for f := delivered; f < fates; f++ {
		if seen[f] == 0 {
			t.Errorf("no record of fate %d", f)
		}
	}
}

func TestSameSeedSameRecords(t *testing.T) {
	a, b, other := testGenerator(1, 500), testGenerator(1, 500), testGenerator(2, 500)
	differ := false
	for i := range 500 {
		x, y, z := a.next(), b.next(), other.next()
		if x.topic != y.topic || x.fate != y.fate || x.objects != y.objects || !bytes.Equal(x.value, y.value) || !bytes.Equal(x.key, y.key) {
			t.Fatalf("record %d differs under the same seed", i)
		}
		differ = differ || !bytes.Equal(x.value, z.value)
	}
	if !differ {
		t.Error("another seed makes the same records")
	}
}

// A short demo shows every kind of broken record, and no run breaks so many that a topic would be held for a flood.
func TestBrokenRecordsAreFewAndAllThere(t *testing.T) {
	for _, n := range []int{12, 13, 20, 50, 99, 100, 500, 1000, 10000} {
		g := testGenerator(3, n)
		seen, perTopic, dead := map[fate]int{}, map[string]int{}, map[string]int{}
		for range n {
			m := g.next()
			seen[m.fate]++
			perTopic[m.topic]++
			if m.fate.reason() != "" {
				dead[m.topic]++
			}
		}
		for _, f := range []fate{undecodable, noUser, badCurrency, refusedUser, tombstone} {
			if seen[f] == 0 {
				t.Errorf("%d records: none of fate %d", n, f)
			}
		}
		for topic, d := range dead {
			if d >= 25 && 2*d >= perTopic[topic] {
				t.Errorf("%d records: %d of %d in %s are dead letters, a flood", n, d, perTopic[topic], topic)
			}
		}
	}
}

func TestOrderFate(t *testing.T) {
	for _, c := range []struct {
		status, channel, lines int
		fate                   fate
		objects                int
	}{
		{statusPlaced, 0, 3, delivered, 2},
		{statusPlaced, channelStore, 3, delivered, 4},
		{statusCancelled, 1, 3, delivered, 1},
		{statusCancelled, channelStore, 3, unwanted, 0},
		{statusShipped, 0, 3, unwanted, 0},
		{statusShipped, channelStore, 3, unwanted, 0},
	} {
		if f, n := orderFate(c.status, c.channel, c.lines); f != c.fate || n != c.objects {
			t.Errorf("status %d, channel %d: fate %d with %d objects, want %d with %d", c.status, c.channel, f, n, c.fate, c.objects)
		}
	}
}

func TestEachFateIsOneThing(t *testing.T) {
	for f := delivered; f < fates; f++ {
		if f.reason() != "" && f.filter() != "" {
			t.Errorf("fate %d is a dead letter and filtered", f)
		}
		if f != delivered && f.reason() == "" && f.filter() == "" {
			t.Errorf("fate %d is nothing", f)
		}
	}
}

// A decimal's bytes are the shortest two's complement of its unscaled value.
func TestAppendDecimal(t *testing.T) {
	check := func(n int64) bool {
		b := appendDecimal(nil, n)
		size, digits := int(b[0])/2, b[1:]
		if size != len(digits) {
			return false
		}
		v := new(big.Int).SetBytes(digits)
		if digits[0]&0x80 != 0 {
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
		}
		redundant := size > 1 && (digits[0] == 0 && digits[1]&0x80 == 0 || digits[0] == 0xff && digits[1]&0x80 != 0)
		return v.IsInt64() && v.Int64() == n && !redundant
	}
	for _, n := range []int64{0, 1, -1, 127, 128, -128, -129, 255, 256, 1999, 1 << 31, -1 << 31, 1<<63 - 1, -1 << 63} {
		if !check(n) {
			t.Errorf("%d becomes % x", n, appendDecimal(nil, n))
		}
	}
	if err := quick.Check(check, &quick.Config{Rand: nil, MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func TestAppendStringsOfNothing(t *testing.T) {
	if got := appendStrings(nil); !bytes.Equal(got, []byte{0}) {
		t.Errorf("an empty map becomes % x: a block of zero entries would end it twice", got)
	}
	if got, want := appendStrings(nil, "a", "b"), []byte{2, 2, 'a', 2, 'b', 0}; !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestUUID(t *testing.T) {
	g := testGenerator(9, 100)
	for range 100 {
		u := g.uuid()
		if len(u) != 36 || u[14] != '4' || !bytes.ContainsRune([]byte("89ab"), rune(u[19])) {
			t.Fatalf("%s is no random UUID", u)
		}
	}
}

func TestWeighted(t *testing.T) {
	g := &generator{rand: rand.New(rand.NewPCG(1, 2))}
	var n [4]int
	for range 10000 {
		n[g.weighted(50, 0, 30, 20)]++
	}
	if n[1] != 0 {
		t.Errorf("a weight of zero came up %d times", n[1])
	}
	for i, want := range []int{5000, 0, 3000, 2000} {
		if n[i] < want-300 || n[i] > want+300 {
			t.Errorf("index %d came up %d times of 10,000, want about %d", i, n[i], want)
		}
	}
}
