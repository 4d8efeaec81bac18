package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answerOf says what an HTTP answer means for the request. It is pure: now only stands in for a missing Date header.
// cut says why the body is not all that was sent; nil: it is.
func answerOf(status int, header http.Header, body []byte, cut error, r *Request, now time.Time) Answer {
	a := Answer{Status: status, Rate: rateInfo(status, header, now)}
	if status/100 == 2 && plainSuccess(body) {
		return a
	}
	p := parseReply(body)
	switch {
	case status/100 == 2:
		p.success(&a, r, cut)
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		p.rejection(&a, r)
	default:
		a.Class, a.Ambiguous = classOf(status)
		if a.Class == Transient {
			a.Cause = CauseStatus
		}
		a.Text = statusText(status, header, p.text())
	}
	a.Text = r.redact(a.Text)
	return a
}

// classOf is the class of a status whose body changes nothing, and whether Braze may have taken the objects all the same.
// Refused, not rejected, is the answer to every 4xx that nobody documents: it holds and is seen, and no record pays for it.
func classOf(status int) (Class, bool) {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled, false
	case status == http.StatusRequestEntityTooLarge:
		return TooLarge, false
	case status == http.StatusRequestTimeout, status == http.StatusMisdirectedRequest, status == http.StatusTooEarly:
		return Transient, false // the request did not arrive, or not where it should; a further attempt is what they ask for
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable:
		return Transient, false // Braze: 502 failed before the destination server, 503 found it without capacity
	case status/100 == 3, status/100 == 4:
		return Refused, false
	default:
		return Transient, true
	}
}

// statusText says what an answer without named objects was.
func statusText(status int, header http.Header, said string) string {
	text := strconv.Itoa(status)
	if name := http.StatusText(status); name != "" {
		text += " " + name
	}
	if status/100 == 3 {
		text += ": redirect not followed, the endpoint must be Braze's own REST address" + redirectTarget(header)
	}
	if said != "" {
		text += ": " + said
	}
	return text
}

// plainSuccess recognises Braze's everyday answer without a JSON parser: {"message":"success"} with processed-counters and
// nothing else. Anything that deviates by a byte goes to the parser.
func plainSuccess(body []byte) bool {
	body = bytes.TrimRight(body, "\r\n")
	inner, ok := bytes.CutPrefix(body, []byte("{"))
	if !ok {
		return false
	}
	seen := false
	for {
		var rest []byte
		if rest, ok = bytes.CutPrefix(inner, []byte(`"message":"success"`)); ok && !seen {
			seen = true
		} else if rest, ok = cutCounter(inner); !ok {
			return false
		}
		if len(rest) == 1 && rest[0] == '}' {
			return seen
		}
		if inner, ok = bytes.CutPrefix(rest, []byte(",")); !ok {
			return false
		}
	}
}

// counterKeys are the counters of a success answer, with what follows a key.
var counterKeys = [3][]byte{[]byte(`"attributes_processed":`), []byte(`"events_processed":`), []byte(`"purchases_processed":`)}

// cutCounter removes one processed-counter from the front.
func cutCounter(b []byte) ([]byte, bool) {
	for _, key := range counterKeys {
		rest, ok := bytes.CutPrefix(b, key)
		if !ok {
			continue
		}
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 || n > 1 && rest[0] == '0' {
			return nil, false
		}
		return rest[n:], true
	}
	return nil, false
}

// reply is a body as far as it is Braze's.
type reply struct {
	object  bool // a JSON object, whole
	message string
	errors  []json.RawMessage
}

// parseReply reads what it can; a body that is no JSON object gives the zero reply.
func parseReply(body []byte) reply {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return reply{}
	}
	p := reply{object: true, message: textOf(fields["message"])}
	if p.message == "" {
		p.message = textOf(fields["error"]) // Braze's name for it where it could not parse the request
	}
	raw, ok := fields["errors"]
	if ok && json.Unmarshal(raw, &p.errors) != nil {
		p.errors = []json.RawMessage{raw} // not a list: one entry that names nobody
	}
	return p
}

// textOf is a JSON string's text; "" for anything else.
func textOf(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// text is the reply's own sentence.
func (p reply) text() string {
	if p.message == "" && len(p.errors) > 0 {
		_, _, text := entryOf(p.errors[0])
		return text
	}
	return p.message
}

// isSuccess reports whether a 2xx is Braze's word that it has the objects: "success", or with a 202, while it pauses processing for
// maintenance, "queued" (api/errors, "Queued responses"). To send again what is queued would double all of it, once for each attempt.
func (p reply) isSuccess(status int) bool {
	return p.object && (p.message == "success" || p.message == "queued" && status == http.StatusAccepted)
}

// success fills in the answer to a 2xx: accepted only where the body is whole and Braze's. Where it is another word of Braze's
// and all objects are named, none was accepted, and none is in doubt.
func (p reply) success(a *Answer, r *Request, cut error) {
	if p.isSuccess(a.Status) {
		p.attribute(a, r)
		return
	}
	if p.message != "" && len(p.errors) > 0 {
		if p.attribute(a, r); len(a.Errors) == r.Len() {
			a.Class, a.Unattributed, a.Text = ObjectsRefused, 0, statusText(a.Status, nil, p.text())
			return
		}
		a.Errors, a.Unattributed = nil, 0
	}
	a.Class, a.Ambiguous, a.Cause = Transient, true, CauseNotSuccess
	switch {
	case cut != nil:
		a.Text = fmt.Sprintf("%d with a body that is not whole: %s", a.Status, faultText(cut))
	case !p.object:
		a.Text = fmt.Sprintf("%d without Braze's success: the body is no JSON object", a.Status)
	case p.text() == "":
		a.Text = fmt.Sprintf("%d without Braze's success: the body has no message", a.Status)
	default:
		a.Text = fmt.Sprintf("%d without Braze's success: %s", a.Status, p.text())
	}
}

// rejection fills in the answer to a 400 or 422: nothing was accepted.
func (p reply) rejection(a *Answer, r *Request) {
	p.attribute(a, r)
	// Only a 2xx accepts what it does not name; here the whole request comes again, so nothing is unattributed.
	a.Unattributed = 0
	switch {
	case len(a.Errors) > 0:
		a.Class = ObjectsRefused
	case saysTooLarge(p.message):
		a.Class = TooLarge
	default:
		a.Class = BatchRejected
	}
	a.Text = statusText(a.Status, nil, p.text())
}

// tooLargeTexts are how a 400 says that there was too much. Braze documents "Max Input Length Exceeded" for too many
// objects, and 400 or 413 for too large a body; the others are what proxies say.
var tooLargeTexts = []string{"max input length exceeded", "too large", "entity too large", "too long", "max number of", "maximum size", "size limit", "length limit"}

// saysTooLarge reports whether a message is about size.
func saysTooLarge(message string) bool {
	message = strings.ToLower(message)
	return slices.ContainsFunc(tooLargeTexts, func(t string) bool { return strings.Contains(message, t) })
}
