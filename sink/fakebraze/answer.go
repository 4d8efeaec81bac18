package fakebraze

import (
	"encoding/json"
	"net/http"
)

// Braze's own texts of a request refused as a whole.
const (
	textInvalidKey = "Invalid API Key"
	textDenied     = "Access Denied"
	textTooMany    = "Max Input Length Exceeded"
	textNoneValid  = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."
	textSyntax     = "Error while parsing request body. Please check your syntax."
)

// objectError is an element of errors[]: index counts in the array as it was sent.
type objectError struct {
	Type       string `json:"type"`
	InputArray string `json:"input_array"`
	Index      int    `json:"index"`
}

// answer is the body of every answer. Error is where Braze puts the text about unparsable JSON, instead of
// Message.
type answer struct {
	Message    string        `json:"message,omitempty"`
	Error      string        `json:"error,omitempty"`
	Attributes *int          `json:"attributes_processed,omitempty"`
	Events     *int          `json:"events_processed,omitempty"`
	Purchases  *int          `json:"purchases_processed,omitempty"`
	Errors     []objectError `json:"errors,omitempty"`
}

// setCounter presents a counter for an array that the request held.
func (a *answer) setCounter(array, n int) {
	switch array {
	case 0:
		a.Attributes = &n
	case 1:
		a.Events = &n
	default:
		a.Purchases = &n
	}
}

// reply is what goes back to the client.
type reply struct {
	status   int
	body     []byte
	headers  map[string]string
	accepted bool   // objects were queued, whatever the client gets to see
	counted  [3]int // accepted objects of a stateless server, which has none to hand on
}

func replyWith(status int, a answer) reply {
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // answer holds only strings and numbers
	}
	return reply{status: status, body: body}
}

func (r reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	for k, v := range r.headers {
		w.Header().Set(k, v)
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // the client may be gone; nobody else wants to know
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply{status: status, body: body}.write(w)
}
