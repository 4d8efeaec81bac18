package processor

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// stopped are partitions of which the client reads no more, because it cannot take what comes next: a batch that decompresses
// beyond all bounds. Nothing is skipped, so they wait, and that must stay visible while other partitions of their topic flow.
type stopped map[topicPartition]bool

// maxBatch bounds what one batch of records may decompress to.
const maxBatch = 64 << 20

// note remembers a partition whose fetch failed for good, and words why a fetch failed.
func (s *stopped) note(f kgo.FetchTopicPartition) string {
	var large *kgo.ErrDecompressTooLarge
	if !errors.As(f.Err, &large) {
		return f.Err.Error()
	}
	if *s == nil {
		*s = stopped{}
	}
	(*s)[topicPartition{f.Topic, f.Partition}] = true
	return fmt.Sprintf("partition %d is not read beyond offset %d: the batch there decompresses to more than %d MiB", f.Partition, large.Offset, maxBatch>>20)
}

// moved forgets a partition that brought records again, and reports whether none of its topic is left.
func (s stopped) moved(tp topicPartition) (all bool) {
	delete(s, tp)
	for other := range s {
		if other.topic == tp.topic {
			return false
		}
	}
	return true
}

// prune forgets the partitions that have left this member, and ends the hold of a topic that has no other.
func (s stopped) prune(p *Processor) {
	for tp := range s {
		if p.reader(tp) == nil && s.moved(tp) {
			p.board.clear(reasonKafka, tp.topic, "")
		}
	}
}
