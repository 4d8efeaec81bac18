package fakebraze

import "strings"

// free are standard fields that cost nothing.
var free = setOf(strings.Fields(`email_subscribe push_subscribe subscription_groups push_tokens
	date_of_first_session date_of_last_session marked_email_as_spam_at email_open_tracking_disabled
	email_click_tracking_disabled`))

// dataPoints is what an accepted object costs a contract that is priced by data points: an event or purchase one
// (times the quantity), a recommended ecommerce event nothing, an attribute one for each key sent, whether it
// changes anything or not.
func dataPoints(o *object) int64 {
	switch o.array {
	case eventsArray:
		if name, _ := o.fields["name"].(string); ecommerce[name] != nil {
			return 0
		}
		return 1
	case purchasesArray:
		n, _ := quantityOf(o.fields)
		return int64(n)
	}
	kind, _ := identifierOf(o.fields)
	var sum int64
	for name, v := range o.fields {
		if name = strings.TrimSpace(name); !plumbing[name] && !free[name] && name != kind {
			sum += attributePoints(name, v)
		}
	}
	return sum
}

func attributePoints(name string, v any) int64 {
	if standard[name] {
		return 1
	}
	switch v := v.(type) {
	case map[string]any:
		return objectPoints(v)
	case []any:
		return max(nestedKeys(v), 1)
	}
	return 1
}

// objectPoints of operators: each value that is added or removed, even if it was there or was not; each key of
// objects that are added or updated. Of a nested object each key sent, at any depth.
func objectPoints(m map[string]any) int64 {
	var sum int64
	switch {
	case isOperator(m, "add", "remove"):
		sum = int64(len(asList(m["add"])) + len(asList(m["remove"])))
	case isOperator(m, "$add", "$remove", "$update"):
		sum = nestedKeys(m["$add"]) + int64(len(asList(m["$remove"])))
		for _, u := range asList(m["$update"]) {
			update, _ := u.(map[string]any)
			sum += nestedKeys(update["$new_object"])
		}
	default:
		sum = nestedKeys(m)
	}
	return max(sum, 1)
}

// nestedKeys counts keys of objects at any depth; {"$time": …} is a value.
func nestedKeys(v any) int64 {
	var sum int64
	switch v := v.(type) {
	case map[string]any:
		if _, isTime := v["$time"]; isTime {
			return 0
		}
		for _, e := range v {
			sum += 1 + nestedKeys(e)
		}
	case []any:
		for _, e := range v {
			sum += nestedKeys(e)
		}
	}
	return sum
}
