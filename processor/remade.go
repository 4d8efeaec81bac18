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
	looked map[string]time.Time
}

// look forgets a topic of whose id the brokers know nothing, and subscribes to it again if they know its name. It returns at once.
func (r *remade) look(p *Processor, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.looked[name]) < remadeEvery {
		return
	}
	if r.looked == nil {
		r.looked = map[string]time.Time{}
	}
	r.looked[name] = now
	p.reading.Go(func() {
		topics, err := kadm.NewClient(p.client).ListTopics(p.run, name)
		if err != nil || !topics.Has(name) {
			return // the fetch fails again, and asks again
		}
		p.log.Warn("the topic was made again: it is read from its beginning", "topic", name)
		p.client.PurgeTopicsFromConsuming(name) // where a pattern matches it, the client finds it again by itself
		p.client.AddConsumeTopics(name)
	})
}
