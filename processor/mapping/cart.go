package mapping

import (
	"fmt"
	"regexp"

	"brazebridge/config"
)

// What a rule for ecommerce.cart_updated says of a cart: all that is in it, or what was put in or taken out. Braze adds up
// the changes, so a cart that gets both shows what nobody bought.
const (
	cartWhole   = 1 << iota // action: replace, or none
	cartChanges             // action: add or remove
)

const cartUpdated = "ecommerce.cart_updated"

var (
	wholeAction  = regexp.MustCompile(`["']replace["']`)
	changeAction = regexp.MustCompile(`["'](add|remove)["']`)
)

// cartKinds reads the kinds that a rule's action may be. An action that only a record knows counts for none.
func cartKinds(action *config.Node) (kinds int) {
	switch {
	case action == nil || action.Kind == config.NodeNull || action.Text == "replace":
		return cartWhole
	case action.Text == "add" || action.Text == "remove":
		return cartChanges
	}
	if wholeAction.MatchString(action.Text) {
		kinds |= cartWhole
	}
	if changeAction.MatchString(action.Text) {
		kinds |= cartChanges
	}
	return kinds
}

// warnCarts warns of a topic that sends both whole carts and changes of carts.
func (c *compiler) warnCarts(rules []ruleInfo) {
	all := 0
	for i := range rules {
		r := &rules[i]
		if r.name != cartUpdated {
			continue
		}
		kinds := cartKindsOf(r.place.n)
		if all|kinds == cartWhole|cartChanges {
			at := r.place.key("properties").key("action")
			if at.n == nil {
				at = r.place
			}
			c.warn(at, 0, "a cart may get both whole contents (replace) and changes (add, remove): Braze would count products twice", "send one or the other for a cart_id")
			return
		}
		all |= kinds
	}
}

// cartKindsOf reads the kinds of a rule; none where its properties are not spelled out.
func cartKindsOf(rule *config.Node) int {
	props := rule.Get("properties")
	if props == nil || props.Kind != config.NodeMap || props.Get("include") != nil {
		return 0
	}
	return cartKinds(props.Get("action"))
}

// WarnAcross warns of what only several topics together get wrong: one sends whole carts, another one changes of carts, to
// the same workspace.
func WarnAcross(topics []*config.Topic) (warnings config.Faults) {
	type sender struct {
		topic string
		kinds int
	}
	first := map[string]sender{}
	for _, t := range topics {
		if t.Send == nil {
			continue
		}
		for i, n := range t.Send.Items {
			kinds := 0
			if name := n.Get("event"); name != nil && name.Text == cartUpdated {
				kinds = cartKindsOf(n)
			}
			before, known := first[t.Workspace]
			switch {
			case kinds == 0:
			case !known:
				first[t.Workspace] = sender{t.Name, kinds}
			case before.topic != t.Name && before.kinds|kinds == cartWhole|cartChanges:
				warnings = append(warnings, &config.Fault{
					File: n.Pos.File, Line: n.Pos.Line, Column: n.Pos.Column, Path: fmt.Sprintf("topics.%s.send[%d]", t.Name, i), Topic: t.Name,
					Message: "carts may get both whole contents (replace) and changes (add, remove), from here and from " + before.topic + ": Braze would count products twice",
					Hint:    "send one or the other for a cart_id",
				})
			}
		}
	}
	return warnings
}
