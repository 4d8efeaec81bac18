package sink

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The naive model: the main rules once more, over maps, written from the documents and not from the checker. It says only whether an object
// may be sent.

var (
	modelEmail = regexp.MustCompile("^[\\p{L}\\p{N}\\-^+$'&#/%*=`~!?_|{}]+(\\.[\\p{L}\\p{N}\\-^+$'&#/%*=`~!?_|{}]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")
	modelUUID  = regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
)

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
		return ok && modelName(name) && modelCommon(o, 102400, "time", "event_name") && modelEcommerce(name, o)
	case Purchase:
		id, ok := o["product_id"].(string)
		code, isText := o["currency"].(string)
		_, isNumber := o["price"].(json.Number)
		quantity, given := o["quantity"]
		return ok && id != "" && utf8.RuneCountInString(id) <= 255 && isText && modelCurrency(code) && isNumber && (!given || modelQuantity(quantity)) &&
			modelCommon(o, 51200, "time", "event_name", "product_id", "quantity", "price", "currency")
	}
	return modelAttributes(o)
}

func modelName(name string) bool {
	return name != "" && name[0] != '$' && utf8.RuneCountInString(name) <= 255
}

func modelCurrency(code string) bool {
	return slices.Contains(strings.Fields(activeCurrencies+" "+lateCurrencies), code)
}

func modelQuantity(v any) bool {
	for i := range 100 {
		if v == json.Number(fmt.Sprint(i+1)) {
			return true
		}
	}
	return false
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
	return regexp.MustCompile(`^\+?[0-9]{5,15}$`).MatchString(s)
}

func modelCommon(o map[string]any, limit int, reserved ...string) bool {
	if app, ok := o["app_id"]; ok {
		if id, isText := app.(string); !isText || id == "" {
			return false
		}
	}
	at, _ := o["time"].(string)
	parsed, err := time.Parse(time.RFC3339Nano, at)
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
			_, isString := e.(string)
			if key == "type" && !isString || key != "type" && !isObject || key == "products" && !modelProduct(o, code) {
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

// modelValues are what the property test puts where a value stands.
var modelValues = []string{`null`, `true`, `false`, `0`, `1`, `-1`, `100`, `101`, `1.5`, `-0.5`, `2e1`, `""`, `"x"`, `"$x"`, `"EUR"`, `"eur"`, `"KWD"`, `"XYZ"`, `"usd1"`, `[]`, `{}`, `[1]`, `["a","b"]`, `[null]`, `[{}]`,
	`[{"a":1}]`, `{"a":null}`, `{"a":{"b c":1}}`, `{"$time":"2020-05-28"}`, `{"at":{"$time":"never"}}`, `{"inc":1}`, `{"inc":1.5}`, `{"add":["x"]}`, `{"add":["x"],"remove":[2]}`, `{"add":[null]}`, `{"inc":1,"x":1}`, `"2026-01-15T09:35:20Z"`,
	`"2026-01-15"`, `"1800-01-15T09:35:20Z"`, `"2026-02-30T09:35:20Z"`, `"2026-01-15T09:35:20.5+02:00"`, `"jo@example.com"`, `"jo@example"`, `"+49 30 123456"`, `"12"`, `"M"`, `"subscribed"`, `"opted_in"`, `"replace"`, `"add"`,
	`"` + groupID + `"`, goodProducts, `[{"product_id":"a","product_name":"b","variant_id":"c","quantity":1,"price":2,"currency":"USD"}]`, `[{"product_id":"a"}]`,
	`[{"subscription_group_id":"` + groupID + `","subscription_state":"subscribed"}]`, `{"alias_name":"a","alias_label":"b"}`, `"ecommerce.order_placed"`, `"ecommerce.cart_updated"`}

var modelKeys = strings.Fields("external_id braze_id user_alias email phone _update_existing_only app_id name time properties product_id currency price quantity products order_id source total_value action metadata tax event_name " +
	"alias_name gender dob first_name country email_subscribe subscription_groups _merge_objects facebook custom $custom email_subscription_info push_token_import discounts type")

// mutate changes one to three members of an object, somewhere in it, by name or value.
func mutate(random *rand.Rand, object string) string {
	for range 1 + random.IntN(3) {
		var s scanner
		if !s.scan([]byte(object)) {
			return object
		}
		value := modelValues[random.IntN(len(modelValues))]
		if len(s.nodes) == 1 || random.IntN(3) == 0 { // a further member, of the object or of its properties
			at := 1
			if i, ok := s.find(0, "properties"); ok && s.nodes[i].kind == scanObject && random.IntN(2) == 0 && !s.nodes[i].empty(i) {
				at = int(s.nodes[i].at) + 1
			}
			if len(s.nodes) > 1 {
				object = object[:at] + `"` + modelKeys[random.IntN(len(modelKeys))] + `":` + value + "," + object[at:]
			}
			continue
		}
		n := &s.nodes[1+random.IntN(len(s.nodes)-1)]
		from, to := int(n.at), int(n.end)
		if n.kind == scanString {
			from, to = from-1, to+1
		}
		switch {
		case random.IntN(3) > 0 || n.keyAt == 0:
			object = object[:from] + value + object[to:]
		case random.IntN(2) == 0:
			object = object[:n.keyAt] + modelKeys[random.IntN(len(modelKeys))] + object[n.keyEnd:]
		default: // without the member
			if object[to] == ',' {
				to++
			}
			object = object[:n.keyAt-1] + object[to:]
		}
	}
	return object
}

// TestCheckAgreesWithTheModel: on objects that are changed at random, each verdict is the naive model's.
func TestCheckAgreesWithTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	objects := goodObjects()
	c := NewChecker(CheckOptions{})
	passed, refused := 0, map[string]int{}
	for range 60_000 {
		object := objects[random.IntN(len(objects))]
		object.JSON = []byte(mutate(random, string(object.JSON)))
		if strings.Contains(string(object.JSON), `"$add"`) {
			continue
		}
		_, refusals := c.Check([]Item{object})
		if want := modelAccepts(object.Kind, object.JSON); want != (refusals == nil) {
			t.Fatalf("%s %s\nthe model accepts: %v, refusals %v", object.Kind, object.JSON, want, refusals)
		}
		if refusals == nil {
			passed++
		} else {
			refused[refusals[0].Rule]++
		}
	}
	t.Logf("%d passed, refused %v", passed, refused)
	if passed < 5_000 || len(refused) < 25 {
		t.Errorf("%d passed, refused %v: the comparison shows little", passed, refused)
	}
}

// FuzzCheck: any bytes, as any kind, with and without repair, end without a panic; what passes is good JSON with a user, what is refused has a
// rule of the closed set and a bounded text; and what repair lets pass passes by itself.
func FuzzCheck(f *testing.F) {
	for _, object := range goodObjects() {
		f.Add(byte(object.Kind), object.JSON)
	}
	for _, tc := range ruleCases {
		if bad := strings.Replace(tc.good, tc.old, tc.new, 1); len(bad) < 2000 {
			f.Add(byte(tc.kind), []byte(bad))
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, doc []byte) {
		for _, mend := range []bool{false, true} {
			items, refusals := NewChecker(CheckOptions{Repair: mend}).Check([]Item{{Kind: Kind(kind % 3), JSON: doc}})
			for _, r := range refusals {
				if !slices.Contains(Rules(), r.Rule) || r.Text == "" || len(r.Text) > limitRuleText || !utf8.ValidString(r.Text) {
					t.Fatalf("refusal %+v", r)
				}
			}
			if refusals != nil {
				continue
			}
			for _, item := range items {
				if !json.Valid(item.JSON) || item.User == 0 {
					t.Fatalf("passed: %+v %s", item, item.JSON)
				}
				if r := checkOne(t, item.Kind, string(item.JSON)); r.Rule != "" {
					t.Fatalf("%s passed once, then %+v", item.JSON, r)
				}
			}
		}
	})
}
