package sink

// checkAttributes applies the rules of attributes[]. All keys that do not identify are attributes: the standard ones below, or custom.
// Source: api/objects_filters/user_attributes_object.
func (c *Checker) checkAttributes() bool {
	nodes := c.scan.nodes
	for i := 1; i < len(nodes); i = int(nodes[i].next) {
		key := c.scan.keyOf(&nodes[i])
		if topOf(Attributes, key) != topUnknown {
			continue
		}
		ok := false
		if f := standardIndex.find(key); f >= 0 {
			ok = c.checkStandard(&standardFields[f], i)
		} else {
			ok = c.checkCustom(key, i)
		}
		if !ok {
			return false
		}
	}
	return true
}

// standardForm is what a standard field must be.
type standardForm uint8

const (
	formText standardForm = iota
	formCountry
	formLanguage
	formGender
	formDate
	formTime
	formBool
	formObject
	formState
	formGroups
	formLocation
	formTokens
	formImport
	formMerge
	formReserved
)

// standardField is a row of the table of standard profile fields.
type standardField struct {
	name string
	form standardForm
}

// standardFields are the fields with a meaning of their own, by length of name. Custom attributes are their siblings.
// Source: api/objects_filters/user_attributes_object; post_user_track#endpoint-specific-errors for what is refused.
var standardFields = []standardField{
	{"dob", formDate},
	{"gender", formGender},
	{"country", formCountry},
	{"twitter", formObject},
	{"facebook", formObject},
	{"language", formLanguage},
	{"home_city", formText},
	{"last_name", formText},
	{"time_zone", formText},
	{"alias_name", formReserved},
	{"first_name", formText},
	{"alias_label", formReserved},
	{"push_tokens", formTokens},
	{"_merge_objects", formMerge},
	{"push_subscribe", formState},
	{"email_subscribe", formState},
	{"current_location", formLocation},
	{"push_token_import", formImport},
	{"subscription_groups", formGroups},
	{"date_of_last_session", formTime},
	{"date_of_first_session", formTime},
	{"marked_email_as_spam_at", formTime},
	{"email_subscription_info", formReserved},
	{"email_open_tracking_disabled", formBool},
	{"email_click_tracking_disabled", formBool},
}

var standardIndex = newNameTable(standardNames())

func standardNames() []string {
	names := make([]string, len(standardFields))
	for i, f := range standardFields {
		names[i] = f.name
	}
	return names
}

// checkStandard checks a standard field. Null unsets what holds one value; of the rest, null is not what Braze documents to take.
func (c *Checker) checkStandard(f *standardField, i int) bool {
	n := &c.scan.nodes[i]
	switch f.form {
	case formReserved:
		return c.refuse(RuleAttributeReserved, f.name+" is a reserved name and can be no attribute")
	case formMerge:
		if !n.isBool() {
			return c.refuse(RuleMergeObjects, "_merge_objects is "+n.kind.String()+", not a boolean")
		}
		return true
	case formImport:
		if n.kind != scanFalse {
			return c.refuse(RulePushTokenImport, "push_token_import makes anonymous users of tokens and is not supported")
		}
		return true
	case formState:
		if n.kind != scanString || !isState(c.scan.strOf(n), true) {
			return c.refuse(RuleSubscription, f.name+" is none of opted_in, subscribed and unsubscribed")
		}
		return true
	case formGroups:
		return c.checkGroups(i)
	case formLocation:
		return c.checkLocation(i)
	case formTokens:
		return c.checkTokens(i)
	}
	if n.kind == scanNull {
		return true
	}
	if want := c.misfit(f.form, n); want != "" {
		return c.refuse(RuleAttributeType, f.name+" is not "+want)
	}
	return true
}

// misfit says what a standard field that holds one value must be, where the value is not that.
func (c *Checker) misfit(form standardForm, n *scanNode) string {
	switch form {
	case formBool:
		if !n.isBool() {
			return "a boolean"
		}
		return ""
	case formObject:
		if n.kind != scanObject {
			return "an object"
		}
		return ""
	}
	if n.kind != scanString {
		return "a string"
	}
	text := c.scan.strOf(n)
	switch form {
	case formGender:
		if len(text) != 1 || !isGender(text[0]) {
			return "one of M, F, O, N and P"
		}
	case formDate:
		if !isDate(text) {
			return "a date, YYYY-MM-DD"
		}
	case formTime:
		if !isAttributeTime(text) {
			return "a time in a form that Braze documents, RFC 3339 for instance"
		}
	case formCountry:
		c.noteUnlessLetters(text, noteCountryForm)
	case formLanguage:
		c.noteUnlessLetters(text, noteLanguageForm)
	case formText:
		if c.scan.longer(n, limitText) {
			c.note(noteLongAttribute)
		}
	}
	return ""
}

func isGender(b byte) bool { return b == 'M' || b == 'F' || b == 'O' || b == 'N' || b == 'P' }

// noteUnlessLetters counts a country or language that is no code of two letters: Braze maps what it can and stores null for the rest.
func (c *Checker) noteUnlessLetters(text []byte, n note) {
	if len(text) != 2 || (text[0]|0x20)-'a' > 25 || (text[1]|0x20)-'a' > 25 {
		c.note(n)
	}
}

// isState reports whether b is a subscription state; opted_in is one of channels, not of groups.
func isState(b []byte, channel bool) bool {
	switch string(b) {
	case "subscribed", "unsubscribed":
		return true
	case "opted_in":
		return channel
	}
	return false
}
