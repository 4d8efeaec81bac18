// Package preview shows what would become of records, and sends nothing: each record as it was decoded, the objects it
// becomes or why it becomes none, then the bodies of the requests, and what they cost.
//
// It promises to take records through the processor's own steps (processor.Trial, processor.Requests), so that what it
// shows is what the bridge would do; to read a live topic without joining the group and without committing anything; and
// to end: a live topic is read as far as it reached when the preview began.
//
// The records of a file are given key, headers and timestamp for all of them, or in an envelope around each.
//
// A record that would be refused is a result, not a failure. Run fails where records or schemas cannot be read.
package preview
