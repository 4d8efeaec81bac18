package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// readLetters counts the letters about the partitions.
func (g *gatherer) readLetters(ctx context.Context) error {
	topics, err := g.letterTopics()
	if err != nil {
		return err
	}
	spans, err := g.letterSpans(ctx, topics)
	if err != nil {
		return err
	}
	// Letters are never part of a transaction. Were somebody else's to stand open in their topic, they must be seen all the same.
	err = g.scan(ctx, spans, kgo.ReadUncommitted(), func(r *kgo.Record) {
		topic, n, offset, ok := about(r)
		if p := g.parts[topic][n]; ok && p != nil {
			p.letter(offset)
		}
	})
	if err != nil {
		return fmt.Errorf("read the dead-letter topic: %w", err)
	}
	return nil
}

// letterTopics are those that letters about the partitions are in.
func (g *gatherer) letterTopics() ([]string, error) {
	all := map[string]bool{}
	for _, t := range g.Letters {
		all[t] = true
	}
	for topic, parts := range g.parts {
		for n, p := range parts {
			letters := g.LettersOf(topic, n)
			if letters == "" && len(g.Letters) == 0 {
				return nil, ErrLettersUnknown
			}
			if letters == "" {
				letters = strings.Join(g.Letters, ", ")
			} else {
				all[letters] = true
			}
			p.facts.letters = letters
		}
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// letterSpans are what is to be read of the dead-letter topics. One that does not exist has no letters.
func (g *gatherer) letterSpans(ctx context.Context, topics []string) (spans, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	admin := kadm.NewClient(g.client)
	found, err := admin.ListTopics(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("look up the dead-letter topic: %w", err)
	}
	var exist []string
	for name, t := range found {
		switch {
		case t.Err == nil:
			exist = append(exist, name)
		case !errors.Is(t.Err, kerr.UnknownTopicOrPartition):
			return nil, fmt.Errorf("look up the dead-letter topic %s: %w", name, t.Err)
		}
	}
	if len(exist) == 0 {
		return nil, nil
	}
	starts, err := admin.ListStartOffsets(ctx, exist...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("list the start offsets of the dead-letter topic: %w", err)
	}
	ends, err := admin.ListEndOffsets(ctx, exist...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("list the end offsets of the dead-letter topic: %w", err)
	}
	s := spans{}
	starts.Each(func(o kadm.ListedOffset) {
		end, _ := ends.Lookup(o.Topic, o.Partition)
		s.add(o.Topic, o.Partition, o.Offset, end.Offset)
		g.expired += o.Offset
	})
	return s, nil
}

// letter takes in a letter about the record at an offset.
func (p *Partition) letter(offset int64) {
	f := &p.facts
	if f.seen == nil {
		f.seen = offsets{}
	}
	if !f.seen.add(offset) {
		return // written again by a bridge that did not live to commit the first
	}
	p.Letters++
	if offset >= p.Start && p.covers(offset) {
		f.lettered++
	}
}

// about reads from a letter's headers which record it is about. The last header of a name counts: a record's own come
// before it.
func about(r *kgo.Record) (topic string, partition int32, offset int64, ok bool) {
	header := func(name string) string {
		for _, h := range slices.Backward(r.Headers) {
			if h.Key == "brazebridge."+name {
				return string(h.Value)
			}
		}
		return ""
	}
	n, err1 := strconv.ParseInt(header("partition"), 10, 32)
	offset, err2 := strconv.ParseInt(header("offset"), 10, 64)
	return header("topic"), int32(n), offset, err1 == nil && err2 == nil && offset >= 0
}

// offsets is a set of them: a bit for each, in words by their number.
type offsets map[int64]uint64

// add tells whether the offset is new.
func (s offsets) add(offset int64) bool {
	word, bit := offset>>6, uint64(1)<<(offset&63)
	was := s[word]
	s[word] = was | bit
	return was&bit == 0
}
