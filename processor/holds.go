package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"brazebridge/schema"
)

// prepareTopics compiles every mapping against its subject's latest schema before the first record, whether or not
// there is one: a fault shows at the start, not with the first order of the night.
func (p *Processor) prepareTopics(run context.Context) {
	for _, t := range p.cfg.Topics {
		if !t.Pattern {
			p.topic(t.Name)
		}
	}
	<-run.Done()
}

// prepareTopic compiles one topic's mapping, or holds the topic; while the registry is away it tries again.
func (p *Processor) prepareTopic(run context.Context, t *topic) {
	_ = retry(run, func() *again { // the end of run needs no word
		err := t.prepare(run, p.registry)
		var away *schema.UnavailableError
		if errors.As(err, &away) {
			if run.Err() == nil {
				p.board.fault(reasonRegistry, t.name, "", err.Error())
			}
			return &again{}
		}
		p.board.clear(reasonRegistry, t.name, "")
		if err != nil {
			p.holdTopic(t, reasonMapping, err.Error())
		}
		return nil
	})
}

// holdTopic stops a topic until somebody mends something. What was polled of it and not attempted is given back: it costs
// no other topic's budget, and reading goes on there when the hold ends.
func (p *Processor) holdTopic(t *topic, code, text string) {
	if !t.hold(code) {
		return
	}
	p.board.fault(code, t.name, "", text)
	p.poller.do(func() {
		p.client.PauseFetchTopics(t.name)
		p.rewind(slices.DeleteFunc(p.ledger.all(), func(a *account) bool { return a.topic != t.name }), 0)
	})
}

// releaseTopic ends the holds of a topic that do not end by themselves. The poll goroutine does it, after it has given
// back what the hold began with: a reader must not go on behind records that are still to be read again.
func (p *Processor) releaseTopic(t *topic) {
	number := t.holdsSoFar() // a hold that follows before the poll goroutine comes to this order is a later word
	p.poller.do(func() {
		for _, code := range []string{reasonMapping, reasonMisfit, reasonIncompatible, reasonFlood, reasonOperator} {
			if !t.unhold(code, number) {
				continue
			}
			p.board.clear(code, t.name, "")
			if code == reasonFlood {
				t.thaw.Store(true)
				t.refused.forget()
				t.lane.dispatcher.resumed()
			}
			if code == reasonMapping {
				t.forgetPrograms()
				p.reading.Go(func() { p.prepareTopic(p.run, t) })
			}
		}
		if !t.isHeld() {
			p.client.ResumeFetchTopics(t.name)
		}
	})
}

// forgetPrograms drops what was compiled, so that a schema that was mended is compiled anew.
func (t *topic) forgetPrograms() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.programs = map[schemas]*program{}
	t.accepts = t.cfg.Records
}

// Hold stops sending; a topic of "" means all. Resume ends it. An unknown topic is an error.
func (p *Processor) Hold(name string) error {
	if name == "" {
		for _, l := range p.lanes {
			l.hold.order("held by an operator")
		}
		return nil
	}
	t, err := p.known(name)
	if err != nil {
		return err
	}
	p.holdTopic(t, reasonOperator, "held by an operator")
	return nil
}

// Resume ends what Hold began, and a topic's hold that does not end by itself.
func (p *Processor) Resume(name string) error {
	if name != "" {
		t, err := p.known(name)
		if err != nil {
			return err
		}
		p.releaseTopic(t)
		return nil
	}
	for _, l := range p.lanes {
		l.hold.end(byOperator)
	}
	p.mu.Lock()
	topics := make([]*topic, 0, len(p.topics))
	for _, t := range p.topics {
		topics = append(topics, t)
	}
	p.mu.Unlock()
	for _, t := range topics {
		p.releaseTopic(t)
	}
	return nil
}

func (p *Processor) known(name string) (*topic, error) {
	p.mu.Lock()
	t := p.topics[name]
	p.mu.Unlock()
	if t == nil {
		return nil, fmt.Errorf("no topic %q is consumed here", name)
	}
	return t, nil
}
