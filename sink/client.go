package sink

import (
	"context"
	"net/http"
	"time"
)

// Class is what an attempt's answer means for the records in it.
type Class uint8

// The classes. Their names are metric labels.
const (
	Accepted       Class = iota // 2xx and success: all but the objects named in Errors are Braze's
	ObjectsRefused              // a 4xx that names objects: those are refused, the others were not accepted and may be sent again
	BatchRejected               // 400, 422 that name nobody: halve and try again
	TooLarge                    // 413, or a 400 that says so: halve and try again
	Throttled                   // 429
	Transient                   // network, time-out, 408, 5xx, a 2xx that is not Braze's
	Refused                     // 401, 403, 404, 415, untrusted certificate: somebody must mend something
	Interrupted                 // our own context ended: no outcome
)

func (c Class) String() string {
	return [...]string{"accepted", "objects_refused", "batch_rejected", "too_large", "throttled", "transient", "refused", "interrupted"}[c]
}

// ObjectError is one entry of errors[], mapped to an item of the request.
type ObjectError struct {
	Item int
	Text string // Braze's own text, bounded
}

// Answer is what one attempt came to.
type Answer struct {
	Class  Class
	Status int           // HTTP; zero where there was none
	Errors []ObjectError // in the order of the items, one for each refused object
	Text   string        // why, bounded, for logs and letters; no key, no user id
	// Ambiguous: Braze may have accepted the objects although no answer says so (time-out, reset, 504 …). Sending again may double them.
	Ambiguous bool
	// Rate is what the answer says about the limit.
	Rate RateInfo
}

// RateInfo is what the rate-limit headers of an answer said, both dialects made one. Zero where they said nothing.
type RateInfo struct {
	Limit     int
	Remaining int
	Known     bool          // Limit and Remaining were there
	Reset     time.Duration // until the window ends, from the answer's own clock
	Wait      time.Duration // what a 429 or 503 asked for; zero: nothing
}

// ClientOptions configure a Client.
type ClientOptions struct {
	Endpoint string
	// Key returns the API key for an attempt, and a fresh one after a 401.
	Key     func(refresh bool) (string, error)
	Timeout time.Duration
	HTTP    *http.Client
}

// Client sends requests to one Braze workspace. Safe for concurrent use.
type Client struct{}

// NewClient returns a client. An error says what is wrong with the endpoint.
func NewClient(o ClientOptions) (*Client, error) { panic("not built") }

// Send makes one attempt and says what it came to. It never retries, except once with a fresh key after a 401.
func (c *Client) Send(ctx context.Context, r *Request) Answer { panic("not built") }
