package preview

import "brazebridge/sink"

// repeatTexts say what is wrong when an object of that effect arrives twice. A record is sent again where nobody knows whether
// Braze took it, and Braze has no key by which it could tell.
var repeatTexts = map[string]string{
	string(sink.EffectCart):      "sent twice, the lines of the cart change twice; action: replace would not",
	string(sink.EffectIncrement): "sent twice, the attribute changes twice; a whole value would not",
}

// repeat is the effect of an object that changes a value by an amount; empty where sending it twice is at most double.
func repeat(item *sink.Item) string {
	if e := item.Effect(); e != sink.EffectOnce {
		return string(e)
	}
	return ""
}
