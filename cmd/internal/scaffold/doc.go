// Package scaffold writes a starting configuration from registered schemas: a mapping for each topic, with the fields that
// are likely to be the user's identifier, the time, the money and the line items, and everything that is a guess said so
// in a comment.
//
// It promises that what it writes passes the check: each mapping is compiled against its schema, and where a bolder
// proposal does not compile a plainer one takes its place. It decides nothing that only people can: which records are to
// be sent, and what a field means.
package scaffold
