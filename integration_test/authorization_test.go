package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The broker's authorizer refuses letters while the bridge runs: the topic with the records at fault holds and names the reason, no commit
// passes them, the other topics flow, and when the right is given back all goes on by itself.
func TestLettersRefusedByTheAuthorizer(t *testing.T) {
	for name, allowed := range map[string][]kadm.ACLOperation{
		"only to write":  {kadm.OpRead, kadm.OpDescribe},
		"to do anything": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const poisons = 3
			w := newWorld(t, needSuite(t), worldOptions{})
			s := w.settings()
			s.Brokers, s.Kafka = w.kafka.address("SASL"), sasl("PLAIN", plainUser, plainPassword)
			b := w.start("a", s)
			sent := w.produce(0, 30)
			w.produceGarbage() // so that the writer of letters knows the topic, as one that it may write to
			w.waitArrived(sent)
			w.waitCommitted()
			acls := []*kadm.ACLBuilder{kadm.NewACLs().Topics(w.deadLetter).ResourcePatternType(kadm.ACLPatternLiteral).
				Operations(kadm.OpWrite).Deny("User:" + plainUser).DenyHosts("*")}
			if len(allowed) > 0 {
				acls = append(acls, kadm.NewACLs().Topics(w.deadLetter).ResourcePatternType(kadm.ACLPatternLiteral).
					Operations(allowed...).Allow("User:"+plainUser).AllowHosts("*"))
			}
			w.createACLs(acls...)
			var first *kgo.Record
			for range poisons {
				poison := &kgo.Record{Topic: w.topics["orders"], Partition: 0, Key: []byte("k"), Value: []byte("garbage")}
				w.send([]*kgo.Record{poison})
				if first == nil {
					first = poison
				}
			}
			more := w.produce(30, 30)
			w.until("the hold and its reason", func() (bool, string) {
				status, body := b.get("/readyz")
				return status == http.StatusServiceUnavailable && strings.Contains(body, "dead_letter_unwritable") && strings.Contains(body, "AUTHORIZATION"), body
			})
			orders := func(r sentRecord) bool { return r.topic == w.topics["orders"] }
			w.waitArrived(slices.DeleteFunc(slices.Clone(more), orders))
			w.until("all other partitions committed to their ends", func() (bool, string) {
				open := w.behind()
				return open == "" || strings.HasPrefix(open, w.topics["orders"]+"/0 ") && !strings.Contains(open, ","), open
			})
			if at := w.committed()[position{first.Topic, first.Partition}]; at > first.Offset {
				t.Errorf("the commit is at %d, past the record at %d that has no letter", at, first.Offset)
			}
			if n := w.lettersSoFar(); n != 1 {
				t.Errorf("%d letters while the broker refuses them, want the 1 from before", n)
			}
			w.deleteACLs()
			mended := time.Now()
			sent = append(sent, more...)
			w.waitArrived(sent)
			w.waitCommitted()
			t.Logf("the hold was over %s after the right was given back", time.Since(mended).Round(time.Millisecond))
			if n := w.lettersSoFar(); n != 1+poisons {
				t.Errorf("%d letters, want %d", n, 1+poisons)
			}
			b.waitReady()
			b.stop()
			w.braze.checkExactlyOnce(t, sent)
			w.checkAudit(s)
		})
	}
}

func (w *world) createACLs(acls ...*kadm.ACLBuilder) {
	w.t.Helper()
	for _, a := range acls {
		results, err := w.kafka.admin.CreateACLs(w.t.Context(), a)
		if err != nil {
			w.t.Fatalf("create an ACL: %v", err)
		}
		for _, r := range results {
			if r.Err != nil {
				w.t.Fatalf("create an ACL: %v", r.Err)
			}
		}
	}
}

// deleteACLs deletes all that is said of the dead-letter topic.
func (w *world) deleteACLs() {
	w.t.Helper()
	results, err := w.kafka.admin.DeleteACLs(w.t.Context(), kadm.NewACLs().Topics(w.deadLetter).ResourcePatternType(kadm.ACLPatternLiteral).
		Operations().Allow().AllowHosts().Deny().DenyHosts())
	if err != nil {
		w.t.Fatalf("delete ACLs: %v", err)
	}
	deleted := 0
	for _, r := range results {
		if r.Err != nil {
			w.t.Fatalf("delete ACLs: %v", r.Err)
		}
		deleted += len(r.Deleted)
	}
	if deleted == 0 {
		w.t.Fatal("no ACL was deleted")
	}
}
