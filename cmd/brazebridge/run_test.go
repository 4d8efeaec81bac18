package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/sink/fakebraze"
)

const testKey = "a-key-that-nobody-may-see"

// site is a Kafka with one topic, a registry with its schema, and a Braze.
type site struct {
	t       *testing.T
	kafka   *kfake.Cluster
	config  string // file
	objects chan string
	id      int // of the schema
}

// newSite starts one. A nil braze is the fake.
func newSite(t *testing.T, braze http.Handler) *site {
	t.Helper()
	s := &site{t: t, kafka: newCluster(t, kfake.SeedTopics(2, "people", "letters")), objects: make(chan string, 100)}
	registry := httptest.NewServer(srfake.NewRegistry().Handler())
	t.Cleanup(registry.Close)
	s.register(registry.URL)
	if braze == nil {
		fake := fakebraze.New(fakebraze.Options{APIKeys: []string{testKey}})
		t.Cleanup(fake.Close)
		fake.OnObject(func(_ string, object map[string]any, _ bool) { s.objects <- fmt.Sprint(object["external_id"]) })
		braze = fake
	}
	server := httptest.NewServer(braze)
	t.Cleanup(server.Close)
	s.config = writeFile(t, "bridge.yaml", fmt.Sprintf(`
kafka:
  brokers: [%q]
  group: bridge
schema_registry:
  url: %s
braze:
  endpoint: %s
  api_key: ${file:%s}
dead_letter:
  topic: letters
admin:
  listen: 127.0.0.1:0
topics:
  people:
    user: {external_id: "${id}"}
    send:
      - event: seen
`, s.kafka.ListenAddrs()[0], registry.URL, server.URL, writeFile(t, "key", testKey+"\n")))
	return s
}

func (s *site) register(url string) {
	s.t.Helper()
	body := `{"schema":"{\"type\":\"record\",\"name\":\"Person\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"}]}"}`
	resp, err := http.Post(url+"/subjects/people-value/versions", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ ID int }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.ID == 0 {
		s.t.Fatalf("register: %v, id %d", err, answer.ID)
	}
	s.id = answer.ID
}

func (s *site) produce(ids ...string) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.ListenAddrs()...))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	for _, id := range ids {
		value := append([]byte{0, 0, 0, 0, byte(s.id), byte(2 * len(id))}, id...)
		if err := client.ProduceSync(s.t.Context(), &kgo.Record{Topic: "people", Key: []byte(id), Value: value}).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// committed is the sum of the group's commits.
func (s *site) committed() (n int64) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.ListenAddrs()...))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	offsets, err := kadm.NewClient(client).FetchOffsets(context.Background(), "bridge")
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0
	}
	if err != nil {
		s.t.Fatal(err)
	}
	offsets.Each(func(o kadm.OffsetResponse) { n += max(o.At, 0) })
	return n
}

// start runs the bridge, and returns the admin listener's URL and where its exit code will come.
func (s *site) start(con *console) (admin string, code chan int) {
	s.t.Helper()
	starting := con.stderr.await(`"msg":"starting".*"admin":"([^"]+)"`)
	code = make(chan int, 1)
	go func() { code <- con.run("run", "--config", s.config) }()
	select {
	case m := <-starting:
		return m[1], code
	case c := <-code:
		s.t.Fatalf("exit code %d: %s", c, con.stderr.String())
		return "", nil
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// The service from outside: records in, objects out, ready, and at SIGTERM everything committed.
func TestRun(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	s.produce("ann", "bob", "cleo")
	admin, code := s.start(con)
	seen := map[string]bool{}
	for range 3 {
		seen[<-s.objects] = true
	}
	if !seen["ann"] || !seen["bob"] || !seen["cleo"] {
		t.Errorf("Braze has seen %v", seen)
	}
	if status, body := get(t, admin+"/readyz"); status != http.StatusOK || body != `{"state":"running","reasons":[]}`+"\n" {
		t.Errorf("/readyz: %d %s", status, body)
	}
	_, metrics := get(t, admin+"/metrics")
	for _, want := range []string{`brazebridge_build_info{`, `brazebridge_records_consumed_total{topic="people"} 3`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("%s is not among the metrics", want)
		}
	}
	con.signals <- syscall.SIGTERM
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
	if n := s.committed(); n != 3 {
		t.Errorf("%d records are committed, want 3", n)
	}
	checkLog(t, con)
}

// checkLog checks that the log is one JSON object a line, warns once of http, tells no secret, and leaves stdout alone.
func checkLog(t *testing.T, con *console) {
	t.Helper()
	log := con.stderr.String()
	for line := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON in the log: %s", line)
		}
	}
	if n := strings.Count(log, `"path":"braze.endpoint"`); n != 1 {
		t.Errorf("%d warnings of the http:// endpoint, want 1:\n%s", n, log)
	}
	if strings.Contains(log, testKey) || strings.Contains(log, "cleo") {
		t.Errorf("the log tells a secret or a user:\n%s", log)
	}
	if con.stdout.String() != "" {
		t.Errorf("stdout: %s", con.stdout.String())
	}
}

// With Kafka away the bridge neither ends nor is ready, and says so.
func TestRunWithoutKafka(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	s.kafka.Close()
	admin, code := s.start(con)
	if status, body := get(t, admin+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"state":"`) {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := get(t, admin+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d: the process itself is well", status)
	}
	con.signals <- os.Interrupt
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
}

// What Braze does not answer is not committed, and a second signal does not wait for it.
func TestSecondSignalStopsAtOnce(t *testing.T) {
	arrived := make(chan struct{}, 10)
	silent := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	s, con := newSite(t, silent), newConsole()
	s.produce("ann")
	stopping := con.stderr.await(`"msg":"stopping: finishing`)
	_, code := s.start(con)
	<-arrived
	con.signals <- syscall.SIGTERM
	<-stopping
	con.signals <- syscall.SIGTERM
	if c := <-code; c != exitFaults {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
	if n := s.committed(); n != 0 {
		t.Errorf("%d records are committed", n)
	}
	if !strings.Contains(con.stderr.String(), "second signal") {
		t.Errorf("the log does not tell why:\n%s", con.stderr.String())
	}
}

// An address that is taken is a configuration fault, before anything is touched.
func TestRunWithTakenAddress(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("127.0.0.1:0"), []byte(taken.Listener.Addr().String()), 1)
	if err := os.WriteFile(s.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := con.run("run", "--config", s.config); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(con.stderr.String(), "admin.listen: listen on") || !strings.Contains(con.stderr.String(), "hint: ") {
		t.Errorf("printed\n%s", con.stderr.String())
	}
}
