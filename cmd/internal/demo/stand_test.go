package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func newStand(t *testing.T) *stand {
	t.Helper()
	s, err := build(t.Context(), newArrivals())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", url, resp.Status, err)
	}
}

// The schemas that are registered are the shipped ones, under the subjects where the bridge looks for them.
func TestStandRegistersTheShippedSchemas(t *testing.T) {
	s := newStand(t)
	shipped, ids := shippedSchemas(t), map[int]bool{}
	for _, topic := range topics {
		var got struct {
			ID     int
			Schema string
		}
		getJSON(t, s.registry+"/subjects/"+topic+"-value/versions/latest", &got)
		if got.ID != s.schemas[topic] || ids[got.ID] {
			t.Errorf("%s is registered with id %d, the generator uses %d", topic, got.ID, s.schemas[topic])
		}
		ids[got.ID] = true
		if !strings.Contains(got.Schema, fmt.Sprintf("%q", shortName(shipped[topic].Root.Name))) {
			t.Errorf("%s has another schema: %s", topic, got.Schema)
		}
	}
}

func shortName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

func TestStandHasItsTopics(t *testing.T) {
	s := newStand(t)
	ends, err := endOffsets(t.Context(), s.kafka.ListenAddrs(), append([]string{deadLetterTopic}, topics...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range append([]string{deadLetterTopic}, topics...) {
		if len(ends[topic]) != partitions {
			t.Errorf("%s has %d partitions, want %d", topic, len(ends[topic]), partitions)
		}
	}
}

// Nothing listens any more once the demo is over.
func TestStandCloses(t *testing.T) {
	s, err := build(t.Context(), newArrivals())
	if err != nil {
		t.Fatal(err)
	}
	addresses := append(s.kafka.ListenAddrs(), strings.TrimPrefix(s.registry, "http://"), strings.TrimPrefix(s.braze, "http://"))
	s.Close()
	for _, a := range addresses {
		if c, err := net.Dial("tcp", a); err == nil {
			_ = c.Close()
			t.Errorf("%s still listens", a)
		}
	}
}

func TestRegisterTellsWhatTheRegistryAnswered(t *testing.T) {
	answer := func(code int, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s
	}
	for _, c := range []struct {
		code       int
		body, want string
	}{
		{500, `{"error_code":50001,"message":"broken"}`, "500 Internal Server Error {\"error_code\":50001"},
		{200, `no json`, "200 OK no json"},
		{200, `{}`, "200 OK {}"},
	} {
		_, err := register(t.Context(), answer(c.code, c.body).URL, ordersTopic)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), ordersTopic) {
			t.Errorf("%d %s: %v", c.code, c.body, err)
		}
	}
	if _, err := register(t.Context(), "http://127.0.0.1:1", "no.such.topic"); err == nil {
		t.Error("a topic without a schema is registered")
	}
	if _, err := register(t.Context(), "http://127.0.0.1:1", ordersTopic); err == nil {
		t.Error("a registry that is not there has registered something")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := build(ended, newArrivals()); err == nil {
		t.Error("a stand is built although nobody waits for it")
	}
}

func newKafka(t *testing.T, topics ...string) []string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

func newClient(t *testing.T, brokers []string) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// The dead-letter topic is read to its end, whatever partitions the letters lie in, and however many there are.
func TestReadLetters(t *testing.T) {
	brokers := newKafka(t, deadLetterTopic)
	if l, err := readLetters(t.Context(), brokers); err != nil || len(l.reasons) != 0 || l.example != nil {
		t.Fatalf("an empty topic: %v, %v", l, err)
	}
	client := newClient(t, brokers)
	want := map[string]int64{}
	for i := range 500 {
		reason := []string{"mapping", "check", "undecodable"}[i%3]
		r := letterAbout("t", fmt.Sprint(i%4), fmt.Sprint(i), reason)
		r.Topic, r.Partition = deadLetterTopic, int32(i%2) // the third partition stays empty
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		want[reason]++
	}
	l, err := readLetters(t.Context(), brokers)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(l.byReason, want) || len(l.reasons) != 500 || l.nameless != 0 || l.repeated != 0 {
		t.Errorf("%v, %d places, %d nameless, %d repeated", l.byReason, len(l.reasons), l.nameless, l.repeated)
	}
	if l.reasons[place{"t", 3, 499}] != "check" {
		t.Errorf("the letter about t/3/499 says %q", l.reasons[place{"t", 3, 499}])
	}
}

func TestReadLettersStopsWhenNobodyWaits(t *testing.T) {
	brokers := newKafka(t, deadLetterTopic)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readLetters(ended, brokers); err == nil {
		t.Error("no error")
	}
}

func TestCommittedOffsets(t *testing.T) {
	brokers := newKafka(t, ordersTopic)
	if got, err := committedOffsets(t.Context(), brokers, "g"); err != nil || sumOffsets(got) != 0 {
		t.Errorf("a group that does not exist: %v, %v", got, err)
	}
	var offsets kadm.Offsets
	offsets.AddOffset(ordersTopic, 0, 7, -1)
	offsets.AddOffset(ordersTopic, 2, 5, -1)
	if _, err := kadm.NewClient(newClient(t, brokers)).CommitOffsets(t.Context(), "g", offsets); err != nil {
		t.Fatal(err)
	}
	got, err := committedOffsets(t.Context(), brokers, "g")
	if err != nil || got[ordersTopic][0] != 7 || got[ordersTopic][2] != 5 || sumOffsets(got) != 12 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEndOffsetsOfWhatIsNotThere(t *testing.T) {
	if _, err := endOffsets(t.Context(), newKafka(t, "a"), "b"); err == nil {
		t.Error("no error")
	}
}
