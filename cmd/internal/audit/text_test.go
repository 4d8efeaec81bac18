package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var example = &Result{Partitions: []*Partition{
	{Topic: "shop.orders", Partition: 0, Start: 0, Committed: 1204331, End: 1204400, Delivered: 1203998, DeadLettered: 12, Filtered: 300, Waiting: 69, Letters: 12, OK: true},
	{Topic: "shop.orders", Partition: 1, Start: 0, Committed: 998, End: 998, Delivered: 990, DeadLettered: 8, Letters: 7, Notes: []string{"1 letter is missing from letters"}},
	{Topic: "web.events", Partition: 0, Start: -1, Committed: -1, End: 5, Waiting: 5, OK: true, Notes: []string{"the group has committed nothing here yet"}},
}}

// The table for people.
func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := example.Text(&b, false); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/text.golden"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("got\n%s", got)
	}
	var colored bytes.Buffer
	if err := example.Text(&colored, true); err != nil || !strings.Contains(colored.String(), "\x1b[") {
		t.Errorf("%v: no colours in\n%s", err, colored.String())
	}
	if err := example.Text(brokenPipe{}, false); !errors.Is(err, errPipe) {
		t.Errorf("a broken pipe: %v", err)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

// The keys that scripts rely on: all of them, always, and nothing else but notes where there is something to say.
func TestJSONKeys(t *testing.T) {
	text, err := json.Marshal(&Result{OK: true, Partitions: []*Partition{{Topic: "t", OK: true}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ok":true,"partitions":[{"topic":"t","partition":0,"start":0,"committed":0,"end":0,"delivered":0,"dead_lettered":0,` +
		`"filtered":0,"waiting":0,"skipped":0,"letters":0,"ok":true}]}`
	if string(text) != want {
		t.Errorf("%s", text)
	}
}

// A letter names its record in the last headers of that name: the record may have brought some of its own, having been a
// letter before.
func TestAbout(t *testing.T) {
	header := func(pairs ...string) *kgo.Record {
		r := &kgo.Record{}
		for i := 0; i < len(pairs); i += 2 {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: "brazebridge." + pairs[i], Value: []byte(pairs[i+1])})
		}
		return r
	}
	for _, c := range []struct {
		r         *kgo.Record
		topic     string
		partition int32
		offset    int64
		ok        bool
	}{
		{header("topic", "t", "partition", "3", "offset", "17"), "t", 3, 17, true},
		{header("topic", "old", "partition", "1", "offset", "5", "topic", "t", "partition", "3", "offset", "17"), "t", 3, 17, true},
		{header("topic", "t", "partition", "3"), "t", 3, 0, false},
		{header("topic", "t", "offset", "3"), "t", 0, 3, false},
		{header("topic", "t", "partition", "3", "offset", "-1"), "t", 3, -1, false},
		{header("topic", "t", "partition", "x", "offset", "1"), "t", 0, 1, false},
		{&kgo.Record{}, "", 0, 0, false},
	} {
		topic, partition, offset, ok := about(c.r)
		if topic != c.topic || partition != c.partition || offset != c.offset || ok != c.ok {
			t.Errorf("%v: %s/%d@%d, %t", c.r.Headers, topic, partition, offset, ok)
		}
	}
}
