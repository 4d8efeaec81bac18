package sink

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The naive model: the main rules once more, over maps, written from the documents and not from the checker. It says only whether an object
// may be sent.

var (
	modelEmail      = regexp.MustCompile("^[\\p{L}\\p{N}\\-^+$'&#/%*=`~!?_|{}]+(\\.[\\p{L}\\p{N}\\-^+$'&#/%*=`~!?_|{}]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")
	modelDigits     = regexp.MustCompile(`^\+?[0-9]{5,15}$`)
	modelQuantities = regexp.MustCompile(`^([1-9][0-9]?|100)$`)
	modelUUID       = regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
)

var modelCurrencies = strings.Fields(activeCurrencies + " " + lateCurrencies)

var modelRequired = map[string]string{
	"ecommerce.product_viewed":   "product_id product_name variant_id price currency source",
	"ecommerce.cart_updated":     "cart_id currency products source",
	"ecommerce.checkout_started": "checkout_id total_value currency products source",
	"ecommerce.order_placed":     "order_id total_value currency products source",
	"ecommerce.order_cancelled":  "order_id cancel_reason total_value currency products source",
	"ecommerce.order_refunded":   "order_id total_value currency products source",
}

var modelOptional = map[string]string{
	"ecommerce.product_viewed":   "image_url product_url type metadata",
	"ecommerce.cart_updated":     "total_value action subtotal_value tax shipping metadata",
	"ecommerce.checkout_started": "cart_id subtotal_value tax shipping metadata",
	"ecommerce.order_placed":     "cart_id subtotal_value tax shipping total_discounts discounts metadata",
	"ecommerce.order_cancelled":  "subtotal_value tax shipping total_discounts discounts metadata",
	"ecommerce.order_refunded":   "total_discounts discounts metadata",
}

func modelAccepts(kind Kind, doc []byte) bool {
	if len(doc) == 0 || !acceptable(doc) {
		return false
	}
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	var o map[string]any
	if d.Decode(&o) != nil || !modelUser(kind, o) {
		return false
	}
	switch kind {
	case Event:
		name, ok := o["name"].(string)
		return ok && modelName(name) && modelShared(o, 102400, "time", "event_name") && modelEcommerce(name, o)
	case Purchase:
		id, ok := o["product_id"].(string)
		code, isText := o["currency"].(string)
		_, isNumber := o["price"].(json.Number)
		quantity, given := o["quantity"]
		return ok && id != "" && utf8.RuneCountInString(id) <= 255 && isText && modelCurrency(code) && isNumber && (!given || modelQuantity(quantity)) &&
			modelShared(o, 51200, "time", "event_name", "product_id", "quantity", "price", "currency")
	}
	return modelAttributes(o)
}

func modelName(name string) bool {
	return name != "" && name[0] != '$' && utf8.RuneCountInString(name) <= 255
}

func modelCurrency(code string) bool {
	return slices.Contains(modelCurrencies, code)
}

func modelQuantity(v any) bool {
	n, ok := v.(json.Number)
	return ok && modelQuantities.MatchString(string(n))
}

func modelUser(kind Kind, o map[string]any) bool {
	primary := 0
	for _, key := range []string{"external_id", "braze_id", "user_alias"} {
		if _, ok := o[key]; ok {
			primary++
		}
	}
	for _, key := range []string{"external_id", "braze_id"} {
		if v, ok := o[key]; ok {
			if id, isText := v.(string); !isText || id == "" || key == "external_id" && len(id) > 987 {
				return false
			}
		}
	}
	if v, ok := o["user_alias"]; ok {
		alias, _ := v.(map[string]any)
		name, _ := alias["alias_name"].(string)
		label, _ := alias["alias_label"].(string)
		if name == "" || label == "" {
			return false
		}
	}
	secondary := false
	for key, good := range map[string]func(string) bool{"email": modelEmail.MatchString, "phone": modelPhone} {
		v, ok := o[key]
		if !ok || v == nil && kind == Attributes {
			continue
		}
		if text, isText := v.(string); !isText || !good(text) {
			return false
		}
		secondary = true
	}
	if v, ok := o["_update_existing_only"]; ok && v != true && v != false {
		return false
	}
	return primary == 1 || primary == 0 && secondary
}

func modelPhone(s string) bool {
	s = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(s)
	return modelDigits.MatchString(s)
}

func modelShared(o map[string]any, limit int, reserved ...string) bool {
	if app, ok := o["app_id"]; ok {
		if _, isText := app.(string); !isText {
			return false
		}
	}
	at, _ := o["time"].(string)
	parsed, err := time.Parse(time.RFC3339Nano, at)
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"} {
		if err != nil {
			parsed, err = time.Parse(layout, at)
		}
	}
	if err != nil || parsed.Year() < 1900 || parsed.Year() > 3000 {
		return false
	}
	v, ok := o["properties"]
	if !ok {
		return true
	}
	properties, ok := v.(map[string]any)
	text, _ := json.Marshal(v)
	if !ok || len(text) > limit || len(properties) > 256 {
		return false
	}
	for key := range properties {
		if !modelName(key) || slices.Contains(reserved, key) {
			return false
		}
	}
	return true
}

func modelEcommerce(name string, o map[string]any) bool {
	required, ok := modelRequired[name]
	if !ok {
		return true
	}
	properties, _ := o["properties"].(map[string]any)
	need := strings.Fields(required)
	if action, given := properties["action"]; name == "ecommerce.cart_updated" && (!given || action == "replace") {
		need = append(need, "total_value")
	}
	return modelFields(properties, need, append(need, strings.Fields(modelOptional[name])...), properties["currency"])
}

func modelFields(o map[string]any, required, allowed []string, code any) bool {
	for _, key := range required {
		if _, ok := o[key]; !ok {
			return false
		}
	}
	for key, v := range o {
		if allowed != nil && !slices.Contains(allowed, key) || !modelField(key, v, code) {
			return false
		}
	}
	return true
}

func modelField(key string, v, code any) bool {
	text, isText := v.(string)
	switch key {
	case "price", "total_value", "subtotal_value", "tax", "shipping", "total_discounts":
		n, ok := v.(json.Number)
		f, err := n.Float64()
		return ok && err == nil && f >= 0
	case "quantity":
		n, ok := v.(json.Number)
		return ok && !strings.ContainsAny(string(n), ".eE")
	case "currency":
		return isText && modelCurrency(text)
	case "metadata":
		_, ok := v.(map[string]any)
		return ok
	case "action":
		return slices.Contains([]any{"add", "remove", "replace"}, v)
	case "type", "discounts", "products":
		elements, ok := v.([]any)
		for _, e := range elements {
			o, isObject := e.(map[string]any)
			if key == "type" && e != "price_drop" && e != "back_in_stock" || key != "type" && !isObject || key == "products" && !modelProduct(o, code) {
				return false
			}
		}
		return ok
	}
	return isText
}

func modelProduct(o map[string]any, code any) bool {
	need := strings.Fields("product_id product_name variant_id quantity price")
	known := map[string]any{}
	for _, key := range append(need, "image_url", "product_url", "metadata") {
		if v, ok := o[key]; ok {
			known[key] = v
		}
	}
	own, ok := o["currency"]
	return modelFields(known, need, nil, code) && (!ok || code == nil || own == code)
}

func modelAttributes(o map[string]any) bool {
	for key, v := range o {
		switch key {
		case "external_id", "braze_id", "user_alias", "email", "phone", "_update_existing_only":
			continue
		}
		if !modelAttribute(key, v) {
			return false
		}
	}
	return true
}

func modelAttribute(key string, v any) bool {
	text, isText := v.(string)
	_, isObject := v.(map[string]any)
	_, isBool := v.(bool)
	switch key {
	case "alias_name", "alias_label", "email_subscription_info":
		return false
	case "_merge_objects":
		return isBool
	case "push_token_import":
		return v == false
	case "email_subscribe", "push_subscribe":
		return slices.Contains([]any{"opted_in", "subscribed", "unsubscribed"}, v)
	case "subscription_groups":
		groups, ok := v.([]any)
		for _, g := range groups {
			group, _ := g.(map[string]any)
			id, _ := group["subscription_group_id"].(string)
			if !modelUUID.MatchString(id) || !slices.Contains([]any{"subscribed", "unsubscribed"}, group["subscription_state"]) {
				return false
			}
		}
		return ok
	case "first_name", "country", "language", "time_zone":
		return v == nil || isText
	case "gender":
		return v == nil || slices.Contains([]any{"M", "F", "O", "N", "P"}, v)
	case "dob":
		_, err := time.Parse(time.DateOnly, text)
		return v == nil || isText && err == nil
	case "facebook", "twitter":
		return v == nil || isObject
	}
	return modelName(key) && modelCustom(v)
}

func modelCustom(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		words, dollars, others := 0, 0, 0
		for key := range v {
			switch key {
			case "inc", "add", "remove":
				words++
			case "$add", "$update", "$remove":
				dollars++
			default:
				others++
			}
		}
		if words > 0 && dollars+others == 0 {
			return modelWords(v)
		}
		return modelNested(v) // $-operators are left to the table of cases
	case []any:
		for _, e := range v {
			switch e.(type) {
			case map[string]any, []any:
				return modelNested(v)
			}
		}
	}
	return true
}

func modelWords(v map[string]any) bool {
	if n, ok := v["inc"]; ok {
		number, isNumber := n.(json.Number)
		return isNumber && len(v) == 1 && !strings.ContainsAny(string(number), ".eE")
	}
	for _, list := range v {
		elements, ok := list.([]any)
		if !ok {
			return false
		}
		for _, e := range elements {
			switch e.(type) {
			case nil, []any, map[string]any:
				return false
			}
		}
	}
	return true
}

func modelNested(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for _, e := range v {
			if !modelNested(e) {
				return false
			}
		}
	case map[string]any:
		if at, ok := v["$time"]; ok {
			text, _ := at.(string)
			return len(v) == 1 && isAttributeTime([]byte(text))
		}
		for key, e := range v {
			if key == "" || strings.ContainsAny(key, " .$") || utf8.RuneCountInString(key) > 255 || !modelNested(e) {
				return false
			}
		}
	}
	return true
}
