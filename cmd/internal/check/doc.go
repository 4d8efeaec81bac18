// Package check compiles every mapping of a configuration against the schemas that its topics' records are written with,
// and gathers what is wrong: all faults at once, each with its place, and the schema it was found with.
//
// It promises that a configuration without faults was looked at in full: a topic whose schemas are not to be found is a
// fault, not a topic passed over. The exception is a pattern that matches no subject yet, which is a warning.
//
// It reads schemas and nothing else: neither Kafka nor Braze, and no secret but the registry's. Run fails only where the
// registry cannot be asked; everything else is in the Result.
package check
