// Package deploy carries what is shipped beside the program: the example configuration and its Avro schemas, and the
// reference and the JSON Schema of the configuration. The demo runs exactly the example's files, so an example that does not
// work fails the demo, and with it the tests.
package deploy

import "embed"

// Example is the directory example: brazebridge.yaml, and schemas with one file SUBJECT.avsc for each topic.
//
//go:embed example
var Example embed.FS

// Reference is reference.yaml: every field of the configuration once, with what it means.
//
//go:embed reference.yaml
var Reference string

// Schema is brazebridge.schema.json: the JSON Schema of the configuration file, for editors.
//
//go:embed brazebridge.schema.json
var Schema string
