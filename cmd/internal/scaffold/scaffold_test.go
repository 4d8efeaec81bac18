package scaffold

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
	"brazebridge/schema"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func topicOf(t testing.TB, name, text string) Topic {
	t.Helper()
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	s.Subject, s.Version = schema.Subject(name), 1
	return Topic{Name: name, Schema: s}
}

// record is a schema of a record with these fields.
func record(name, fields string) string {
	return fmt.Sprintf(`{"type": "record", "name": %q, "fields": [%s]}`, name, fields)
}

// str, num and the others are fields.
func str(names ...string) string { return each(names, `"string"`) }
func each(names []string, t string) string {
	var all []string
	for _, n := range names {
		all = append(all, fmt.Sprintf(`{"name": %q, "type": %s}`, n, t))
	}
	return strings.Join(all, ", ")
}

const (
	millis = `{"type": "long", "logicalType": "timestamp-millis"}`
	money  = `{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}`
)

// Schemas as they are found in the wild: what is written for each is compiled against it by the test itself.
var wild = map[string]string{
	"sales": record("org.acme.SalesOrder", strings.Join([]string{
		str("orderNumber", "currencyCode"), each([]string{"orderDate"}, millis), each([]string{"grandTotal"}, `"double"`),
		each([]string{"orderStatus"}, `{"type": "enum", "name": "S", "symbols": ["NEW_ORDER", "PAID"]}`),
		each([]string{"buyer"}, record("Buyer", str("customerId", "email")+","+each([]string{"phone"}, `["null", "string"]`))),
		each([]string{"positions"}, `{"type": "array", "items": `+record("Position", str("sku", "title")+","+each([]string{"qty"}, `"int"`)+","+each([]string{"unitPrice"}, money))+`}`),
	}, ",")),
	"loyalty": record("LoyaltyPointsBooked", str("member_id")+","+each([]string{"points"}, `"int"`)+","+each([]string{"booked"}, millis)+","+each([]string{"blob"}, `"bytes"`)),
	"nobody":  record("Heartbeat", str("id", "host")),
	"two.types": `[` + record("com.acme.Opened", str("user_id")+","+each([]string{"at"}, millis)) + `, ` +
		record("com.acme.Closed", str("userId", "reason")) + `, "null"]`,
	"builtin":   record("Odd", str("kafka", "record", "item", "when", "include", "for_each", "value", "type", "in", "not", "len", "nil", "true")),
	"recursive": record("Tree", str("user_id")+`, {"name": "next", "type": ["null", "Tree"]}, {"name": "all", "type": {"type": "array", "items": "Tree"}}`),
	"text":      `"string"`,
	"nothing":   record("Empty", ""),
	"mixed":     record("Mixed", `{"name": "customer_id", "type": ["null", "long", "string"]}, {"name": "m", "type": {"type": "map", "values": "double"}}, {"name": "d", "type": {"type": "int", "logicalType": "date"}}`),
	"12":        record("Numbers", str("x_1", "y", "n", "no")+","+each([]string{"user_id"}, `["null", "long"]`)+","+each([]string{"time"}, `["null", `+millis+`]`)),
	"cart": record("BasketChanged", str("basketId", "user_id", "currency")+","+each([]string{"total"}, money)+","+
		each([]string{"lines"}, `["null", {"type": "array", "items": `+record("L", str("article_id", "name", "variant")+","+each([]string{"quantity"}, `["null", "int"]`)+","+each([]string{"price"}, `"float"`))+`}]`)),
}

func TestWhatIsWrittenCompiles(t *testing.T) {
	for name, text := range wild {
		topic := topicOf(t, name, text)
		out, err := Write(Options{Topics: []Topic{topic}, Registry: "http://registry:8081"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		cfg, _, err := config.Parse("bridge.yaml", []byte(out), config.ResolveLenient)
		if err != nil || len(cfg.Topics) != 1 || cfg.Topics[0].Name != name || cfg.SchemaRegistry.URLs[0] != "http://registry:8081" {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		if _, _, faults := mapping.Compile(cfg.Topics[0], topic.Schema); len(faults) > 0 {
			t.Errorf("%s: %v\n%s", name, faults, out)
		}
		_, topics, _ := strings.Cut(out, "topics:\n")
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(topics), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != topics {
			t.Errorf("%s: %v, got\n%s", name, err, topics)
		}
	}
}

// Fifty topics are one file.
func TestFiftyTopics(t *testing.T) {
	var topics []Topic
	for i := range 50 {
		for _, text := range wild {
			topics = append(topics, topicOf(t, fmt.Sprintf("topic.%d", i), text))
			break
		}
	}
	out, err := Write(Options{Topics: topics})
	if err != nil {
		t.Fatal(err)
	}
	cfg, _, err := config.Parse("bridge.yaml", []byte(out), config.ResolveLenient)
	if err != nil || len(cfg.Topics) != 50 {
		t.Errorf("%v", err)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"orderId": "order_id", "OrderID": "order_id", "order-id": "order_id", "order_id": "order_id", "HTTPStatus": "http_status", "a1B": "a1_b", "X": "x", "": "",
	} {
		if got := snake(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// A name is found before one that is less likely, wherever the two stand, and only where its type suits.
func TestPick(t *testing.T) {
	s := topicOf(t, "t", record("R", each([]string{"customer_id"}, `"double"`)+","+str("account_id")+","+
		each([]string{"user"}, record("U", str("id", "name")))+","+each([]string{"customer"}, record("C", str("name")))))
	fields := fieldsOf(s.Schema.Root, "", false)
	if f := pick(fields, isID, userNames...); f == nil || f.path != "user.id" {
		t.Errorf("the user is %v", f)
	}
	if f := pick(fields, isText, "id"); f != nil {
		t.Errorf("a nested id was taken for the record's: %v", f)
	}
}

// Schemas that others have made: events of a Java service, of changes to a table, and of a web tracker. What their own words
// hide, names inside names, amounts with a currency, a row inside an envelope, is found.
func TestForeignSchemas(t *testing.T) {
	dir, err := schema.OpenDir("testdata/foreign")
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"sales.order-events": {
			`user: {external_id: "${order.customer.customerNumber}"}`, "time: ${eventTimestamp}", "event: ecommerce.order_placed", `when: ${eventType == "ORDER_CREATED"}`,
			"order_id: ${order.orderNumber}", "total_value: ${order.orderTotal.amount}", "currency: ${order.orderTotal.currency}", "for_each: ${order.lines}",
			"product_id: ${item.article.articleNumber}", "product_name: ${item.article.title}", "price: ${item.unitPrice.amount}",
		},
		"dbserver1.inventory.customers": {
			"key: avro", `user: {external_id: "${kafka.key.id}"}`, "time: '${ts_ms != nil ? fromMillis(ts_ms)", "event: customers_changed", "when: ${after != nil}", "first_name: ${after.first_name}",
		},
		"web.tracking": {
			`user: {external_id: "${user_id}"}`, "# time: ${time(collector_tstamp)}", `app_id: ${record["app-id"]}`,
			"event: ${event}   # one of PageView, ProductView, AddToCart: ${event.PageView.title} reaches into one",
		},
	} {
		topic := Topic{Name: name}
		if topic.Schema, err = dir.Latest(t.Context(), schema.Subject(name)); err != nil {
			t.Fatal(err)
		}
		topic.Key, _ = dir.Latest(t.Context(), name+"-key")
		out, err := Write(Options{Topics: []Topic{topic}})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %s is missing", name, want)
			}
		}
		if t.Failed() {
			t.Log(out)
		}
	}
}
