package integration_test

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
)

// stream is one topic's kind of record: its schema, how the bridge maps it, and what a record becomes.
type stream struct {
	name    string
	schema  string
	mapping string // below the topic's name in the configuration
	record  func(id, user string, n int) map[string]any
	objects []string // the arrays in which a record's id arrives, once each
}

// streams are the three topics of a shop. Every object carries the id of the record it was made from, where its kind has room
// for it, so that each can be told from all others at the far end.
var streams = []stream{
	{
		name:    "orders",
		schema:  orderSchema,
		mapping: orderMapping,
		objects: []string{"events", "attributes"},
		record: func(id, user string, n int) map[string]any {
			return map[string]any{
				"order_id":  id,
				"customer":  map[string]any{"id": user, "email": goavro.Union("string", user+"@example.com")},
				"placed_at": instant(n),
				"status":    "PLACED",
				"total":     big.NewRat(int64(1000+n), 100),
				"currency":  "EUR",
				"items": []any{map[string]any{
					"sku": "sku-" + strconv.Itoa(n%50), "name": "Lamp", "quantity": int32(1 + n%3), "unit_price": big.NewRat(999, 100),
				}},
			}
		},
	},
	{
		name:    "cart",
		schema:  cartSchema,
		mapping: cartMapping,
		objects: []string{"events"},
		record: func(id, user string, n int) map[string]any {
			return map[string]any{
				"cart_id": id, "user_id": user, "changed_at": instant(n), "value": float64(n%90) + 0.5,
				"coupon": goavro.Union("null", nil), "skus": []any{"sku-1", "sku-" + strconv.Itoa(n%50)},
			}
		},
	},
	{
		name:    "behaviour",
		schema:  behaviourSchema,
		mapping: behaviourMapping,
		objects: []string{"events"},
		record: func(id, user string, n int) map[string]any {
			return map[string]any{
				"view_id": id, "user_id": user, "at": instant(n), "url": "/products/" + strconv.Itoa(n%50),
				"dwell_ms": int64(n % 5000), "tags": map[string]any{"channel": "web"},
			}
		},
	},
}

// instant is the n-th record's time: in the past, whole milliseconds, so that it passes through every format unchanged.
func instant(n int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
}

const orderSchema = `{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "order_id", "type": "string"},
  {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
    {"name": "id", "type": "string"},
    {"name": "email", "type": ["null", "string"], "default": null}]}},
  {"name": "placed_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["PLACED", "CANCELLED"]}},
  {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
  {"name": "currency", "type": "string"},
  {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
    {"name": "sku", "type": "string"},
    {"name": "name", "type": "string"},
    {"name": "quantity", "type": "int"},
    {"name": "unit_price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}}]}}}]}`

const orderMapping = `
    user: {external_id: "${customer.id}"}
    time: ${placed_at}
    send:
      - event: ecommerce.order_placed
        when: ${status == "PLACED"}
        properties:
          order_id: ${order_id}
          total_value: ${total}
          currency: ${currency}
          source: web
          products:
            for_each: ${items}
            value: {product_id: "${item.sku}", product_name: "${item.name}", variant_id: "${item.sku}", quantity: "${item.quantity}", price: "${item.unit_price}"}
      - attributes:
          last_order_id: ${order_id}
`

const cartSchema = `{"type": "record", "name": "Cart", "namespace": "shop", "fields": [
  {"name": "cart_id", "type": "string"},
  {"name": "user_id", "type": "string"},
  {"name": "changed_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
  {"name": "value", "type": "double"},
  {"name": "coupon", "type": ["null", "string"], "default": null},
  {"name": "skus", "type": {"type": "array", "items": "string"}}]}`

const cartMapping = `
    user: {external_id: "${user_id}"}
    time: ${changed_at}
    send:
      - event: cart_changed
        properties:
          id: ${cart_id}
          value: ${value}
          coupon: ${coupon}
          skus: ${skus}
`

const behaviourSchema = `{"type": "record", "name": "PageView", "namespace": "shop", "fields": [
  {"name": "view_id", "type": "string"},
  {"name": "user_id", "type": "string"},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "url", "type": "string"},
  {"name": "dwell_ms", "type": "long"},
  {"name": "tags", "type": {"type": "map", "values": "string"}}]}`

const behaviourMapping = `
    user: {external_id: "${user_id}"}
    time: ${at}
    send:
      - event: page_viewed
        properties:
          id: ${view_id}
          url: ${url}
          dwell_ms: ${dwell_ms}
`

// encoder turns native values into Avro in Confluent's wire format: a zero byte, the schema id, the datum.
type encoder struct {
	id    int
	codec *goavro.Codec
}

func newEncoder(t testing.TB, id int, schema string) *encoder {
	t.Helper()
	codec, err := goavro.NewCodec(schema)
	if err != nil {
		t.Fatalf("compile a test schema: %v", err)
	}
	return &encoder{id: id, codec: codec}
}

func (e *encoder) encode(t testing.TB, record map[string]any) []byte {
	t.Helper()
	value, err := e.codec.BinaryFromNative(framed(e.id), record)
	if err != nil {
		t.Fatalf("encode a test record: %v", err)
	}
	return value
}

// framed is the prefix of the wire format for a schema id.
func framed(id int) []byte {
	return binary.BigEndian.AppendUint32([]byte{0}, uint32(id))
}

// recordID names the n-th record of a stream; the fake finds it again in every object made from the record.
func recordID(stream string, n int) string { return fmt.Sprintf("%s-%06d", stream, n) }
