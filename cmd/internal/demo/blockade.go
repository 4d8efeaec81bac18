package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"brazebridge/sink/fakebraze"
)

// blockedUsers are some whom Braze refuses: it blocks a user that has sent absurdly much, which load tests do.
var blockedUsers = []string{"loadtest-1", "loadtest-2", "loadtest-3", "loadtest-4", "loadtest-5"}

// blockade makes the fake refuse them, in Braze's own words (api/endpoints/user_data/post_user_track).
func blockade() []fakebraze.Fault {
	var all []fakebraze.Fault
	for _, user := range blockedUsers {
		all = append(all, fakebraze.Fault{Kind: "reject_if", Field: "external_id", Equals: user,
			Body: "provided external_id is blacklisted and disallowed"})
	}
	return all
}

const maxFaults = 1 << 20 // bytes of a list of faults

// keepBlockade stands before the fake, so that people can try faults of their own while the demo runs: theirs come
// beside the blockade, not in its place, or the generator would wait in vain for what it knows to be refused.
func keepBlockade(fake *fakebraze.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_fake/faults" {
			fake.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodPut {
			r = withBlockade(r)
		}
		fake.ServeHTTP(w, r)
		if r.Method == http.MethodDelete {
			_ = fake.SetFaults(blockade()) // they have been accepted before
		}
	})
}

// withBlockade adds the blockade to a list of faults. What is no list is left for the fake to refuse.
func withBlockade(r *http.Request) *http.Request {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxFaults))
	var faults []any
	if err == nil && json.Unmarshal(body, &faults) == nil {
		for _, f := range blockade() {
			faults = append(faults, f)
		}
		if joined, err := json.Marshal(faults); err == nil {
			body = joined
		}
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}
