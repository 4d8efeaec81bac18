package processor

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// longestNote is the broker's default of offset.metadata.max.bytes.
const longestNote = 4096

// shorterNotes leaves notes half the room of one that this broker has refused. Below a hundred characters there is none for any mark.
func (p *Processor) shorterNotes(refused int) {
	p.noteLimit.Store(min(p.noteLimit.Load(), int32(refused/2)))
}

// annotation is the metadata of the point's commit. It settles which marks fit, and with them what the commit covers.
func (pt *commitPoint) annotation(topic [16]byte, limit int) string {
	pt.note.topic = topic
	pt.cut = pt.note.fit(pt.offset, limit, pt.kept)
	for _, h := range pt.ahead {
		if h.offset < pt.cut {
			pt.note.add(h.state)
		}
	}
	text := pt.note.encode(pt.offset)
	if len(text) > limit || topic == [16]byte{} {
		pt.cut = pt.offset // a plain commit: nobody could tell whose marks these are
		return ""
	}
	return text
}

// offsetsFetched reads the notes in the commits that reading goes on from. One that is foreign or damaged is passed over, and
// counted: its records are sent again. Of a topic that has since been deleted and made again the commit itself means nothing.
func (p *Processor) offsetsFetched(ctx context.Context, cl *kgo.Client, resp *kmsg.OffsetFetchResponse) error {
	var ids kadm.TopicDetails
	p.outlived = map[topicPartition]bool{}
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, part := range t.Partitions {
				if part.Metadata == nil || *part.Metadata == "" || part.Offset < 0 {
					continue
				}
				r := p.reader(topicPartition{t.Topic, part.Partition})
				n, err := decodeNote(*part.Metadata, part.Offset)
				if err != nil || r == nil {
					p.metrics.ignored.Inc()
					continue
				}
				if ids == nil {
					if ids, err = kadm.NewClient(cl).ListTopics(ctx, topicNames(resp)...); err != nil {
						return err
					}
				}
				if id := [16]byte(ids[t.Topic].ID); n.topic != id {
					p.metrics.ignored.Inc()
					if id != [16]byte{} { // where the brokers name none just now, the commit stands
						p.outlived[topicPartition{t.Topic, part.Partition}] = true
					}
					continue
				}
				p.ledger.remember(r.acct, n)
			}
		}
	}
	return nil
}

func topicNames(resp *kmsg.OffsetFetchResponse) []string {
	var names []string
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			names = append(names, t.Topic)
		}
	}
	return names
}
