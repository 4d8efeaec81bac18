package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func mustLoad(t *testing.T, file string) *Config {
	t.Helper()
	fixtureEnv(t)
	cfg, _, err := Load(file, ResolveAll)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

// TestMinimalIsDefaultPlusTheFile: what the file does not say is as in Default.
func TestMinimalIsDefaultPlusTheFile(t *testing.T) {
	cfg := mustLoad(t, "testdata/minimal.good.yaml")
	want := Default()
	want.File = "testdata/minimal.good.yaml"
	want.Kafka.Brokers = []string{"kafka:9092"}
	want.Kafka.Group = "braze-bridge"
	want.SchemaRegistry.URLs = StringList{"http://schema-registry:8081"}
	want.Braze.Endpoint = "https://rest.iad-01.braze.com"
	want.Braze.APIKey = NewSecret(forbidden)
	want.DeadLetter = cfg.DeadLetter
	want.Topics = cfg.Topics
	equal(t, "configuration", cfg, want)
	topic := newTopic("shop.orders")
	topic.Pos = Pos{cfg.File, 12, 3}
	topic.User, topic.Send = cfg.Topics[0].User, cfg.Topics[0].Send
	equal(t, "topic", cfg.Topics[0], topic)
	equal(t, "dead-letter topic", cfg.DeadLetter.Topic.Text, "braze.dead-letter")
	equal(t, "identifier", cfg.Topics[0].User.Get("external_id").Text, "${customer.id}")
	equal(t, "no key", cfg.Topics[0].User.Get("other"), (*Node)(nil))
	equal(t, "no node", cfg.Topics[0].Time.Get("other"), (*Node)(nil))
}

func TestValuesOfTheFixtures(t *testing.T) {
	k := mustLoad(t, "testdata/kafka.good.yaml")
	equal(t, "brokers", k.Kafka.Brokers, []string{"[::1]:9092", "kafka-2:9093"})
	equal(t, "client_id", k.Kafka.ClientID, "007")
	equal(t, "instance_id", k.Kafka.InstanceID, "from-env-0")
	equal(t, "start", k.Kafka.Start, StartLatest)
	equal(t, "protocol", k.Kafka.Protocol, ProtocolConsumer)
	equal(t, "tls", k.Kafka.TLS, &TLS{})
	equal(t, "password", k.Kafka.SASL.Password.Reveal(), forbidden)
	equal(t, "urls", k.SchemaRegistry.URLs, StringList{"http://r-1:8081/path", "https://r-2"})
	equal(t, "endpoint", k.Braze.Endpoint, "https://rest.iad-01.braze.com")
	equal(t, "dead letters", k.DeadLetter.Topic.Text, `${kafka.topic + ".dead-letter"}`)
	equal(t, "pattern", k.Topics[0].Pattern, true)

	b := mustLoad(t, "testdata/braze.good.yaml")
	equal(t, "endpoint", b.Braze.Endpoint, "http://fake:8080")
	equal(t, "key", b.Braze.APIKey.Reveal(), forbidden)
	equal(t, "key's file", b.Braze.APIKey.File(), "testdata/secret")
	equal(t, "counting", b.Braze.Counting, CountingPerArray)
	equal(t, "bytes", b.Braze.BytesPerRequest, MaxBytesPerRequest)
	equal(t, "rate", b.Braze.Rate, Rate{10, Duration(time.Hour)})
	equal(t, "shared rate", b.Braze.SharedRate, (*Rate)(nil))
	equal(t, "create", b.DeadLetter.Create, defaultCreate())
	equal(t, "workspace by name", b.Topics[0].Workspace, "eu")
	equal(t, "default workspace by name", b.Topics[1].Workspace, "")

	d := mustLoad(t, "testdata/delivery.good.yaml").Delivery
	equal(t, "delivery", d, Delivery{50000, 20000, 3 << 29, Duration(90 * time.Second), Flood{1, 25, 25}, OnStuck{}})
	equal(t, "dead_letter.create: false", mustLoad(t, "testdata/delivery.good.yaml").DeadLetter.Create, (*DeadLetterCreate)(nil))
	a := mustLoad(t, "testdata/delivery.good.yaml").Topics[0]
	equal(t, "max_age", a.MaxAge.D(), 36*time.Hour)
	equal(t, "record", a.Records, StringList{"com.example.A", "B"})

	s := mustLoad(t, "testdata/scalars.good.yaml")
	equal(t, "group", s.Kafka.Group, "010")
	equal(t, "client_id", s.Kafka.ClientID, "1.10")
	equal(t, "instance_id", s.Kafka.InstanceID, "NO")
	equal(t, "username", s.Kafka.SASL.Username, "1e3")
	equal(t, "password", s.Kafka.SASL.Password.Reveal(), "0x10")
	equal(t, "registry's user", s.SchemaRegistry.BasicAuth.Username, "1_000")
	equal(t, "registry's password", s.SchemaRegistry.BasicAuth.Password.Reveal(), "~")
	equal(t, "key", s.Braze.APIKey.Reveal(), "074763617300")
	equal(t, "dead letters", s.DeadLetter.Topic.Text, "2024-01-01")
	equal(t, "topic", s.Topics[0].Name, "1.10")
	p := s.Topics[0].Send.Items[0].Get("properties")
	equal(t, "names", []string{p.Keys[0].Name, p.Keys[1].Name, p.Keys[2].Name}, []string{"NO", "010", "true"})
	equal(t, "number", [2]any{p.Keys[1].Value.Kind, p.Keys[1].Value.Text}, [2]any{NodeNumber, "1.10"})
	equal(t, "half", [2]any{p.Keys[2].Value.Kind, p.Keys[2].Value.Text}, [2]any{NodeNumber, ".5"})
	equal(t, "no", [2]any{p.Keys[0].Value.Kind, p.Keys[0].Value.Text}, [2]any{NodeString, "no"})
}

func TestAliasesAndMerging(t *testing.T) {
	c := mustLoad(t, "testdata/anchors.good.yaml")
	equal(t, "aliased section", c.Braze.TLS, &TLS{CAFile: "ca.crt"})
	if c.Braze.TLS == c.SchemaRegistry.TLS {
		t.Error("two sections share one value")
	}
	equal(t, "own key wins", c.Topic("b").User.Get("email").Text, "${email}")
	equal(t, "merged key", c.Topic("b").Send, c.Topic("a").Send)
	equal(t, "alias", c.Topic("c").User, c.Topic("a").User)
}

// TestWorkspaceInheritsEveryValueNotSet removes each key of a full workspace in turn and finds the braze section's value in
// its place.
func TestWorkspaceInheritsEveryValueNotSet(t *testing.T) {
	def := mustParse(t, minimalWith(t, "{}"))
	own := map[string]string{
		"endpoint": "https://rest.fra-01.braze.eu", "api_key": "own", "objects_per_request": "7", "counting": "per_array", "bytes_per_request": "7000",
		"rate": "{requests: 7, per: 7s}", "max_in_flight": "7", "linger": "7ms", "timeout": "7s", "max_wait": "7s", "tls": "{ca_file: own}",
	}
	fields := fieldsOf(reflect.ValueOf(&Workspace{}).Elem())
	equal(t, "keys tried", len(own), len(fields.names))
	for _, left := range fields.names {
		var parts []string
		for key, value := range own {
			if key != left {
				parts = append(parts, key+": "+value)
			}
		}
		w := mustParse(t, minimalWith(t, "{"+strings.Join(parts, ", ")+"}")).Workspace("eu")
		got, inherited := fieldsOf(reflect.ValueOf(w).Elem()), fieldsOf(reflect.ValueOf(def.Workspace("")).Elem())
		for _, key := range fields.names {
			same := reflect.DeepEqual(got.byName[key].Interface(), inherited.byName[key].Interface())
			if same != (key == left) {
				t.Errorf("without %s: %s is inherited: %v", left, key, same)
			}
		}
	}
	w := mustParse(t, minimalWith(t, "{rate: {requests: 7}, tls: {key_file: k, cert_file: c}}"))
	equal(t, "half a rate", w.Workspace("eu").Rate, Rate{7, w.Braze.Rate.Per})
	equal(t, "half of TLS", w.Workspace("eu").TLS, &TLS{CAFile: "shared", KeyFile: "k", CertFile: "c"})
	equal(t, "TLS of the braze section", w.Braze.TLS, &TLS{CAFile: "shared"})
	equal(t, "unknown workspace", w.Workspace("zz"), (*Workspace)(nil))
}

// minimalWith is the minimal configuration with a workspace eu, written before what it inherits.
func minimalWith(t *testing.T, workspace string) []byte {
	t.Helper()
	return minimal(t, "braze:\n", "braze:\n  workspaces: {eu: "+workspace+"}\n  tls: {ca_file: shared}\n")
}

func mustParse(t *testing.T, data []byte) *Config {
	t.Helper()
	fixtureEnv(t)
	cfg, warnings, err := Parse("f.yaml", data, ResolveAll)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %v in\n%s", err, warnings, data)
	}
	return cfg
}

// TestFilledInByteForByte: nothing that a variable or a file holds changes the document or is read as anything but text.
func TestFilledInByteForByte(t *testing.T) {
	file := filepath.Join(t.TempDir(), "value")
	for _, value := range []string{
		"p@ss: w#1", "> x", `'"`, `\C`, "&a", "123", "true", "null", "007", "two\nlines", strings.Repeat("x", 4096), "${env:TEST_ENV}", "$${", "a: b\nc: d", " spaces ",
		"\ttab", "ends with }", "*alias", "!!tag", "#", "- x", "\"", "日本", "%", "\xff\x00", "x\n",
	} {
		t.Setenv("BRAZE_KEY", strings.ReplaceAll(value, "\x00", "0"))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, _, err := Parse("f.yaml", minimal(t, "api_key: ${env:TEST_KEY}", "api_key: ${env:BRAZE_KEY}\n  tls: {server_name: '<${file:"+file+"}|${env:BRAZE_KEY}>', ca_file: '$${env:BRAZE_KEY}'}"), ResolveAll)
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		env := strings.ReplaceAll(value, "\x00", "0")
		equal(t, "whole value", cfg.Braze.APIKey.Reveal(), env)
		equal(t, "within text", cfg.Braze.TLS.ServerName, "<"+value+"|"+env+">")
		equal(t, "escaped", cfg.Braze.TLS.CAFile, "${env:BRAZE_KEY}")
		equal(t, "the rest", cfg.Kafka.Group, "braze-bridge")
	}
}

func TestFillIsBounded(t *testing.T) {
	t.Setenv("BIG", strings.Repeat("x", 64<<10))
	_, _, err := Parse("f.yaml", minimal(t, "group: braze-bridge", "group: '"+strings.Repeat("${env:BIG}", 1000)+"'"), ResolveLenient)
	if err == nil || !strings.Contains(err.Error(), "kafka.group: is larger than 1 MiB") {
		t.Errorf("error %v", err)
	}
}

// TestLenientWarnsInsteadOfFaulting: a value that is not there is neither a fault nor missing, and everything else is checked.
func TestLenientWarnsInsteadOfFaulting(t *testing.T) {
	fixtureEnv(t)
	data := minimal(t, "  api_key: ${env:TEST_KEY}", `  api_key: ${env:TEST_UNSET}
  max_in_flight: ${env:TEST_UNSET}
  counting: ${file:testdata/none}
  rate: {requests: "${env:TEST_UNSET}", per: "${env:TEST_UNSET}"}
  workspaces: {eu: {endpoint: "${env:TEST_UNSET}"}, us: {api_key: "${env:TEST_UNSET}"}}`)
	data = []byte(strings.NewReplacer("brokers: [kafka:9092]", `brokers: ["${env:TEST_UNSET}:9092"]`, "group: braze-bridge", "group: ${env:TEST_UNSET}",
		"http://schema-registry:8081", "${env:TEST_UNSET}").Replace(string(data)))
	cfg, warnings, err := Parse("f.yaml", data, ResolveLenient)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "warnings", len(warnings), 10)
	for _, w := range warnings {
		if w.Line == 0 || w.Column == 0 || w.Path == "" {
			t.Errorf("no place: %+v", w)
		}
	}
	equal(t, "the value", cfg.Braze.APIKey.IsZero(), true)
	equal(t, "an unresolved number keeps the default", cfg.Braze.MaxInFlight, 64)
	_, _, err = Parse("f.yaml", data, ResolveAll)
	faults, _ := err.(Faults)
	equal(t, "faults", len(faults), 10)
	equal(t, "place", faults[0].Error(), "f.yaml:2:14: kafka.brokers[0]: the environment variable TEST_UNSET is not set")
	if _, _, err = Parse("f.yaml", []byte(strings.Replace(string(data), "dead_letter", "dead_leter", 1)), ResolveLenient); err == nil {
		t.Error("lenient accepts an unknown key")
	}
}
