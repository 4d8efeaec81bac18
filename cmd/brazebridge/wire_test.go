package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/config"
	"brazebridge/sink"
)

const goodConfig = `kafka: {brokers: ["127.0.0.1:1"], group: g}
schema_registry: {url: "http://127.0.0.1:1"}
braze: {endpoint: "http://127.0.0.1:1", api_key: k}
dead_letter: {topic: letters}
topics: {t: {user: {external_id: "${id}"}, send: [{event: e}]}}
admin: {listen: "127.0.0.1:0"}
`

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, _, err := config.Parse("b.yaml", []byte(text), config.ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Wiring connects to nothing: it succeeds where nobody listens.
func TestWireConnectsToNothing(t *testing.T) {
	b, err := wire(parse(t, goodConfig), nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	b.close()
}

// What is wrong beyond the file itself comes at once, each where the file names it; what workspaces inherit comes once.
func TestWireFaultsHavePlaces(t *testing.T) {
	text := writeFile(t, "text.pem", "no certificate")
	file := writeFile(t, "b.yaml", fmt.Sprintf(`kafka:
  brokers: ["127.0.0.1:1"]
  group: g
  tls:
    cert_file: /does/not/exist.pem
    key_file: /does/not/exist.key
schema_registry:
  url: http://127.0.0.1:1
  tls: {ca_file: %[1]q}
braze:
  endpoint: http://127.0.0.1:1
  api_key: k
  tls: {ca_file: %[1]q}
  workspaces: {eu: {rate: {requests: 1}}, us: {tls: {ca_file: /none.pem}}}
dead_letter: {topic: "${kafka.tropic}"}
topics: {t: {user: {external_id: "${id}"}, send: [{event: e}]}}
`, text))
	con := newConsole()
	if code := con.run("run", "--config", file); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	_, rest, _ := strings.Cut(con.stderr.String(), "\n") // the first is a warning of http://
	for _, want := range []string{
		":5:16: kafka.tls.cert_file: open /does/not/exist.pem: ", ":9:18: schema_registry.tls.ca_file: no certificate in ",
		":13:18: braze.tls.ca_file: no certificate in ", ":14:63: braze.workspaces.us.tls.ca_file: open /none.pem: ", ":15:31: dead_letter.topic: ",
	} {
		before, after, found := strings.Cut(rest, file+want)
		if !found || strings.Contains(before, file) {
			t.Errorf("%q does not come next in %s", want, rest)
		}
		rest = after
	}
	if strings.Contains(rest, file) {
		t.Errorf("there is more: %s", rest)
	}
}

// A port that is taken is told at the setting that names it, or at the file's beginning where none does.
func TestListenFaultHasAPlace(t *testing.T) {
	in := config.InspectBytes("b.yaml", []byte(goodConfig), config.ResolveAll)
	var found config.Faults
	if err := listenFault(in.Config, in.Places, errors.New("taken")); !errors.As(err, &found) || found[0].Line != 6 || found[0].Column != 17 {
		t.Errorf("%v", found)
	}
}

// Everything that is wrong beyond the file itself comes at once.
func TestWireFaults(t *testing.T) {
	cfg := parse(t, goodConfig)
	const missing = "/does/not/exist.pem"
	cfg.Kafka.TLS = &config.TLS{CAFile: missing}
	cfg.SchemaRegistry.TLS = &config.TLS{CertFile: missing, KeyFile: missing}
	cfg.Braze.TLS = &config.TLS{CAFile: missing}
	cfg.Braze.Workspaces = map[string]*config.Workspace{"eu": {Endpoint: "ftp://x", APIKey: config.NewSecret("k")}}
	_, err := wire(cfg, nil, quiet)
	var found config.Faults
	if !errors.As(err, &found) {
		t.Fatalf("%v", err)
	}
	var paths []string
	for _, f := range found {
		paths = append(paths, f.Path)
		if f.File != "b.yaml" {
			t.Errorf("%s names no file", f)
		}
	}
	want := "kafka.tls.ca_file schema_registry.tls.cert_file braze.tls.ca_file braze.workspaces.eu.endpoint"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("faults of %s, want %s", got, want)
	}
}

func TestLetterTopic(t *testing.T) {
	named := func(text string) *config.Config {
		return &config.Config{
			DeadLetter: config.DeadLetter{Topic: &config.Node{Kind: config.NodeString, Text: text}},
			Topics:     []*config.Topic{{Name: "shop.orders"}, {Name: "^shop\\..*", Pattern: true}},
		}
	}
	r := &kgo.Record{Topic: "shop.orders", Partition: 3, Offset: 7, Timestamp: time.Unix(0, 0), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}}
	for text, want := range map[string]string{
		"letters":                         "letters",
		`${kafka.topic + ".dead-letter"}`: "shop.orders.dead-letter",
		"${kafka.topic}.dead-letter":      "shop.orders.dead-letter",
	} {
		found := &faults{}
		f, known := letterTopic(named(text), found)
		if err := found.err(); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f(r); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if len(known) != 1 || known[0] != want {
			t.Errorf("%s: known before the first record: %v, want %s", text, known, want)
		}
	}
	found := &faults{}
	if letterTopic(named("${kafka.tropic}"), found); len(found.list) == 0 {
		t.Error("a name that does not exist is no fault")
	}
}

func TestMeta(t *testing.T) {
	at := time.Unix(5, 0)
	m := meta(&kgo.Record{Topic: "t", Partition: 1, Offset: 2, Timestamp: at, Key: []byte("k"), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}})
	if m.Topic != "t" || m.Partition != 1 || m.Offset != 2 || !m.Timestamp.Equal(at) || string(m.Key) != "k" || len(m.Headers) != 1 || m.Headers[0].Key != "h" || string(m.Headers[0].Value) != "v" {
		t.Errorf("%+v", m)
	}
}

// A workspace sends as its own settings say, and all of them pass the company's gate.
func TestWorkspaces(t *testing.T) {
	cfg := parse(t, strings.Replace(goodConfig, `api_key: k}`, `api_key: k, objects_per_request: 50, counting: per_array, bytes_per_request: 1000000,
  max_in_flight: 7, linger: 250ms, rate: {requests: 1000, per: 1s}, shared_rate: {requests: 2, per: 1h},
  workspaces: {eu: {endpoint: "https://rest.fra-01.braze.eu", api_key: k2, counting: combined}}}`, 1))
	synctest.Test(t, func(t *testing.T) {
		found := &faults{}
		all := newWorkspaces(&cfg.Braze, found)
		if err := found.err(); err != nil || len(all) != 2 {
			t.Fatalf("%v, %d workspaces", err, len(all))
		}
		home, eu := all[""], all["eu"]
		if want := (sink.Limits{Objects: 50, PerArray: true, Bytes: 1000000}); home.Limits != want || home.MaxInFlight != 7 || home.Linger != 250*time.Millisecond {
			t.Errorf("the default is %+v", home)
		}
		if want := (sink.Limits{Objects: 50, Bytes: 1000000}); eu.Limits != want || eu.MaxInFlight != 7 {
			t.Errorf("eu inherits what it does not set, and is %+v", eu)
		}
		started := time.Now()
		for _, g := range []*sink.Gate{home.Gate, eu.Gate, home.Gate} {
			if err := g.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(started); took < time.Hour/2 {
			t.Errorf("three requests under a shared limit of two an hour took %s", took)
		}
	})
}

// How long a 429 may make a workspace wait is its own setting.
func TestMaxWaitOfAWorkspace(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Ratelimit-Retry-After", "9999")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer busy.Close()
	cfg := parse(t, strings.Replace(goodConfig, `api_key: k}`, `api_key: k, max_wait: 5m, workspaces: {eu: {max_wait: 2m}, us: {}}}`, 1))
	for _, w := range cfg.Braze.Workspaces {
		w.Endpoint = busy.URL
	}
	cfg.Braze.Endpoint = busy.URL
	found := &faults{}
	all := newWorkspaces(&cfg.Braze, found)
	if err := found.err(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]time.Duration{"": 5 * time.Minute, "eu": 2 * time.Minute, "us": 5 * time.Minute} {
		r := sink.NewRequest(nil, []sink.Item{{Kind: sink.Event, JSON: []byte(`{}`)}})
		if got := all[name].Client.Send(t.Context(), &r).Rate; got.Wait != want || got.Named != 9999*time.Second {
			t.Errorf("workspace %q: %+v, want a wait of %s", name, got, want)
		}
	}
}

// Where every topic has a workspace of its own, the braze section itself is none.
func TestNoDefaultWorkspace(t *testing.T) {
	found := &faults{}
	all := newWorkspaces(&config.Braze{Workspaces: map[string]*config.Workspace{"eu": {Endpoint: "https://rest.fra-01.braze.eu", APIKey: config.NewSecret("k")}}}, found)
	if _, is := all[""]; is || len(all) != 1 || found.err() != nil {
		t.Errorf("%d workspaces, %v", len(all), found.err())
	}
}

// With and without TLS settings, the registry is asked with what its section says.
func TestRegistryAuthentication(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  config.SchemaRegistry
		want string
	}{
		{"none", config.SchemaRegistry{}, ""},
		{"basic", config.SchemaRegistry{BasicAuth: &config.BasicAuth{Username: "u", Password: config.NewSecret("p")}}, "Basic dTpw"},
		{"bearer", config.SchemaRegistry{BearerToken: config.NewSecret("token")}, "Bearer token"},
	} {
		got := make(chan string, 1)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case got <- r.Header.Get("Authorization"):
			default:
			}
		}))
		c.cfg.URLs = config.StringList{server.URL}
		found := &faults{}
		r := newRegistry(&c.cfg, found)
		if err := found.err(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := r.Latest(t.Context(), "people-value"); err == nil {
			t.Errorf("%s: an empty answer is a schema", c.name)
		}
		if header := <-got; header != c.want {
			t.Errorf("%s: asked with %q, want %q", c.name, header, c.want)
		}
		server.Close()
	}
}
