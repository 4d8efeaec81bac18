package mapping

import (
	"fmt"
	"regexp"
	"strings"

	"brazebridge/config"
	"brazebridge/sink"
)

// ruleInfo is what the warnings about several rules need of each.
type ruleInfo struct {
	kind  string
	name  string // of an event, where it is a literal
	place place
	when  *config.Node
}

// warnEventName warns of a name that is nearly one of Braze's recommended e-commerce events: Braze accepts it as a custom
// event, which costs data points and feeds none of the e-commerce features.
func (c *compiler) warnEventName(p place, name string) {
	if known, near := sink.EcommerceNearMiss(name); near {
		c.warn(p, 0, fmt.Sprintf("%q is no e-commerce event of Braze, but close to one: it would be an ordinary custom event", name), "did you mean "+known+"?")
	}
}

// warnRevenue warns of purchases, and of an order that would count twice.
func (c *compiler) warnRevenue(rules []ruleInfo) {
	var orders, purchases []ruleInfo
	for _, r := range rules {
		if r.kind == "purchase" {
			purchases = append(purchases, r)
		}
		if r.name == "ecommerce.order_placed" {
			orders = append(orders, r)
		}
	}
	for _, p := range purchases {
		c.warn(p.place, 0, "purchases are Braze's legacy way to record revenue", "send an event ecommerce.order_placed instead")
	}
	for _, p := range purchases {
		for _, o := range orders {
			if !exclusive(p.when, o.when) {
				c.warn(p.place, 0, "an order may become both a purchase and ecommerce.order_placed: its revenue would count twice", "give the two rules `when`s that exclude each other")
				return
			}
		}
	}
}

var comparison = regexp.MustCompile(`([A-Za-z_][\w.]*)\s*(==|!=)\s*("[^"]*"|'[^']*'|true|false|\d+)`)

// exclusive reports whether two conditions visibly exclude each other: they compare one path with == to different
// values, or with == and != to the same one. What is not visible so is not called exclusive.
func exclusive(a, b *config.Node) bool {
	if a == nil || b == nil || strings.Contains(a.Text, "||") || strings.Contains(b.Text, "||") {
		return false
	}
	for _, x := range comparison.FindAllStringSubmatch(a.Text, -1) {
		for _, y := range comparison.FindAllStringSubmatch(b.Text, -1) {
			if x[1] != y[1] {
				continue
			}
			same := strings.Trim(x[3], `"'`) == strings.Trim(y[3], `"'`)
			if x[2] != y[2] && same || x[2] == "==" && y[2] == "==" && !same {
				return true
			}
		}
	}
	return false
}

// forTombstones reports whether a rule asks for records that are not there: only such rules run for a tombstone.
func (c *compiler) forTombstones(p place) bool {
	w := p.n.Get("when")
	return w != nil && tombstoneTest.MatchString(w.Text)
}

var tombstoneTest = regexp.MustCompile(`\brecord\s*==\s*nil\b|\bnil\s*==\s*record\b`)
