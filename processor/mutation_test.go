package processor

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mutation is a mistake that would break the promise, and the tests that must notice.
type mutation struct {
	name     string
	file     string
	old, new string // old is found exactly once
	tests    []string
	says     string // part of what the failing assertion says
}

// mutations are the mistakes of this kind of program, most of them made by somebody somewhere before.
var mutations = []mutation{
	{
		"the highest offset is committed, not the contiguous one", "ledger.go",
		"\t\ta.window.settled()\n\t}\n", "\t\ta.window.settled()\n\t}\n\ta.watermark.offset = max(a.watermark.offset, e.offset+1)\n",
		[]string{"TestInvariantWatermarkNeverPassesUnsettled"}, "passes the unsettled offset",
	},
	{
		"interruption is taken for an outcome", "deliver.go",
		"case holdLane, giveUp:\n\t\treturn spans, halves, &again{}\n", "case giveUp:\n\t\td.decide(spans, a)\n\tcase holdLane:\n\t\treturn spans, halves, &again{}\n",
		[]string{"TestInterruptionIsNoOutcome"}, "an interrupted record may be committed",
	},
	{
		"a late settle marks a partition that was revoked and assigned again", "ledger.go",
		"\ta := t.acct\n\te := a.at(t.seq)\n\tif a.closed || e == nil || e.state != pending {\n\t\treturn\n\t}\n\te.state = v.outcome\n",
		"\ta := l.parts[t.acct.topicPartition]\n\tif a == nil {\n\t\treturn\n\t}\n\te := a.at(t.seq)\n\tif e == nil || e.state != pending {\n\t\treturn\n\t}\n\te.state = v.outcome\n",
		[]string{"TestInvariantLateSettleIsFenced"}, "a settle of the closed account moved the watermark",
	},
	{
		"dispatch blocks between the poll and the rebalance", "poll.go",
		"\t\tl.balance()\n", "\t\tfor l.p.lanes[\"\"].coming.Load() > 0 && run.Err() == nil {\n\t\t\ttime.Sleep(time.Millisecond)\n\t\t}\n\t\tl.balance()\n",
		[]string{"TestARebalanceWaitsForNoReader"}, "has no partition",
	},
	{
		"a dead letter settles before it is acknowledged", "letters.go",
		"\t\tif err := w.box.Write(w.work, t.letter); err != nil {\n", "\t\tw.ledger.settle(t, verdict{deadLettered, string(t.letter.Reason)})\n\t\tif err := w.box.Write(w.work, t.letter); err != nil {\n",
		[]string{"TestLetterIsAcknowledgedBeforeItSettles"}, "while the letter cannot be written",
	},
	{
		"a mark covers the offset behind it", "note.go",
		"runs = append(runs, run{o, o + 1})", "runs = append(runs, run{o, o + 2})",
		[]string{"TestInvariantMarksNeverCoverUnsettled"}, "has no outcome",
	},
	{
		"a mark is read one offset early", "note.go",
		"m.runs[0].from <= offset\n", "m.runs[0].from <= offset+1\n",
		[]string{"TestInvariantMarksNeverCoverUnsettled"}, "was passed over and never had an outcome",
	},
	{
		"marks outlive the truncation of their log", "note.go",
		"\t\tm.runs = nil\n", "",
		[]string{"TestMarksOfATruncatedLogAreNotHandedOn", "TestMarksAreBoundToTheLog"}, "of a newer leader epoch",
	},
	{
		"marks of a topic that was deleted are read into the one made anew", "offsets.go",
		"n.topic != id {", "n.topic != id && false {",
		[]string{"TestATopicMadeAnewIsReadWhole"}, "of the new topic",
	},
	{
		"a settle gives a place in the window back", "ledger.go",
		"\t\ta.window.settled()\n\t}\n", "\t\ta.window.settled()\n\t\ta.window.give(1)\n\t}\n",
		[]string{"TestInvariantWindowBoundsAttempts"}, "only a commit may",
	},
	{
		"a user's next record does not wait for the one under way", "users.go",
		"case st.batch != d.open || t.alone || attributes && st.attributes:", "case t.alone || attributes && st.attributes:",
		[]string{"TestInvariantUserOrder"}, "is in two requests under way",
	},
	{
		"a user's queue is overtaken", "users.go",
		"case len(st.waiting) > 0 && (!first || st.waiting[0] != t):", "case len(st.waiting) > 0 && st.waiting[0] != t && first:",
		[]string{"TestInvariantUserOrder"}, "a record overtakes an earlier one",
	},
	{
		"what is given back forgets what was settled beyond", "ledger_read.go",
		"\ta.marks.add(settled)\n", "",
		[]string{"TestGiveBackRereads"}, "read again",
	},
	{
		"an attempt begins for a partition that leaves", "ledger.go",
		"if t.acct.closed || t.acct.leaving {", "if t.acct.closed {",
		[]string{"TestLeaveWaitsForTheWireOnly"}, "an attempt began for a partition that leaves",
	},
	{
		"a 2xx is success, whatever its body names", "decide.go",
		"\t\tif s.t.refused() {\n", "\t\tif false {\n",
		[]string{"TestPartialErrorsAreLetters"}, "delivered 3, want 2",
	},
	{
		"half of a refused batch is forgotten", "deliver.go",
		"for _, half := range halves {", "for _, half := range halves[:1] {",
		[]string{"TestUnnamedCulpritIsHalvedOut"}, "want 8",
	},
	{
		"latest skips what was added to a topic with commits", "start.go",
		"if fromEnd && !known {", "if fromEnd {",
		[]string{"TestStartLatest"}, "want its one record read",
	},
	{
		"a resume ends the hold that follows it", "topic.go",
		"if !held || at > number {", "if _ = at; !held {",
		[]string{"TestTheLastWordHolds"}, "after the last word was hold",
	},
	{
		"a mark that is left out keeps its place in the window", "ledger_close.go",
		"e.covered == (h.offset < p.cut)", "e.covered || h.offset >= p.cut",
		[]string{"TestAMarkThatIsLeftOutTakesItsPlaceBack"}, "with nothing marked any more",
	},
}

// TestMutations makes each mistake in a copy of its file and demands that the tests named for it fail, each by an assertion.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package once for each mutation")
	}
	if os.Getenv("BRAZEBRIDGE_MUTANT") != "" {
		t.Skip("this is a mutant")
	}
	for _, m := range mutations {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) { m.try(t) })
	}
}

func (m mutation) try(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	pattern := "^(" + strings.Join(m.tests, "|") + ")$"
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", m.overlay(t), "-tags", "synctests", "-vet=off", "-count=1", "-timeout=90s", "-run", pattern, ".")
	cmd.Env = append(os.Environ(), "BRAZEBRIDGE_MUTANT=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run the tests: %v", err)
	}
	text := string(out)
	if strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]") {
		t.Fatalf("the mutation does not compile:\n%s", text)
	}
	for _, name := range m.tests {
		if !strings.Contains(text, "--- FAIL: "+name+" ") {
			t.Errorf("%s does not notice:\n%s", name, text)
		}
	}
	if !strings.Contains(text, m.says) {
		t.Errorf("no assertion says %q:\n%s", m.says, text)
	}
}

// overlay writes the mutated copy of the file, and what has the go command read it in the file's place.
func (m mutation) overlay(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		t.Fatalf("%s holds the text to be changed %d times, want once: adapt the mutation to the code\n%s", m.file, n, m.old)
	}
	dir := t.TempDir()
	mutant, file := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{mutant: []byte(strings.Replace(string(text), m.old, m.new, 1)), file: overlay} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}
