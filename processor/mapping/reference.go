package mapping

import _ "embed" // for the text of doc.go

// Source is the file that documents this package, which is the description of the mapping language: for a command that shows
// it to people who have the program and no source.
//
//go:embed doc.go
var Source string
