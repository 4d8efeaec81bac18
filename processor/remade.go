package processor

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// remadeEvery is how often at most one topic is looked for anew: reading it again is a rebalance.
const remadeEvery = 5 * time.Second

// remade has topics read on that were deleted and made again under their name while this process ran. The client keeps to the id
// that it met first, and reads nothing of another until it has forgotten the topic. The zero value is ready.
type remade struct {
	mu     sync.Mutex
	looked map[string]time.Time // for each topic that was missed, when it was looked for last
	gone   map[string]bool      // topics that are being looked for
}

// look forgets a topic of whose id the brokers know nothing, and subscribes to it again as soon as they know its name. Until then
// it is not fetched: the client can ask for the id that nobody knows again and again without a pause. It returns at once, and is
// for the poll goroutine.
func (r *remade) look(p *Processor, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.client.PauseFetchTopics(name) // again, where the end of a hold has lifted it
	if r.gone[name] {
		return
	}
	if r.gone == nil {
		r.looked, r.gone = map[string]time.Time{}, map[string]bool{}
	}
	r.gone[name] = true
	after := remadeEvery - time.Since(r.looked[name])
	p.reading.Go(func() { r.find(p, name, after) })
}

// find looks for a topic after a while, and then every so often until it is there or the run ends.
func (r *remade) find(p *Processor, name string, after time.Duration) {
	for ; pause(p.run, after, nil) == nil; after = remadeEvery {
		if topics, err := kadm.NewClient(p.client).ListTopics(p.run, name); err != nil || !topics.Has(name) {
			continue
		}
		p.log.Warn("the topic was made again: it is read from its beginning", "topic", name)
		p.client.PurgeTopicsFromConsuming(name) // where a pattern matches it, the client finds it again by itself
		p.client.AddConsumeTopics(name)
		break
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looked[name] = time.Now()
	delete(r.gone, name)
	if t := p.topic(name); t == nil || !t.isHeld() {
		p.client.ResumeFetchTopics(name) // only now: whoever misses it from here on begins anew
	}
}
