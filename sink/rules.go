package sink

import (
	"strconv"
	"unicode/utf8"
)

// The rules: the closed set of Refusal.Rule. Pages are those of Braze's documentation, below https://www.braze.com/docs/.
const (
	RuleJSON         = "json"          // one well-formed JSON object: api/errors, "invalid JSON"
	RuleDuplicateKey = "duplicate_key" // our own: which of two equal keys counts is not documented

	RuleUserMissing   = "user_missing"    // some identifier: api/endpoints/user_data/post_user_track
	RuleUserAmbiguous = "user_ambiguous"  // at most one of external_id, user_alias, braze_id: post_user_track
	RuleUserID        = "user_id"         // external_id and braze_id: non-empty strings: post_user_track
	RuleUserIDLength  = "user_id_length"  // external_id up to 987 bytes: post_user_track#endpoint-specific-errors
	RuleUserAlias     = "user_alias"      // alias_name and alias_label: api/objects_filters/user_alias_object
	RuleEmail         = "email"           // EMAIL_BAD_FORMAT: post_user_track#endpoint-specific-errors, email_setup/email_validation
	RulePhone         = "phone"           // valid, E.164 recommended: api/objects_filters/user_attributes_object
	RuleUpdateOnly    = "update_existing" // _update_existing_only is a boolean: post_user_track
	RuleAppID         = "app_id"          // a string: api/objects_filters/event_object

	RuleEventName         = "event_name"          // required, up to 255 characters, no leading $: developer_guide/analytics/logging_events
	RuleTime              = "time"                // required, ISO 8601: api/objects_filters/event_object
	RuleProperties        = "properties"          // an object: event_object
	RulePropertiesSize    = "properties_size"     // up to 102,400 bytes, of a purchase 51,200: custom_events/nested_objects, purchase_object
	RulePropertiesCount   = "properties_count"    // up to 256, the rest is ignored in silence: custom_event_properties
	RulePropertyName      = "property_name"       // 1 to 255 characters, no leading $: event_object
	RulePropertyReserved  = "property_reserved"   // time, event_name; of a purchase four more: event_object, purchase_object
	RuleProductID         = "product_id"          // required, up to 255 characters: api/objects_filters/purchase_object
	RuleCurrency          = "currency"            // ISO 4217 in capitals: purchase_object, ecommerce_events
	RulePrice             = "price"               // a number: purchase_object
	RuleQuantity          = "quantity"            // an integer from 1 to 100: purchase_object
	RuleEcommerceMissing  = "ecommerce_missing"   // missing_property: recommended_events
	RuleEcommerceExtra    = "ecommerce_extra"     // extra_property: recommended_events
	RuleEcommerceType     = "ecommerce_type"      // unexpected_data_type: recommended_events
	RuleEcommerceNegative = "ecommerce_negative"  // amounts are not negative: recommended_events/ecommerce_events
	RuleEcommerceAction   = "ecommerce_action"    // add, remove or replace: ecommerce_events
	RuleCurrencyMix       = "currency_mix"        // our own: one currency per order, or revenue is silently wrong
	RuleAttributeName     = "attribute_name"      // up to 255 characters, no leading $: attributes/custom_attributes
	RuleAttributeReserved = "attribute_reserved"  // INVALID_ATTRIBUTE_EMAIL_SUBSCRIPTION_INFO and the identifiers' names
	RuleAttributeType     = "attribute_type"      // a standard field's type or form: user_attributes_object
	RuleAttributeSize     = "attribute_size"      // an array or nested object up to 102,400 bytes: nested_custom_attribute_support
	RuleAttributeNested   = "attribute_nested"    // null or a bad $time drops the whole attribute: nested_custom_attribute_support
	RuleAttributeKey      = "attribute_key"       // nested keys without blanks, dots and $: nested_custom_attribute_support
	RuleOperator          = "operator"            // inc, add, remove, $add, $update, $remove: attributes/array_of_objects, user_attributes_object
	RuleMergeObjects      = "merge_objects"       // _merge_objects is a boolean: nested_custom_attribute_support
	RuleSubscription      = "subscription"        // BAD_EMAIL_SUBSCRIPTION_STATE, BAD_PUSH_SUBSCRIPTION_STATE: post_user_track
	RuleSubscriptionGroup = "subscription_groups" // BAD_SUBSCRIPTION_GROUP_*: post_user_track
	RuleLocation          = "location"            // BAD_LOCATION_UPDATE: post_user_track
	RulePushToken         = "push_tokens"         // BAD_PUSH_TOKEN_*, BAD_DEVICE_ID: post_user_track
	RulePushTokenImport   = "push_token_import"   // needs an object without external_id, which the bridge does not send: user_attributes_object
)

var ruleNames = [...]string{
	RuleJSON, RuleDuplicateKey,
	RuleUserMissing, RuleUserAmbiguous, RuleUserID, RuleUserIDLength, RuleUserAlias, RuleEmail, RulePhone, RuleUpdateOnly, RuleAppID,
	RuleEventName, RuleTime, RuleProperties, RulePropertiesSize, RulePropertiesCount, RulePropertyName, RulePropertyReserved,
	RuleProductID, RuleCurrency, RulePrice, RuleQuantity,
	RuleEcommerceMissing, RuleEcommerceExtra, RuleEcommerceType, RuleEcommerceNegative, RuleEcommerceAction, RuleCurrencyMix,
	RuleAttributeName, RuleAttributeReserved, RuleAttributeType, RuleAttributeSize, RuleAttributeNested, RuleAttributeKey,
	RuleOperator, RuleMergeObjects, RuleSubscription, RuleSubscriptionGroup, RuleLocation, RulePushToken, RulePushTokenImport,
}

// Rules are the names that Refusal.Rule may have, a closed set for metrics.
func Rules() []string { return append([]string(nil), ruleNames[:]...) }

// The limits of Braze's objects, in characters where not in bytes.
const (
	limitName          = 255        // event and attribute names, property names, product ids: event_object, logging_events
	limitText          = 255        // string values: event_object, attributes/data_types
	limitExternalID    = 987        // bytes: EXTERNAL_USER_ID_TOO_LARGE, post_user_track
	limitProperties    = 100 * 1024 // bytes, of an event: custom_events/nested_objects
	limitPurchaseProps = 50 * 1024  // bytes: the purchase object's page, the stricter of two that contradict each other
	limitPropertyCount = 256        // custom_event_properties
	limitAttribute     = 100 * 1024 // bytes, of one array or nested object: nested_custom_attribute_support
	limitArray         = 500        // elements that an array keeps by default, the newest: attributes/data_types
	limitQuantity      = 100        // purchase_object
	limitRuleText      = 200        // bytes of a refusal's text; our own
)

// refuse notes why the object must not be sent; it returns false for the caller to return.
func (c *Checker) refuse(rule, text string) bool {
	if len(text) > limitRuleText {
		cut := limitRuleText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	c.refusal = Refusal{Rule: rule, Text: text}
	return false
}

// refuseKey is refuse with the name of a key before the text. Names are the mapping's, not the record's; they are quoted and bounded anyway.
func (c *Checker) refuseKey(rule string, key []byte, text string) bool {
	const most = 64
	cut := ""
	if len(key) > most {
		key, cut = key[:most], "…"
	}
	return c.refuse(rule, strconv.Quote(string(key))+cut+" "+text)
}
