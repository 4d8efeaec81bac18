// Package mappingtest runs people's own tests of their mappings: a record, and the objects that it is to become.
//
//	config: brazebridge.yaml        # relative to this file
//	schemas: schemas                # likewise; left out: the configuration's registry
//	tests:
//	  - name: an order from the web
//	    topic: shop.orders
//	    record: {order_id: o1, total: 12.30, …}
//	    want:
//	      - event: {external_id: c1, name: order_placed, …}
//	  - name: a guest's order
//	    topic: shop.orders
//	    record: {order_id: o2, …}
//	    rejected: mapping
//
// A test may also say subject and version (the schema that the record is written with; default the latest of the topic's),
// key (text, or with key: avro a value), headers, timestamp (default 2020-01-01T00:00:00Z), partition and offset (default 0). record: null is a tombstone.
// One of want, filtered: true and rejected: REASON says what is to come out; filtered may also name its reason.
//
// It promises that a record goes through the processor's own steps (processor.Trial), written as Avro and decoded again;
// that want is compared whole: numbers by value, times as instants, everything else exactly; that every fault of a file
// comes at once, with its place; and that an update changes nothing of a file but the expectations that failed.
package mappingtest
