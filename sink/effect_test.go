package sink

import (
	"strings"
	"testing"
)

// TestEffect: what sending an object twice does, and its nearest neighbours.
func TestEffect(t *testing.T) {
	cart := func(action string) string { return strings.Replace(goodCart, `"replace"`, `"`+action+`"`, 1) }
	attribute := func(member string) string { return `{"external_id":"u1",` + member + `}` }
	for _, tc := range []struct {
		kind   Kind
		object string
		want   Effect
	}{
		{Event, cart("add"), EffectCart},
		{Event, cart("remove"), EffectCart},
		{Event, cart("replace"), EffectOnce},
		{Event, strings.Replace(goodCart, `"action":"replace",`, ``, 1), EffectOnce},
		{Event, strings.Replace(goodEvent, `"page":"home"`, `"action":"add"`, 1), EffectOnce},
		{Event, goodOrder, EffectOnce},
		{Purchase, goodPurchase, EffectOnce},
		{Attributes, goodAttributes, EffectOnce},
		{Attributes, attribute(`"a":1,"visits":{"inc":-3}`), EffectIncrement},
		{Attributes, attribute(`"cars":{"$add":[{"id":1}]}`), EffectIncrement},
		{Attributes, attribute(`"cars":{"$remove":[{"$identifier_key":"id","$identifier_value":1}],"$add":[{"id":1}]}`), EffectIncrement},
		{Attributes, attribute(`"cars":{"$remove":[{"$identifier_key":"id","$identifier_value":1}]}`), EffectOnce},
		{Attributes, attribute(`"cars":{"$update":[{"$identifier_key":"id","$identifier_value":1,"$new_object":{"inc":1}}]}`), EffectOnce},
		{Attributes, attribute(`"tags":{"add":["x"],"remove":["y"]}`), EffectOnce},
		{Attributes, attribute(`"car":{"inc":1,"color":"red"}`), EffectOnce},
		{Attributes, attribute(`"car":{"engine":{"inc":1}}`), EffectOnce},
		{Attributes, attribute(`"facebook":{"inc":1}`), EffectOnce},
		{Attributes, attribute(`"visits":"inc"`), EffectOnce},
		{Attributes, `no JSON`, EffectOnce},
		{Event, `no JSON`, EffectOnce},
	} {
		item := Item{Kind: tc.kind, JSON: []byte(tc.object)}
		if got := item.Effect(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.object, got, tc.want)
		}
	}
}
