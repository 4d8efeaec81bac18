package sink

import "slices"

// Source of this file: user_guide/data/activation/events/recommended_events (validation) and .../recommended_events/ecommerce_events
// (properties). Braze checks the six events strictly and drops one that does not fit whole: no profile, no trigger, no revenue. The tables
// below are those of the pages, field for field.

// fieldType is what a field of an eCommerce event must be.
type fieldType uint8

const (
	fieldText     fieldType = iota // string
	fieldAmount                    // number, not negative
	fieldInteger                   // number written as an integer
	fieldCurrency                  // ISO 4217 code
	fieldObject                    // object of any content: metadata
	fieldProducts                  // array of products
	fieldObjects                   // array of objects: discounts
	fieldKinds                     // array of price_drop and back_in_stock: product_viewed's type
	fieldAction                    // add, remove, replace
)

// fieldTypeTexts name the types in refusals.
var fieldTypeTexts = [...]string{"a string", "a number", "an integer", "a string", "an object", "an array of objects", "an array of objects",
	"an array of price_drop and back_in_stock", "a string"}

// schemaField is a row of a schema.
type schemaField struct {
	name     string
	is       fieldType
	required bool
}

// ecommerceSchema is one object's fields: of an event's properties, or of a product.
type ecommerceSchema struct {
	name     string
	fields   []schemaField
	index    nameTable // of the fields' names
	required uint32    // a bit per field
	total    uint32    // the bit of total_value
}

// The six events and the product, as documented.
var (
	productViewed = newEcommerceSchema("ecommerce.product_viewed", []schemaField{
		{"product_id", fieldText, true},
		{"product_name", fieldText, true},
		{"variant_id", fieldText, true},
		{"price", fieldAmount, true},
		{"currency", fieldCurrency, true},
		{"source", fieldText, true},
		{"image_url", fieldText, false},
		{"product_url", fieldText, false},
		{"type", fieldKinds, false},
		{"metadata", fieldObject, false},
	})
	cartUpdated = newEcommerceSchema("ecommerce.cart_updated", []schemaField{
		{"cart_id", fieldText, true},
		{"currency", fieldCurrency, true},
		{"products", fieldProducts, true},
		{"source", fieldText, true},
		{"total_value", fieldAmount, false}, // required where action is absent or replace: checkCartTotal
		{"action", fieldAction, false},
		{"subtotal_value", fieldAmount, false},
		{"tax", fieldAmount, false},
		{"shipping", fieldAmount, false},
		{"metadata", fieldObject, false},
	})
	checkoutStarted = newEcommerceSchema("ecommerce.checkout_started", []schemaField{
		{"checkout_id", fieldText, true},
		{"total_value", fieldAmount, true},
		{"currency", fieldCurrency, true},
		{"products", fieldProducts, true},
		{"source", fieldText, true},
		{"cart_id", fieldText, false},
		{"subtotal_value", fieldAmount, false},
		{"tax", fieldAmount, false},
		{"shipping", fieldAmount, false},
		{"metadata", fieldObject, false},
	})
	orderPlaced = newEcommerceSchema("ecommerce.order_placed", []schemaField{
		{"order_id", fieldText, true},
		{"total_value", fieldAmount, true},
		{"currency", fieldCurrency, true},
		{"products", fieldProducts, true},
		{"source", fieldText, true},
		{"cart_id", fieldText, false},
		{"subtotal_value", fieldAmount, false},
		{"tax", fieldAmount, false},
		{"shipping", fieldAmount, false},
		{"total_discounts", fieldAmount, false},
		{"discounts", fieldObjects, false},
		{"metadata", fieldObject, false},
	})
	orderCancelled = newEcommerceSchema("ecommerce.order_cancelled", []schemaField{
		{"order_id", fieldText, true},
		{"cancel_reason", fieldText, true},
		{"total_value", fieldAmount, true},
		{"currency", fieldCurrency, true},
		{"products", fieldProducts, true},
		{"source", fieldText, true},
		{"subtotal_value", fieldAmount, false},
		{"tax", fieldAmount, false},
		{"shipping", fieldAmount, false},
		{"total_discounts", fieldAmount, false},
		{"discounts", fieldObjects, false},
		{"metadata", fieldObject, false},
	})
	// Of a refund the page lists no subtotal_value, tax and shipping: they are keys too many.
	orderRefunded = newEcommerceSchema("ecommerce.order_refunded", []schemaField{
		{"order_id", fieldText, true},
		{"total_value", fieldAmount, true},
		{"currency", fieldCurrency, true},
		{"products", fieldProducts, true},
		{"source", fieldText, true},
		{"total_discounts", fieldAmount, false},
		{"discounts", fieldObjects, false},
		{"metadata", fieldObject, false},
	})
	ecommerceProduct = newEcommerceSchema("products", []schemaField{
		{"product_id", fieldText, true},
		{"product_name", fieldText, true},
		{"variant_id", fieldText, true},
		{"quantity", fieldInteger, true},
		{"price", fieldAmount, true},
		{"image_url", fieldText, false},
		{"product_url", fieldText, false},
		{"metadata", fieldObject, false},
	})
)

func newEcommerceSchema(name string, rows []schemaField) *ecommerceSchema {
	slices.SortFunc(rows, func(a, b schemaField) int { return len(a.name) - len(b.name) })
	s := &ecommerceSchema{name: name, fields: rows}
	names := make([]string, len(rows))
	for i, f := range rows {
		names[i] = f.name
		if f.required {
			s.required |= 1 << i
		}
		if f.name == "total_value" {
			s.total = 1 << i
		}
	}
	s.index = newNameTable(names)
	return s
}

// ecommerceSchemaOf is the schema of the event of exactly that name; nil where it is no recommended eCommerce event.
func ecommerceSchemaOf(name []byte) *ecommerceSchema {
	switch string(name) {
	case "ecommerce.product_viewed":
		return productViewed
	case "ecommerce.cart_updated":
		return cartUpdated
	case "ecommerce.checkout_started":
		return checkoutStarted
	case "ecommerce.order_placed":
		return orderPlaced
	case "ecommerce.order_cancelled":
		return orderCancelled
	case "ecommerce.order_refunded":
		return orderRefunded
	}
	return nil
}

// EcommerceEvents are the names of the recommended eCommerce events, whose properties Braze validates.
func EcommerceEvents() []string {
	return []string{productViewed.name, cartUpdated.name, checkoutStarted.name, orderPlaced.name, orderCancelled.name, orderRefunded.name}
}
