package mapping_test

import (
	"fmt"
	"testing"

	"brazebridge/processor/mapping"
)

const orderSchema = `{"type":"record","name":"OrderPlaced","namespace":"com.shop","fields":[
 {"name":"order_id","type":"string"},
 {"name":"seq","type":"long"},
 {"name":"customer","type":{"type":"record","name":"Customer","fields":[{"name":"id","type":"string"},{"name":"email","type":["null","string"],"default":null}]}},
 {"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"status","type":{"type":"enum","name":"OrderStatus","symbols":["PLACED","PAID","SHIPPED"]}},
 {"name":"channel","type":"string"},
 {"name":"currency","type":"string"},
 {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
 {"name":"coupon","type":["null","string"],"default":null},
 {"name":"items","type":{"type":"array","items":{"type":"record","name":"LineItem","fields":[
   {"name":"sku","type":"string"},{"name":"name","type":"string"},{"name":"quantity","type":"int"},
   {"name":"unit_price","type":"float"},{"name":"category","type":["null","string"],"default":null}]}}},
 {"name":"shipping","type":["null",{"type":"record","name":"Address","fields":[
   {"name":"street","type":"string"},{"name":"city","type":"string"}]}],"default":null},
 {"name":"attrs","type":{"type":"map","values":"string"}}
]}`

const orderRecord = `{"order_id":"o-1","seq":9007199254740993,"customer":{"id":"c-1","email":null},"placed_at":"2026-01-15T09:35:20.123Z","status":"PLACED",
"channel":"web","currency":"EUR","total":"59.97","coupon":null,"items":[{"sku":"s1","name":"Shirt \"x\"","quantity":3,"unit_price":19.99,"category":null}],
"shipping":{"street":"A 1","city":"Köln"},"attrs":{"a":"1"}}`

func TestFirst(t *testing.T) {
	got := one(t, `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    time: ${placed_at}
    send:
      - event: ecommerce.order_placed
        when: ${status == "PLACED" && channel != "store"}
        properties:
          order_id: ${order_id}
          seq: ${seq}
          seq1: ${seq + 1}
          total_value: ${total}
          twice: ${total * 2}
          currency: ${currency}
          source: web
          coupon: ${coupon}
          line: ${(items[0].unit_price ?? 0) * (items[0].quantity ?? 0)}
          sum: ${sum(items, .unit_price * .quantity)}
          ship: ${shipping}
          city: ${shipping.city}
          attrs: ${attrs}
          a: ${attrs.a}
          b: ${attrs["b"] ?? "none"}
          text: "Hello ${order_id} of ${total}"
          products:
            for_each: ${items}
            value: {product_id: "${item.sku}", quantity: "${item.quantity}", price: "${item.unit_price}", n: "${item.name}", c: "${item.category}"}
      - purchase: ${item.sku}
        when: ${channel == "store"}
        for_each: ${items}
        price: ${item.unit_price}
        currency: ${currency}
        quantity: ${item.quantity}
      - attributes:
          last_order_at: ${placed_at}
          gone: null
          eq: ${items[0].unit_price == 19.99}
`, orderSchema, orderRecord)
	fmt.Println(got)
}

func BenchmarkOrder(b *testing.B) {
	s := schemaOf(b, orderSchema)
	p := compiled(b, `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    time: ${placed_at}
    send:
      - event: ecommerce.order_placed
        properties:
          order_id: ${order_id}
          seq: ${seq}
          total_value: ${total}
          currency: ${currency}
          source: web
          coupon: ${coupon}
          ship: ${shipping}
          attrs: ${attrs}
          products:
            for_each: ${items}
            value: {product_id: "${item.sku}", quantity: "${item.quantity}", price: "${item.unit_price}", n: "${item.name}", c: "${item.category}"}
`, s)
	v := decode(b, s, orderRecord)
	m := p.NewMapper()
	meta := testMeta()
	var out mapping.Output
	b.ReportAllocs()
	for b.Loop() {
		out.Buf, out.Items = out.Buf[:0], out.Items[:0]
		if _, err := m.Map(&out, v, meta); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWhen(b *testing.B) {
	s := schemaOf(b, orderSchema)
	p := compiled(b, `topics:
  shop.orders:
    user: {external_id: "${customer.id}"}
    send:
      - event: x
        when: ${status == "PAID" && channel != "store"}
`, s)
	v := decode(b, s, orderRecord)
	m := p.NewMapper()
	meta := testMeta()
	var out mapping.Output
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Map(&out, v, meta); err != nil {
			b.Fatal(err)
		}
	}
}
