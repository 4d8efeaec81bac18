package fakebraze

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// keptProperties is how many properties of an event or purchase Braze keeps: the first, in the order sent.
const keptProperties = 256

// batch is what one request changes, waiting until it is due.
type batch struct {
	due      time.Time
	order    uint64 // of acceptance, between batches that are due at the same time
	accepted time.Time
	objects  []*object
}

// applyQueue is a heap of batches by due time.
type applyQueue struct {
	batches []batch
	taken   uint64
}

func (q *applyQueue) Len() int { return len(q.batches) }
func (q *applyQueue) Less(i, j int) bool {
	a, b := q.batches[i], q.batches[j]
	return a.due.Before(b.due) || a.due.Equal(b.due) && a.order < b.order
}
func (q *applyQueue) Swap(i, j int) { q.batches[i], q.batches[j] = q.batches[j], q.batches[i] }

// Push is for container/heap.
func (q *applyQueue) Push(x any) { q.batches = append(q.batches, x.(batch)) }

// Pop is for container/heap.
func (q *applyQueue) Pop() any {
	last := q.batches[len(q.batches)-1]
	q.batches[len(q.batches)-1] = batch{}
	q.batches = q.batches[:len(q.batches)-1]
	return last
}

// enqueue schedules accepted objects, and applies what is due meanwhile, so that the queue stays as short as
// the delay makes it.
func (s *Server) enqueue(objects []*object, now time.Time) {
	delay := s.opts.ApplyDelay
	if s.opts.Reorder && delay > 0 {
		delay = time.Duration(s.random.Int64N(2 * int64(delay)))
	}
	s.queue.taken++
	s.queue.schedule(batch{due: now.Add(delay), order: s.queue.taken, accepted: now, objects: objects})
	s.applyDue(now)
}

func (q *applyQueue) schedule(b batch) { heap.Push(q, b) }

func (q *applyQueue) next() batch { return heap.Pop(q).(batch) }

// applyDue applies what is due at now. There is no goroutine for it: whoever looks calls it first.
func (s *Server) applyDue(now time.Time) {
	for s.queue.Len() > 0 && !s.queue.batches[0].due.After(now) {
		s.profiles.apply(s.queue.next())
	}
}

// apply changes profiles: attributes first, then events, then purchases, as the objects are sorted.
func (ps *profiles) apply(b batch) {
	dropped := droppedNested(b.objects)
	for _, o := range b.objects {
		p := ps.resolve(o)
		if p == nil {
			continue
		}
		ps.touch(p)
		switch o.array {
		case attributesArray:
			ps.setAttributes(p, o, dropped)
		case eventsArray:
			ps.logEvent(p, o, b.accepted)
		default:
			ps.logPurchase(p, o, b.accepted)
		}
	}
}

func (ps *profiles) logEvent(p *profile, o *object, now time.Time) {
	if !ps.room() {
		return
	}
	e := ps.entry(o, now)
	e["event_id"] = fmt.Sprintf("%016x", ps.entries)
	p.events = append(p.events, e)
}

// logPurchase expands the quantity: Braze treats a purchase of quantity n as n purchases.
func (ps *profiles) logPurchase(p *profile, o *object, now time.Time) {
	n, _ := quantityOf(o.fields)
	for piece := range n {
		if !ps.room() {
			return
		}
		e := ps.entry(o, now)
		e["quantity"] = json.Number("1")
		e["purchase_id"] = fmt.Sprintf("%016x", ps.entries)
		p.purchases = append(p.purchases, e)
		p.pieces = append(p.pieces, piece)
	}
}

// room reserves a place in the logs.
func (ps *profiles) room() bool {
	if ps.entries >= ps.limit {
		ps.notKept++
		return false
	}
	ps.entries++
	return true
}

// entry is an event or purchase as a profile keeps it. A time in the future becomes the time of acceptance.
func (ps *profiles) entry(o *object, now time.Time) map[string]any {
	e := make(map[string]any, len(o.fields)+1)
	for k, v := range o.fields {
		if !isIdentifier(k) {
			e[k] = v
		}
	}
	if text, _ := e["time"].(string); text != "" {
		if t, ok := parseTime(text); ok && t.After(now) {
			e["time"] = now.UTC().Format(time.RFC3339Nano)
		}
	}
	if props, _ := e["properties"].(map[string]any); len(props) > keptProperties {
		e["properties"] = firstProperties(o.raw, props)
	}
	return e
}

func isIdentifier(name string) bool {
	return slices.Contains([]string{
		"external_id", "braze_id", "user_alias", "email", "phone", "_update_existing_only",
	}, name)
}

func firstProperties(raw json.RawMessage, props map[string]any) map[string]any {
	var top map[string]json.RawMessage
	if json.Unmarshal(raw, &top) != nil {
		return props // raw was decoded before
	}
	kept := firstKeys(top["properties"], keptProperties)
	props = maps.Clone(props)
	maps.DeleteFunc(props, func(k string, _ any) bool { return !kept[k] })
	return props
}

// propertiesSize is the size of the properties as sent, less white space.
func propertiesSize(raw json.RawMessage) int {
	var top map[string]json.RawMessage
	if json.Unmarshal(raw, &top) != nil {
		return 0 // raw was decoded before
	}
	return compactSize(top["properties"])
}

// setAttributes writes one attributes object to a profile.
func (ps *profiles) setAttributes(p *profile, o *object, dropped map[string]bool) {
	merge := o.fields["_merge_objects"] == true
	identity := identityKey(o.fields)
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		v := o.fields[name]
		trimmed := strings.TrimSpace(name)
		if ps.setStandard(p, trimmed, v) || isNested(v) && dropped[identity+"\x00"+trimmed] {
			continue
		}
		setCustom(p.attributes, trimmed, v, merge)
	}
}
