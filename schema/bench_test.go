package schema

import (
	"fmt"
	"testing"
)

// orderSchema is an order as shops write them; a datum of it has about 400 bytes.
const orderSchema = `{"type":"record","name":"Order","namespace":"shop.sales","fields":[
	{"name":"order_id","type":{"type":"string","logicalType":"uuid"}},
	{"name":"customer","type":{"type":"record","name":"Customer","fields":[
		{"name":"id","type":"string"},{"name":"email","type":["null","string"],"default":null},{"name":"since","type":["null",{"type":"int","logicalType":"date"}]}]}},
	{"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["WEB","APP","STORE"]}},
	{"name":"currency","type":"string"},
	{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
	{"name":"coupon","type":["null","string"],"default":null},
	{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
		{"name":"sku","type":"string"},{"name":"title","type":"string"},{"name":"quantity","type":"int"},
		{"name":"price","type":"double"},{"name":"weight","type":["null","float"],"default":null}]}}},
	{"name":"gift","type":"boolean"},
	{"name":"session","type":{"type":"fixed","name":"Session","size":16,"logicalType":"uuid"}},
	{"name":"labels","type":{"type":"map","values":"string"}}]}`

func orderDatum(t testing.TB, s *Schema, i int) []byte {
	t.Helper()
	plain := fmt.Sprintf(`{"order_id":"9f2d3c1e-0000-4000-8000-%012d","customer":{"id":"customer-%d","email":"someone.%d@example.com","since":"2019-04-0%d"},
		"placed_at":"2026-01-15T09:35:20.123Z","channel":"APP","currency":"EUR","total":"%d.%02d","coupon":null,
		"lines":[{"sku":"SKU-%d","title":"Trail running shoes, blue","quantity":2,"price":89.95,"weight":0.62},
			{"sku":"SKU-7","title":"Wool socks","quantity":3,"price":12.5},{"sku":"SKU-8","title":"Bottle, half a litre","quantity":1,"price":19.99}],
		"gift":true,"session":"123e4567-e89b-12d3-a456-426614174000",
		"labels":{"campaign":"spring","landing":"/shoes/trail","partner":"none"}}`, i, i, i, i%9+1, 100+i, i%100, i)
	datum, err := s.EncodeJSON([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return datum
}

// TestDecodeAllocatesNothing guards the hot path: in the steady state a record costs no allocation, neither decoding
// nor writing JSON.
func TestDecodeAllocatesNothing(t *testing.T) {
	s := mustParse(t, orderSchema)
	datum := orderDatum(t, s, 1)
	var a Arena
	var buf []byte
	run := func() {
		a.Reset()
		v, err := s.Decode(&a, datum)
		if err != nil {
			t.Fatal(err)
		}
		if buf, err = v.AppendJSON(buf[:0]); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// TestManyKeysAllocateNothing: nor does a map that is searched for duplicates through a set.
func TestManyKeysAllocateNothing(t *testing.T) {
	s := mustParse(t, `{"type":"map","values":"null"}`)
	datum := []byte{2 * 26}
	for c := byte('a'); c <= 'z'; c++ {
		datum = append(datum, 2, c)
	}
	datum = append(datum, 0)
	var a Arena
	run := func() {
		a.Reset()
		if _, err := s.Decode(&a, datum); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	s := mustParse(b, orderSchema)
	datum := orderDatum(b, s, 1)
	var a Arena
	b.SetBytes(int64(len(datum)))
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		if _, err := s.Decode(&a, datum); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeReference(b *testing.B) {
	s := mustParse(b, orderSchema)
	datum := orderDatum(b, s, 1)
	b.SetBytes(int64(len(datum)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.DecodeReference(datum); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	s := mustParse(b, orderSchema)
	var a Arena
	v, err := s.Decode(&a, orderDatum(b, s, 1))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = v.AppendJSON(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(orderSchema); err != nil {
			b.Fatal(err)
		}
	}
}
