package sink

import "encoding/json"

// Effect is what sending an object twice does. A closed set: its values are metric labels.
type Effect string

// The effects. Braze knows no idempotency key, so every event, purchase and change arrives as often as it is sent. Setting,
// unsetting and replacing come to the same however often, and so do add and remove of plain values.
const (
	EffectOnce      Effect = "once"      // a further event or purchase at most, or the same attributes again
	EffectCart      Effect = "cart"      // an ecommerce.cart_updated that adds or removes: the line's quantity changes twice
	EffectIncrement Effect = "increment" // an attribute that counts up or down, or an array of objects that grows: it does so twice
)

// Effects are all of them.
var Effects = [...]Effect{EffectOnce, EffectCart, EffectIncrement}

// Effect says what sending the item twice does. It parses the object: it is for what is rare.
func (it *Item) Effect() Effect {
	switch it.Kind {
	case Event:
		var e struct {
			Name       string
			Properties struct{ Action string }
		}
		if json.Unmarshal(it.JSON, &e) == nil && e.Name == cartUpdated.name && e.Properties.Action != "" && e.Properties.Action != "replace" {
			return EffectCart
		}
	case Attributes:
		var fields map[string]json.RawMessage
		if json.Unmarshal(it.JSON, &fields) != nil {
			return EffectOnce
		}
		for name, v := range fields {
			if standardIndex.find([]byte(name)) < 0 && adds(v) {
				return EffectIncrement
			}
		}
	}
	return EffectOnce
}

// adds reports whether an attribute's value is an operator that does more each time. With a key of another kind beside it, inc
// is a key like others (checkObject); $add mixes with $update and $remove.
func adds(v json.RawMessage) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(v, &keys) != nil {
		return false
	}
	return keys["$add"] != nil || keys["inc"] != nil && len(keys) == 1
}
