package audit

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// shelf is a Kafka with a topic of two partitions, and somebody who reads it.
type shelf struct {
	*gatherer
	t       *testing.T
	cluster *kfake.Cluster
	admin   *kadm.Client
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	reach := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...)}
	client, err := kgo.NewClient(append(reach, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &shelf{&gatherer{Options: &Options{Kafka: reach}, client: client, quiet: time.Minute}, t, cluster, kadm.NewClient(client)}
}

func (s *shelf) write(partition int32, n int) {
	s.t.Helper()
	for range n {
		if err := s.client.ProduceSync(s.t.Context(), &kgo.Record{Topic: "t", Partition: partition, Value: []byte("v")}).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// transaction writes two records to partition 0 and ends.
func (s *shelf) transaction(end kgo.TransactionEndTry) {
	s.t.Helper()
	client, err := kgo.NewClient(append(slices.Clone(s.Kafka), kgo.TransactionalID("tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		s.t.Fatal(err)
	}
	for range 2 {
		if err := client.ProduceSync(s.t.Context(), &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := client.EndTransaction(s.t.Context(), end); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) scanned(what spans, isolation kgo.IsolationLevel) map[int32][]int64 {
	s.t.Helper()
	seen := map[int32][]int64{}
	if err := s.scan(s.t.Context(), what, isolation, func(r *kgo.Record) { seen[r.Partition] = append(seen[r.Partition], r.Offset) }); err != nil {
		s.t.Fatal(err)
	}
	if len(what) > 0 {
		s.t.Errorf("left over: %v", what)
	}
	return seen
}

// A span is read from its first offset to its last and no further, and one that is empty not at all.
func TestScan(t *testing.T) {
	s := newShelf(t)
	s.write(0, 9)
	s.write(1, 4)
	what := spans{}
	what.add("t", 0, 2, 7)
	what.add("t", 1, 3, 3)
	seen := s.scanned(what, kgo.ReadCommitted())
	if len(seen) != 1 || !slices.Equal(seen[0], []int64{2, 3, 4, 5, 6}) {
		t.Errorf("seen %v", seen)
	}
	what.add("t", 0, 0, 9)
	what.add("t", 1, 0, 4)
	if seen = s.scanned(what, kgo.ReadUncommitted()); len(seen[0]) != 9 || len(seen[1]) != 4 {
		t.Errorf("seen %v", seen)
	}
}

// The end of a transaction is an offset, and no record; what was aborted is none where only what is committed counts.
func TestScanOverTransactions(t *testing.T) {
	s := newShelf(t)
	s.transaction(kgo.TryCommit) // 0, 1, and its end
	s.transaction(kgo.TryAbort)  // 3, 4, and its end
	what := spans{}
	what.add("t", 0, 0, 6)
	if seen := s.scanned(what, kgo.ReadCommitted()); !slices.Equal(seen[0], []int64{0, 1}) {
		t.Errorf("seen %v", seen)
	}
	what.add("t", 0, 0, 6)
	if seen := s.scanned(what, kgo.ReadUncommitted()); !slices.Equal(seen[0], []int64{0, 1, 3, 4}) {
		t.Errorf("seen %v", seen)
	}
}

// A log whose last offsets have no record ends all the same.
func TestScanEndsWhereNothingComes(t *testing.T) {
	s := newShelf(t)
	s.write(0, 3)
	s.quiet = 50 * time.Millisecond
	err := s.scan(t.Context(), spans{"t": {0: {0, 5}}}, kgo.ReadCommitted(), func(*kgo.Record) {})
	if err != nil {
		t.Error(err)
	}
}

// What retention has deleted up to the end of the span is not waited for.
func TestScanOfWhatIsGone(t *testing.T) {
	s := newShelf(t)
	s.write(0, 5)
	var o kadm.Offsets
	o.Add(kadm.Offset{Topic: "t", At: 5})
	if _, err := s.admin.DeleteRecords(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.quiet = 50 * time.Millisecond
	if seen := s.scanned(spans{"t": {0: {1, 5}}}, kgo.ReadCommitted()); len(seen) > 0 {
		t.Errorf("seen %v", seen)
	}
	s.write(0, 3) // reading comes to these instead
	if seen := s.scanned(spans{"t": {0: {1, 4}}}, kgo.ReadCommitted()); len(seen) > 0 {
		t.Errorf("seen %v", seen)
	}
}

// Brokers that give nothing and do not answer either are no end of the log.
func TestScanWithoutBrokers(t *testing.T) {
	s := newShelf(t)
	s.write(0, 3)
	s.cluster.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		return nil, errors.New("hung up"), true
	})
	seen := 0
	visit := func(*kgo.Record) {
		if seen++; seen == 3 {
			s.quiet = 50 * time.Millisecond // nothing else comes
		}
	}
	if err := s.scan(t.Context(), spans{"t": {0: {0, 5}}}, kgo.ReadCommitted(), visit); err == nil || seen != 3 {
		t.Errorf("%d records, %v", seen, err)
	}
}

// A compacted topic, or one that the brokers do not tell about, may lack records; one that is only deleted may not.
func TestCompactedTopics(t *testing.T) {
	s := newShelf(t)
	for name, policy := range map[string]string{"keys": "compact", "both": "compact,delete"} {
		if _, err := s.admin.CreateTopic(t.Context(), 1, 1, map[string]*string{"cleanup.policy": &policy}, name); err != nil {
			t.Fatal(err)
		}
	}
	may := compactedTopics(t.Context(), s.admin, []string{"t", "keys", "both"})
	for topic, want := range map[string]bool{"t": false, "keys": true, "both": true, "unknown": true} {
		if may(topic) != want {
			t.Errorf("%s: %t", topic, may(topic))
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if may := compactedTopics(done, s.admin, []string{"t"}); !may("t") {
		t.Error("a topic that nobody tells about is taken for one that is only deleted")
	}
}
