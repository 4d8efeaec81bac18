// Command brazebridge carries records from Kafka to Braze: Avro-encoded purchase, cart and behaviour events become
// objects of POST /users/track, as a configuration says.
//
// The commands share a few promises. Results go to stdout, logs and progress to stderr. The exit code is 0 where the
// work is done, 1 where it found faults (or was cut short by a second signal), and 2 for a usage or configuration
// error; then every fault is on stderr, one on a line with its place in the file, and nothing has been touched. NO_COLOR
// is respected.
//
// Everything the bridge is made of is constructed in wire.go and nowhere else; the demo runs what that builds too.
package main
