package sink

const (
	shortcut   = "a shortcut: what stands behind it comes to the same"
	onlyString = "no value but a string reads like what is asked for in the next condition"
)

var unwatchedInSink = map[string]string{
	"check_notes.go TakeCounted: !c.noted":                        shortcut,
	"check_notes.go tally: c.notes == 0":                          shortcut,
	"check_repair.go cutLong: !c.scan.longer(n, limitText)":       "a text that is no longer is cut after its last character",
	"check_repair.go cutLong: n.bytes() <= limitText":             shortcut,
	"check_repair.go cutLong: limitText by 1":                     shortcut,
	"check_repair.go cutLong: limitText by -1":                    shortcut,
	"ecommerce_check.go checkRequired: required&^seen == 0":       shortcut,
	"ecommerce_names.go beginsLikeEcommerce: name[0]|0x20 == 'e'": shortcut,
	"rules_attributes.go checkStandard: n.kind != scanString":     onlyString,
	"rules_custom.go checkNested: limitText by 1":                 shortcut,
	"rules_custom.go checkNested: limitText by -1":                shortcut,
	"rules_custom.go isTimeObject: n.kind == scanString":          onlyString,
	"rules_event.go checkPurchase: n.kind != scanString #2":       onlyString,
	"rules_names.go tooLong: len(name) > limit":                   shortcut,
	"rules_names.go tooLong: limit by 1":                          shortcut,
	"rules_names.go tooLong: limit by -1":                         shortcut,
	"rules_properties.go checkPropertyName: limitName by 1":       shortcut,
	"rules_properties.go checkPropertyName: limitName by -1":      shortcut,
	"rules_properties.go noteValues: limitText by 1":              shortcut,
	"rules_properties.go noteValues: limitText by -1":             shortcut,
	"rules_user.go checkEmail: n.kind != scanString":              onlyString,
}

var unwatchedInFake = map[string]string{
	"rules.go checkProperties: maxProperties by 1":      shortcut,
	"rules.go checkProperties: maxProperties by -1":     shortcut,
	`nested.go isNested: !isOperator(v, "inc")`:         "an inc that holds a null changes nothing, dropped or not",
	"nested.go sizeOf: err != nil":                      "decoded JSON always marshals",
	"profiles.go setContact: len(ps.contact[key]) == 0": "an empty index is looked up like none; it costs memory",
}
