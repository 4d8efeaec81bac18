// Package bench measures the whole path: the bridge, as it is built and shipped, carries a topic's backlog from Kafka to
// Braze, while everything around it (a fake Kafka, a schema registry, a fake Braze) runs in another process, so that the
// bridge's own time and memory can be told from theirs.
//
//	go test -bench=WholePath -benchtime=1x ./cmd/internal/bench
//
// It reports records per second (from the first request to the last answer), CPU seconds of the bridge per million records
// (user and system, from its start to its end), the bridge's peak memory and the objects per request. Compare only numbers
// of one machine, taken one after the other: the fakes need processors too, and on few of them they are the slower half.
//
// It fails where a record is not carried, never for being slow.
package bench
