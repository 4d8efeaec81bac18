package integration_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
)

// A letter that somebody deletes is missed: audit ends with a fault and names the partition that it was of. Where letters may expire it
// is none, since the letter lay at the beginning of its topic.
func TestAuditMissesADeletedLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	s := w.settings()
	b := w.start("a", s)
	sent := w.produce(0, 50)
	w.produceGarbage()
	w.waitArrived(sent)
	w.waitCommitted()
	b.stop()
	letter := w.letters(1)[0]
	w.checkAudit(s)

	upTo := make(kadm.Offsets)
	upTo.Add(kadm.Offset{Topic: w.deadLetter, Partition: letter.Partition, At: letter.Offset + 1})
	deleted, err := w.kafka.admin.DeleteRecords(t.Context(), upTo)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		t.Fatalf("delete a letter: %v", err)
	}
	code, out := w.audit(s)
	if code != 1 {
		t.Errorf("audit ends with %d after a letter was deleted, want 1:\n%s", code, out)
	}
	for _, h := range letter.Headers {
		if h.Key == "brazebridge.topic" && !strings.Contains(out, string(h.Value)) {
			t.Errorf("audit does not name %s, whose letter is missing:\n%s", h.Value, out)
		}
	}
	if code, out := w.audit(s, "--letters-expire"); code != 0 {
		t.Errorf("audit ends with %d where letters may expire, want 0:\n%s", code, out)
	}
}
