package mapping_test

import (
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
)

// TestHintsWork follows the hint of a fault, as a user would, and compiles again: no fault may be left.
func TestHintsWork(t *testing.T) {
	tests := []struct{ bad, hint, good string }{
		{"${odrer_id}", "did you mean order_id?", "${order_id}"},
		{"${city}", "did you mean shipping.city?", "${shipping.city}"},
		{"${customer.emial}", "did you mean email?", "${customer.email}"},
		{"${discount * 2}", "give a default, (discount ?? 0), or test it before: discount != nil", "${(discount ?? 0) * 2}"},
		{"${discount * 2}", "give a default, (discount ?? 0), or test it before: discount != nil", `${discount != nil ? discount * 2 : nil}`},
		{"${lower(customer.email)}", `give a default, (customer.email ?? ""), or test it before: customer.email != nil`, `${lower((customer.email ?? ""))}`},
		{"${!gift}", "say what a null means: (gift ?? false)", "${!(gift ?? false)}"},
		{`${status == "PLACE"}`, "did you mean PLACED?", `${status == "PLACED"}`},
		{`${status == 1}`, "compare it with one of its symbols: PLACED, PAID, SHIPPED", `${status == "PAID"}`},
		{`${placed_at > "2026-01-31"}`, `a time from text: time("2026-01-31T00:00:00Z")`, `${placed_at > time("2026-01-31T00:00:00Z")}`},
		{`${seq == "7"}`, "compare numbers with numbers: without quotes", "${seq == 7}"},
		{"${lowr(channel)}", "did you mean lower?", "${lower(channel)}"},
		{"${channel.lower()}", "call a function: lower(value)", "${lower(channel)}"},
		{"${now()}", "a mapping reads no clock: use kafka.timestamp", "${kafka.timestamp}"},
		{`${replace(channel, "a")}`, "it is replace(text, old, new)", `${replace(channel, "a", "b")}`},
		{"${channel + seq}", `build text with holes, "…${a} ${b}", or with string(x)`, "${channel + string(seq)}"},
		{"${channel + seq}", `build text with holes, "…${a} ${b}", or with string(x)`, "${channel}${seq}"},
		{"w ${weight}", "a float has no exact text: string(…) makes one of it, int(…) a whole number", "w ${int(weight)}"},
		{"w ${weight}", "a float has no exact text: string(…) makes one of it, int(…) a whole number", "w ${string(weight)}"},
		{"w ${round(weight, 1)}", "a float has no exact text: string(…) makes one of it, int(…) a whole number", "w ${string(round(weight, 1))}"},
		{"to ${shipping}", "name one of its fields", "to ${shipping.city}"},
		{"of ${map(items, .sku)}", `join its elements: join(…, ", ")`, `of ${join(map(items, .sku), ", ")}`},
		{"${items.sku}", "take one element, items[0].sku, or use for_each: ${items}", "${items[0].sku}"},
		{"${body.Item.p}", `use the full name: body["a.Item"] or body["b.Item"]`, `${body["a.Item"].p}`},
		{"${placed_at - kafka.timestamp}", "write its seconds: seconds(…)", "${seconds(placed_at - kafka.timestamp)}"},
		{"${kafka.topik}", "did you mean topic? The record's own field kafka is record.kafka", "${kafka.topic}"},
		{"${kafka.brand}", "kafka is a built-in name: the record's own field is record.kafka", "${record.kafka}"},
		{"${kafka.headers}", `write kafka.headers["name"]`, `${kafka.headers["name"]}`},
		{"${discount ?? 0 + 1}", "put the part with ?? in parentheses", "${(discount ?? 0) + 1}"},
		{`${channel = "web"}`, "compare with ==", `${channel == "web"}`},
		{"${1; 2}", "write one expression", "${1}"},
		{"${order_id", "close it, or write $${ for a literal ${", "${order_id}"},
		{"${order_id", "close it, or write $${ for a literal ${", "$${order_id"},
		{"${max(items, .quantity)}", ".field stands only inside filter, map, any …: sum(map(items, .price))", "${sum(map(items, .quantity))}"},
		{"${items.map(l => l.sku)}", "the element is #, and needs no arrow: map(items, #.sku)", "${map(items, #.sku)}"},
		{"${if paid then 1 else 2}", "write condition ? a : b", "${paid ? 1 : 2}"},
		{"${placed_at.year}", `take a part of it as text: formatTime(placed_at, "2006-01-02")`, `${formatTime(placed_at, "2006")}`},
		{"${placed_at + 3600}", `say what it counts: duration("1h")`, `${placed_at + duration("1h")}`},
		{"${items.length}", "the number of elements is len(items)", "${len(items)}"},
		{"${substring(channel, 0, 3)}", "take a part of a text: text[0:3]", "${channel[0:3]}"},
		{`${concat(channel, "-", order_id)}`, `build text with holes, "${a}-${b}", or join texts with +`, `${channel + "-" + order_id}`},
		{"${if(paid, 1, 2)}", "write condition ? a : b", "${paid ? 1 : 2}"},
		{`${status == PLACED}`, `the symbol of an enum is text, in quotes: "PLACED"`, `${status == "PLACED"}`},
		{`${typeName(customer) == "Customer"}`, `write "com.shop.Customer"`, `${typeName(customer) == "com.shop.Customer"}`},
		{`${formatTime(placed_at, "DD.MM.YYYY")}`, `write the moment 2006-01-02 15:04:05 in your form: "02.01.2006 15:04"`, `${formatTime(placed_at, "02.01.2006")}`},
		{"${lower(seq)}", "make it text: string(…)", "${lower(string(seq))}"},
		{"${sum(items, .name)}", "turn it into a number: decimal(…)", "${sum(map(items, decimal(.name)))}"},
		{"${seq ** 2}", "multiply: x * x", "${seq * seq}"},
		{"${fromJSON(channel).n + 1}", "give a default: (… ?? 0)", "${(fromJSON(channel).n ?? 0) + 1}"},
		{"${count(items)}", "the number of elements is len(…)", "${len(items)}"},
		{`${NVL(discount, 0)}`, "a default is x ?? default", "${discount ?? 0}"},
		{`${date_format(placed_at, "yyyy")}`, `it is formatTime(timestamp, "02.01.2006 15:04"), in a layout of Go`, `${formatTime(placed_at, "02.01.2006 15:04")}`},
		{"${discount == null}", "it is nil", "${discount == nil}"},
		{"${discount is null}", "compare with nil: x == nil, x != nil", "${discount == nil}"},
		{"${$.order_id}", "fields stand by their names: order_id", "${order_id}"},
		{"${items[*].sku}", "go through the elements: map(list, .field), or for_each", "${map(items, .sku)}"},
		{`${status in ("PLACED", "PAID")}`, `a list stands in brackets: x in ["A", "B"]`, `${status in ["PLACED", "PAID"]}`},
		{`${channel || "x"}`, `a default is written with ??: x ?? "x"`, `${channel ?? "x"}`},
		{`${contains(channel, "w")}`, `it is an operator, between two texts: x contains "y"`, `${channel contains "w"}`},
		{`${channel.contains("w")}`, `it is an operator: x contains "y"`, `${channel contains "w"}`},
		{"${channel | lower}", "a function behind | has parentheses: x | lower()", "${channel | lower()}"},
		{`${exists(items, .sku == "s1")}`, "it is any(list, condition), with .field as the element's", `${any(items, .sku == "s1")}`},
		{"${filter(items, quantity > 1)}", "the element's field is .quantity", "${filter(items, .quantity > 1)}"},
		{"${sum(items, item.unit_price)}", "the element's field is .unit_price", "${sum(items, .unit_price)}"},
		{`${map(items, {"a": .sku})}`, `put a map inside a predicate in parentheses: map(list, ({"a": .b}))`, `${map(items, ({"a": .sku}))}`},
		{`${join(map(items, .quantity), ",")}`, `make the elements text: join(map(list, string(#)), ", ")`, `${join(map(map(items, .quantity), string(#)), ", ")}`},
		{`${join(map(items, .category), ",")}`, `say what a null becomes: join(map(list, # ?? ""), ", ")`, `${join(map(map(items, .category), # ?? ""), ", ")}`},
		{`${join(items, ",")}`, `join a field of the elements: join(map(list, .field), ", ")`, `${join(map(items, .sku), ", ")}`},
		{`${placed_at + duration("1d")}`, `it is duration("24h") of hours, minutes and seconds: "1h30m"`, `${placed_at + duration("24h")}`},
		{`${placed_at + "1h"}`, `a span of time is duration("24h")`, `${placed_at + duration("24h")}`},
		{"${channel[0]}", "a part of a text is text[0:1]", "${channel[0:1]}"},
		{"${year(placed_at)}", `take a part of it as text: formatTime(timestamp, "2006")`, `${formatTime(placed_at, "2006")}`},
		{"${unix(placed_at)}", "it is toSeconds(timestamp)", "${toSeconds(placed_at)}"},
		{"${avg(map(items, .quantity))}", "divide: sum(list) / len(list)", "${sum(map(items, .quantity)) / len(map(items, .quantity))}"},
		{"${weight % 2}", "% is for integers: int(…) cuts off what is behind the point", "${int(weight) % 2}"},
		{"${isEmpty(channel)}", `compare it: x == "", len(x) == 0`, `${channel == ""}`},
	}
	s := schemaOf(t, readFile(t, "testdata/bad.avsc"))
	quote := func(x string) string { return event("'" + strings.ReplaceAll(x, "'", "''") + "'") }
	for _, tt := range tests {
		_, _, faults := mapping.Compile(topicOf(t, quote(tt.bad)), s)
		if len(faults) != 1 || faults[0].Hint != tt.hint {
			t.Errorf("%s: faults %v, hint %q; want one with the hint %q", tt.bad, faults, hintOf(faults), tt.hint)
		}
		if _, _, faults := mapping.Compile(topicOf(t, quote(tt.good)), s); len(faults) > 0 {
			t.Errorf("%s, which follows the hint %q, has faults: %v", tt.good, tt.hint, faults)
		}
	}
}

func hintOf(faults config.Faults) string {
	if len(faults) == 0 {
		return ""
	}
	return faults[0].Hint
}

// TestNulls holds what expressions may and may not do with what may be null.
func TestNulls(t *testing.T) {
	const avsc = `{"type":"record","name":"R","fields":[{"name":"n","type":["null","int"],"default":null},{"name":"s","type":["null","string"],"default":null},
 {"name":"b","type":["null","boolean"],"default":null},{"name":"xs","type":["null",{"type":"array","items":["null","int"]}],"default":null},
 {"name":"r","type":["null",{"type":"record","name":"I","fields":[{"name":"v","type":"int"},{"name":"w","type":["null","int"],"default":null}]}],"default":null},
 {"name":"rs","type":{"type":"array","items":"I"}}]}`
	s := schemaOf(t, avsc)
	tests := []struct {
		expr, null, full string // the results; "fault" where it must not compile
	}{
		{"n == nil", "true", "false"},
		{"nil != n", "false", "true"},
		{"n == 1", "false", "true"},
		{"s == \"x\"", "false", "true"},
		{"s != \"x\"", "true", "false"},
		{"s in [\"x\"]", "false", "true"},
		{"s not in [\"x\"]", "true", "false"},
		{"n in [1, 2]", "false", "true"},
		{"n + 1", "fault", ""},
		{"n > 1", "fault", ""},
		{"b && true", "fault", ""},
		{"not b", "fault", ""},
		{"upper(s)", "fault", ""},
		{"len(xs)", "fault", ""},
		{"r.v + 1", "fault", ""},
		{"s startsWith \"x\"", "fault", ""},
		{"sum(xs ?? [])", "fault", ""},
		{"n ?? 0", "0", "1"},
		{"(n ?? 0) + 1", "1", "2"},
		{"n != nil && n > 0", "false", "true"},
		{"n != nil and n > 0", "false", "true"},
		{"n == nil || n > 1", "true", "false"},
		{"!(n == nil) && n > 0", "false", "true"},
		{"n != nil ? n + 1 : -1", "-1", "2"},
		{"n == nil ? -1 : n + 1", "-1", "2"},
		{"n != nil || n > 0", "fault", ""},
		{"n != nil && true ? n + 1 : n + 2", "fault", ""},
		{"r != nil && r.v > 0", "false", "true"},
		{"r.v != nil && r.v + r.v > 0", "false", "true"},
		{"r?.v ?? 9", "9", "3"},
		{"r.w ?? -1", "-1", "-1"},
		{"n == 1 && n + 1 == 2", "false", "true"},
		{"n in [1] && n + 1 == 2", "false", "true"},
		{"b ?? false", "false", "true"},
		{"b == true", "false", "true"},
		{"len(xs ?? [])", "0", "2"},
		{"count(xs ?? [], # != nil)", "0", "1"},
		{"sum(map(xs ?? [], # ?? 0))", "0", "5"},
		{"xs[0]", "", "5"},
		{"string(n ?? 0) + (s ?? \"-\")", `"0-"`, `"1x"`},
		{"let m = n ?? 5; m + 1", "6", "2"},
		{"[n, s]", "[]", `[1,"x"]`},
		{`{"a": n}`, "", `{"a":1}`},
		{"nil", "", ""},
		{"first(xs ?? [])", "", "5"},
		{"filter(xs ?? [], # != nil && # > 4)", "[]", "[5]"},
		{"filter(xs ?? [], # > 4)", "fault", ""},
		{"any(rs, .w != nil && any([1], # == 1) && .w > 1)", "false", "true"},
		{"any(rs, .w != nil && any([nil, 1], # > 0))", "fault", ""},
		{"any(rs, .w != nil) && any(rs, .w > 1)", "fault", ""},
		{"let m = r; m != nil ? m.v + 1 : 0", "0", "4"},
		{"let m = r; m.w != nil ? m.w + 1 : 0", "0", "0"},
	}
	for _, tt := range tests {
		topic := topicOf(t, event("'${"+tt.expr+"}'"))
		p, _, faults := mapping.Compile(topic, s)
		if (len(faults) > 0) != (tt.null == "fault") {
			t.Errorf("%s: faults %v", tt.expr, faults)
			continue
		}
		if p == nil {
			continue
		}
		for plain, want := range map[string]string{
			`{"n":null,"s":null,"b":null,"xs":null,"r":null,"rs":[]}`:                                           tt.null,
			`{"n":1,"s":"x","b":true,"xs":[5,null],"r":{"v":3,"w":null},"rs":[{"v":1,"w":null},{"v":1,"w":2}]}`: tt.full,
		} {
			objs, err := run(t, p, decode(t, s, plain))
			if err != nil {
				t.Errorf("%s of %s: %v", tt.expr, plain, err)
				continue
			}
			got := strings.TrimPrefix(string(objs[0].Object), `{"external_id":"u","name":"e","time":"2026-01-15T09:35:20.123Z"`)
			if want != "" {
				want = `,"properties":{"x":` + want + "}"
			}
			if got != want+"}" {
				t.Errorf("%s of %s is %s, want %s}", tt.expr, plain, got, want)
			}
		}
	}
}

// TestWhenProves holds that what a rule's `when` proves is known in the rule, there alone, and not of another item.
func TestWhenProves(t *testing.T) {
	const head = "topics:\n  shop.orders:\n    user: {external_id: u}\n    send:\n"
	tests := []struct {
		name, rules string
		faults      int
	}{
		{"in the rule", "      - {event: e, when: '${discount != nil}', properties: {x: '${discount * 2}'}}\n", 0},
		{"not in the next", "      - {event: e, when: '${discount != nil}'}\n      - {event: e, properties: {x: '${discount * 2}'}}\n", 1},
		{"not by or", "      - {event: e, when: '${discount != nil || paid}', properties: {x: '${discount * 2}'}}\n", 1},
		{"of the item", "      - {event: e, for_each: '${items}', when: '${item.category != nil}', properties: {x: '${upper(item.category)}'}}\n", 0},
		{"of the named item", "      - {event: e, for_each: '${items}', as: l, when: '${l.category != nil}', properties: {x: '${upper(l.category)}'}}\n", 0},
		{"not of an inner item", "      - {event: e, for_each: '${items}', when: '${item.category != nil}', properties: {x: {for_each: '${items}', value: '${upper(item.category)}'}}}\n", 1},
		{"of the outer item inside", "      - {event: e, for_each: '${items}', as: l, when: '${l.category != nil}', properties: {x: {for_each: '${items}', value: '${upper(l.category)}'}}}\n", 0},
		{"in an array", "      - {event: e, properties: {x: {for_each: '${items}', when: '${item.category != nil}', value: '${upper(item.category)}'}}}\n", 0},
		{"not beside an array", "      - {event: e, properties: {x: {for_each: '${items}', when: '${discount != nil}', value: 1}, y: '${discount + 1}'}}\n", 1},
	}
	s := schemaOf(t, readFile(t, "testdata/bad.avsc"))
	for _, tt := range tests {
		_, _, faults := mapping.Compile(topicOf(t, head+tt.rules), s)
		if len(faults) != tt.faults {
			t.Errorf("%s: %v, want %d faults", tt.name, faults, tt.faults)
		}
	}
}
