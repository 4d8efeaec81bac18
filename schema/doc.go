// Package schema turns a record's bytes into values: wire format, schema registry, Avro decoding.
//
// It promises that any bytes cost bounded time, memory and stack; that a datum is validated in full when it is
// decoded, so that what is poison is known before anything is built from it; and that decoding allocates nothing in the
// steady state: Values live in an Arena and share the record's own bytes.
//
// # How it fails
//
// Faults of the data match ErrUndecodable or ErrUnknownSchema. Faults of the registry are *UnavailableError and are
// never remembered. A schema of another format is *NotAvroError. Any other error of Registry.Schema says that the
// registered text does not compile. No error holds a value of a record, a credential or an unbounded text.
//
// # What it accepts
//
// A reader must take what producers could register, so Parse is lenient where the binary form stays unambiguous:
// names are not checked against Avro's alphabet (Java checks no namespace, and some registries check nothing), field
// defaults are not read, and a union may hold one base type twice when the logical types differ. A logical type that
// is unknown, or invalid where it stands (decimal without a precision, with a scale beyond it or on too small a fixed;
// uuid on bytes; a precision that is no integer), is ignored as the Avro specification demands.
//
// # Two decoders
//
// Schema.Decode is compiled from the writer schema and covers every Avro type, so it is the one that runs. The second,
// Schema.DecodeReference, reads the same bytes through goavro and builds the same Values: tests and fuzzing hold
// the two against each other, and Fallbacks counts its runs, which in production stay at zero.
package schema
