package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/cmd/internal/audit"
)

// books is a site whose bridge filters "nobody", and where tests choose the partition.
type books struct {
	*site
	client *kgo.Client
	admin  *kadm.Client
}

func newBooks(t *testing.T, braze http.Handler) *books {
	t.Helper()
	s := newSite(t, braze)
	s.rewrite("      - event: seen", "      - event: seen\n        when: ${id != \"nobody\"}")
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &books{s, client, kadm.NewClient(client)}
}

// write produces records to a partition; "bad" is no Avro.
func (b *books) write(partition int32, ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		value := append([]byte{0, 0, 0, 0, byte(b.id), byte(2 * len(id))}, id...)
		if id == "bad" {
			value = []byte("\xff")
		}
		if err := b.client.ProduceSync(b.t.Context(), &kgo.Record{Topic: "people", Partition: partition, Value: value}).FirstErr(); err != nil {
			b.t.Fatal(err)
		}
	}
}

// carry runs the bridge until Braze has seen so many objects, and nothing is in flight: neither they nor a letter.
func (b *books) carry(objects int) {
	b.t.Helper()
	con := newConsole()
	admin, code := b.start(con)
	for range objects {
		<-b.objects
	}
	inFlight := regexp.MustCompile(`(?m)^brazebridge_records_in_flight\{.*\} [1-9]`)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, metrics := get(b.t, admin+"/metrics"); !inFlight.MatchString(metrics) {
			break
		}
	}
	stop(b.t, con, code)
}

// forget deletes the records of a partition below an offset.
func (b *books) forget(topic string, partition int32, below int64) {
	b.t.Helper()
	var o kadm.Offsets
	o.Add(kadm.Offset{Topic: topic, Partition: partition, At: below})
	deleted, err := b.admin.DeleteRecords(b.t.Context(), o)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// audit runs the command and returns its exit code and what it found.
func (b *books) audit(args ...string) (int, *audit.Result) {
	b.t.Helper()
	con := newConsole()
	code := con.run(append([]string{"audit", "--config", b.config, "--output", "json"}, args...)...)
	var r audit.Result
	if err := json.Unmarshal([]byte(con.stdout.String()), &r); err != nil {
		b.t.Fatalf("exit code %d, %v: %s%s", code, err, con.stdout.String(), con.stderr.String())
	}
	if con.stderr.String() != "" {
		b.t.Errorf("stderr: %s", con.stderr.String())
	}
	return code, &r
}

// numbers are a partition's, in the order of the contract.
func numbers(p *audit.Partition) string {
	return fmt.Sprint(p.Start, p.Committed, p.End, p.Delivered, p.DeadLettered, p.Filtered, p.Waiting, p.Skipped, p.Letters, p.OK)
}

func (b *books) wantAudit(code int, want []string, args ...string) []*audit.Partition {
	b.t.Helper()
	got, r := b.audit(args...)
	if got != code || r.OK != (code == exitDone) || len(r.Partitions) != len(want) {
		b.t.Fatalf("exit code %d, want %d; ok %t; %d partitions", got, code, r.OK, len(r.Partitions))
	}
	for i, p := range r.Partitions {
		if numbers(p) != want[i] {
			b.t.Errorf("%s/%d: %s, want %s; %q", p.Topic, p.Partition, numbers(p), want[i], p.Notes)
		}
	}
	return r.Partitions
}

// The accounts of a bridge that has delivered, dead-lettered and filtered close, before, between and after; a letter that
// is deleted is missed, and what was counted stays counted over the next bridge.
func TestAuditFindsAMissingLetter(t *testing.T) {
	b := newBooks(t, nil)
	b.write(0, "bad", "nobody", "bad", "ann")
	b.write(1, "bob", "nobody", "nobody", "cleo")
	b.wantAudit(exitDone, []string{"-1 -1 4 0 0 0 4 0 0 true", "-1 -1 4 0 0 0 4 0 0 true"})
	b.carry(3)
	after := []string{"0 4 4 1 2 1 0 0 2 true", "0 4 4 2 0 2 0 0 0 true"}
	b.wantAudit(exitDone, after)
	b.wantAudit(exitDone, after, "--count")

	con := newConsole()
	if code := con.run("audit", "--config", b.config); code != exitDone {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	golden(t, filepath.Join("testdata", "audit", "ok.golden"), con.stdout.String())

	ends, err := b.admin.ListEndOffsets(t.Context(), "letters")
	if err != nil {
		t.Fatal(err)
	}
	for n, end := range ends["letters"] {
		if end.Offset > 0 { // the newest stays, where both went to one partition
			b.forget("letters", n, 1)
			break
		}
	}
	b.write(0, "dan")
	b.write(1, "eve", "bad", "fay")
	b.carry(3)
	after = []string{"0 5 5 2 2 1 0 0 1 false", "0 7 7 4 1 2 0 0 1 true"}
	parts := b.wantAudit(exitFaults, after)
	if len(parts[0].Notes) != 1 || !strings.Contains(parts[0].Notes[0], "1 letter is missing from letters") {
		t.Errorf("notes: %q", parts[0].Notes)
	}
	b.wantAudit(exitFaults, after, "--count")
	after[0] = strings.Replace(after[0], "false", "true", 1)
	b.wantAudit(exitDone, after, "--letters-expire")

	con = newConsole()
	if code := con.run("audit", "--config", b.config, "--topic", "people"); code != exitFaults {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	golden(t, filepath.Join("testdata", "audit", "missing.golden"), con.stdout.String())
}

// What retention takes before it is read is shown as skipped: at once, and for ever after, since the commits carry it.
func TestAuditShowsWhatRetentionTook(t *testing.T) {
	b := newBooks(t, nil)
	b.write(0, "ann", "bob")
	b.carry(2)
	b.write(0, "cleo", "dan", "eve", "fay")
	b.forget("people", 0, 5)
	parts := b.wantAudit(exitDone, []string{"0 2 6 2 0 0 1 3 0 true", "0 0 0 0 0 0 0 0 0 true"})
	if len(parts[0].Notes) != 1 || !strings.Contains(parts[0].Notes[0], "3 offsets") {
		t.Errorf("notes: %q", parts[0].Notes)
	}
	b.carry(1)
	b.write(0, "gil")
	b.carry(1)
	after := []string{"0 7 7 4 0 0 0 3 0 true", "0 0 0 0 0 0 0 0 0 true"}
	b.wantAudit(exitDone, after)
	b.wantAudit(exitDone, after, "--count")
}

// A commit that passes a record without an outcome looks right by its offset, if there could have been holes. Counted, it
// does not.
func TestAuditCountsWhatWasLost(t *testing.T) {
	b := newBooks(t, nil)
	b.write(0, "ann", "bob")
	b.carry(2)
	b.write(0, "cleo", "dan")
	commits, err := b.admin.FetchOffsets(t.Context(), "bridge")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := commits.Lookup("people", 0)
	c.At = 3 // past cleo, with the accounts as they were
	b.commit(c.Offset)
	want := []string{"0 3 4 2 0 0 1 0 0 true", "0 0 0 0 0 0 0 0 0 true"}
	b.wantAudit(exitDone, want)
	want[0] = strings.Replace(want[0], "true", "false", 1)
	parts := b.wantAudit(exitFaults, want, "--count")
	if text := strings.Join(parts[0].Notes, "\n"); !strings.Contains(text, "1 record that the commit covers without an outcome") {
		t.Errorf("notes: %s", text)
	}
	c.At = 1 // set back, with the accounts as they were
	b.commit(c.Offset)
	b.wantAudit(exitFaults, []string{"0 1 4 2 0 0 3 0 0 false", "0 0 0 0 0 0 0 0 0 true"})
	c.Metadata = "" // set back by Kafka's tool
	b.commit(c.Offset)
	parts = b.wantAudit(exitDone, []string{"1 1 4 0 0 0 3 0 0 true", "0 0 0 0 0 0 0 0 0 true"})
	if text := strings.Join(parts[0].Notes, "\n"); !strings.Contains(text, "another program") {
		t.Errorf("notes: %s", text)
	}
}

func (b *books) commit(o kadm.Offset) {
	b.t.Helper()
	offsets := kadm.Offsets{}
	offsets.Add(o)
	if err := b.admin.CommitAllOffsets(b.t.Context(), "bridge", offsets); err != nil {
		b.t.Fatal(err)
	}
}

// What was settled beyond the commit does not wait, and counts.
func TestAuditSeesWhatIsSettledAhead(t *testing.T) {
	arrived := make(chan struct{}, 10)
	b := newBooks(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Events []struct {
				ID string `json:"external_id"`
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if body.Events[0].ID == "slow" {
			<-r.Context().Done()
			return
		}
		arrived <- struct{}{}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"message":"success"}`))
	}))
	b.rewrite("dead_letter:", "  objects_per_request: 1\ndelivery:\n  drain_timeout: 1s\ndead_letter:")
	b.write(0, "ann", "slow", "bob", "bad", "cleo")
	con := newConsole()
	_, code := b.start(con)
	for range 3 {
		<-arrived
	}
	want := []string{"0 1 5 3 1 0 1 0 1 true", "0 0 0 0 0 0 0 0 0 true"}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, r := b.audit(); numbers(r.Partitions[0]) == want[0] {
			break // the answers are read, the letter is written, and all of it committed
		}
	}
	con.signals <- syscall.SIGTERM
	<-code // whatever it is: the slow one was given up
	b.wantAudit(exitDone, want)
	b.wantAudit(exitDone, want, "--count")
}

// A topic that a pattern matches is audited, one that does not exist is named, and the dead-letter topic's name may depend
// on the record.
func TestAuditFindsItsTopics(t *testing.T) {
	b := newBooks(t, nil)
	b.write(0, "bad", "ann")
	b.carry(1)
	b.rewrite("  people:", "  ^peo.*:")
	want := []string{"0 2 2 1 1 0 0 0 1 true", "0 0 0 0 0 0 0 0 0 true"}
	b.wantAudit(exitDone, want)
	b.wantAudit(exitDone, want, "--topic", "people")
	b.wantAudit(exitDone, want, "--topic", "^peo.*")

	b.rewrite("topic: letters", `topic: ${kafka.headers["team"]}`)
	con := newConsole()
	if code := con.run("audit", "--config", b.config); code != exitUsage || !strings.Contains(con.stderr.String(), "--letters") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	b.wantAudit(exitDone, want, "--letters", "letters", "--letters", "there-is-none")
	want[0] = strings.Replace(strings.Replace(want[0], "true", "false", 1), "0 1 false", "0 0 false", 1)
	b.wantAudit(exitFaults, want, "--letters", "there-is-none")
	b.rewrite(`${kafka.headers["team"]}`, `${"let" + "ters"}`)
	b.rewrite("  ^peo.*:", "  people:\n    user: {external_id: a}\n    send: [{event: e}]\n  gone:")
	con = newConsole()
	if code := con.run("audit", "--config", b.config); code != exitDone || con.stderr.String() != "warning: topic gone does not exist\n" {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
	con = newConsole()
	if code := con.run("audit", "--config", b.config, "--topic", "gone"); code != exitFaults || !strings.Contains(con.stderr.String(), "no such topic: gone") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
}

// Wrong usage touches nothing, a Kafka that is away is said, and a signal ends the wait for it.
func TestAuditFails(t *testing.T) {
	b := newBooks(t, nil)
	for args, want := range map[string]string{
		"":                                   `"config" not set`,
		"--config " + b.config + "x":         "bridge.yamlx",
		"--topic peple --config " + b.config: "did you mean people?",
		"--output csv --config " + b.config:  "neither text nor json",
	} {
		con := newConsole()
		if code := con.run(append([]string{"audit"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(con.stderr.String(), want) {
			t.Errorf("%q: exit code %d: %s", args, code, con.stderr.String())
		}
	}
	b.kafka.Close()
	con := newConsole()
	con.signals <- syscall.SIGINT
	if code := con.run("audit", "--config", b.config); code != exitFaults || !strings.Contains(con.stderr.String(), "interrupted") {
		t.Errorf("exit code %d: %s", code, con.stderr.String())
	}
}

// The ends of transactions and what was aborted are offsets without a record: fewer records than offsets are right, and
// counted they are exactly as many as outcomes.
func TestAuditOverTransactions(t *testing.T) {
	b := newBooks(t, nil)
	b.transaction(kgo.TryCommit, "ann", "nobody") // and its end
	b.transaction(kgo.TryAbort, "bob")            // and its end
	b.write(0, "cleo")
	b.carry(2)
	want := []string{"0 6 6 2 0 1 0 0 0 true", "0 0 0 0 0 0 0 0 0 true"}
	b.wantAudit(exitDone, want)
	b.wantAudit(exitDone, want, "--count")
	b.transaction(kgo.TryCommit, "dan")
	want[0] = "0 6 8 2 0 1 2 0 0 true"
	b.wantAudit(exitDone, want)
	want[0] = "0 6 8 2 0 1 1 0 0 true"
	b.wantAudit(exitDone, want, "--count")
}

func (b *books) transaction(end kgo.TransactionEndTry, ids ...string) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.kafka.ListenAddrs()...), kgo.TransactionalID("tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		b.t.Fatal(err)
	}
	plain := b.client
	b.client = client
	b.write(0, ids...)
	b.client = plain
	if err := client.EndTransaction(b.t.Context(), end); err != nil {
		b.t.Fatal(err)
	}
}

// An audit beside a bridge at work never sees accounts that do not close, wherever it has got to.
func TestAuditBesideARunningBridge(t *testing.T) {
	b, con := newBooks(t, nil), newConsole()
	_, code := b.start(con)
	for i := range 15 {
		b.write(int32(i%2), "ann", "bad", "nobody", "bob")
		if got, r := b.audit([]string{"--count"}[:i%2]...); got != exitDone || !r.OK {
			t.Fatalf("audit %d: exit code %d; %q, %q", i, got, r.Partitions[0].Notes, r.Partitions[1].Notes)
		}
	}
	for range 30 {
		<-b.objects
	}
	stop(t, con, code)
	b.wantAudit(exitDone, []string{"0 32 32 16 8 8 0 0 8 true", "0 28 28 14 7 7 0 0 7 true"}, "--count")
}
