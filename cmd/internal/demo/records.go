package demo

import (
	"encoding/hex"
	"strings"
)

// The enums of the schemas, by index.
const (
	statusPlaced = iota
	statusShipped
	statusCancelled
)

const channelStore = 3 // web, ios, android, store

const (
	kindViewed = iota
	kindSearched
	kindWished
	kindPage
)

// orderOptions say what the generator wants of an order.
type orderOptions struct {
	user         string
	currency     string // empty: one at random
	placedOnline bool   // and not whatever comes
}

func (g *generator) order(o orderOptions) made {
	status, channel := g.weighted(80, 12, 8), g.weighted(45, 20, 15, 20)
	if o.placedOnline {
		status, channel = statusPlaced, g.rand.IntN(channelStore)
	}
	if o.currency == "" {
		o.currency = g.currency()
	}
	lines := make([]line, 1+g.more()+g.weighted(50, 25, 15, 7, 3))
	for i := range lines {
		lines[i] = g.line()
	}
	m := made{topic: ordersTopic, key: []byte(o.user), value: g.encodeOrder(o, status, channel, lines)}
	m.fate, m.objects = orderFate(status, channel, len(lines))
	return m
}

// orderFate is what the example's rules make of an order: an event and attributes online, a purchase for each line and
// attributes at the till, an event for a cancellation online, nothing otherwise.
func orderFate(status, channel, lines int) (fate, int) {
	switch {
	case status == statusPlaced && channel == channelStore:
		return delivered, lines + 1
	case status == statusPlaced:
		return delivered, 2
	case status == statusCancelled && channel != channelStore:
		return delivered, 1
	}
	return unwanted, 0
}

func (g *generator) encodeOrder(o orderOptions, status, channel int, lines []line) []byte {
	shipping := int64(0)
	if sum(lines) < 5000 && channel != channelStore {
		shipping = 495
	}
	b := frame(nil, g.schemas[ordersTopic])
	b = appendString(b, g.id("o-"))
	b = appendLong(b, g.now().UnixMilli())
	b = appendLong(b, int64(status))
	b = appendLong(b, int64(channel))
	b = appendOptional(b, o.user)
	b = appendOptional(b, o.user+"@example.com")
	if tier := g.weighted(60, 25, 10, 5); tier == 0 {
		b = appendLong(b, avroNull)
	} else {
		b = appendLong(appendLong(b, avroValue), int64(tier-1))
	}
	cart := ""
	if channel != channelStore {
		cart = g.id("k-")
	}
	b = appendOptional(b, cart)
	b = appendString(b, o.currency)
	b = appendDecimal(b, sum(lines)+shipping)
	if shipping == 0 {
		b = appendLong(b, avroNull)
	} else {
		b = appendDecimal(appendLong(b, avroValue), shipping)
	}
	b = appendLong(b, int64(len(lines)))
	for _, l := range lines {
		b = l.append(b)
		b = appendStrings(b, "option", l.option)
	}
	b = appendLong(b, 0)
	why := ""
	if status == statusCancelled {
		why = reasons[g.rand.IntN(len(reasons))]
	}
	b = appendOptional(b, why)
	return appendOptional(b, coupons[g.rand.IntN(len(coupons))])
}

func (g *generator) cart(user string) made {
	lines := make([]line, g.weighted(6, 40, 26, 14, 8, 4, 2))
	if len(lines) > 0 {
		lines = append(lines, make([]line, g.more())...)
	}
	for i := range lines {
		lines[i] = g.line()
	}
	b := frame(nil, g.schemas[cartsTopic])
	b = appendString(b, "k-"+user)
	b = appendOptional(b, user)
	b = appendLong(b, g.now().UnixMicro())
	b = appendLong(b, int64(g.rand.IntN(3)))
	b = appendString(b, g.currency())
	b = appendDecimal(b, sum(lines))
	if len(lines) > 0 {
		b = appendLong(b, int64(len(lines)))
	}
	for _, l := range lines {
		b = l.append(b)
		b = appendOptional(b, "https://img.example.com/"+l.product.id+".jpg")
	}
	if len(lines) > 0 {
		b = appendLong(b, 0)
		return made{topic: cartsTopic, key: []byte(user), value: b, fate: delivered, objects: 1}
	}
	return made{topic: cartsTopic, key: []byte(user), value: appendLong(b, 0), fate: unwanted}
}

func (g *generator) behaviour(user string) made {
	bot := g.rand.IntN(100) < 3
	switch g.weighted(55, 20, 7, 18) {
	case kindSearched:
		b := g.behaviourHead(user, kindSearched)
		b = appendLong(b, avroNull)
		b = appendString(appendLong(b, avroValue), searches[g.rand.IntN(len(searches))])
		b = appendLong(b, max(0, int64(g.rand.IntN(90))-8))
		return g.behaviourTail(b, user, bot, true)
	case kindWished:
		return g.product(user, kindWished, bot)
	case kindPage:
		b := g.behaviourHead(user, kindPage)
		b = appendLong(appendLong(b, avroNull), avroNull)
		return g.behaviourTail(b, user, bot, false)
	default:
		return g.view(user, bot)
	}
}

func (g *generator) view(user string, bot bool) made { return g.product(user, kindViewed, bot) }

// product makes a behaviour that is about a product.
func (g *generator) product(user string, kind int64, bot bool) made {
	l := g.line()
	b := g.behaviourHead(user, kind)
	b = appendString(appendLong(b, avroValue), l.product.id)
	b = appendString(b, l.sku())
	b = appendString(b, l.product.name)
	b = appendDecimal(b, l.product.price)
	b = appendString(b, "EUR")
	b = appendOptional(b, "https://shop.example.com/p/"+l.product.id)
	b = appendLong(b, avroNull)
	return g.behaviourTail(b, user, bot, true)
}

func (g *generator) behaviourHead(user string, kind int64) []byte {
	b := frame(nil, g.schemas[behaviourTopic])
	b = appendString(b, g.uuid())
	b = appendLong(b, g.now().UnixMilli())
	b = appendOptional(b, user)
	b = appendLong(b, kind)
	return appendLong(b, int64(g.rand.IntN(3)))
}

func (g *generator) behaviourTail(b []byte, user string, bot, wanted bool) made {
	b = appendBool(b, bot)
	if g.ample {
		b = appendStrings(b, moreContext...)
	} else if g.rand.IntN(4) == 0 {
		b = appendStrings(b, "utm_campaign", campaigns[g.rand.IntN(len(campaigns))], "referrer", "https://www.example.org/")
	} else {
		b = appendStrings(b)
	}
	m := made{topic: behaviourTopic, key: []byte(user), value: b, fate: unwanted}
	if wanted && !bot {
		m.fate, m.objects = delivered, 1
	}
	return m
}

// line is a line of an order or a cart.
type line struct {
	product  *product
	option   string
	quantity int64
}

// more is how many lines are added to what is ordered or lies in a cart.
func (g *generator) more() int {
	if g.ample {
		return moreLines
	}
	return 0
}

func (g *generator) line() line {
	p := &catalogue[g.rand.IntN(len(catalogue))]
	return line{product: p, option: p.options[g.rand.IntN(len(p.options))], quantity: 1 + int64(g.weighted(80, 14, 6))}
}

func (l line) sku() string {
	return strings.ReplaceAll(l.product.id+"-"+strings.ToLower(l.option), " ", "")
}

// append encodes what the lines of orders and carts have in common.
func (l line) append(b []byte) []byte {
	b = appendString(b, l.sku())
	b = appendString(b, l.product.id)
	b = appendString(b, l.product.name)
	b = appendLong(b, l.quantity)
	return appendDecimal(b, l.product.price)
}

func sum(lines []line) (cents int64) {
	for _, l := range lines {
		cents += l.quantity * l.product.price
	}
	return cents
}

func (g *generator) currency() string {
	return []string{"EUR", "GBP", "USD", "SEK"}[g.weighted(60, 20, 12, 8)]
}

func (g *generator) id(prefix string) string {
	return prefix + hex.EncodeToString([]byte{byte(g.rand.Uint32()), byte(g.rand.Uint32()), byte(g.rand.Uint32()), byte(g.rand.Uint32())})
}

// uuid is a random one, of version 4.
func (g *generator) uuid() string {
	var u [16]byte
	for i := range u {
		u[i] = byte(g.rand.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// weighted returns an index with the given weights' probability.
func (g *generator) weighted(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	p := g.rand.IntN(total)
	for i, w := range weights {
		if p < w {
			return i
		}
		p -= w
	}
	return len(weights) - 1
}
