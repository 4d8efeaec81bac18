package demo

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const endless = math.MaxInt

// producer writes the generator's records to Kafka, and notes under each record's place what is to become of it.
type producer struct {
	client *kgo.Client
	gen    *generator
	marks  *marks // fate, and above it the objects: see mark

	mu    sync.Mutex
	fates map[fate]int64
	sum   int64
	err   error
}

func newProducer(s *stand, marks *marks, gen *generator) (*producer, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.ListenAddrs()...), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return nil, fmt.Errorf("connect the demo's producer: %w", err)
	}
	return &producer{client: client, gen: gen, marks: marks, fates: map[fate]int64{}}, nil
}

func (p *producer) close() { p.client.Close() }

// produce writes n records, at the given rate per second or (zero) as fast as it goes, and returns when Kafka has them
// all. It stops early when run ends; what is on its way then is still waited for, since a record that may or may not
// have been written is one that nobody can account for.
func (p *producer) produce(run, work context.Context, n int, rate float64) error {
	for sent, started := 0, time.Now(); sent < n && run.Err() == nil; {
		due := n
		if rate > 0 {
			due = min(n, int(time.Since(started).Seconds()*rate)+1)
		}
		for ; sent < due && run.Err() == nil; sent++ {
			p.send(work, p.gen.next())
		}
		if sent < n && !pause(run, tick/2) {
			break
		}
	}
	if err := p.client.Flush(work); err != nil {
		return fmt.Errorf("produce the demo's records: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *producer) send(ctx context.Context, m made) {
	p.client.Produce(ctx, &kgo.Record{Topic: m.topic, Key: m.key, Value: m.value}, func(r *kgo.Record, err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			p.err = fmt.Errorf("produce to %s: %w", r.Topic, err)
			return
		}
		p.sum++
		p.fates[m.fate]++
		p.marks.update(place{r.Topic, r.Partition, r.Offset}, func(uint16) uint16 { return mark(m.fate, m.objects) })
	})
}

// total is how many records Kafka has.
func (p *producer) total() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sum
}

// mark packs a fate and a number of objects into the number that marks hold.
func mark(f fate, objects int) uint16       { return uint16(f) | uint16(objects)<<4 }
func unmark(m uint16) (f fate, objects int) { return fate(m & 15), int(m >> 4) }

// pause waits, and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
