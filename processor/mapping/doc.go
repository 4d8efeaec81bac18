// Package mapping compiles the mapping language of a topic against an Avro schema and turns records into Braze objects.
//
// # What the package promises
//
//   - A mapping is checked before the first record: Compile types every path and expression from the writer schema and
//     reports every fault at once, each with its place in the file and inside the expression, and a hint.
//   - A mapping is pure: no clock, file, network or randomness. The same record gives the same bytes.
//   - Nothing is lost on the way: integers keep all 64 bits, decimals are exact, times and dates keep their meaning.
//   - An object is encoded once; its bytes are those that are sent.
//   - A record costs bounded time and memory: at most 10,000 objects, 16 MiB of JSON, 1 MiB for a text that an
//     expression builds, and a million steps of loops: turns, and what each turn goes through or makes (an element, or 16
//     bytes of text, is a step). Matching a pattern counts by the text's length and the pattern's. Past a bound it is a
//     fault of the record.
//   - An error at run time is an *Error: it names file, line and path of the rule, and never a value of the record.
//
// It refuses to know Braze's rules for objects (lengths, currencies, reserved names): package sink checks those on the
// encoded bytes. Only what sink says of the ecommerce.* events is asked before the first record, because a mapping that
// leaves out a required property, adds one, or gives one the wrong type can make nothing that Braze takes. It never panics on a record: the expression library runs under its own recover, and what goes wrong
// there is a fault of the record.
//
// A Program belongs to one topic and one schema and is safe for concurrent use; a Mapper belongs to one goroutine. A
// program that holds only plain paths allocates nothing for a record once its buffers have grown.
//
// # The language
//
//	topics:
//	  shop.orders:
//	    user: {external_id: "${customer.id}"}
//	    time: ${placed_at}
//	    set:
//	      net: ${total / 1.19}
//	    send:
//	      - event: ecommerce.order_placed
//	        when: ${status == "PLACED"}
//	        properties:
//	          order_id: ${order_id}
//	          net: ${net}
//	          greeting: "Order ${order_id} of ${customer.name}"
//	          products:
//	            for_each: ${items}
//	            value: {product_id: "${item.sku}", quantity: "${item.quantity}"}
//
// A scalar is a literal unless it holds ${…}. A value that is exactly one ${…} keeps its type; any other text with
// ${…} is text with holes. $${ is a literal ${. Numbers, true, false and null are what YAML says; a number must be one
// that JSON can write and is sent as it is written.
//
// In YAML, quote an expression that holds ": " or " #", and one inside a {flow map}.
//
// # Rules
//
// send is a list of rules. Each makes one kind of object, named by its first key:
//
//   - event: NAME, with properties;
//   - purchase: PRODUCT_ID, with price (a number), currency (text), and optionally quantity (an integer) and properties;
//   - attributes: {…}, with _merge_objects and subscription_groups besides.
//
// All of them take:
//
//   - when: a boolean; the object is made only where it is true.
//   - for_each: an array (of a map, values(m) or keys(m), beside which m[key] is the value); one object for each element. Inside, item is the element; as: line gives it another name
//     besides, by which inner loops still reach it. when is then asked of every element.
//   - record: the name, or a list of names, of the record types that the rule is for: in a topic that carries several,
//     or whose schema is a union. A full name, or a short one where only one type has it. The rule is compiled against
//     those types alone, and left out for a schema that has none of them.
//   - user: instead of the topic's user.
//   - _update_existing_only: a boolean.
//
// Events and purchases also take time, instead of the topic's, and app_id.
//
// user is a map with external_id, user_alias {alias_name, alias_label} or braze_id (Braze takes one of the three), and
// email and phone alone or besides. Or it is a list of such maps, of which the first that is present is used. A map is
// present where its external_id, user_alias or braze_id is neither null nor empty; without any of these, where its email
// or phone is. An email or phone besides that is null is left out.
//
// time is a timestamp, a date (its midnight in UTC), or text in ISO 8601, which is passed on as it is. Left out, it is
// the timestamp of the Kafka record.
//
// set names values that are used several times; each is computed at most once for a record, and only if it is used. A
// value sees the names before it. A map or list that set spells out can be used as a whole value: ${name}.
//
// # Names and paths
//
// The fields of the record are known by their names, or by an alias of the schema. Besides them:
//
//   - record is the whole record: record.kafka is the field kafka, which the built-in name hides.
//   - item is the element of the innermost for_each, and any name of as.
//   - kafka.topic, kafka.partition, kafka.offset, kafka.timestamp, kafka.key (null if there is none; text, or with
//     key: avro a value of the key's own schema, into which paths lead: kafka.key.customer.id; not with key: ignore)
//     and kafka.headers["name"] (text, null if there is none; the last of several).
//   - the names of set.
//
// Inner names hide outer ones: names of for_each, then those of set, then kafka and record, then fields. Only the names
// in this list hide a field: a field called type, len, in or not is reached by its name where the path stands alone,
// and through record. inside larger expressions.
//
// A path is names joined by dots: customer.address.city. A map's value is attrs.color or attrs["any key"], an array's
// element items[0], or items[-1] from the end. A path through a null is null, and so is a key that is not there or an
// index past the end. Such a path is followed without the expression machine.
//
// A union of null and one type is that type, or null. In a union of several types a path reaches whatever has the field,
// and is null for the other types: body.p is null unless body is a record with a field p. One type is picked by its full
// name, body["com.shop.Item"], or by its short name where only one has it, body.Item; it is null for the others.
// typeName(body) is the full name as text.
//
// # What becomes of nulls
//
//   - In properties, attributes, and in maps and lists anywhere, a null is left out; so is a map in which everything was
//     left out, and properties itself. A map that is spelled out empty, {}, and an empty array stay.
//   - In a record, array or map that is copied whole, the same: Braze drops a whole nested attribute for one null in it.
//   - A literal null in attributes is sent: it unsets the attribute. Elsewhere a literal null leaves the key out.
//   - An attributes object without any attribute is not sent.
//   - Text with a hole that is null is null as a whole. "${name ?? ""}" says otherwise.
//   - for_each over null makes nothing, and inside properties leaves the array out; over an empty array it makes [].
//   - An identifier, a name, a product id, a currency, a price or a time that is null, or an identifier, name or product
//     id that is empty, is a fault of the record. Compile warns where the schema allows it.
//   - A null quantity or app_id is left out; Braze then counts a quantity of 1, which Compile warns of.
//
// In expressions, what may be null must be dealt with before it is computed with, compared by order, or used as a
// condition: x ?? default, x != nil && …, or x != nil ? … : …. == and != compare with anything, null included. Compile
// refuses anything else, and understands such tests: after shipping != nil && the path shipping.city is as good as its
// own type. What the when of a rule, or of a for_each, proves so is known in all of that rule or value.
//
// # How values are written
//
//	Avro                             JSON
//	boolean, int, long               as they are, all 64 bits
//	float, double                    the shortest text of their own width: 19.99; NaN and infinities are faults
//	decimal                          an exact number with the schema's scale: 12.30
//	string, enum, uuid               text; invalid UTF-8 is a fault
//	timestamp (millis, micros, nanos)  RFC 3339 in UTC; years outside 0 to 9999 are faults
//	date                             YYYY-MM-DD
//	local timestamp                  YYYY-MM-DDThh:mm:ss.sss, without a zone
//	time of day, Avro duration       text: hh:mm:ss.sss, P1M2DT3S
//	bytes, fixed                     base64
//	record, map, array               object or array, copied whole
//
// A logical type that is invalid or unknown is its base type. Bytes whose logical type is invalid (a decimal with more
// digits after the point than digits) mean nothing any more: a rule that uses them is refused, and Compile warns where
// they are copied as a part of something.
//
// Identifiers, names, product ids and holes in text take text, enums, UUIDs, integers, decimals, times and dates, as
// exact text, and holes booleans too. A float there is refused: it has no exact text. string(x) makes one, int(x) cuts
// off what is behind the point.
//
// # Pass-through
//
//	properties: {include: all, exclude: [secret], rename: snake_case, extra: "${…}"}
//
// include adds the fields of a record under their own names: all of the record's fields, a list of some, or those of
// another record, include: ${customer.address}. exclude leaves some out. rename: snake_case turns orderId into order_id
// (the names of these fields, not names inside them). Keys that are spelled out besides win. It works in properties,
// attributes and any map in them, in which include, exclude, rename, and beside for_each as, when and value, are
// therefore no names of properties: '${{"include": x}}' writes those.
//
//	products: {for_each: "${items}", when: "${item.quantity > 0}", value: {sku: "${item.sku}"}}
//
// makes an array of value for every element that passes when; it nests. An element that comes out null is left out.
//
// # Expressions
//
// Anything else inside ${…} is an expression of github.com/expr-lang/expr, typed from the schema:
//
//   - literals: 12, 1.5, "text", true, nil, [a, b], {"key": value};
//   - arithmetic: + - * / % of numbers; + joins texts; timestamp - timestamp is a duration, timestamp + duration a timestamp;
//   - comparison: == != < <= > >=, in, not in (an array, or the keys of a map);
//   - text: contains, startsWith, endsWith, matches "pattern" (RE2, a literal);
//   - logic: && || ! (also and, or, not), condition ? a : b, a ?? b;
//   - slices xs[1:3], of texts by characters: text[0:3]; let x = …; …, pipes x | trim();
//   - over arrays, with # as the element and .field as its field: all, any, none, one, filter, map, count, find,
//     findLast, findIndex, findLastIndex, sum, sortBy.
//
// Types in expressions:
//
//   - Integers have 64 bits; an overflow is a fault of the record. 7 / 2 is 3.5; int(7 / 2) is 3.
//   - A decimal with a decimal, an integer or a float is an exact decimal; a float counts by its shortest text. A
//     quotient is rounded to 16 digits after the point.
//   - Floats are computed in 64 bits and written with at most 15 significant digits: 19.99 * 3 is 59.97. An Avro float
//     counts by its shortest text, so price == 19.99 holds.
//   - Enums are texts; comparing one with a symbol that it does not have is refused.
//   - A timestamp and a date compare as instants, the date by its midnight in UTC.
//   - Bytes, fixed, times of day and Avro durations can be passed on and compared with nil only.
//   - A value of several types is known only when a record is there; what does not fit then is a fault of the record.
//
// An expression has at most 1,000 nodes.
//
// # Functions
//
//	trim(s) upper(s) lower(s)        replace(s, old, new)  split(s, sep)  join(list, sep)
//	string(x)                        exact text; a float with at most 15 digits
//	slug(s)                          "Größe L" is grosse-l
//	sha256(s)                        hexadecimal
//	email(s)                         trimmed, in lower case
//	phone(s, "DE")                   E.164, or null where the number is not valid; the region may be left out for +49…
//	fromJSON(s)                      JSON that a text holds; its parts are known only when a record is there
//	int(x) float(x) decimal(x)       of numbers and of text; int cuts off
//	abs(x) floor(x) ceil(x) min(…) max(…)
//	round(x, digits)                 half away from zero; digits may be left out
//	minorUnits(amount, "JPY")        a decimal of an amount in cents, or in whatever the currency's smallest unit is;
//	                                 minorUnits(amount, 3) says the digits
//	len(x) first(list) last(list) unique(list) keys(map) values(map)
//	time(s) time(s, layout)          a timestamp of ISO 8601 text, or of text in a layout of Go; without a zone it is UTC
//	date(x)                          the date of a timestamp (in UTC), of a local timestamp, or of YYYY-MM-DD
//	fromSeconds(n) fromMillis(n)     a timestamp of seconds or milliseconds since 1970
//	toSeconds(t) toMillis(t)         whole seconds or milliseconds since 1970 of a timestamp
//	inZone(local, "Europe/Berlin")   the timestamp that a local timestamp is there
//	formatTime(t, layout, zone)      text in a layout of Go: "02.01.2006 15:04"; the zone may be left out
//	duration("24h") seconds(d)       a duration, and its seconds
//	typeName(x)                      the full name of a record's type
//
// # Tombstones
//
// Where a topic maps records without a value, only rules whose when holds record == nil are asked; every field is null
// there, and kafka.key says whom the record was about.
//
// # Warnings
//
// Compile warns, and goes on, where a required value may be null, where an event's name is nearly one of Braze's
// ecommerce.* names, where purchases are used, which are Braze's older form, where an order may become both a purchase
// and an ecommerce.order_placed, where a cart may get both its whole contents (action: replace, or none) and changes
// (add, remove), which Braze adds up, and where the schema of an Avro key is not known. WarnAcross does so for carts that
// several topics write to.
//
// # What is not repeat-safe
//
// A record is delivered at least once: after a crash, or an answer that did not come, it is sent again, and Braze has no key to
// tell. An event or purchase is then double. Setting an attribute, unsetting it, and add and remove of plain values come to
// the same. Wrong, and not only double, is what changes a value by an amount: an attribute's inc and $add, and an
// ecommerce.cart_updated whose action is add or remove. preview marks such objects as not repeat-safe, and
// brazebridge_resent_deltas_total counts those that were sent again in doubt. Where the record has the whole value, send that.
package mapping
