package preview

import (
	"encoding/json"
	"io"
)

// JSON shows a preview as JSON lines.
type JSON struct{ enc *json.Encoder }

// NewJSON writes to w.
func NewJSON(w io.Writer) *JSON {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // the bodies are shown as they would be sent
	return &JSON{enc}
}

type jsonRecord struct {
	Topic     string          `json:"topic"`
	Partition int32           `json:"partition"`
	Offset    int64           `json:"offset"`
	Outcome   string          `json:"outcome"`
	Reason    string          `json:"reason"`
	Error     string          `json:"error"`
	Record    json.RawMessage `json:"record"`
	Objects   []jsonObject    `json:"objects"`
}

type jsonObject struct {
	Kind   string          `json:"kind"`
	Object json.RawMessage `json:"object"`
	Error  string          `json:"error,omitempty"` // why Braze would refuse it
	// NotRepeatSafe is the effect of an object that changes a value by an amount: twice is wrong.
	NotRepeatSafe string `json:"not_repeat_safe,omitempty"`
}

// Record writes a record's line.
func (j *JSON) Record(s *Shown) error {
	line := jsonRecord{
		Topic: s.Topic, Partition: s.Partition, Offset: s.Offset,
		Outcome: s.Outcome(), Reason: s.Why(), Error: s.Error,
		Record: recordJSON(s.Verdict.Value), Objects: []jsonObject{},
	}
	for i, item := range s.Items {
		line.Objects = append(line.Objects, jsonObject{Kind: item.Kind.String(), Object: item.JSON, Error: s.refusal(i), NotRepeatSafe: repeat(&item)})
	}
	return j.enc.Encode(line)
}

// Request writes a request's line.
func (j *JSON) Request(body []byte, _, _, _ int) error {
	return j.enc.Encode(map[string]json.RawMessage{"request": body})
}

// Summary writes the last line.
func (j *JSON) Summary(s *Summary) error { return j.enc.Encode(map[string]*Summary{"summary": s}) }
