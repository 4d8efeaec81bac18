package preview

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"brazebridge/sink"
)

// free are the fields of an attribute object that cost nothing: identifiers, what steers the request, subscriptions and
// push tokens.
var free = strings.Fields(`external_id user_alias braze_id _update_existing_only _merge_objects
	push_token_import email_subscribe push_subscribe subscription_groups push_tokens
	date_of_first_session date_of_last_session marked_email_as_spam_at email_open_tracking_disabled
	email_click_tracking_disabled`)

// DataPoints is what an object costs a contract that is priced by data points
// (https://www.braze.com/docs/user_guide/data/infrastructure/data_points): an event one, but a recommended eCommerce event
// nothing; a purchase one for each of its quantity; an attribute object one for each attribute, sent changed or not, and
// for a nested one each of its keys. Properties that are enabled for segmentation cost more, which only Braze knows.
func DataPoints(item sink.Item) int {
	d := json.NewDecoder(bytes.NewReader(item.JSON))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil {
		return 0
	}
	switch item.Kind {
	case sink.Event:
		if name, _ := object["name"].(string); slices.Contains(sink.EcommerceEvents(), name) {
			return 0
		}
		return 1
	case sink.Purchase:
		return quantity(object["quantity"])
	}
	return attributePoints(object)
}

func quantity(v any) int {
	n, _ := v.(json.Number)
	if i, err := n.Int64(); err == nil && i > 0 {
		return int(i)
	}
	return 1
}

func attributePoints(object map[string]any) int {
	sum := 0
	identifier := true
	for _, id := range []string{"external_id", "user_alias", "braze_id"} {
		identifier = identifier && object[id] == nil
	}
	for name, v := range object {
		switch {
		case slices.Contains(free, name):
		case identifier && (name == "email" || name == "phone" && object["email"] == nil):
			// It says who the user is.
		default:
			sum += valuePoints(v)
		}
	}
	return sum
}

// valuePoints of one attribute: arrays of plain values are set as a whole.
func valuePoints(v any) int {
	switch v := v.(type) {
	case []any:
		return max(1, keys(v))
	case map[string]any:
		return max(1, operatorPoints(v))
	}
	return 1
}

// operatorPoints counts each value that is added to or removed from an array, and each key of a nested object.
func operatorPoints(m map[string]any) int {
	has := func(names ...string) bool {
		for name := range m {
			if !slices.Contains(names, name) {
				return false
			}
		}
		return true
	}
	list := func(name string) []any { l, _ := m[name].([]any); return l }
	switch {
	case has("inc"):
		return 1
	case has("add", "remove"):
		return len(list("add")) + len(list("remove"))
	case has("$add", "$remove", "$update"):
		sum := keys(m["$add"]) + len(list("$remove"))
		for _, u := range list("$update") {
			update, _ := u.(map[string]any)
			sum += keys(update["$new_object"])
		}
		return sum
	}
	return keys(m)
}

// keys counts the keys of objects at any depth; {"$time": …} is a value.
func keys(v any) int {
	sum := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			sum += keys(e)
		}
	case map[string]any:
		if _, isTime := v["$time"]; isTime {
			return 0
		}
		for _, e := range v {
			sum += 1 + keys(e)
		}
	}
	return sum
}
