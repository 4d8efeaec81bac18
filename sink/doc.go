// Package sink is everything that knows Braze: what one request may hold, how an object must look, how a request is sent,
// what an answer means, how fast requests may follow each other, and where records go that Braze will never take.
//
// It promises
//   - exact sizes: Limits decide over the very bytes that are sent, before they are written;
//   - one attempt, one Answer: Client.Send never retries what Braze may have seen, so every second delivery is somebody's
//     decision and can be counted (Answer.Ambiguous). Only a request that the server never processed is sent again by the
//     HTTP transport, and one that was refused with 401 is, once, with a fresh key;
//   - an object is accepted only where Braze itself says so: a 2xx that is not Braze's "message":"success", or a 202's "queued",
//     accepts nothing;
//   - bounded time and memory for any answer: slow, huge, compressed, cut off, no JSON;
//   - no API key, no value of a record and no user id in an Answer, an error or a letter's error text.
//
// It refuses to decide what happens next: retry, halve, hold and dead-letter are the processor's. A Gate only delays.
//
// It fails by answering: Send returns an Answer for everything, with a Class that says whose fault it was. Only NewClient
// and NewTransport return errors, for an endpoint, certificate or key file that cannot be used.
//
// # Errors that name nobody
//
// Braze names a refused object by array and index. Where an entry of errors[] names no object of the request (a bare
// string, an unknown array, an index out of range) and the request held a single object, it is that object's. In a 4xx
// nothing was accepted, so the named objects are refused, the others sent again, and a request without any named object
// halved until one stands alone. In a 2xx the objects were accepted but one, and nothing says which: sending all of them
// again would double the others, dead-lettering all of them would invite a replay that does. They count as accepted, and
// Answer.Unattributed carries the number, for a counter and an error line: somebody can look.
package sink
