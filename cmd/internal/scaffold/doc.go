// Package scaffold writes a starting configuration from registered schemas: a mapping for each topic, with the fields that
// are likely to be the user's identifier, the time, the money and the line items, and everything that is a guess said so
// in a comment.
// Keys that have a schema are read by it, and in an event of a change to a table the mapping is about the row.
//
// It promises that what it writes passes the check: each mapping is compiled against its schema, and where a bolder
// proposal does not compile a plainer one takes its place; and that each proposal in a comment compiles once it is taken. It decides nothing that only people can: which records are to
// be sent, and what a field means.
package scaffold
