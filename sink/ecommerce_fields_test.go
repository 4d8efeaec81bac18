package sink

import (
	"encoding/json"
	"fmt"
	"testing"
)

// fieldValues are JSON values by what a field must be, and one that it must not be.
var fieldValues = map[FieldIs]struct{ good, bad string }{
	FieldText: {`"EUR"`, `1`}, FieldAmount: {`1.5`, `"1.5"`}, FieldInteger: {`2`, `2.5`}, FieldObject: {`{"k":1}`, `"x"`}, FieldArray: {`[]`, `{}`},
	FieldAction: {`"add"`, `"adds"`},
}

// What EcommerceFields says is what the check does: all required fields pass, each one left out or of a wrong kind is refused.
func TestEcommerceFieldsAreThoseOfTheCheck(t *testing.T) {
	refusal := func(event string, properties map[string]json.RawMessage) string {
		text, err := json.Marshal(properties)
		if err != nil {
			t.Fatal(err)
		}
		item := Item{Kind: Event, JSON: []byte(fmt.Sprintf(`{"external_id":"u","name":%q,"time":"2026-01-01T00:00:00Z","properties":%s}`, event, text))}
		if _, refusals := NewChecker(CheckOptions{}).Check([]Item{item}); len(refusals) > 0 {
			return refusals[0].Rule
		}
		return ""
	}
	for _, event := range EcommerceEvents() {
		whole := map[string]json.RawMessage{}
		for _, f := range EcommerceFields(event) {
			if f.Name != "type" {
				whole[f.Name] = json.RawMessage(fieldValues[f.Is].good)
			}
		}
		if got := refusal(event, whole); got != "" {
			t.Errorf("%s with all fields: refused by %s", event, got)
		}
		for _, f := range EcommerceFields(event) {
			kept := whole[f.Name]
			whole[f.Name] = json.RawMessage(fieldValues[f.Is].bad)
			if got := refusal(event, whole); got != RuleEcommerceType && got != RuleEcommerceAction {
				t.Errorf("%s, %s is not %s: %q", event, f.Name, f.Is, got)
			}
			delete(whole, f.Name)
			if got := refusal(event, whole); (got == RuleEcommerceMissing) != f.Required {
				t.Errorf("%s without %s, required %t: %q", event, f.Name, f.Required, got)
			}
			if kept != nil {
				whole[f.Name] = kept
			}
		}
	}
	if EcommerceFields("ecommerce.order_shipped") != nil || len(EcommerceProductFields()) != len(ecommerceProduct.fields) {
		t.Error("fields of what is no event, or not all of a product")
	}
}
