// Package fakebraze is a faithful fake of Braze's POST /users/track, for tests, demonstrations and load.
//
// A [Server] is an [net/http.Handler]. It answers as Braze answers: a bearer key, a limit of 75 objects and
// 4 MB per request, a rate limit in either of Braze's two header dialects, per-object errors with Braze's own
// texts in a 201, a 400 when no object is valid, strict schemas for the six ecommerce.* events. What it
// accepts it applies to profiles, at once or after a delay, as Braze would: attributes with all their
// operators, events and purchases without any deduplication.
//
//	fake := fakebraze.New(fakebraze.Options{APIKeys: []string{"test-key"}})
//	defer fake.Close()
//	url, err := fake.Start("127.0.0.1:0")
//	// … point the client at url …
//	user, ok := fake.User("external_id", "ada")
//
// # Over HTTP
//
// Besides POST /users/track, and without a key:
//
//	GET  /                                      a page for people; /#external_id=ada opens with that profile
//	GET  /_fake/stats                           Stats
//	GET  /_fake/users?external_id=ada           User; also by email, phone, braze_id, alias_name with alias_label
//	GET  /_fake/requests?limit=10               a list of Request, newest first
//	GET  /_fake/refused?limit=10                refused objects with their errors, newest first, at most 200
//	GET  /_fake/duplicates?field=properties.id  what Duplicates returns
//	GET  /_fake/faults                          faults at work, with how often each struck
//	PUT  /_fake/faults                          a list of Fault that replaces them; DELETE removes all
//	PUT  /_fake/keys                            a list of keys that replaces the known ones
//	POST /_fake/reset                           Reset
//
// # What it promises
//
// Rules come from Braze's public documentation, and where that is silent from what integrators have observed.
// An accepted object is counted, logged and applied exactly once per request that carried it: a request sent
// twice is applied twice, because Braze knows no idempotency key. Everything is safe for concurrent use.
// Time is read from package time only, so a server works inside a testing/synctest bubble; [Server.Transport]
// carries requests there without a network (make the server inside the bubble). Unless [Server.Start] or
// [Server.ListenAndServe] is called, a server runs no goroutine: what is due is applied when somebody looks.
//
// # What it assumes
//
// Braze does not document everything. The fake takes 4 MB as 4,194,304 bytes (its "100 KB" is 102,400), fixed
// windows for the rate limit, a refused request as free of charge to that limit, and data points as spent when
// an object is accepted. Texts of errors that nobody has published follow the published ones in form, or are
// the documented code (BAD_LOCATION_UPDATE). A user_alias creates a profile in attributes only. An email is
// looked up without regard to case, a phone by its digits. A test should
// treat the text of an error as opaque.
//
// # What it refuses to do
//
// It sends no campaign, keeps nothing on disk, and knows no other endpoint than /users/track: anything else is
// a 404. It keeps profiles in memory up to [Options.KeepEntries] and counts what it did not keep. With
// [Options.Stateless] it counts objects by a scan and neither validates nor keeps them, so that a load test
// measures the client.
//
// # How it fails
//
// On purpose: [Server.SetFaults], or PUT /_fake/faults, makes it answer with any status, hang after accepting,
// reset connections, refuse chosen objects or whole requests. Inspection is under /_fake/ and needs no key;
// GET / is a page for people. Never expose a server to a network that you do not trust.
package fakebraze
