// Package config reads the bridge's one YAML file into a checked Config.
//
// It promises:
//   - Strictness. An unknown key, a wrong type, a duplicate key, a value out of its range and a name that nothing bears
//     are faults. What is not written keeps its value of Default.
//   - All faults at once, in the order of the file, each with file, line, column, the path of the value, what is wrong
//     and what to write instead. Where YAML itself cannot read on, one fault says so; lines whose only fault is a missing
//     pair of quotes are read as if they had them, so that the rest of the file is checked in the same run.
//   - The text that stands in the file. A string field keeps its scalar's source text, whatever YAML would make of it
//     (010, 1.10, NO, 1e3). ${env:NAME} and ${file:/path} are filled in after the YAML is parsed, byte for byte, so that
//     no value can change the document's structure.
//   - Places. A Node of the mapping language maps each byte of its text to the line and column where it was written, and
//     Places says where a setting stands, for faults that show only when it is used.
//   - Silence about secrets. A Secret prints as ***; no fault and no warning holds a value that came from the environment
//     or a file, or that a Secret was to take.
//
// It refuses files beyond 1 MiB, nesting beyond 64 levels, aliases that multiply beyond 200,000 values, several documents
// in one file, tags, and text that is not UTF-8. Anchors, aliases and merge keys work.
//
// Inspect returns beside the faults what could be decoded all the same, so that mappings can be checked in the same run;
// nothing is ever run with that. Load and Parse return a Config only where there are no faults.
//
// Load and Parse fail with Faults, or with an error that says why the file could not be read. They touch nothing but the
// files and variables that the configuration names. The package has no state and starts no goroutine.
package config
