package mapping_test

import (
	"testing"

	"brazebridge/processor/mapping"
	"brazebridge/sink"
)

const orderRecord = `{"order_id":"o-1","seq":9007199254740993,"customer":{"id":"c-1","email":null},"placed_at":"2026-01-15T09:35:20.123Z","shipped_on":null,
"local_at":"2026-01-15T09:35:20.123","status":"PLACED","gift":null,"paid":true,"channel":"web","currency":"EUR","total":"59.97","discount":null,"weight":1.5,"raw":"AAE=",
"items":[{"sku":"s1","name":"Shirt \"x\"","quantity":3,"unit_price":19.99,"category":null},{"sku":"s2","name":"Hat","quantity":1,"unit_price":5,"category":"hats"}],
"shipping":{"street":"A 1","city":"Köln"},"attrs":{"a":"1"},"kafka":"k","body":{"a.Item":{"p":"P"}}}`

// pathsOnly uses every kind of value that needs no expression machine.
const pathsOnly = `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    send:
      - event: order_seen
        when: ${paid}
        properties:
          order_id: ${order_id}
          seq: ${seq}
          total_value: ${total}
          currency: ${currency}
          source: web
          status: ${status}
          weight: ${weight}
          discount: ${discount}
          shipping: ${shipping}
          attrs: ${attrs}
          text: "Order ${order_id} of ${total}"
          products:
            for_each: ${items}
            value: {product_id: "${item.sku}", quantity: "${item.quantity}", price: "${item.unit_price}", name: "${item.name}", category: "${item.category}"}
      - attributes: {last_order_at: "${placed_at}", note: null}
      - event: read
        user: {external_id: "${kafka.key}"}
        properties: {at: "${kafka.timestamp}", from: "${kafka.topic}/${kafka.partition}/${kafka.offset}", trace: '${kafka.headers["trace"]}', offset: "${kafka.offset}"}
`

func mapped(b testing.TB, yaml string) func() {
	s := schemaOf(b, readFile(b, "testdata/bad.avsc"))
	p := compiled(b, yaml, s)
	v := decode(b, s, orderRecord)
	m := p.NewMapper()
	meta := testMeta()
	var out mapping.Output
	return func() {
		out.Buf, out.Items = out.Buf[:0], out.Items[:0]
		if _, err := m.Map(&out, v, meta); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPathsDoNotAllocate guards the promise that a program of plain paths allocates nothing in steady state.
func TestPathsDoNotAllocate(t *testing.T) {
	f := mapped(t, pathsOnly)
	f()
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%v allocations for a record", n)
	}
}

func BenchmarkPaths(b *testing.B) {
	f := mapped(b, pathsOnly)
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

// BenchmarkPlainPath and BenchmarkSamePathAsExpression show what the fast path saves.
func BenchmarkPlainPath(b *testing.B) {
	benchmarkValue(b, "${seq}")
}

func BenchmarkSamePathAsExpression(b *testing.B) {
	benchmarkValue(b, "${(seq)}")
}

func benchmarkValue(b *testing.B, expr string) {
	f := mapped(b, "topics:\n  shop.orders:\n    user: {external_id: u}\n    send: [{event: e, properties: {x: \""+expr+"\"}}]\n")
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

func BenchmarkWhen(b *testing.B) {
	f := mapped(b, `topics:
  shop.orders:
    user: {external_id: u}
    send: [{event: e, when: '${status == "PAID" && channel != "store"}'}]
`)
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

// plainMapping has ten fields that are paths; richMapping has real expressions in three of them, purchases per line item,
// and attributes.
const (
	plainMapping = `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    time: ${placed_at}
    send:
      - event: order
        properties: {order: "${order_id}", seq: "${seq}", status: "${status}", channel: "${channel}", currency: "${currency}", total: "${total}", paid: "${paid}", city: "${shipping.city}", weight: "${weight}", placed: "${placed_at}"}
`
	richMapping = `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    time: ${placed_at}
    send:
      - event: order
        when: ${status != "SHIPPED" && channel != "store"}
        properties: {order: "${order_id}", seq: "${seq}", status: "${lower(status)}", channel: "${channel}", currency: "${currency}", total: "${round(total / 1.19, 2)}", paid: "${paid}", city: '${shipping.city ?? "unknown"}', weight: "${weight}", placed: "${placed_at}"}
      - purchase: ${item.sku}
        for_each: ${items}
        price: ${item.unit_price}
        currency: ${currency}
        quantity: ${item.quantity}
      - attributes: {last_order_at: "${placed_at}", channel: "${channel}"}
`
)

// BenchmarkPlainMapping and BenchmarkRichMapping show what a mapping costs for each object that it makes.
func BenchmarkPlainMapping(b *testing.B) { benchmarkObjects(b, plainMapping, 1) }

func BenchmarkRichMapping(b *testing.B) { benchmarkObjects(b, richMapping, 4) }

func benchmarkObjects(b *testing.B, yaml string, objects int) {
	f := mapped(b, yaml)
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*objects), "ns/object")
}

// BenchmarkCheckVouchedFor and BenchmarkCheckAll show what it saves that the check passes over what the mapper vouches for.
func BenchmarkCheckVouchedFor(b *testing.B) { benchmarkCheck(b, true) }

func BenchmarkCheckAll(b *testing.B) { benchmarkCheck(b, false) }

func benchmarkCheck(b *testing.B, vouched bool) {
	items := mappedItems(b, pathsOnly)
	for i := range items {
		if items[i].Plain == (sink.Part{}) && items[i].Kind == sink.Event {
			b.Fatalf("nobody vouches for %s", items[i].JSON)
		}
		if !vouched {
			items[i].Plain = sink.Part{}
		}
	}
	c := sink.NewChecker(sink.CheckOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if _, refusals := c.Check(items); len(refusals) > 0 {
			b.Fatal(refusals)
		}
	}
}

func mappedItems(b testing.TB, yaml string) []sink.Item {
	s := schemaOf(b, readFile(b, "testdata/bad.avsc"))
	var out mapping.Output
	if _, err := compiled(b, yaml, s).NewMapper().Map(&out, decode(b, s, orderRecord), testMeta()); err != nil {
		b.Fatal(err)
	}
	return out.Items
}
