package integration_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

// The registry is away when a record with a new schema comes: its topic waits and goes on by itself, the others flow, and nothing becomes
// a letter.
func TestRegistryDownAtFirstSightOfASchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	var down atomic.Bool
	target, err := url.Parse(w.registry.URL())
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if down.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	s := w.settings()
	s.Registry = front.URL
	b := w.start("a", s)
	first := w.produce(0, 20)
	w.waitArrived(first)

	down.Store(true)
	evolved := strings.Replace(cartSchema, `{"name": "value"`, `{"name": "note", "type": "string", "default": ""}, {"name": "value"`, 1)
	id, _, err := w.registry.RegisterSchema(w.topics["cart"]+"-value", sr.Schema{Schema: evolved})
	if err != nil {
		t.Fatal(err)
	}
	w.encoders["cart"] = newEncoder(t, id, evolved)
	second := w.produce(20, 50)
	waiting := slices.DeleteFunc(slices.Clone(second), func(r sentRecord) bool { return r.topic != w.topics["cart"] })
	others := slices.DeleteFunc(slices.Clone(second), func(r sentRecord) bool { return r.topic == w.topics["cart"] })
	w.waitArrived(others)
	w.until("the wait shown in readiness", func() (bool, string) {
		status, body := b.get("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, w.topics["cart"]), body
	})
	if _, n := w.braze.missing(waiting); n != len(waiting) {
		t.Errorf("%d of %d records arrived without their schema", len(waiting)-n, len(waiting))
	}
	down.Store(false)
	all := slices.Concat(first, second)
	w.waitArrived(all)
	w.waitCommitted()
	b.waitReady()
	b.stop()
	w.braze.checkExactlyOnce(t, all)
	w.checkNoLetters()
	w.checkAudit(s)
}

// The dead-letter topic cannot be written, because it takes no record of a letter's size or because it is gone: the topic with the record at fault
// holds and says why, no commit passes that record, and all goes on by itself when letters can be written again.
func TestDeadLetterTopicUnwritable(t *testing.T) {
	for name, f := range map[string]struct{ spoil, mend func(*world) }{
		"too small for any letter": {
			func(w *world) { w.alterTopic(w.deadLetter, "max.message.bytes", "100") },
			func(w *world) { w.alterTopic(w.deadLetter, "max.message.bytes", "1048576") },
		},
		"deleted": {
			func(w *world) { w.deleteTopics(w.deadLetter) },
			func(w *world) { w.createTopics(1, w.deadLetter) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			b := w.start("a", s)
			sent := w.produce(0, 30)
			w.produceGarbage() // so that the writer of letters knows the topic as it was
			w.waitArrived(sent)
			w.waitCommitted()
			before := w.lettersSoFar()
			f.spoil(w)
			poison := &kgo.Record{Topic: w.topics["orders"], Partition: 0, Key: []byte("k"), Value: []byte("garbage")}
			w.send([]*kgo.Record{poison})
			more := w.produce(30, 30)
			began := time.Now()
			w.until("the hold and its reason", func() (bool, string) {
				status, body := b.get("/readyz")
				return status == http.StatusServiceUnavailable && strings.Contains(body, "dead"), body
			})
			said := time.Since(began)
			time.Sleep(2 * sessionTimeout)
			if at := w.committed()[position{poison.Topic, poison.Partition}]; at > poison.Offset {
				t.Errorf("the commit is at %d, past the record at %d that has no letter", at, poison.Offset)
			}
			f.mend(w)
			mended := time.Now()
			sent = append(sent, more...)
			w.waitArrived(sent)
			w.waitCommitted()
			t.Logf("the hold was said after %s, over after %s", said.Round(time.Millisecond), time.Since(mended).Round(time.Millisecond))
			want, gone := before+1, name == "deleted"
			if gone {
				want = 1 // in the new topic
			}
			if n := w.lettersSoFar(); n != want {
				t.Errorf("%d letters, want %d", n, want)
			}
			b.waitReady()
			b.stop()
			w.braze.checkExactlyOnce(t, sent)
			if code, out := w.audit(s); (code == 0) == gone {
				t.Errorf("audit ends with %d, where the topic of a letter is gone: %t:\n%s", code, gone, out)
			}
		})
	}
}

func (w *world) alterTopic(topic, key, value string) {
	w.t.Helper()
	answers, err := w.kafka.admin.AlterTopicConfigs(w.t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: key, Value: &value}}, topic)
	if err == nil {
		for _, a := range answers {
			err = a.Err
		}
	}
	if err != nil {
		w.t.Fatalf("set %s of a topic: %v", key, err)
	}
}

func (w *world) deleteTopics(names ...string) {
	w.t.Helper()
	answers, err := w.kafka.admin.DeleteTopics(w.t.Context(), names...)
	if err == nil {
		err = answers.Error()
	}
	if err != nil {
		w.t.Fatalf("delete topics: %v", err)
	}
	w.until("the topics to be gone", func() (bool, string) {
		topics, err := w.kafka.admin.ListTopics(w.t.Context(), names...)
		return err == nil && topics.Error() != nil, "still there"
	})
}
