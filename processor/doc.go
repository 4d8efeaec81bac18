// Package processor moves records from Kafka topics to Braze and commits an offset only behind what is settled.
//
// # What it promises
//
// At least once: for every partition consumed = delivered + dead-lettered + filtered + in flight, and no offset is
// committed past a record that is none of the first three. A fault of the data goes to the dead-letter topic and drags
// no neighbour with it; a fault of a service keeps the data, in the group, until the service is back. A user's next
// request is not sent before the previous one is settled. What would be sent again after a crash is bounded.
//
// # The way of a record
//
// One direction, one owner for each step:
//
//		poller ─▶ reader[partition]: decode, map, check ─▶ dispatcher ─▶ delivery[i]: attempt ─▶ ledger ─▶ commit
//		                                      │                              │
//		                                      └── letter ─▶ letterWriter ◀───┘
//
//	  - poller (poll.go): the one goroutine that polls. It reserves room in the budget before a poll and tracks what the
//	    poll brought in the ledger. Nothing between a poll and allowing a rebalance blocks.
//	  - reader (reader.go): one goroutine for each assigned partition. Bytes become checked objects, or a letter. It blocks
//	    only on a registry that does not answer, and then only its own partition.
//	  - dispatcher (dispatcher.go, users.go): one goroutine for each workspace. It forms requests: full, in
//	    order for each user, no more at once than max_in_flight. It takes from the re-send window before a record is attempted.
//	  - delivery (deliver.go, decide.go): max_in_flight goroutines. Each brings a batch to an outcome for every record, by the one
//	    switch in disposition.go and the one retry loop in retry.go, and leaves unsettled what was interrupted.
//	  - letterWriter (letters.go): a record is settled after its letter is acknowledged. A topic whose letters are a flood
//	    holds (flood.go); what Braze refuses whole after that waits without a letter (park.go).
//	  - ledger (ledger.go): passive. It knows what is unsettled and how far each partition may be committed.
//	  - commit (commit.go): one goroutine. A commit, not a settle, gives places in the window back. It carries a note
//	    (note.go) that marks what is settled beyond its offset, which the partition's next owner passes over.
//
// # Memory that is used again
//
// Each piece has one owner at a time, who alone may write or read it:
//
//   - reader.arena, the reader's: values are decoded into it, and end with the record.
//   - lane.chunks, memory for the objects of a chunk of records: the reader writes it, then nobody does. The reader and each task
//     with objects in it hold it, and the last that leaves gives it back. A task leaves when it is let go, when its objects have
//     been copied into a request's body (delivery.moveInto), or into memory of their own because it has to wait (task.keep).
//   - lane.bodies, request bodies: whoever takes one owns it, so a delivery. While Client.Send runs it is Send's, which leaves a copy
//     in its place where the transport may still be reading the old one. A body that tasks' objects have moved into is given back
//     when the delivery is through with the batch, any other after Send.
//
// Under the build tag poison, bodies and chunks are written over when they are given back (spoil), so that a read that comes
// too late is seen: go test -tags poison,synctests -short ./processor.
//
// # Rebalances
//
// A partition that leaves starts no new attempt, waits (bounded) for those on the wire, is forgotten and committed. Each
// assignment opens a new account in the ledger, so a settle that comes late, even after the partition has come back,
// changes nothing; a commit is looked through at the last moment for what is no longer owned. Where a partition is begun is
// decided in start.go; a topic that is deleted and made again is another one, and read from its beginning (remade.go, offsets.go).
//
// # How it stops
//
// Run has two contexts: when run ends no work is taken, waits are given up and what is on the wire is waited for; when
// work ends that is abandoned too. Being interrupted is not an outcome: such records stay unsettled.
package processor
