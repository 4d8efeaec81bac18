package editor

// node is a part of the mapping language, by the setting that it stands in.
func node(path string) object {
	switch path {
	case "Topic.User":
		return object{"$ref": "#/definitions/user"}
	case "Topic.Send":
		return object{"type": "array", "minItems": 1, "items": object{"$ref": "#/definitions/rule"}}
	case "Topic.Set":
		return object{"type": "object"}
	}
	return text()
}

// definitions are the mapping language as far as it does not depend on a record's schema. $ref hides what stands beside
// it, so each definition says itself what it means.
func definitions() object {
	value := func(doc string) object { return object{"description": doc} }
	identifier := object{
		"type": "object", "minProperties": 1, "additionalProperties": false,
		"properties": object{
			"external_id": value("Your own id of the user, as Braze knows it."),
			"braze_id":    value("Braze's own id of the user."),
			"email":       value("The user's e-mail, alone or besides another identifier."),
			"phone":       value("The user's phone number in E.164, alone or besides another identifier."),
			"user_alias": object{
				"description": "An alias of the user.",
				"type":        "object", "additionalProperties": false, "required": []string{"alias_name", "alias_label"},
				"properties": object{"alias_name": value("The alias."), "alias_label": value("What kind of alias it is.")},
			},
		},
	}
	return object{
		"identifier": identifier,
		"user": object{
			"description": "Whose profile the objects belong to: one identifier, or a list of which the first that is present wins.",
			"anyOf": []object{
				{"$ref": "#/definitions/identifier"},
				{"type": "array", "minItems": 1, "items": object{"$ref": "#/definitions/identifier"}},
			},
		},
		"rule": object{
			"description": "One kind of object that a record becomes: an event, a purchase or attributes.",
			"type":        "object", "additionalProperties": false,
			"anyOf":      []object{{"required": []string{"event"}}, {"required": []string{"purchase"}}, {"required": []string{"attributes"}}},
			"properties": ruleProperties(value),
		},
	}
}

func ruleProperties(value func(doc string) object) object {
	user := object{"$ref": "#/definitions/user"}
	properties := value("The object's properties: literals and ${expressions}; include, exclude, rename and extra pass a record's fields through.")
	properties["type"] = "object"
	attributes := value("A user's attributes: literals and ${expressions}; null unsets one.")
	attributes["type"] = "object"
	return object{
		"event":                 value("The event's name."),
		"purchase":              value("The product's id. Purchases are Braze's older form of revenue; prefer ecommerce.* events."),
		"attributes":            attributes,
		"record":                value("The record types that the rule is for, where a topic carries several."),
		"when":                  value("A condition: the object is made only where it is true."),
		"for_each":              value("An array: one object for each element, which is called item."),
		"as":                    value("Another name for item, by which inner loops still reach it."),
		"user":                  user,
		"time":                  value("When it happened, instead of the topic's time."),
		"app_id":                value("The app's identifier in Braze."),
		"properties":            properties,
		"price":                 value("The price of one, a number."),
		"currency":              value("The currency, ISO 4217."),
		"quantity":              value("How many, an integer; default 1."),
		"subscription_groups":   value("Subscription groups and the user's state in each."),
		"_merge_objects":        value("Merge nested attributes into those on the profile instead of replacing them."),
		"_update_existing_only": value("Send nothing that would create a profile."),
	}
}
