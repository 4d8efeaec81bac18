package mapping_test

import (
	"strings"
	"testing"

	"brazebridge/config"
	"brazebridge/processor/mapping"
)

// Topics that send whole carts and topics that send changes of carts are told apart, by workspace.
func TestWarnAcross(t *testing.T) {
	rule := func(action string) string {
		return "    user: {external_id: u}\n    send: [{event: ecommerce.cart_updated, properties: {cart_id: c" + action + "}}, {event: other}, {purchase: p}]\n"
	}
	const whole, add, dynamic, unknown = "", ", action: add", `, action: '${x ? "remove" : "replace"}'`, ", action: '${x}'"
	tests := []struct {
		name string
		yaml string
		want []string // topics that are warned of
	}{
		{"whole and changes", "  a:\n" + rule(whole) + "  b:\n" + rule(add), []string{"b from a"}},
		{"changes and whole", "  a:\n" + rule(add) + "  b:\n" + rule(", action: replace"), []string{"b from a"}},
		{"whole twice", "  a:\n" + rule(whole) + "  b:\n" + rule(", action: replace"), nil},
		{"changes twice", "  a:\n" + rule(add) + "  b:\n" + rule(", action: remove"), nil},
		{"by an expression", "  a:\n" + rule(whole) + "  b:\n" + rule(dynamic), []string{"b from a"}},
		{"by expressions in both", "  a:\n" + rule(dynamic) + "  b:\n" + rule(dynamic), []string{"b from a"}},
		{"who knows", "  a:\n" + rule(whole) + "  b:\n" + rule(unknown), nil},
		{"other workspaces", "  a:\n    workspace: w\n" + rule(whole) + "  b:\n    workspace: v\n" + rule(add), nil},
		{"one topic alone is Compile's", "  a:\n" + rule(dynamic), nil},
	}
	const workspaces = `
kafka: {brokers: ["localhost:9092"], group: g}
schema_registry: {url: "http://localhost:8081"}
braze: {endpoint: "https://rest.iad-01.braze.com", api_key: k, workspaces: {v: {api_key: k}, w: {api_key: k}}}
dead_letter: {topic: dead}
`
	for _, tt := range tests {
		cfg, _, err := config.Parse("bridge.yaml", []byte("topics:\n"+tt.yaml+workspaces), config.ResolveLenient)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []string
		for _, w := range mapping.WarnAcross(cfg.Topics) {
			_, from, _ := strings.Cut(w.Message, "from here and from ")
			first, _, _ := strings.Cut(from, ":")
			got = append(got, w.Topic+" from "+first)
			if w.Line == 0 || w.Column == 0 || w.Hint == "" || w.Path != "topics."+w.Topic+".send[0]" {
				t.Errorf("%s: a warning without its place: %+v", tt.name, w)
			}
		}
		if strings.Join(got, "; ") != strings.Join(tt.want, "; ") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
