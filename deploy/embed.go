// Package deploy carries what is shipped beside the program: the example configuration and its Avro schemas. The demo
// runs exactly these files, so an example that does not work fails the demo, and with it the tests.
package deploy

import "embed"

// Example is the directory example: brazebridge.yaml, and schemas with one file SUBJECT.avsc for each topic.
//
//go:embed example
var Example embed.FS
