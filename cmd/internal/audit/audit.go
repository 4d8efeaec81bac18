package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/processor"
)

// Options are what to audit.
type Options struct {
	Kafka []kgo.Opt // how to reach the brokers
	Group string
	// Topics to audit that have a name of their own.
	Topics []string
	// Matches tells of any other topic whether it is to be audited; nil: none is.
	Matches func(topic string) bool
	// LettersOf names the dead-letter topic of a partition; empty: that cannot be told without a record.
	LettersOf func(topic string, partition int32) string
	// Letters are further dead-letter topics.
	Letters []string
	// Count also reads the topics, and compares records.
	Count bool
	// LettersExpire excuses as many missing letters as have been deleted at the beginning of the dead-letter topics.
	LettersExpire bool
}

// Result is what came of an audit.
type Result struct {
	OK         bool         `json:"ok"`
	Partitions []*Partition `json:"partitions"` // by topic and number
	// Missing are topics to be audited that do not exist.
	Missing []string `json:"-"`
}

// ErrLettersUnknown is the error of Run where no dead-letter topic is known for a partition.
var ErrLettersUnknown = errors.New("the name of the dead-letter topic depends on the record")

// ErrNoTopic is the error of Run where none of the topics exists.
var ErrNoTopic = errors.New("there is no such topic")

// Run audits. An error says what could not be found out.
func Run(ctx context.Context, o Options) (*Result, error) {
	client, err := kgo.NewClient(o.Kafka...)
	if err != nil {
		return nil, fmt.Errorf("set up the Kafka client: %w", err)
	}
	defer client.Close()
	g := &gatherer{Options: &o, client: client, quiet: quiet}
	if err := g.gather(ctx); err != nil {
		return nil, err
	}
	if err := g.readLetters(ctx); err != nil {
		return nil, err
	}
	if o.Count {
		if err := g.readRecords(ctx); err != nil {
			return nil, err
		}
	}
	return g.result(), nil
}

// result closes the accounts.
func (g *gatherer) result() *Result {
	r := &Result{OK: true, Partitions: []*Partition{}}
	expired := int64(0)
	if g.LettersExpire {
		expired = g.expired
	}
	for _, topic := range slices.Sorted(maps.Keys(g.parts)) {
		for _, n := range slices.Sorted(maps.Keys(g.parts[topic])) {
			p := g.parts[topic][n]
			expired -= p.close(expired)
			r.Partitions = append(r.Partitions, p)
			r.OK = r.OK && p.OK
		}
	}
	for _, topic := range g.Topics {
		if g.parts[topic] == nil {
			r.Missing = append(r.Missing, topic)
		}
	}
	return r
}

// standing is what is known of the accounts in a partition's commit.
type standing int

const (
	kept     standing = iota // they are there
	noCommit                 // the group has committed nothing
	foreign                  // the commit is another program's, or of an older version
	earlier                  // they are of a topic of that name that was deleted
)

// facts are what was found out about a partition.
type facts struct {
	standing standing
	accounts processor.CommitAccounts
	logStart int64   // the first offset that is left
	seen     offsets // that letters are about
	lettered int64   // of these, those that the accounts are about
	letters  string  // the dead-letter topic

	counted   bool
	settled   int64 // records left in the topic that the commit covers or marks
	pending   int64 // records left in the topic beyond it
	laterLog  int64 // the first offset that was left after counting
	compacted bool  // or not known not to be
}
