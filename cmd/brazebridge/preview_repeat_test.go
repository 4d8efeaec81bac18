package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Objects that change a value by an amount are marked, each with what twice does to it; others are not.
func TestPreviewMarksWhatIsNotRepeatSafe(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bridge.yaml", `kafka: {brokers: ["localhost:9092"], group: g}
schema_registry: {url: "http://localhost:1"}
braze: {endpoint: "https://rest.iad-01.braze.com", api_key: k}
dead_letter: {topic: dead}
topics:
  carts:
    user: {external_id: "${customer}"}
    send:
      - event: ecommerce.cart_updated
        properties: {cart_id: c, currency: EUR, source: web, action: "${action}", total_value: 2, products: [{product_id: p, product_name: p, variant_id: v, quantity: 1, price: 2}]}
      - attributes: {changes: {inc: 1}, last: "${action}"}
`)
	write("carts-value.avsc", `{"type": "record", "name": "Cart", "fields": [{"name": "customer", "type": "string"}, {"name": "action", "type": "string"}]}`)
	write("carts.jsonl", `{"customer": "u1", "action": "add"}`+"\n"+`{"customer": "u2", "action": "replace"}`+"\n")
	preview := func(output string) string {
		t.Helper()
		con := newConsole()
		if code := con.run("preview", "--config", filepath.Join(dir, "bridge.yaml"), "--schemas", dir, "--topic", "carts", "--input", filepath.Join(dir, "carts.jsonl"), "--output", output); code != exitDone {
			t.Fatalf("exit code %d: %s", code, con.stderr.String())
		}
		return con.stdout.String()
	}
	p := previewJSON(t, preview("json"))
	var got []string
	for _, r := range p.records {
		for _, o := range r.Objects {
			got = append(got, o.NotRepeatSafe)
		}
	}
	if strings.Join(got, ",") != "cart,increment,,increment" || p.summary["not_repeat_safe"] != 3 {
		t.Errorf("marks %q, summary %v", got, p.summary)
	}
	text := preview("text")
	for part, want := range map[string]int{"not repeat-safe: sent twice, the lines of the cart": 1, "not repeat-safe: sent twice, the attribute": 2, "3 objects not repeat-safe": 1} {
		if n := strings.Count(text, part); n != want {
			t.Errorf("%q stands %d times, want %d:\n%s", part, n, want, text)
		}
	}
}
