package processor

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/sink"
)

// task is one record on its way through the processor. Its owner is the step that holds it: nothing else reads or writes it.
// There are as many as records in flight, so its fields are no larger than they need to be.
type task struct {
	rec   *kgo.Record
	acct  *account
	seq   int64 // its place in the account
	topic *topic
	since time.Duration // when it came to the dispatcher, after that began

	items  []sink.Item
	chunk  *chunk       // in which the objects lie; nil: they lie in a request's body, or in memory of their own
	letter *sink.Letter // set where the record failed before it could be sent
	fate   *fate        // while it is being delivered; nil while no object was refused

	claims []claim  // of the dispatcher, while it waits there or is under way
	one    [1]claim // the memory of most tasks' claims

	bytes          int32 // of key, value and headers, as the budget counts them
	schema         int32
	filteredBefore int32 // records of the partition that were filtered since the task before
	open           int32 // spans that are not decided, while it is being delivered

	alone   bool // its objects do not fit one request: it is sent as consecutive requests
	dropped bool // given back, or its partition left: whoever holds it lets it go
	parked  bool // refused whole in a flood of its topic
}

// fate is what became of a task's objects so far, where they do not all fare alike.
type fate struct {
	outcomes []sink.ObjectOutcome // by item
	status   int                  // of the last answer that refused one; 0: there was no answer, or no refusal
	reason   sink.Reason          // of a refused object, where it is not sink.Rejected
}

// newTasks wraps the records of one fetch of a partition.
func newTasks(recs []*kgo.Record) (tasks []*task, bytes int64) {
	block := make([]task, len(recs))
	tasks = make([]*task, len(recs))
	for i, r := range recs {
		n := len(r.Key) + len(r.Value)
		for _, h := range r.Headers {
			n += len(h.Key) + len(h.Value)
		}
		block[i] = task{rec: r, bytes: int32(n)}
		tasks[i] = &block[i]
		bytes += int64(n)
	}
	return tasks, bytes
}

// users calls f once for each different user of the task's objects; attributes tells whether one of them is an attribute object.
func (t *task) users(f func(user uint64, attributes bool)) {
	if len(t.items) == 1 {
		f(t.items[0].User, t.items[0].Kind == sink.Attributes)
		return
	}
	for i := range t.items {
		u, first := t.items[i].User, true
		for j := range i {
			if t.items[j].User == u {
				first = false
				break
			}
		}
		if !first {
			continue
		}
		attributes := false
		for j := i; j < len(t.items); j++ {
			attributes = attributes || t.items[j].User == u && t.items[j].Kind == sink.Attributes
		}
		f(u, attributes)
	}
}

// expired reports whether the task is too old to be sent. One that was sent in part is sent whole.
func (t *task) expired(now time.Time) bool {
	age := t.topic.cfg.MaxAge.D()
	return age > 0 && t.fate == nil && now.After(t.rec.Timestamp.Add(age))
}

// refused reports whether Braze has refused an object of the task.
func (t *task) refused() bool {
	return t.fate != nil && slices.ContainsFunc(t.fate.outcomes, func(o sink.ObjectOutcome) bool { return o.Outcome == "refused" })
}

// refuse notes that an object of the task was refused.
func (t *task) refuse(item int, text string, status int) {
	t.outcome(item, "refused")
	t.fate.outcomes[item].Error = text
	t.fate.status = status
}

// outcome notes what became of one object; until one is refused nobody needs to know.
func (t *task) outcome(item int, what string) {
	if t.fate == nil {
		t.fate = &fate{outcomes: make([]sink.ObjectOutcome, len(t.items))}
		for i := range t.items {
			t.fate.outcomes[i] = sink.ObjectOutcome{Kind: t.items[i].Kind.String(), Index: i, Outcome: "not_sent"}
		}
	}
	t.fate.outcomes[item].Outcome = what
}

// chunks cuts the task's objects into the consecutive requests it takes: each within the limits, and none with two
// attribute objects of one user, since Braze promises no order between them.
func (t *task) chunks(l sink.Limits) []span {
	var spans []span
	var size sink.Size
	from := 0
	for i := range t.items {
		grown := size.Plus(t.items[i : i+1])
		if i > from && (!l.Fits(grown) || attributesTwice(t.items[from:i+1])) {
			spans = append(spans, span{t, from, i, ""})
			from, grown = i, sink.Size{}.Plus(t.items[i:i+1])
		}
		size = grown
	}
	return append(spans, span{t, from, len(t.items), ""})
}

// attributesTwice reports whether the last item is an attribute object of a user who has one already.
func attributesTwice(items []sink.Item) bool {
	last := items[len(items)-1]
	if last.Kind != sink.Attributes {
		return false
	}
	for _, it := range items[:len(items)-1] {
		if it.Kind == sink.Attributes && it.User == last.User {
			return true
		}
	}
	return false
}

// prepare computes what the dispatcher needs to know of a task whose objects have been checked.
func (t *task) prepare(l sink.Limits) {
	t.alone = !l.Fits(sink.Size{}.Plus(t.items))
	for i := range t.items {
		t.alone = t.alone || attributesTwice(t.items[:i+1])
	}
}

// span is some of a task's objects: what is sent, tried again or halved as one.
type span struct {
	t        *task
	from, to int
	doubt    sink.Cause // of the last attempt, where Braze may have accepted it without an answer that says so; else empty
}

func (s span) items() []sink.Item { return s.t.items[s.from:s.to] }
