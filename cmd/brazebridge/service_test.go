package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"brazebridge/sink/fakebraze"
)

// rewrite changes the site's configuration.
func (s *site) rewrite(old, fresh string) {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, fresh, 1)
	if changed == string(text) {
		s.t.Fatalf("%q is not in the configuration", old)
	}
	if err := os.WriteFile(s.config, []byte(changed), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// stop ends a run in good order.
func stop(t *testing.T, con *console, code chan int) {
	t.Helper()
	con.signals <- syscall.SIGTERM
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
}

// A record that is no Avro becomes a letter with its bytes as they were; its neighbours arrive, and all is committed.
func TestRunWritesLetters(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.ListenAddrs()...), kgo.ConsumeTopics("letters"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	bad := &kgo.Record{Topic: "people", Key: []byte("k\x00"), Value: []byte("\xffnot avro"), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte{1, 2}}}}
	s.produce("ann")
	if err := client.ProduceSync(t.Context(), bad).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.produce("bob")
	_, code := s.start(con)
	for range 2 {
		<-s.objects
	}
	fetches := client.PollRecords(t.Context(), 1)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	letter := fetches.Records()[0]
	if !bytes.Equal(letter.Key, bad.Key) || !bytes.Equal(letter.Value, bad.Value) {
		t.Errorf("the letter's key is %q and its value %q", letter.Key, letter.Value)
	}
	if h := letter.Headers[0]; h.Key != "trace" || !bytes.Equal(h.Value, []byte{1, 2}) {
		t.Errorf("the first header is %v", h)
	}
	headers := map[string]string{}
	for _, h := range letter.Headers {
		headers[h.Key] = string(h.Value)
	}
	for name, want := range map[string]string{"reason": "undecodable", "stage": "decode", "topic": "people", "version": thisBuild().Version} {
		if got := headers["brazebridge."+name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	stop(t, con, code)
	if n := s.committed(); n != 3 {
		t.Errorf("%d records are committed, want 3", n)
	}
}

// The key is rotated while the bridge runs: the file is read again when Braze refuses the old one, and nothing is held.
func TestRunWithRotatedKey(t *testing.T) {
	seen := make(chan string, 10)
	braze := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		seen <- key
		if key != "the-new-one" {
			http.Error(w, `{"message":"Invalid API Key"}`, http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"message":"success","events_processed":1}`))
	})
	s, con := newSite(t, braze), newConsole()
	_, code := s.start(con)
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "${file:")
	file, _, _ := strings.Cut(rest, "}")
	if err := os.WriteFile(file, []byte("the-new-one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.produce("ann")
	// Whether the old key is tried once more depends on when the bridge last looked at the file.
	for key := ""; key != "the-new-one"; {
		if key = <-seen; key != testKey && key != "the-new-one" {
			t.Fatalf("Braze was sent the key %q", key)
		}
	}
	stop(t, con, code)
	if n := s.committed(); n != 1 {
		t.Errorf("%d records are committed", n)
	}
	if strings.Contains(con.stderr.String(), "the-new-one") || strings.Contains(con.stderr.String(), testKey) {
		t.Errorf("the log tells a key:\n%s", con.stderr.String())
	}
}

// Held by hand, the bridge says so and sends nothing; resumed, it goes on.
func TestRunHeldAndResumed(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	s.produce("ann")
	admin, code := s.start(con)
	<-s.objects
	control := func(what string, want int) {
		t.Helper()
		resp, err := http.Post(admin+what, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("POST %s: %s", what, resp.Status)
		}
	}
	control("/-/hold?topic=nobody", http.StatusNotFound)
	control("/-/hold?topic=people", http.StatusOK)
	if status, body := get(t, admin+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"state":"holding"`) || !strings.Contains(body, `"topic":"people"`) {
		t.Errorf("/readyz: %d %s", status, body)
	}
	s.produce("bob")
	select {
	case who := <-s.objects:
		t.Errorf("%s was sent during the hold", who)
	default:
	}
	control("/-/resume?topic=people", http.StatusOK)
	if who := <-s.objects; who != "bob" {
		t.Errorf("Braze has seen %s", who)
	}
	stop(t, con, code)
}

// Every connection secured at once: Kafka with mutual TLS and SCRAM, the registry with a password and TLS, Braze behind a
// certificate of a private authority.
func TestRunSecured(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client")
	s := &site{t: t, objects: make(chan string, 10)}
	s.kafka = newCluster(t, kfake.SeedTopics(1, "people", "letters"), kfake.TLS(a.server(true)),
		kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "bridge", "p@ss: w#1"))

	plain := srfake.NewRegistry()
	open := httptest.NewServer(plain.Handler())
	defer open.Close()
	s.register(open.URL)
	var asked string
	registry := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "reader" || password != "secret" {
			http.Error(w, `{"error_code":401}`, http.StatusUnauthorized)
			return
		}
		asked = user
		plain.Handler().ServeHTTP(w, r)
	}))
	registry.TLS = a.server(false)
	registry.StartTLS()
	defer registry.Close()

	fake := fakebraze.New(fakebraze.Options{APIKeys: []string{testKey}})
	defer fake.Close()
	fake.OnObject(func(_ string, object map[string]any, _ bool) { s.objects <- fmt.Sprint(object["external_id"]) })
	braze := httptest.NewUnstartedServer(fake)
	braze.TLS = a.server(false)
	braze.StartTLS()
	defer braze.Close()

	s.config = writeFile(t, "bridge.yaml", fmt.Sprintf(`
kafka:
  brokers: [%q]
  group: bridge
  tls: {ca_file: %q, cert_file: %q, key_file: %q}
  sasl: {mechanism: SCRAM-SHA-512, username: bridge, password: "p@ss: w#1"}
schema_registry:
  url: %s
  basic_auth: {username: reader, password: secret}
  tls: {ca_file: %q}
braze:
  endpoint: %s
  api_key: %s
  tls: {ca_file: %q}
dead_letter:
  topic: letters
admin:
  listen: 127.0.0.1:0
topics:
  people:
    user: {external_id: "${id}"}
    send:
      - event: seen
`, s.kafka.ListenAddrs()[0], a.file, cert, key, registry.URL, a.file, braze.URL, testKey, a.file))

	found := &faults{}
	opts := kafkaOpts(&parse(t, readFile(t, s.config)).Kafka, found)
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	value := []byte{0, 0, 0, 0, byte(s.id), 6, 'a', 'n', 'n'}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "people", Value: value}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	con := newConsole()
	_, code := s.start(con)
	if who := <-s.objects; who != "ann" {
		t.Errorf("Braze has seen %s", who)
	}
	stop(t, con, code)
	if asked != "reader" {
		t.Errorf("the registry was asked by %q", asked)
	}
	for _, secret := range []string{"p@ss: w#1", "secret\"", testKey} {
		if strings.Contains(con.stderr.String(), secret) {
			t.Errorf("the log tells %q:\n%s", secret, con.stderr.String())
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Two workspaces: each topic's records reach their own Braze with their own key.
func TestRunWithTwoWorkspaces(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	eu := make(chan string, 10)
	other := fakebraze.New(fakebraze.Options{APIKeys: []string{"eu-key"}})
	defer other.Close()
	other.OnObject(func(_ string, object map[string]any, _ bool) { eu <- fmt.Sprint(object["external_id"]) })
	server := httptest.NewServer(other)
	defer server.Close()
	s.rewrite("dead_letter:", fmt.Sprintf("  workspaces:\n    eu: {endpoint: %q, api_key: eu-key}\ndead_letter:", server.URL))
	s.rewrite("    send:", "    workspace: eu\n    send:")
	s.produce("ann")
	_, code := s.start(con)
	if who := <-eu; who != "ann" {
		t.Errorf("the other Braze has seen %s", who)
	}
	select {
	case who := <-s.objects:
		t.Errorf("the default Braze has seen %s", who)
	default:
	}
	stop(t, con, code)
}

// The mapping does not fit the schema: its topic is held and says so, and the process lives.
func TestRunWithMappingFault(t *testing.T) {
	s, con := newSite(t, nil), newConsole()
	s.rewrite(`"${id}"`, `"${idd}"`)
	held := con.stderr.await(`"topic":"people"`)
	admin, code := s.start(con)
	<-held
	if status, body := get(t, admin+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"topic":"people"`) {
		t.Errorf("/readyz: %d %s", status, body)
	}
	stop(t, con, code)
}

// The fake's flags do what they say.
func TestFakeBrazeFlags(t *testing.T) {
	con := newConsole()
	address, code := con.stdout.await(`POST (\S+)`), make(chan int, 1)
	go func() {
		code <- con.run("fake-braze", "--listen", "127.0.0.1:0", "--rate", "2/1h", "--rate-headers", "seconds", "--latency", "30ms", "--stateless")
	}()
	url := (<-address)[1]
	started := time.Now()
	for i, want := range []int{201, 201, 429} {
		if got := post(t, url, "any"); got != want {
			t.Errorf("request %d: status %d, want %d", i, got, want)
		}
	}
	if took := time.Since(started); took < 60*time.Millisecond {
		t.Errorf("three requests took %s at a latency of 30ms", took)
	}
	base := strings.TrimSuffix(url, "/users/track")
	if status, body := get(t, base+"/_fake/stats"); status != http.StatusOK || !strings.Contains(body, `"requests":3`) {
		t.Errorf("stats: %d %s", status, body)
	}
	if status, _ := get(t, base+"/"); status != http.StatusOK {
		t.Errorf("the page for people: %d", status)
	}
	con.signals <- syscall.SIGTERM
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d: %s", c, con.stderr.String())
	}
}
