package demo

// product is something the shop sells. Price is in cents.
type product struct {
	id, name string
	options  []string // sizes or the like; each makes a variant
	price    int64
}

// catalogue is small enough to recognise on the fake's page, and large enough not to look like a test.
var catalogue = []product{
	{"boot-chelsea", "Chelsea boots", []string{"39", "41", "43", "45"}, 14990},
	{"sneaker-runner", "Trail runners", []string{"38", "40", "42", "44"}, 11995},
	{"coat-wool", "Wool coat", []string{"S", "M", "L"}, 24900},
	{"jacket-rain", "Rain jacket", []string{"S", "M", "L", "XL"}, 8990},
	{"sweater-merino", "Merino sweater", []string{"S", "M", "L"}, 7995},
	{"shirt-oxford", "Oxford shirt", []string{"38", "40", "42"}, 5990},
	{"tee-basic", "T-shirt, 3 pack", []string{"S", "M", "L", "XL"}, 2995},
	{"jeans-slim", "Slim jeans", []string{"30/32", "32/32", "34/34"}, 8900},
	{"dress-linen", "Linen dress", []string{"36", "38", "40"}, 9950},
	{"scarf-cashmere", "Cashmere scarf", []string{"one size"}, 6900},
	{"socks-hiking", "Hiking socks", []string{"39-42", "43-46"}, 1450},
	{"belt-leather", "Leather belt", []string{"85", "95", "105"}, 3990},
	{"bag-weekender", "Weekender bag", []string{"navy", "olive"}, 18900},
	{"bag-tote", "Canvas tote", []string{"natural", "black"}, 2490},
	{"watch-field", "Field watch", []string{"38 mm"}, 21900},
	{"glasses-sun", "Sunglasses", []string{"tortoise", "black"}, 12900},
	{"hat-beanie", "Beanie", []string{"one size"}, 1990},
	{"gloves-touch", "Touchscreen gloves", []string{"S", "M", "L"}, 2450},
	{"bottle-steel", "Steel bottle, 0.7 l", []string{"steel", "red", "blue"}, 2200},
	{"mug-enamel", "Enamel mug", []string{"white", "green"}, 1250},
	{"blanket-picnic", "Picnic blanket", []string{"tartan"}, 4500},
	{"lamp-camp", "Camping lantern", []string{"warm white"}, 3990},
	{"knife-folding", "Folding knife", []string{"beech"}, 2890},
	{"tent-two", "Tent for two", []string{"sand"}, 32900},
	{"card-gift", "Gift card", []string{"25", "50", "100"}, 5000},
}

// What people look for, and what the shop's campaigns are called.
var (
	searches  = []string{"boots", "rain jacket", "gift", "merino", "tent", "sale", "wool socks", "jeans 34", "beanie", "watch strap"}
	campaigns = []string{"autumn", "newsletter-42", "retargeting", "brand"}
	coupons   = []string{"", "", "", "", "WELCOME10", "AUTUMN5"}
	reasons   = []string{"ordered by mistake", "found it cheaper", "delivery takes too long", ""}
)
