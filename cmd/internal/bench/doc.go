// Package bench measures the whole path: the bridge, as it is built and shipped, carries records from Kafka to Braze, while
// everything around it (producer, a fake Kafka, a schema registry, a fake Braze) runs in another process, so that the
// bridge's own time and memory can be told from theirs. A consumer written by hand, without any of the bridge's promises,
// carries the same records in turn: it is the yardstick.
//
//	go run ./cmd/internal/bench/whole             all that there is a goal for, in a table
//	go run ./cmd/internal/bench/whole --quick     only whether everything is carried
//	go test -run '^$' -bench=WholePath -benchtime=1x ./cmd/internal/bench
//
// It reports records per second (from the first request to the last answer), CPU seconds per million records (user and
// system, from the start of the process to its end), peak memory and objects per request. Compare only numbers of one
// run: the fakes need processors too, and on few of them they are the slower half.
//
// It fails where a record is not carried, never for being slow.
package bench
