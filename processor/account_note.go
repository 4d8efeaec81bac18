package processor

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNoAccounts is matched by the error of DecodeCommit where the metadata is not this program's: empty, of another
// consumer, of a version that this one does not know, or damaged.
var ErrNoAccounts = errors.New("the commit has no accounts of this program")

// CommitAccounts are what a commit says of its partition besides the offset: the sums over all owners since accounts are
// kept, of the records below the offset and of those beyond it that are settled already.
type CommitAccounts struct {
	TopicID [16]byte // of the topic as it was: one made anew under the old name has another
	Start   int64    // the first offset that the accounts are about
	// Outcomes, in records. One that was settled twice, because a commit had no room to mark it, counts twice.
	Delivered, DeadLettered, Filtered int64
	Skipped                           int64 // offsets that were gone before they were read

	ahead marks
}

// DecodeCommit reads the metadata of a commit at an offset. An error matches ErrNoAccounts.
func DecodeCommit(metadata string, offset int64) (CommitAccounts, error) {
	n, err := decodeNote(metadata, offset)
	if err != nil {
		return CommitAccounts{}, fmt.Errorf("%w: %w", ErrNoAccounts, err)
	}
	return CommitAccounts{
		TopicID: n.topic, Start: n.start, Delivered: n.delivered, DeadLettered: n.deadLettered, Filtered: n.filtered, Skipped: n.skipped,
		ahead: marks{runs: n.marks},
	}, nil
}

// Settled is the number of records with an outcome.
func (c *CommitAccounts) Settled() int64 { return c.Delivered + c.DeadLettered + c.Filtered }

// Ahead is the number of offsets from one (inclusive) to another (exclusive) that are settled although they lie beyond
// the commit. A few of them may be no records but ends of transactions.
func (c *CommitAccounts) Ahead(from, to int64) (n int64) {
	for _, r := range c.ahead.within(from, to) {
		n += r.to - r.from
	}
	return n
}

// IsAhead reports whether an offset beyond the commit is settled already.
func (c *CommitAccounts) IsAhead(offset int64) bool {
	_, found := slices.BinarySearchFunc(c.ahead.runs, offset, func(r run, o int64) int {
		switch {
		case r.to <= o:
			return -1
		case r.from > o:
			return 1
		}
		return 0
	})
	return found
}
