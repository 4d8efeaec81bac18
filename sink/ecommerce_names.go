package sink

import (
	"bytes"
	"strings"
)

// ecommerceWord is what the names of recommended eCommerce events begin with.
const ecommerceWord = "ecommerce"

// beginsLikeEcommerce reports whether an event's name looks as if it were meant to be one of the six.
func beginsLikeEcommerce(name []byte) bool {
	return len(name) > len(ecommerceWord) && name[0]|0x20 == 'e' && bytes.EqualFold(name[:len(ecommerceWord)], []byte(ecommerceWord))
}

// EcommerceNearMiss returns the recommended eCommerce event that a name was probably meant to be, and whether it is a near miss:
// "ecommerce.OrderPlaced" is, "ecommerce.order_placed" itself and "order_shipped" are not. Braze takes a near miss for an ordinary custom
// event: not validated, without revenue, and billed. Source: recommended_events, "event names are case-sensitive".
func EcommerceNearMiss(name string) (string, bool) {
	if ecommerceSchemaOf([]byte(name)) != nil {
		return "", false
	}
	folded := foldName(name)
	rest, ok := strings.CutPrefix(folded, ecommerceWord)
	if !ok {
		return "", false
	}
	best, distance := "", nearMissDistance+1
	for _, event := range EcommerceEvents() {
		if d := editDistance(rest, foldName(event)[len(ecommerceWord):]); d < distance {
			best, distance = event, d
		}
	}
	return best, best != ""
}

// nearMissDistance is how many letters a near miss may differ in: enough for order_place, order_canceled and cart_update, too few to take one of the
// six for another.
const nearMissDistance = 3

// foldName drops what spellings differ in: case, blanks, dots, hyphens and underscores.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// editDistance is the number of letters to insert, drop or change to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, change)
		}
	}
	return row[len(b)]
}
