package sink

import "math/bits"

// note is something that was let pass and is worth counting.
type note uint8

const (
	noteLongProperty note = iota
	noteLongAttribute
	noteNullProperty
	noteTimeInArray
	noteZonelessTime
	noteNullInArray
	noteLongArray
	noteUnknownKey
	noteAliasUpdateOnly
	noteCustomAttributesWrapper
	noteTrimmedName
	noteCountryForm
	noteLanguageForm
	noteUnvalidatedName
	noteEmptyRequired
	noteEmptyProducts
	noteOddQuantity
	noteProductKey
	noteRepairedLong
	noteRepairedMetadata
	noteRepairedQuantity
	noteCount
)

var noteNames = [noteCount]string{
	noteLongProperty:            "long_property",
	noteLongAttribute:           "long_attribute",
	noteNullProperty:            "null_property",
	noteTimeInArray:             "time_in_array",
	noteZonelessTime:            "zoneless_time",
	noteNullInArray:             "null_in_array",
	noteLongArray:               "long_array",
	noteUnknownKey:              "unknown_key",
	noteAliasUpdateOnly:         "alias_update_only",
	noteCustomAttributesWrapper: "custom_attributes_wrapper",
	noteTrimmedName:             "trimmed_name",
	noteCountryForm:             "country_form",
	noteLanguageForm:            "language_form",
	noteUnvalidatedName:         "unvalidated_ecommerce_name",
	noteEmptyRequired:           "empty_required",
	noteEmptyProducts:           "empty_products",
	noteOddQuantity:             "odd_quantity",
	noteProductKey:              "unknown_product_key",
	noteRepairedLong:            "repaired_long_value",
	noteRepairedMetadata:        "repaired_unknown_key",
	noteRepairedQuantity:        "repaired_quantity",
}

// Notes are the names that TakeCounted may report, a closed set for metrics:
//
//   - long_property, long_attribute: a string of more than 255 characters, which Braze may cut or drop (api/objects_filters/event_object)
//   - null_property: a null among an event's or purchase's properties; its effect is not documented
//   - time_in_array: a time within an array of properties, which Braze does not take for a time (event_object)
//   - zoneless_time: an event's or purchase's time without a zone, whose meaning is not documented (event_object)
//   - null_in_array: a null in an attribute that is an array of plain values; its effect is not documented
//   - long_array: an attribute that is an array of more than 500 plain values, of which Braze keeps the newest, as many as the account
//     has set (attributes/data_types)
//   - unknown_key: a top-level key of an event or purchase that Braze does not document
//   - alias_update_only: an object for a user_alias without `_update_existing_only: false`; it never creates the user (post_user_track)
//   - custom_attributes_wrapper: an attribute named custom_attributes, a nested attribute and no wrapper (user_attributes_object)
//   - trimmed_name: an attribute's name with blanks around it, which Braze strips (attributes/custom_attributes)
//   - country_form, language_form: not two or so letters; Braze guesses, or stores null (user_attributes_object)
//   - unvalidated_ecommerce_name: an event that begins like a recommended eCommerce event and is none (recommended_events)
//   - empty_required, empty_products, odd_quantity, unknown_product_key: of an eCommerce event, where the documents do not say whether it
//     fails the schema (recommended_events/ecommerce_events)
//   - repaired_long_value, repaired_unknown_key, repaired_quantity: objects changed under CheckOptions.Repair
func Notes() []string { return append([]string(nil), noteNames[:]...) }

// note marks the object under check; it counts only if the object passes.
func (c *Checker) note(n note) { c.notes |= 1 << n }

// tally counts what the object that has passed was marked with.
func (c *Checker) tally() {
	if c.notes == 0 {
		return
	}
	c.noted = true
	for rest := c.notes; rest != 0; rest &= rest - 1 {
		c.counted[bits.TrailingZeros32(rest)]++
	}
}

// TakeCounted reports how often something was let pass and counted since the last call, at most once for an object and note, and begins
// anew. It is called by the goroutine that owns the Checker and costs nothing where there is nothing to report.
func (c *Checker) TakeCounted(report func(note string, n int64)) {
	if !c.noted {
		return
	}
	c.noted = false
	for i, n := range c.counted {
		if n > 0 {
			report(noteNames[i], n)
			c.counted[i] = 0
		}
	}
}
