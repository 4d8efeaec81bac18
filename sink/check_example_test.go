package sink_test

import (
	"fmt"

	"brazebridge/sink"
)

func ExampleChecker_Check() {
	checker := sink.NewChecker(sink.CheckOptions{})
	_, refusals := checker.Check([]sink.Item{
		{Kind: sink.Event, JSON: []byte(`{"external_id":"u1","name":"page_viewed","time":"2026-01-15T09:35:20Z"}`)},
		{Kind: sink.Purchase, JSON: []byte(`{"external_id":"u1","product_id":"socks","currency":"eur","price":9.95,"time":"2026-01-15T09:35:20Z"}`)},
	})
	for _, r := range refusals {
		fmt.Printf("item %d: %s: %s\n", r.Item, r.Rule, r.Text)
	}
	// Output: item 1: currency: currency is not an ISO 4217 code in capitals
}

func ExampleChecker_Check_repair() {
	checker := sink.NewChecker(sink.CheckOptions{Repair: true})
	items, _ := checker.Check([]sink.Item{
		{Kind: sink.Purchase, JSON: []byte(`{"external_id":"u1","product_id":"socks","currency":"EUR","price":1,"quantity":120,"time":"2026-01-15T09:35:20Z"}`)},
	})
	for _, item := range items {
		fmt.Printf("%s\n", item.JSON)
	}
	checker.TakeCounted(func(note string, n int64) { fmt.Println(note, n) })
	// Output:
	// {"external_id":"u1","product_id":"socks","currency":"EUR","price":1,"quantity":100,"time":"2026-01-15T09:35:20Z"}
	// {"external_id":"u1","product_id":"socks","currency":"EUR","price":1,"quantity":20,"time":"2026-01-15T09:35:20Z"}
	// repaired_quantity 1
}

func ExampleEcommerceNearMiss() {
	fmt.Println(sink.EcommerceNearMiss("ecommerce.OrderPlaced"))
	// Output: ecommerce.order_placed true
}
