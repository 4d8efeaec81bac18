package fakebraze

import (
	"encoding/json"
	"slices"
)

// checkAttributes applies the documented rules of the standard fields. Errors whose sentence nobody has
// published carry the documented code. A null unsets a field and passes.
func checkAttributes(f map[string]any) string {
	for _, rule := range attributeRules {
		v, given := f[rule.field]
		if given && v != nil && !rule.valid(v) {
			return rule.err
		}
	}
	if _, given := f["email_subscription_info"]; given {
		return "INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO"
	}
	if f["push_token_import"] == true && (f["push_tokens"] == nil || f["external_id"] != nil || f["braze_id"] != nil) {
		return "BAD_PUSH_TOKEN_IMPORT"
	}
	if err := checkGroups(f["subscription_groups"]); err != "" {
		return err
	}
	return checkTokens(f["push_tokens"])
}

// attributeRule is a field with a closed set of values.
type attributeRule struct {
	field string
	err   string
	valid func(any) bool
}

var attributeRules = []attributeRule{
	{"email_subscribe", "BAD_EMAIL_SUBSCRIPTION_STATE", isState},
	{"push_subscribe", "BAD_PUSH_SUBSCRIPTION_STATE", isState},
	{"current_location", "BAD_LOCATION_UPDATE", isLocation},
	{"_update_existing_only", notValid("_update_existing_only"), isBool},
	{"_merge_objects", notValid("_merge_objects"), isBool},
	{"push_token_import", "BAD_PUSH_TOKEN_IMPORT", isBool},
}

func isBool(v any) bool { return v == true || v == false }

func isState(v any) bool {
	return v == "opted_in" || v == "subscribed" || v == "unsubscribed"
}

func isLocation(v any) bool {
	m, _ := v.(map[string]any)
	for name, limit := range map[string]float64{"longitude": 180, "latitude": 90} {
		n, ok := m[name].(json.Number)
		if !ok || asFloat(n) < -limit || asFloat(n) > limit {
			return false
		}
	}
	return true
}

func checkGroups(v any) string {
	if v == nil {
		return ""
	}
	list, ok := v.([]any)
	if !ok {
		return "BAD_SUBSCRIPTION_GROUP_ARRAY"
	}
	for _, e := range list {
		m, _ := e.(map[string]any)
		id, hasID := m["subscription_group_id"]
		state, hasState := m["subscription_state"]
		switch {
		case !hasID || !hasState:
			return "BAD_SUBSCRIPTION_GROUP_HASH"
		case !isUUID(id):
			return "BAD_SUBSCRIPTION_GROUP_ID"
		case state != "subscribed" && state != "unsubscribed":
			return "BAD_SUBSCRIPTION_GROUP_STATE"
		}
	}
	return ""
}

// isUUID checks the form; whether such a group exists the fake cannot know.
func isUUID(v any) bool {
	s, _ := v.(string)
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := slices.Contains([]int{8, 13, 18, 23}, i)
		isHex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !isHex {
			return false
		}
	}
	return true
}

func checkTokens(v any) string {
	if v == nil {
		return ""
	}
	list, ok := v.([]any)
	if !ok {
		return "BAD_PUSH_TOKEN_VALUE"
	}
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return "BAD_PUSH_TOKEN_VALUE"
		}
		if app, _ := m["app_id"].(string); app == "" {
			return "BAD_PUSH_TOKEN_APP_ID"
		}
		if token, _ := m["token"].(string); token == "" {
			return "BAD_PUSH_TOKEN_STRING"
		}
		device, given := m["device_id"]
		if id, _ := device.(string); given && (len(id) < 8 || len(id) > 255) {
			return "BAD_DEVICE_ID"
		}
	}
	return ""
}
