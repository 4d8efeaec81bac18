package integration_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"brazebridge/sink/fakebraze"
)

// poison is a record that cannot be delivered, and what its letter must say.
type poison struct {
	name   string
	record *kgo.Record
	reason string
	stage  string
}

// A record that cannot be delivered lies in the dead-letter topic as it was: key, value and headers byte for byte, then the
// bridge's own headers. Its neighbours arrive, and the commits pass it.
func TestPoisonedRecordsBecomeLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, needSuite(t), worldOptions{})
	refused := recordID("cart", 900001)
	w.setFaults(fakebraze.Fault{Kind: "reject_if", Field: "properties.id", Equals: refused})
	poisons := w.poisons(refused)
	sent := w.produce(0, 100)
	for _, p := range poisons {
		w.send([]*kgo.Record{p.record})
	}
	sent = append(sent, w.produce(100, 100)...)

	b := w.start("a", w.settings())
	w.waitArrived(sent)
	w.waitCommitted()
	letters := w.letters(len(poisons))
	b.stop()
	w.braze.checkExactlyOnce(t, sent)
	w.checkNoSecret()
	if len(letters) != len(poisons) {
		t.Fatalf("the dead-letter topic holds %d letters, want %d", len(letters), len(poisons))
	}
	for _, p := range poisons {
		t.Run(p.name, func(t *testing.T) { checkLetter(t, letters, p) })
	}
}

// poisons are one record for each way in which a record itself can be at fault.
func (w *world) poisons(refused string) []*poison {
	badCurrency := w.order(recordID("orders", 900002), "user-poison")
	badCurrency["currency"] = "EURO"
	noUser := w.order(recordID("orders", 900003), "")
	valid := w.encoders["behaviour"].encode(w.t, streams[2].record("behaviour-900004", "user-poison", 1))
	return []*poison{
		{"no Avro at all", &kgo.Record{
			Topic: w.topics["orders"], Partition: 1, Key: []byte{0xff, 0x00, 0xfe, '\n'}, Value: []byte("{\"not\": \"avro\"}\xc3\x28"),
			Headers: []kgo.RecordHeader{
				{Key: "trace", Value: []byte{0x00, 0xff}},
				{Key: "trace", Value: []byte("second of the same name")},
				{Key: "brazebridge.reason", Value: []byte("a header of the producer's that is named like one of ours")},
				{Key: "empty", Value: []byte{}},
				{Key: "null", Value: nil},
			},
		}, "undecodable", "decode"},
		{"cut short", &kgo.Record{
			Topic: w.topics["behaviour"], Partition: 0, Key: []byte("user-poison"), Value: valid[:len(valid)-3],
		}, "undecodable", "decode"},
		{"bytes left over", &kgo.Record{
			Topic: w.topics["behaviour"], Partition: 1, Key: []byte("user-poison"), Value: append(bytes.Clone(valid), 0, 0),
		}, "undecodable", "decode"},
		{"a schema id that the registry does not know", &kgo.Record{
			Topic: w.topics["behaviour"], Partition: 2, Key: nil, Value: append(framed(999999), 1, 2, 3),
		}, "unknown_schema", "decode"},
		{"no user", &kgo.Record{
			Topic: w.topics["orders"], Partition: 0, Key: []byte{}, Value: w.encoders["orders"].encode(w.t, noUser),
		}, "mapping|check", "map|check"},
		{"a currency that is none", &kgo.Record{
			Topic: w.topics["orders"], Partition: 2, Key: []byte("user-poison"), Value: w.encoders["orders"].encode(w.t, badCurrency),
		}, "check", "check"},
		{"refused by Braze inside a success", &kgo.Record{
			Topic: w.topics["cart"], Partition: 0, Key: []byte("user-poison"),
			Value: w.encoders["cart"].encode(w.t, streams[1].record(refused, "user-poison", 1)),
		}, "rejected", "send"},
	}
}

// order is an order's native form.
func (w *world) order(id, user string) map[string]any { return streams[0].record(id, user, 1) }

// produceGarbage writes one record that no schema fits.
func (w *world) produceGarbage() {
	w.t.Helper()
	w.send([]*kgo.Record{{Topic: w.topics["orders"], Partition: 0, Key: []byte("k"), Value: []byte("garbage")}})
}

// checkLetter finds the letter of a record by its source coordinates and compares it with the record.
func checkLetter(t *testing.T, letters []*kgo.Record, p *poison) {
	var letter *kgo.Record
	for _, l := range letters {
		own := ownHeaders(l, len(p.record.Headers))
		if own["brazebridge.topic"] == p.record.Topic &&
			own["brazebridge.partition"] == strconv.Itoa(int(p.record.Partition)) &&
			own["brazebridge.offset"] == strconv.FormatInt(p.record.Offset, 10) {
			if letter != nil {
				t.Fatal("the record has two letters")
			}
			letter = l
		}
	}
	if letter == nil {
		t.Fatalf("no letter for %s/%d offset %d", p.record.Topic, p.record.Partition, p.record.Offset)
	}
	// A null key and an empty one are different keys.
	if diff := cmp.Diff(p.record.Key, letter.Key); diff != "" {
		t.Errorf("key (-record +letter):\n%s", diff)
	}
	if diff := cmp.Diff(p.record.Value, letter.Value); diff != "" {
		t.Errorf("value (-record +letter):\n%s", diff)
	}
	if diff := cmp.Diff(headerTexts(p.record.Headers), headerTexts(letter.Headers[:len(p.record.Headers)])); diff != "" {
		t.Errorf("original headers (-record +letter):\n%s", diff)
	}
	own := ownHeaders(letter, len(p.record.Headers))
	if got := own["brazebridge.reason"]; !oneOf(got, p.reason) {
		t.Errorf("reason %q, want %s", got, p.reason)
	}
	if got := own["brazebridge.stage"]; !oneOf(got, p.stage) {
		t.Errorf("stage %q, want %s", got, p.stage)
	}
	for _, name := range []string{"error", "timestamp", "version", "at"} {
		if own["brazebridge."+name] == "" {
			t.Errorf("the letter has no header brazebridge.%s", name)
		}
	}
	for name, value := range own {
		if !utf8.ValidString(value) || strings.Contains(value, "user-poison") {
			t.Errorf("header %s is %q: not text, or a user's id", name, value)
		}
	}
}

// oneOf reports whether got is one of the words that want holds, separated by |.
func oneOf(got, want string) bool {
	for _, w := range strings.Split(want, "|") {
		if got == w {
			return true
		}
	}
	return false
}

// ownHeaders are the headers that the bridge added: those after the record's own.
func ownHeaders(letter *kgo.Record, original int) map[string]string {
	own := make(map[string]string)
	for _, h := range letter.Headers[min(original, len(letter.Headers)):] {
		own[h.Key] = string(h.Value)
	}
	return own
}

// headerTexts are headers as text in which null and empty differ.
func headerTexts(headers []kgo.RecordHeader) []string {
	texts := make([]string, len(headers))
	for i, h := range headers {
		texts[i] = fmt.Sprintf("%s=%q", h.Key, h.Value)
		if h.Value == nil {
			texts[i] = h.Key + "=null"
		}
	}
	return texts
}
