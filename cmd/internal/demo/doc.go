// Package demo runs the whole bridge on one machine with nothing installed: an in-process Kafka, a schema registry and
// a fake Braze on loopback ports, the shipped example configuration with its schemas, and a shop's records made up from
// a seed, a few of them broken on purpose.
//
// What becomes of the records is counted by witnesses that share nothing: the generator knows what it made, the bridge
// keeps its ledger, the fake Braze sees in each object which record it came from, the dead-letter topic is read back,
// and the broker is asked for the committed offsets. Run compares them record by record; that they agree is the demo's
// result, and where they don't it says so.
//
// The package constructs no part of the bridge: the caller does, exactly as for the service, and passes it in.
package demo
