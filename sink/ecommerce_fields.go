package sink

// FieldIs is what a property of a recommended eCommerce event must be.
type FieldIs uint8

// What a property must be.
const (
	FieldText    FieldIs = iota // text, also a currency
	FieldAmount                 // a number
	FieldInteger                // a number written as an integer
	FieldObject                 // an object
	FieldArray                  // an array
	FieldAction                 // text: add, remove or replace
)

// String is the kind as refusals name it.
func (f FieldIs) String() string {
	return [...]string{"a string", "a number", "an integer", "an object", "an array", "add, remove or replace"}[f]
}

// EcommerceField is a property of a recommended eCommerce event, or of one of its products.
type EcommerceField struct {
	Name     string
	Is       FieldIs
	Required bool
}

// EcommerceFields are the properties that Braze's schema of an event allows, for whoever checks a mapping before there is
// an object; nil where the name is none of EcommerceEvents. Of a cart's total_value it says that it is not required, which
// holds only where the action is add or remove.
func EcommerceFields(event string) []EcommerceField {
	s := ecommerceSchemaOf([]byte(event))
	if s == nil {
		return nil
	}
	return s.export()
}

// EcommerceProductFields are those of a product. A product may have others besides.
func EcommerceProductFields() []EcommerceField { return ecommerceProduct.export() }

func (s *ecommerceSchema) export() []EcommerceField {
	out := make([]EcommerceField, len(s.fields))
	for i, f := range s.fields {
		out[i] = EcommerceField{Name: f.name, Required: f.required}
		switch f.is {
		case fieldText, fieldCurrency:
			out[i].Is = FieldText
		case fieldAmount:
			out[i].Is = FieldAmount
		case fieldInteger:
			out[i].Is = FieldInteger
		case fieldObject:
			out[i].Is = FieldObject
		case fieldProducts, fieldObjects, fieldKinds:
			out[i].Is = FieldArray
		case fieldAction:
			out[i].Is = FieldAction
		}
	}
	return out
}
