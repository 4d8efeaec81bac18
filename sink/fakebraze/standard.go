package fakebraze

import (
	"slices"
	"strings"
)

// plumbing are keys of an attributes object that are no attributes.
var plumbing = setOf([]string{
	"external_id", "braze_id", "user_alias", "alias_name", "alias_label", "_update_existing_only", "_merge_objects",
	"push_token_import",
})

// setStandard writes a field of the standard profile, and is false for a custom attribute. A value that Braze
// would not keep is left out, as it does silently.
func (ps *profiles) setStandard(p *profile, name string, v any) bool {
	switch {
	case plumbing[name]:
	case name == "email" || name == "phone":
		if text, ok := v.(string); ok || v == nil {
			ps.setContact(p, name, text)
		}
	case name == "email_subscribe":
		ps.shareSubscription(p, v)
	case name == "subscription_groups":
		setGroups(p, v)
	case !standard[name]:
		return false
	case v == nil:
		delete(p.attributes, name)
	default:
		if kept, ok := normalized(name, v); ok {
			p.attributes[name] = kept
		}
	}
	return true
}

// standard are the fields of a profile that Braze itself knows.
var standard = setOf(strings.Fields(`first_name last_name home_city country language gender dob time_zone
	current_location date_of_first_session date_of_last_session marked_email_as_spam_at push_subscribe
	email_open_tracking_disabled email_click_tracking_disabled push_tokens facebook twitter`))

// genders are the values that Braze documents.
var genders = setOf([]string{"M", "F", "O", "N", "P"})

// normalized is what Braze keeps of a field, and false where it ignores the value.
func normalized(name string, v any) (any, bool) {
	text, isText := v.(string)
	switch name {
	case "gender":
		return v, genders[text]
	case "dob":
		t, _ := parseTime(text) // what is none is no day of that text either
		return v, t.Format("2006-01-02") == text
	case "country":
		if len(text) != 2 { // what cannot be mapped becomes null
			return nil, true
		}
		return strings.ToUpper(text), true
	case "first_name", "last_name", "home_city", "language", "time_zone":
		return v, isText
	}
	return v, true
}

// shareSubscription: a change of the email subscription holds for every profile with that email.
func (ps *profiles) shareSubscription(p *profile, v any) {
	if v == nil {
		delete(p.attributes, "email_subscribe")
		return
	}
	p.attributes["email_subscribe"] = v
	if email := p.text("email"); email != "" {
		for other := range ps.contact[contactKey("email", email)] {
			other.attributes["email_subscribe"] = v
		}
	}
}

// setGroups keeps the newest state of each subscription group.
func setGroups(p *profile, v any) {
	old, _ := p.attributes["subscription_groups"].([]any)
	list := slices.Clone(old)
	for _, e := range asList(v) {
		group, _ := e.(map[string]any) // checkGroups lets nothing else pass
		list = slices.DeleteFunc(list, func(x any) bool {
			m, _ := x.(map[string]any)
			return m["subscription_group_id"] == group["subscription_group_id"]
		})
		list = append(list, group)
	}
	p.attributes["subscription_groups"] = list
}
