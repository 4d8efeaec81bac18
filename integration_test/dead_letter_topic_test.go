package integration_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
)

// A dead-letter topic that does not exist is said at the start, by its name and with what to do, before any record has moved. It
// is a fault of the configuration as long as nobody makes the topic; afterwards the same configuration runs.
func TestMissingDeadLetterTopicIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{noDeadLetter: true})
	sent := w.produce(0, 20)
	b := w.start("without", w.settings())
	b.given = true // it is to end by itself
	b.waitForEnd(patience)
	var exit *exec.ExitError
	if !errors.As(b.err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("the bridge ended with %v, want exit status 2", b.err)
	}
	for _, want := range []string{w.deadLetter, "dead_letter.topic", "dead_letter.create"} {
		if said := b.log.tail(5); !strings.Contains(said, want) {
			t.Errorf("its last words hold no %s:\n%s", want, said)
		}
	}
	if n := w.braze.objects(); n != 0 {
		t.Errorf("%d objects were sent without a dead-letter topic, want none", n)
	}
	if commits := w.committed(); len(commits) != 0 {
		t.Errorf("the bridge left commits: %v, want none", commits)
	}

	w.createTopics(1, w.deadLetter)
	w.produceGarbage()
	b = w.start("with", w.settings())
	b.waitReady()
	w.waitArrived(sent)
	w.waitCommitted()
	if letters := w.letters(1); len(letters) != 1 {
		t.Errorf("the dead-letter topic holds %d letters, want 1", len(letters))
	}
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
}

// With dead_letter.create the bridge makes the topic as it is told.
func TestDeadLetterTopicIsCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{noDeadLetter: true})
	s := w.settings()
	s.Create = "{partitions: 2, replicas: 1, retention: 14d}"
	sent := w.produce(0, 20)
	w.produceGarbage()
	b := w.start("a", s)
	b.waitReady()
	w.waitArrived(sent)
	w.waitCommitted()
	if letters := w.letters(1); len(letters) != 1 {
		t.Errorf("the dead-letter topic holds %d letters, want 1", len(letters))
	}
	b.stop()

	topics, err := w.kafka.admin.ListTopics(t.Context(), w.deadLetter)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(topics[w.deadLetter].Partitions); got != 2 {
		t.Errorf("the created topic has %d partitions, want 2", got)
	}
	configs, err := w.kafka.admin.DescribeTopicConfigs(t.Context(), w.deadLetter)
	if err != nil {
		t.Fatal(err)
	}
	const fortnight = "1209600000" // milliseconds
	if got := topicConfig(t, configs, "retention.ms"); got != fortnight {
		t.Errorf("the created topic keeps its letters for %s ms, want %s", got, fortnight)
	}
	w.braze.checkExactlyOnce(t, sent)
}

// topicConfig is the value of one key of the only topic in the answer.
func topicConfig(t *testing.T, configs kadm.ResourceConfigs, key string) string {
	t.Helper()
	for _, resource := range configs {
		for _, c := range resource.Configs {
			if c.Key == key {
				return c.MaybeValue()
			}
		}
	}
	t.Fatalf("the topic has no configuration %s", key)
	return ""
}
