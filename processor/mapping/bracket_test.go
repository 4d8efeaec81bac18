package mapping_test

import (
	"strings"
	"testing"

	"brazebridge/processor/mapping"
)

// A name that a path cannot spell, which producers register all the same, is told with the brackets that reach it; what the
// hint says compiles.
func TestNamesThatNeedBrackets(t *testing.T) {
	s := schemaOf(t, `{"type": "record", "name": "Hit", "fields": [{"name": "app-id", "type": "string"}, {"name": "plain", "type": "string"},
  {"name": "page", "type": {"type": "record", "name": "Page", "fields": [{"name": "page-url", "type": "string"}]}}]}`)
	topic := func(value string) string {
		return "topics:\n  t:\n    user: {external_id: x}\n    send: [{event: e, properties: {a: '" + value + "'}}]\n"
	}
	for bad, c := range map[string]struct{ hint, good string }{
		"${app-id}":        {`write record["app-id"]: in an expression, app-id would be a computation`, `${record["app-id"]}`},
		"${app_id}":        {`write record["app-id"]`, `${record["app-id"]}`},
		"${page.page-url}": {`write page["page-url"]`, `${page["page-url"]}`},
		"${page.pageurl}":  {`write page["page-url"]`, `${page["page-url"]}`},
		"${plian}":         {"did you mean plain?", "${plain}"},
	} {
		_, _, faults := mapping.Compile(topicOf(t, topic(bad)), s)
		if len(faults) == 0 || !strings.HasPrefix(faults[0].Hint, c.hint) {
			t.Errorf("%s: %v, want the hint %q", bad, faults, c.hint)
			continue
		}
		if _, _, faults := mapping.Compile(topicOf(t, topic(c.good)), s); len(faults) > 0 {
			t.Errorf("%s: %v", c.good, faults)
		}
	}
}
