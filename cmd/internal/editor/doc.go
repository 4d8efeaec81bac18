// Package editor writes a JSON Schema of the configuration file from the Go types that read it: names and kinds by
// reflection, what a setting means from its doc comment, its default from config.Default. Editors that know YAML complete
// and check with it.
//
// It promises that a file which the bridge accepts is not marked as wrong. It knows less than the bridge does: ranges
// of times and sizes, expressions and what depends on a record's schema are for brazebridge check.
//
// Generate needs the source of package config: it is run from a checkout, by the test that keeps the shipped schema current.
package editor
