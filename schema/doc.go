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
// registered text, or what it refers to, does not compile; it too may pass, when somebody registers what is missing. No
// error holds a value of a record, a credential or an unbounded text.
//
// # What it accepts
//
// A reader must take what producers could register, so Parse is lenient where the binary form stays unambiguous:
// names are not checked against Avro's alphabet (Java checks no namespace, and some registries check nothing), field
// defaults are not checked, and a union may hold one base type twice when the logical types differ. A logical type that
// is unknown, or invalid where it stands (decimal without a precision, with a scale beyond it or on too small a fixed;
// uuid on bytes; a precision that is no integer), is ignored as the Avro specification demands.
//
// Bytes are taken less leniently than Java takes them, because what is odd there is damage: text must be UTF-8, a
// boolean 0 or 1, a number no wider than its type, a block's size in bytes true, a map's keys different, and nothing
// may be left over. A decimal of no bytes at all is zero, and one beyond its precision keeps its digits.
//
// # What values look like
//
// A timestamp's text is RFC 3339 in UTC with all the digits of its unit, trailing zeros kept, so that texts of one field
// have one width: 2006-01-02T15:04:05.120Z. A local timestamp has no zone and its text names none; who needs an instant
// must decide on one, and Value.Time reads it as UTC. A Float is widened by its shortest decimal text. See
// Value.AppendJSON.
//
// # Two decoders
//
// Schema.Decode is compiled from the writer schema and covers every Avro type, so it is the one that runs, always. The
// second, Schema.DecodeReference, reads the same bytes through goavro and builds the same Values. Nothing in the data
// path calls it: tests and fuzzing hold the two against each other, with a short list of differences, each with its
// reason; Fallbacks counts its runs and stays zero in production.
//
// # Where schemas come from
//
// A Registry speaks to a Confluent schema registry, through sr, with one client for each URL. A Dir is a directory of
// .avsc files that stands in for it. Both put what a schema refers to into its text. Schema.EncodeJSON goes the other way,
// from JSON that people write to bytes, for previews and tests of mappings.
package schema
