package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"brazebridge/sink/fakebraze"
)

// request shows one request as Braze got it: of each array the first object, and how many more there were.
func (p *page) request(requests []fakebraze.Request) {
	r := telling(requests)
	if r == nil {
		return
	}
	p.line("")
	p.heading("A request as Braze got it, shortened")
	p.line("  %s", p.name.Sprint("POST /users/track"))
	for _, l := range abridge(r.Body) {
		p.line("  %s", l)
	}
	var answer bytes.Buffer
	if json.Compact(&answer, r.Response) == nil {
		p.line("  %s %s", p.name.Sprintf("%d", r.Status), shorten(answer.String(), 160))
	}
}

// telling picks the request that shows most: all three arrays if there is one, and nothing refused.
func telling(requests []fakebraze.Request) *fakebraze.Request {
	var best *fakebraze.Request
	most := 0
	for i := range requests {
		var arrays map[string]json.RawMessage
		if json.Unmarshal(requests[i].Body, &arrays) != nil {
			continue
		}
		shows := 2 * len(arrays)
		if bytes.Contains(requests[i].Response, []byte(`"errors"`)) {
			shows--
		}
		if shows > most {
			best, most = &requests[i], shows
		}
	}
	return best
}

// abridge lays a request's body out in lines, with one object of each array.
func abridge(body json.RawMessage) []string {
	var arrays map[string][]json.RawMessage
	if err := json.Unmarshal(body, &arrays); err != nil {
		return []string{"(no JSON)"}
	}
	lines := []string{"{"}
	for _, name := range []string{"attributes", "events", "purchases"} {
		objects := arrays[name]
		if len(objects) == 0 {
			continue
		}
		var text bytes.Buffer
		if json.Indent(&text, objects[0], "    ", "  ") != nil {
			continue
		}
		lines = append(lines, fmt.Sprintf("  %q: [", name))
		lines = append(lines, strings.Split("    "+text.String(), "\n")...)
		if more := len(objects) - 1; more > 0 {
			lines[len(lines)-1] += fmt.Sprintf(", … %d more", more)
		}
		lines = append(lines, "  ],")
	}
	last := len(lines) - 1
	lines[last] = strings.TrimSuffix(lines[last], ",")
	return append(lines, "}")
}
