// Package audit checks whether the accounts of a consumer group close: whether every record that its commits cover was
// delivered, dead-lettered or filtered, and every letter that was counted lies in the dead-letter topic.
//
// What was counted travels in the commits themselves. It is held against three witnesses: the offsets, the letters (by the
// source coordinates in their headers, each counted once) and, if asked, the records that are still in the topics.
//
// It promises to change nothing: it joins no group, commits nothing and writes nothing, and may run while the bridge
// does. All commits are taken at one moment, and everything else after it, so that a bridge that runs on can only add.
//
// Without counting the records, offsets are an upper bound: compaction and the ends of transactions leave offsets without
// a record. What retention has deleted since it was read can no longer be counted by anyone; there, too, the offsets are
// the bound. An account that does not close is a result, not a failure: Run fails where Kafka cannot be asked.
package audit
